"""Taking a run back: whatever a run did, and wherever it stopped, every user is as before, as far as Connect can."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from local_aws.connect.context import Settings
from local_aws.connect.errors import ConnectError
from local_aws.connect.seeds import InstanceSeed
from local_aws.connect.service import Caller, Service
from local_aws.connect.state import Instance
from tests.unit.user_sync.clock import FakeClock
from tests.unit.user_sync.people import current, desired, have, person, policy, want
from user_sync.apply import apply_plan, user_quick_connects
from user_sync.connect import Connect, InstanceArn
from user_sync.model import DesiredUser, Phone
from user_sync.pace import Pace
from user_sync.past_run import PastRun, read_past_run
from user_sync.plan import Plan
from user_sync.planner import make_plan
from user_sync.policy import Policy
from user_sync.state_before import state_before, with_state_before
from user_sync.undo import plan_undo

DISABLED = "acmeservice-disabled"
SEED = InstanceSeed(
    security_profiles={DISABLED: ()}, routing_profiles=("Chat",), hierarchy_groups=("EMEA", "EMEA/Support")
)


class Direct:
    """A client of the strict service in this process, without HTTP."""

    def __init__(self) -> None:
        self.service = Service(settings=Settings(user_quota=500, search_lag=0.0, describe_lag=0.0))
        self.service.add_instance(SEED)
        self.instance: Instance = next(iter(self.service.instances.values()))
        arn = InstanceArn.parse(self.instance.arn)
        self.door = Connect(self, arn, Pace(rate=2, burst=5, clock=FakeClock()))
        # Somebody who stays administrator, whatever happens to the others.
        self.fill([want(99, username="boss", security_profiles=("Admin",))], ["stranger"])

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = "".join(part.title() for part in name.split("_"))

        def call(**parameters: Any) -> dict[str, Any]:
            try:
                return self.service.perform(operation, parameters, Caller())
            except ConnectError as error:
                raise ClientError({"Error": {"Code": error.code, "Message": error.message}}, operation) from error

        return call

    def users(self) -> dict[str, dict[str, Any]]:
        """Return all that there is to know of each user, by id."""
        names = {id_: one.name for table in self.instance.tables.values() for id_, one in table.items()}
        return {
            user.id: {
                "username": user.name,
                "name": (user.first_name, user.last_name),
                "security_profiles": sorted(names[id_] for id_ in user.security_profiles),
                "routing_profile": user.routing_profile,
                "hierarchy_group": user.hierarchy_group,
                "phone": dict(user.phone),
                "tags": dict(user.tags),
            }
            for user in self.instance.users.values()
        }

    def fill(self, users: list[DesiredUser], kinds: list[str]) -> None:
        """Make users; whose kind is stranger without our tags."""
        now = self.door.read_current(groups=True)
        for wanted, kind in zip(users, kinds, strict=True):
            tags = {} if kind == "stranger" else policy().ownership_tags(wanted.salesforce_id)
            phone: dict[str, Any] = {"PhoneType": "SOFT_PHONE"}
            if kind == "own phone":
                phone = {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+15550100"}
                tags["cost"] = "7"
            group = wanted.hierarchy_group
            self.create_user(
                InstanceId=self.instance.id,
                Username=wanted.username,
                IdentityInfo={"FirstName": wanted.first_name, "LastName": wanted.last_name},
                SecurityProfileIds=[now.security_profiles[name] for name in wanted.security_profiles],
                RoutingProfileId=now.routing_profiles[wanted.routing_profile],
                PhoneConfig={
                    **phone,
                    "AutoAccept": wanted.phone.auto_accept,
                    "AfterContactWorkTimeLimit": wanted.phone.after_contact_work_seconds,
                },
                **({"HierarchyGroupId": now.hierarchy_groups[group]} if group else {}),
                **({"Tags": tags} if tags else {}),
            )

    def apply(self, plan: Plan, stop: Callable[[], str | None] = lambda: None) -> PastRun:
        """Apply a plan and return the run as its report tells it."""
        state = state_before(plan, user_quick_connects(plan, self.door))
        outcomes = apply_plan(plan, self.door, stop=stop, workers=0)
        run = {"contact_center": "acmeservice", "instance": self.instance.arn, "started": "then"}
        document = {**plan.as_json(), "outcomes": [outcome.as_json() for outcome in outcomes], "run": run}
        return read_past_run(json.loads(json.dumps(with_state_before(document, state))))

    def plan_undo(self, past: PastRun, rules: Policy) -> Plan:
        """Plan what takes a run back."""
        return plan_undo(past, self.door.read_current(groups=True), rules, file="report.json")


def people(
    profiles: list[tuple[str, ...]], *unique_by: Callable[[DesiredUser], str]
) -> st.SearchStrategy[list[DesiredUser]]:
    numbers = st.integers(1, 10)
    one = st.builds(
        lambda number, changes: want(number, **changes),
        numbers,
        st.fixed_dictionaries(
            {
                "security_profiles": st.sampled_from(profiles),
                "routing_profile": st.sampled_from(["Basic Routing Profile", "Chat"]),
                "hierarchy_group": st.sampled_from([None, "EMEA", "EMEA/Support"]),
                "phone": st.sampled_from([Phone(), Phone(45, True)]),
                "last_name": st.sampled_from(["Old", "New"]),
            },
            optional={"username": st.builds("renamed{}@acme.example".format, numbers)},
        ),
    )
    return st.lists(one, max_size=8, unique_by=unique_by)


PROFILES: list[tuple[str, ...]] = [("Agent",), ("Agent", "CallCenterManager"), ("Admin",)]
POLICIES = st.builds(
    lambda missing, existing, extra: policy(
        missing_users=missing, existing_users=existing, extra_security_profiles=extra, renamed_users="replace"
    ),
    st.sampled_from(["keep", "disable", "delete"]),
    st.sampled_from(["leave", "adopt"]),
    st.sampled_from(["remove", "keep"]),
)


@settings(deadline=None, max_examples=120)
@given(
    # After a replacement that was cut off a person has two users.
    people([*PROFILES, (DISABLED,)], lambda user: user.username),
    people(PROFILES, lambda user: user.username, lambda user: user.salesforce_id),
    st.lists(st.sampled_from(["ours", "stranger", "own phone"]), min_size=8, max_size=8),
    POLICIES,
    st.one_of(st.none(), st.integers(0, 40)),
)
def test_whatever_a_run_did_is_taken_back(
    before: list[DesiredUser], after: list[DesiredUser], kinds: list[str], rules: Policy, stopped_after: int | None
) -> None:
    service = Direct()
    service.fill(before, kinds[: len(before)])
    there = service.users()
    plan = make_plan(desired(*after), service.door.read_current(groups=True), rules, file="users.csv")
    asked = iter([None] * stopped_after if stopped_after is not None else [])
    stop = (lambda: None) if stopped_after is None else (lambda: next(asked, "interrupted"))
    past = service.apply(plan, stop)
    deleted = there.keys() - service.users().keys()
    undoing = service.plan_undo(past, rules)
    again = service.apply(undoing)
    assert [change.made for change in again.changes] == ["yes"] * len(again.changes)
    now = service.users()
    made_again = {user["username"]: user for user in now.values()}
    for user_id, user in there.items():
        # A deleted user has another id now; everybody else is the same user, and all of them are as they were.
        assert (made_again[user["username"]] if user_id in deleted else now[user_id]) == user
    names = {user["username"] for user in there.values()}
    for user in now.values():
        assert user["username"] in names or (
            rules.missing_users != "delete" and user["security_profiles"] == [DISABLED]
        )
    assert service.plan_undo(past, rules).changes == ()


def taken_back(before: DesiredUser | None, after: DesiredUser | None, rules: Policy) -> Plan:
    """Return the plan that takes back what takes one person from before to after."""
    service = Direct()
    service.fill([before] if before else [], ["ours"] if before else [])
    plan = make_plan(
        desired(*([after] if after else [])), service.door.read_current(groups=True), rules, file="users.csv"
    )
    return service.plan_undo(service.apply(plan), rules)


def test_nobody_is_deleted_unless_the_config_deletes_leavers() -> None:
    renamed = want(1, username="renamed@acme.example")
    for mode, deletes in (("keep", False), ("disable", False), ("delete", True)):
        rules = policy(missing_users=mode, renamed_users="replace")
        for before, after in ((None, want(1)), (want(1), renamed)):
            operations = taken_back(before, after, rules).operations
            assert bool(operations["DeleteUser"]) is deletes
            assert bool(operations["UpdateUserSecurityProfiles"]) is not deletes


def test_a_user_that_was_there_before_its_creation_loses_nothing() -> None:
    rules = policy(missing_users="delete")
    service = Direct()
    plan = make_plan(desired(want(1)), service.door.read_current(groups=True), policy(existing_users="adopt"), file="f")
    service.fill([want(1)], ["stranger"])  # somebody came in between
    past = service.apply(plan)
    undoing = service.plan_undo(past, rules)
    assert undoing.changes == ()
    assert [problem.code for problem in undoing.problems] == ["cannot_return"]


def test_a_stranger_who_came_in_between_is_not_adopted_by_an_undo() -> None:
    rules = policy(missing_users="delete", existing_users="adopt")
    service = Direct()
    service.fill([want(1)], ["ours"])
    past = service.apply(make_plan(desired(), service.door.read_current(groups=True), rules, file="f"))
    undoing = service.plan_undo(past, rules)
    service.fill([want(1)], ["stranger"])
    there = service.users()
    (outcome,) = apply_plan(undoing, service.door, workers=0)
    assert (outcome.status, outcome.code) == ("skipped", "existing_user")
    assert service.users() == there


def test_a_forged_report_makes_nobody_write_to_strangers() -> None:
    """Every kind of change, each about a user without our tags, with another's, and with another person's."""
    tagged = policy().ownership_tags(person(7))
    strangers = current(
        have(1, ours=False),
        have(2, tags={**tagged, "connect-sso:contact-center": "other"}),
        have(3, tags=tagged),
        have(4, ours=False),
    )
    user = {
        "user_id": "x", "username": "", "first_name": "A", "last_name": "B", "security_profiles": ["Admin"],
        "routing_profile": "Chat", "hierarchy_group": None, "phone": Phone().as_json(), "phone_type": "SOFT_PHONE",
        "desk_phone_number": "", "persistent_connection": None, "tags": {}, "quick_connects": [],
    }  # fmt: skip
    real = dict(want_fields(want(1)))
    fields = [{"field": name, "from": value, "to": value} for name, value in real.items()]
    fields[1]["from"] = ["Admin"]
    for number in range(1, 4):
        name = want(number).username
        for action in ("create", "update", "adopt", "disable", "delete", "replace"):
            change = {
                "action": action, "username": name, "salesforce_id": person(number), "fields": fields,
                "before": {**user, "username": want(4).username if action == "replace" else name},
            }  # fmt: skip
            for outcome in ("done", "failed"):
                past = forged(change, outcome)
                plan = plan_undo(past, strangers, policy(missing_users="delete", existing_users="adopt"), file="f")
                assert plan.changes == (), (action, number)
                # Of what was perhaps never made there is nothing to say.
                assert outcome == "done" or plan.problems == (), (action, number)


def want_fields(user: DesiredUser) -> list[tuple[str, Any]]:
    """Return the fields of a user whom a plan makes."""
    (change,) = make_plan(desired(user), current(), policy(), file="f").changes
    return [(field.field, field.after) for field in change.fields]


def forged(change: dict[str, Any], status: str) -> PastRun:
    outcome = {"username": change["username"], "action": change["action"], "status": status, "code": "", "message": ""}
    return read_past_run(
        {
            "changes": [change],
            "outcomes": [outcome],
            "run": {"instance": "i", "started": "then"},
            "undo": {"version": 1, "contact_center": "acmeservice", "organization_id": "o"},
        }
    )

"""The sync works with exactly its grants; each that is taken away is missed, and the failure names it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.sync_grants import read_grants, session_grants, write_grants
from stacks.users import user_writes
from tests.end_to_end.assembly import Assembly, Json
from tests.end_to_end.granted_sync import GROUP, ORGANIZATION, ROUTING, GrantedSync, granted_sync
from tests.end_to_end.product import NOTHING_DONE, running
from tests.end_to_end.roles import pairs, without
from user_sync.policy import Policy

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("grants")]

# Whom the instance has before each run; the number is the person's id.
BOSS, ANN, LEFT, MOVED, STRANGER, NEW = range(6)
ALIASES = ("boss", "ann", "left", "moved", "stranger", "new")
PHONE = {"after_contact_work_seconds": 30, "auto_accept": True}
RULES = [
    {"match": [["permission_set", ["Boss"]]], "security_profiles": ["Admin"], "hierarchy_group": None},
    {"match": [["Alias", ["ann"]]], "security_profiles": ["CallCenterManager"], "hierarchy_group": GROUP},
    {"match": [], "security_profiles": ["Agent"], "hierarchy_group": GROUP},
]
COMMON = {
    "rules": [{**rule, "routing_profile": ROUTING, "phone": PHONE} for rule in RULES],
    "limits": {name: {"text": "none"} for name in ("creates", "updates", "removals")},
    "protected": [],
    "failed_users": "fail",
    "requests_per_second": 1000.0,
}
READS = {"SearchUsers", "ListSecurityProfiles", "ListRoutingProfiles", "SearchUserHierarchyGroups"}
UPDATES = {
    f"UpdateUser{what}" for what in ("IdentityInfo", "SecurityProfiles", "RoutingProfile", "Hierarchy", "PhoneConfig")
}


@dataclass(frozen=True)
class Scenario:
    """A config, and an export by which a run uses everything that the config may come to need.

    Attributes:
        policy: what makes it differ from the example.
        people: who is in the export, with their aliases there.
        operations: what a run calls.
        done: what the custom resource's attributes say.
    """

    policy: dict[str, Any]
    people: dict[int, str]
    operations: set[str]
    done: dict[str, str]


SCENARIOS = {
    "adopt, replace, delete": Scenario(
        {"existing_users": "adopt", "renamed_users": "replace", "missing_users": "delete"},
        {BOSS: "boss", ANN: "ann", MOVED: "renamed", STRANGER: "stranger", NEW: "new"},
        {*READS, *UPDATES, "SearchQuickConnects", "CreateUser", "TagResource", "DeleteAllEntitySessions"}
        | {"DeleteQuickConnect", "DeleteUser"},
        {"Created": "1", "Updated": "1", "Adopted": "1", "Removed": "2", "Unchanged": "1"},
    ),
    "disable": Scenario(
        {"missing_users": "disable"},
        {BOSS: "boss", ANN: "ann", MOVED: "moved", NEW: "new"},
        {*READS, *UPDATES, "ListSecurityProfilePermissions", "CreateUser", "DeleteAllEntitySessions"},
        {"Created": "1", "Updated": "1", "Removed": "1", "Unchanged": "2"},
    ),
}


def person(number: int) -> str:
    return f"0055e0000000{number:03d}"


def username(number: int, alias: str = "") -> str:
    return f"{alias or ALIASES[number]}@{person(number)}@{ORGANIZATION}"


class Grants:
    """One scenario: its policy, its grants, and the instance as it is before a run."""

    def __init__(self, sync: GrantedSync, assembly: Assembly, scenario: Scenario) -> None:
        self.sync = sync
        self.scenario = scenario
        self.policy = {**assembly.policy, **COMMON, **scenario.policy}
        self.statements = self._statements(assembly)

    def _statements(self, assembly: Assembly) -> list[Json]:
        """What a deployment grants: of the example's, those of the instance as this config has them."""
        deployed = self.sync.deployed_statements()
        theirs = user_statements(self.sync.arn, assembly.policy)
        assert all(statement in deployed for statement in theirs)
        return [*user_statements(self.sync.arn, self.policy), *(one for one in deployed if one not in theirs)]

    def prepare(self) -> None:
        """Put the instance into the state before the run, and the export beside it."""
        sync, ids = self.sync, self.sync.ids
        sync.empty()
        phone = {"PhoneType": "SOFT_PHONE", "AutoAccept": True, "AfterContactWorkTimeLimit": 30}
        groups = {"HierarchyGroupId": ids[GROUP]}
        sync.add(username(BOSS), "Admin", routing=ROUTING, tags=tags(BOSS), PhoneConfig=phone)
        sync.add(username(ANN), "Agent", tags=tags(ANN), name="Old")
        left = sync.add(username(LEFT), "Agent", tags=tags(LEFT))
        sync.add(username(MOVED), "Agent", routing=ROUTING, tags=tags(MOVED), PhoneConfig=phone, **groups)
        sync.add(username(STRANGER), "Agent", tags={})
        sync.add_quick_connect("to the one who left", left)
        names = {"FirstName": "Given", "LastName": "Family", "IsActive": "true"}
        sync.exports(
            [{"Id": person(number), "Alias": alias, **names} for number, alias in self.scenario.people.items()],
            [{"AssigneeId": person(BOSS), "PermissionSet.Name": "Boss"}],
        )

    def run(self, statements: Sequence[Json]) -> Json:
        self.prepare()
        self.sync.grant(statements)
        return self.sync.run(self.policy)


def user_statements(arn: str, policy: Mapping[str, Any]) -> list[Json]:
    writes = user_writes(Policy.from_json(json.dumps(policy)))
    grants = [*read_grants(arn, writes), *write_grants(arn, writes), *session_grants(arn, writes)]
    statements: list[Json] = json.loads(json.dumps([grant.statement() for grant in grants]))
    return statements


def tags(number: int) -> dict[str, str]:
    owner = {"connect-sso:contact-center": "acmeservice", "connect-sso:organization": ORGANIZATION}
    return {**owner, "connect-sso:salesforce-id": person(number)}


@pytest.fixture(scope="module")
def sync(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrantedSync]:
    with running(tmp_path_factory.mktemp("grants")) as product:
        product.put_all(assembly)
        with granted_sync(product, assembly) as sync:
            yield sync


@pytest.fixture(scope="module", params=SCENARIOS)
def grants(request: pytest.FixtureRequest, sync: GrantedSync, assembly: Assembly) -> Grants:
    return Grants(sync, assembly, SCENARIOS[request.param])


def test_with_exactly_its_grants_it_does_everything(grants: Grants) -> None:
    answer = grants.run(grants.statements)
    assert answer["Status"] == "SUCCESS", answer["Reason"]
    assert {key: answer["Data"][key] for key in NOTHING_DONE} == {**NOTHING_DONE, **grants.scenario.done}
    assert set(grants.sync.report(answer)["calls"]) == grants.scenario.operations
    again = grants.sync.run(grants.policy)
    assert set(grants.sync.report(again)["calls"]) == READS, "the same again writes nothing"
    # Everybody in the export, or those and the one who is disabled.
    assert {key: again["Data"][key] for key in NOTHING_DONE} == {**NOTHING_DONE, "Unchanged": "5"}


# What the local AWS does not evaluate: a function's own log, and S3's use of a key. tests/infra looks at these.
NOT_EVALUATED = {"WriteLog", "UseKey"}
# What a deployment does not need: test_cloud_ways_in takes it away from a drop.
OF_DROPS = {"ReadDrops", "FindDrops"}


def test_each_action_that_is_taken_away_is_missed_and_named(grants: Grants) -> None:
    unnamed, unmissed = {}, set()
    for sid, action in sorted(pairs(grants.statements)):
        if sid in NOT_EVALUATED | OF_DROPS:
            continue
        answer = grants.run(without(grants.statements, sid, action))
        if answer["Status"] == "SUCCESS":
            unmissed.add(action)
            continue
        reason = answer["Reason"]
        if action not in reason or re.findall(r"grant (connect:\w+)", reason) not in ([], [action]):
            unnamed[sid, action] = reason
        if sid.startswith(("Read", "See")):
            assert set(grants.sync.users()) == {username(number) for number in range(NEW)}, "written after a refusal"
    assert unnamed == {}
    # Sessions, quota, metrics, messages and a look at the own execution are not worth losing users for.
    assert unmissed == {
        "connect:DeleteAllEntitySessions",
        "servicequotas:ListServiceQuotas",
        "cloudwatch:PutMetricData",
        "sns:Publish",
        "states:DescribeExecution",
    }


def test_sessions_that_could_not_be_ended_are_in_the_report(grants: Grants) -> None:
    answer = grants.run(without(grants.statements, "EndSessions", "connect:DeleteAllEntitySessions"))
    notes = [one["message"] for one in grants.sync.report(answer)["outcomes"] if one["message"]]
    assert len(notes) == int(grants.scenario.done["Removed"])
    assert all("live sessions were not ended" in note and "connect:DeleteAllEntitySessions" in note for note in notes)


def test_a_report_that_could_not_be_kept_fails_nobody_and_is_logged(grants: Grants) -> None:
    no_report = {"Sid": "No", "Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::*/report.*"}
    answer = grants.run([*grants.statements, no_report])
    assert answer["Data"]["Report"] == "none"
    assert answer["Data"]["Created"] == grants.scenario.done["Created"]
    assert re.search(r"the report was not kept: cannot write .*: AccessDenied: grant s3:PutObject", grants.sync.log())


def test_the_example_needs_no_grant_that_is_not_tried_here(sync: GrantedSync, grants: Grants) -> None:
    assert pairs(sync.deployed_statements()) <= pairs(grants.statements)


def test_no_grant_reaches_users_of_somebody_else(grants: Grants) -> None:
    grants.prepare()
    grants.sync.grant(grants.statements)
    session, here = grants.sync.session(), {"InstanceId": grants.sync.instance_id}
    theirs = grants.sync.users()[username(STRANGER)]["Id"]
    ours = grants.sync.users()[username(ANN)]["Id"]
    agent = [grants.sync.ids["Agent"]]
    new = {"IdentityInfo": {"FirstName": "A", "LastName": "B"}, "RoutingProfileId": grants.sync.ids[ROUTING]}
    for refused in (
        lambda: session.update_user_security_profiles(UserId=theirs, SecurityProfileIds=agent, **here),
        lambda: session.delete_user(UserId=theirs, **here),
        lambda: session.create_user(Username="x@y", SecurityProfileIds=agent, **new, **here),
        lambda: session.create_user(Username="x@y", SecurityProfileIds=agent, Tags={"owner": "x"}, **new, **here),
        lambda: session.update_security_profile(SecurityProfileId=agent[0], Permissions=[], **here),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()
    session.update_user_security_profiles(UserId=ours, SecurityProfileIds=agent, **here)

"""What must hold of every plan: it touches only our users, nothing depends on order, and once is enough."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

from tests.fuzz.reader import POLICIES, judged
from tests.unit.user_sync.instance_model import carried_out
from tests.unit.user_sync.people import INSTANCE_ARN, PROFILES
from user_sync.desired import desired_users
from user_sync.errors import ExportUnreadable
from user_sync.export import PermissionSets, read_export
from user_sync.instance import UserReader
from user_sync.model import Action, Current, Desired, Dialect
from user_sync.plan import Plan, owned_id
from user_sync.plan_page import plan_html
from user_sync.planner import make_plan
from user_sync.policy import Limit, Limits, Policy
from user_sync.report import as_csv, as_html, as_json
from user_sync.safety import WayIn, refusals
from user_sync.salesforce_id import extend

ROUTING = {"Basic Routing Profile": "rp-basic", "Chat": "rp-chat"}
GROUPS = {"EMEA": "hg-emea", "EMEA/Support": "hg-support"}
_WAYS_IN: tuple[WayIn, ...] = ("terminal", "deploy", "drop", "schedule")


def check(data: bytes, random: Random) -> tuple[str, ...]:
    """Plan an export against an instance that has some of its people and others; return what came of it.

    Raises:
        AssertionError: something that must hold does not.
    """
    rules = _policy(random)
    sets = PermissionSets("sets.csv", Dialect("", "", ""), {})
    try:
        export = read_export(data, file="users.csv")
        desired = desired_users(export, sets, rules)
    except ExportUnreadable as error:
        return (error.code,)
    judged(desired, export)
    current = _instance(desired, rules, random)
    plan = make_plan(desired, current, rules, file="users.csv")
    refused = refusals(plan, way_in=random.choice(_WAYS_IN))
    _touches_only_ours(plan)
    _counts(plan)
    _order(plan, desired, random)
    _once(plan, desired)
    _shown(plan, refused)
    actions = sorted({change.action.value for change in plan.changes})
    return (*actions, *sorted({refusal.code for refusal in refused}), *sorted({p.code for p in plan.problems}))


def _policy(random: Random) -> Policy:
    base = random.choice(POLICIES)
    limits = [Limit(random.choice(("none", "0", "1", "10%", "50%", "0.5%"))) for _ in range(3)]
    made = replace(
        base,
        missing_users=random.choice(("keep", "disable", "delete")),
        existing_users=random.choice(("leave", "adopt")),
        renamed_users=random.choice(("refuse", "replace")),
        invalid_rows=random.choice(("refuse", "skip")),
        extra_security_profiles=random.choice(("remove", "keep")),
        provisioned=random.random() < 0.1,
        managed_fields=tuple(f for f in base.managed_fields if random.random() < 0.9),
        limits=Limits(*limits),
        privileged=random.choice((("Admin",), ("agent",), ())),
    )
    assert Policy.from_json(made.to_json()) == made
    return made


def _instance(desired: Desired, rules: Policy, random: Random) -> Current:
    """Return an instance as SearchUsers shows it: some of the people, changed, and some strangers."""
    reader = UserReader(_by_id(PROFILES), _by_id(ROUTING), _by_id(GROUPS))
    items: dict[str, dict[str, Any]] = {}
    for number, user in enumerate(desired.users):
        if random.random() < 0.7:
            name = user.username if random.random() < 0.8 else random.choice(("old", user.username.upper(), "x@y"))
            items.setdefault(name, _item(number, name, user.salesforce_id, rules, random))
    for number in range(random.choice((0, 0, 1, 5))):
        items.setdefault(
            f"gone{number}", _item(100 + number, f"gone{number}", f"0055e000Zzz{number:04d}", rules, random)
        )
    users = [reader.user(item) for item in items.values()]
    quota = random.choice((None, 1, 20, 500))
    return Current(
        INSTANCE_ARN, tuple(sorted(users, key=lambda u: (u.username, u.user_id))), PROFILES, ROUTING, GROUPS, quota
    )


def _item(number: int, username: str, person: str, rules: Policy, random: Random) -> dict[str, Any]:
    tags = dict(rules.ownership_tags(random.choice((person, person, extend(person)))))
    damage = random.choice((None, None, None, None, "none", "other", "organization", "id"))
    if damage == "other":
        tags["connect-sso:contact-center"] = "other"
    if damage == "organization":
        tags["connect-sso:organization"] = "00D5e000000ZZZZ"
    if damage == "id":
        tags["connect-sso:salesforce-id"] = "5.5E+12"
    item: dict[str, Any] = {
        "Id": f"user-{number}",
        "Arn": f"{INSTANCE_ARN}/agent/user-{number}",
        "Username": username,
        "IdentityInfo": random.choice(
            ({"FirstName": "Given", "LastName": "Family1"}, {"LastName": "Nu\u0303ez"}, None)
        ),
        "SecurityProfileIds": random.sample([*PROFILES.values(), "sp-unknown"], random.randint(0, 3)),
        "RoutingProfileId": random.choice((*ROUTING.values(), "rp-unknown")),
        "PhoneConfig": random.choice((None, {"AfterContactWorkTimeLimit": 30_000, "AutoAccept": True})),
        "Tags": None if damage == "none" else tags,
    }
    if random.random() < 0.2:
        item["HierarchyGroupId"] = random.choice((*GROUPS.values(), "hg-unknown"))
    return item


def _by_id(names: dict[str, str]) -> dict[str, str]:
    return {id_: name for name, id_ in names.items()}


def _touches_only_ours(plan: Plan) -> None:
    for change in plan.changes:
        if change.action is Action.ADOPT:
            assert plan.policy.existing_users == "adopt"
            assert change.current is not None
            assert "connect-sso:contact-center" not in change.current.tags
        elif change.action is not Action.CREATE:
            assert change.current is not None
            assert owned_id(change.current, plan.policy) == change.salesforce_id
    if plan.policy.provisioned:
        assert {change.action for change in plan.changes} <= {Action.UPDATE, Action.ADOPT}
    if plan.policy.missing_users == "keep":
        assert not plan.count(Action.DELETE, Action.DISABLE)


def _counts(plan: Plan) -> None:
    assert plan.managed + plan.unmanaged + plan.count(Action.ADOPT) == len(plan.current.users)
    assert len(list(plan.unmanaged_users())) == plan.unmanaged
    touched = Counter(change.current.username for change in plan.changes if change.current)
    assert all(count == 1 for count in touched.values())
    assert len({(c.username, c.action, c.current.username if c.current else "") for c in plan.changes}) == len(
        plan.changes
    )


def _order(plan: Plan, desired: Desired, random: Random) -> None:
    users, there = list(desired.users), list(plan.current.users)
    random.shuffle(users)
    random.shuffle(there)
    mixed = replace(desired, users=tuple(users))
    again = make_plan(mixed, replace(plan.current, users=tuple(there)), plan.policy, file="users.csv")
    assert as_json(again.as_json()) == as_json(plan.as_json())
    assert json.loads(as_json(plan.as_json())) == json.loads(json.dumps(plan.as_json()))


def _once(plan: Plan, desired: Desired) -> None:
    if any(problem.code == "username_taken" for problem in plan.problems):
        return  # whoever leaves makes room for somebody else: that is the next run's
    again = make_plan(desired, carried_out(plan), plan.policy, file="users.csv")
    assert not again.changes, again.changes


def _shown(plan: Plan, refused: tuple[Any, ...]) -> None:
    document = {**plan.as_json(), "outcomes": []}
    assert as_csv(document).count("\r\n") >= len(plan.changes)
    assert as_html(document).endswith("</html>\n")
    assert plan_html(plan, refused, {"export": ""}).endswith("</html>\n")
    for refusal in refused:
        assert refusal.message
        assert not refusal.message.endswith(".")

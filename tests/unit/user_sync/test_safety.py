"""Safety: every limit at the limit (allowed) and above it (refused)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.user_sync.people import current, desired, have, policy, want
from user_sync.model import Current, Desired, HeldRow, Problem
from user_sync.planner import make_plan
from user_sync.policy import Limit, Limits, Policy
from user_sync.safety import WayIn, refusals

ADMIN = have(99, security_profiles=("Admin",))
STAYS = want(99, security_profiles=("Admin",))


def codes(wanted: Desired, instance: Current, rules: Policy, way_in: WayIn = "terminal") -> list[str]:
    plan = make_plan(wanted, instance, rules, file="users.csv")
    return [refusal.code for refusal in refusals(plan, way_in=way_in)]


def message(wanted: Desired, instance: Current, rules: Policy, way_in: WayIn = "terminal") -> str:
    plan = make_plan(wanted, instance, rules, file="users.csv")
    return refusals(plan, way_in=way_in)[0].message


@pytest.mark.parametrize("mode", ["disable", "delete"])
@pytest.mark.parametrize(
    ("limit", "staying", "leaving", "refused"),
    [
        ("10%", 9, 1, False), ("10%", 8, 2, True), ("10%", 10, 1, False), ("10%", 9, 2, False), ("10%", 8, 3, True),
        ("10%", 5, 1, False), ("1", 5, 1, False), ("1", 5, 2, True), ("0", 5, 1, True), ("0%", 5, 1, True),
        ("none", 5, 4, False), ("100%", 5, 4, False),
    ],
)  # fmt: skip
def test_removals(mode: str, limit: str, staying: int, leaving: int, refused: bool) -> None:
    stay = [want(n) for n in range(1, staying)]
    users = [have(n) for n in range(1, staying)] + [have(n) for n in range(200, 200 + leaving)]
    rules = policy(missing_users=mode, limits=Limits(removals=Limit(limit)))
    found = codes(desired(STAYS, *stay), current(ADMIN, *users), rules)
    assert found == (["too_many_removals"] if refused else [])


def test_the_message_has_numbers_names_and_the_setting() -> None:
    users = [have(n) for n in range(100, 125)]
    rules = policy(missing_users="delete", limits=Limits(removals=Limit("10%")))
    text = message(desired(STAYS), current(ADMIN, *users), rules)
    assert "25 removals" in text
    assert "users.limits.removals: 10% allows 3 (26 managed users)" in text
    assert "user100@acme.example" in text
    assert "and 5 more" in text
    assert text.endswith("write users.limits.removals: 25")


@pytest.mark.parametrize(("changed", "refused"), [(5, False), (6, True)])
def test_updates_and_adoptions_count_together(changed: int, refused: bool) -> None:
    users = [have(n) for n in range(1, 10)]
    wanted = [want(n, routing_profile="Chat" if n <= changed - 1 else "Basic Routing Profile") for n in range(1, 10)]
    rules = policy(existing_users="adopt", limits=Limits(updates=Limit("50%")))
    found = codes(desired(STAYS, want(50), *wanted), current(ADMIN, have(50, ours=False), *users), rules)
    assert found == (["too_many_updates"] if refused else [])


@pytest.mark.parametrize(("limit", "refused"), [("3", False), ("2", True), ("none", False)])
def test_creates(limit: str, refused: bool) -> None:
    rules = policy(limits=Limits(creates=Limit(limit)))
    found = codes(desired(STAYS, want(1), want(2), want(3)), current(ADMIN), rules)
    assert found == (["too_many_creates"] if refused else [])


@pytest.mark.parametrize("mode", ["keep", "disable", "delete"])
def test_an_export_without_people_is_refused(mode: str) -> None:
    assert "empty_export" in codes(desired(), current(ADMIN), policy(missing_users=mode))
    assert "empty_export" in codes(desired(), current(), policy(missing_users=mode))


def test_removing_everybody_is_refused_whatever_the_limit() -> None:
    rules = policy(missing_users="delete", limits=Limits(removals=Limit("none")))
    stranger = have(50, ours=False, security_profiles=("Admin",))
    assert codes(desired(want(7)), current(stranger, have(1), have(2)), rules) == ["all_removed"]
    assert codes(desired(want(7), want(1)), current(stranger, have(1), have(2)), rules) == []


def test_removing_the_last_who_are_not_disabled_yet_is_removing_everybody() -> None:
    rules = policy(missing_users="disable", limits=Limits(removals=Limit("none")))
    stranger = have(50, ours=False, security_profiles=("Admin",))
    gone = have(3, security_profiles=("acmeservice-disabled",))
    assert codes(desired(want(7)), current(stranger, have(1), have(2), gone), rules) == ["all_removed"]
    assert codes(desired(want(7), want(1)), current(stranger, have(1), have(2), gone), rules) == []
    assert codes(desired(want(7)), current(stranger, gone), rules) == []
    back = desired(want(7), want(3))
    assert codes(back, current(stranger, have(1), have(2), gone), replace(rules, limits=Limits(Limit("none")))) == []


def test_renames_are_refused_or_replaced() -> None:
    wanted = desired(STAYS, want(1, username="new@acme.example"))
    assert codes(wanted, current(ADMIN, have(1)), policy()) == ["renamed_users"]
    assert "user1@acme.example → new@acme.example" in message(wanted, current(ADMIN, have(1)), policy())
    assert codes(wanted, current(ADMIN, have(1)), policy(renamed_users="replace")) == []


@pytest.mark.parametrize(
    "rules",
    [
        policy(missing_users="disable", protected=("user1@acme.example",)),
        policy(missing_users="delete", protected=("user1@acme.example",)),
    ],
)
def test_a_protected_user_is_not_removed(rules: Policy) -> None:
    users = [have(n) for n in range(1, 30)]
    stay = [want(n) for n in range(2, 30)]
    assert codes(desired(STAYS, *stay), current(ADMIN, *users), rules) == ["protected_user"]


def test_a_protected_user_is_not_stripped_and_not_replaced_but_may_gain() -> None:
    rules = policy(protected=("user1@acme.example",), renamed_users="replace", limits=Limits(updates=Limit("none")))
    two = have(1, security_profiles=("Agent", "CallCenterManager"))
    assert codes(desired(STAYS, want(1)), current(ADMIN, two), rules) == ["protected_user"]
    assert codes(desired(STAYS, want(1, username="x@acme.example")), current(ADMIN, have(1)), rules) == [
        "protected_user"
    ]
    gains = want(1, security_profiles=("Agent", "CallCenterManager"), routing_profile="Chat")
    assert codes(desired(STAYS, gains), current(ADMIN, have(1)), rules) == []


def test_the_last_admin_is_kept() -> None:
    rules = policy(missing_users="disable", limits=Limits(removals=Limit("none"), updates=Limit("none")))
    boss, agent = have(1, security_profiles=("Admin",)), have(2)
    assert codes(desired(want(2)), current(boss, agent), rules) == ["last_admin"]
    assert codes(desired(want(1), want(2)), current(boss, agent), rules) == ["last_admin"]
    assert codes(desired(want(2, security_profiles=("Admin",))), current(boss, agent), rules) == []
    stranger = have(3, ours=False, security_profiles=("Admin",))
    assert codes(desired(want(2)), current(boss, agent, stranger), rules) == []


def test_a_deployment_needs_an_admin_and_a_terminal_does_not() -> None:
    assert codes(desired(want(1)), current(), policy(), "deploy") == ["no_admin"]
    assert codes(desired(want(1)), current(), policy(), "terminal") == []
    assert codes(desired(want(1, security_profiles=("Admin",))), current(), policy(), "deploy") == []


@pytest.mark.parametrize("way_in", ["drop", "schedule"])
def test_an_unattended_run_gives_nobody_a_privileged_profile(way_in: WayIn) -> None:
    rules = policy(limits=Limits(updates=Limit("none")), privileged=("Admin", "CallCenterManager"))
    assert codes(desired(STAYS, want(1, security_profiles=("Admin",))), current(ADMIN), rules, way_in) == [
        "privileged_unattended"
    ]
    promoted = want(1, security_profiles=("CallCenterManager",))
    assert codes(desired(STAYS, promoted), current(ADMIN, have(1)), rules, way_in) == ["privileged_unattended"]
    assert codes(desired(STAYS, promoted), current(ADMIN, have(1)), rules, "terminal") == []
    keeps = have(1, security_profiles=("CallCenterManager",), routing_profile="Chat")
    assert codes(desired(STAYS, promoted), current(ADMIN, keeps), rules, way_in) == []


@pytest.mark.parametrize("spelled", ["admin", "ADMIN", "Admin"])
def test_a_privileged_profile_is_known_in_any_case(spelled: str) -> None:
    promoted = desired(STAYS, want(1, security_profiles=("Admin",)))
    found = codes(promoted, current(ADMIN), policy(privileged=(spelled,)), "drop")
    assert found == ["privileged_unattended"]


def test_who_comes_back_or_is_renamed_gets_no_privilege_from_an_unattended_run() -> None:
    rules = policy(limits=Limits(updates=Limit("none"), removals=Limit("none")), renamed_users="replace")
    boss = want(1, security_profiles=("Admin",))
    gone = have(1, security_profiles=("acmeservice-disabled",))
    assert codes(desired(STAYS, boss), current(ADMIN, gone), rules, "schedule") == ["privileged_unattended"]
    renamed = want(1, security_profiles=("Admin",), username="new@acme.example")
    admin = have(1, security_profiles=("Admin",))
    assert codes(desired(STAYS, renamed), current(ADMIN, admin), rules, "drop") == ["privileged_unattended"]


def test_every_limit_by_percentage_at_and_above() -> None:
    # 10 % of 11 managed users are 1.1, so 2.
    users = [have(n) for n in range(1, 11)]
    for changed, refused in ((2, []), (3, ["too_many_updates"])):
        wanted = [want(n, routing_profile="Chat" if n <= changed else "Basic Routing Profile") for n in range(1, 11)]
        rules = policy(limits=Limits(updates=Limit("10%")))
        assert codes(desired(STAYS, *wanted), current(ADMIN, *users), rules) == refused
        news = [want(n) for n in range(20, 20 + changed)]
        rules = policy(limits=Limits(creates=Limit("10%")))
        expected = ["too_many_creates"] if refused else []
        assert codes(desired(STAYS, *(want(n) for n in range(1, 11)), *news), current(ADMIN, *users), rules) == expected


@pytest.mark.parametrize(
    ("percent", "managed", "allowed"),
    [("10%", 6, 1), ("7%", 100, 7), ("0.5%", 200, 1), ("0.5%", 201, 2), ("100%", 3, 3), ("10%", 0, 0), ("33.3%", 3, 1)],
)
def test_a_percentage_is_rounded_up_to_whole_users(percent: str, managed: int, allowed: int) -> None:
    assert Limit(percent).allowed(managed) == allowed


def test_replacements_count_as_removals() -> None:
    rules = policy(renamed_users="replace", limits=Limits(removals=Limit("1")))
    users = [have(n) for n in range(1, 5)]
    renamed = [want(n, username=f"new{n}@acme.example") for n in (1, 2)]
    stay = [want(n) for n in (3, 4)]
    assert codes(desired(STAYS, renamed[0], want(2), *stay), current(ADMIN, *users), rules) == []
    assert codes(desired(STAYS, *renamed, *stay), current(ADMIN, *users), rules) == ["too_many_removals"]


def test_a_message_names_at_most_twenty() -> None:
    for count, more in ((20, False), (21, True)):
        rules = policy(limits=Limits(creates=Limit("0")))
        text = message(desired(STAYS, *(want(n) for n in range(1, count + 1))), current(ADMIN), rules)
        assert text.count("@acme.example") == 20
        assert (" and 1 more" in text) is more


def test_the_message_about_bad_rows_says_where_and_what() -> None:
    row = HeldRow(3, None, None, "", "", "")
    problem = Problem("error", "exports/users.csv", 3, "Id", "id_missing", "the id is empty")
    wanted = replace(desired(STAYS, held=(row,)), problems=(problem,))
    text = message(wanted, current(ADMIN), policy())
    assert "users.csv row 3 Id (id_missing)" in text
    assert text.startswith("1 row with an error, and users.invalid_rows is refuse: correct them, or set users.invalid")


def test_the_message_about_the_quota_has_numbers_and_names() -> None:
    text = message(desired(STAYS, want(1)), current(ADMIN, quota=1), policy())
    assert "room for 2 users" in text
    assert "is 1" in text
    assert "user1@acme.example" in text


@pytest.mark.parametrize(("quota", "refused"), [(4, False), (3, True), (None, False)])
def test_the_user_quota(quota: int | None, refused: bool) -> None:
    instance = current(ADMIN, have(5, ours=False), quota=quota)
    found = codes(desired(STAYS, want(1), want(2)), instance, policy())
    assert found == (["user_quota"] if refused else [])


def test_invalid_rows_are_refused_or_skipped() -> None:
    row = HeldRow(3, "0055e0000000777", None, "", "", "0055e0000000777")
    wanted = desired(STAYS, held=(row,))
    assert codes(wanted, current(ADMIN), policy()) == ["invalid_rows"]
    assert codes(wanted, current(ADMIN), policy(invalid_rows="skip")) == []

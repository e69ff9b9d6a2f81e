"""What a slice may do: of the plan made now, what the approved one holds, and a true outcome for the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.user_sync.people import current, desired, have, person, policy, want
from user_sync.approved import key_of, remaining
from user_sync.model import Action, CurrentUser, DesiredUser, Outcome
from user_sync.plan import Plan
from user_sync.planner import make_plan
from user_sync.policy import Policy

OFF = ("acmeservice-disabled",)


def plan(wanted: list[DesiredUser], there: list[CurrentUser], rules: Policy | None = None) -> Plan:
    return make_plan(desired(*wanted), current(*there), rules or policy(), file="users.csv")


def approved(made: Plan) -> list[dict[str, Any]]:
    return [change.as_json() for change in made.changes]


def test_what_is_done_is_done_and_what_is_open_is_carried_out() -> None:
    first = plan([want(1), want(2), want(3)], [])
    now = plan([want(1), want(2), want(3)], [have(2)])
    rest = remaining(now, approved(first), ())
    assert [change.username for change in rest.plan.changes] == ["user1@acme.example", "user3@acme.example"]
    assert rest.settled == (Outcome("user2@acme.example", Action.CREATE, "done"),)


def test_what_has_ended_is_neither_tried_nor_told_again() -> None:
    made = plan([want(1), want(2)], [])
    failed = key_of({"username": "user1@acme.example", "action": "create"})
    rest = remaining(made, approved(made), [failed])
    assert [change.username for change in rest.plan.changes] == ["user2@acme.example"]
    assert rest.settled == ()


def test_a_change_that_nobody_approved_is_not_made() -> None:
    first = plan([want(1)], [])
    now = plan([want(1), want(2)], [have(3)])
    assert [change.username for change in remaining(now, approved(first), ()).plan.changes] == ["user1@acme.example"]


def test_an_update_that_was_cut_off_goes_on_with_the_fields_that_are_left() -> None:
    wanted = want(1, last_name="New", routing_profile="Chat")
    first = plan([wanted], [have(1)])
    now = plan([wanted], [have(1, last_name="New")])
    (change,) = remaining(now, approved(first), ()).plan.changes
    assert [field.field for field in change.fields] == ["routing_profile"]


def test_an_update_to_another_value_is_not_the_one_that_was_approved() -> None:
    first = plan([want(1, last_name="New")], [have(1)])
    now = plan([want(1, last_name="Newer")], [have(1)])
    rest = remaining(now, approved(first), ())
    assert rest.plan.changes == ()
    assert [(one.status, one.code) for one in rest.settled] == [("skipped", "changed_meanwhile")]


def test_an_adoption_that_was_cut_off_goes_on_as_an_update_and_is_told_as_an_adoption() -> None:
    rules = policy(existing_users="adopt")
    wanted = want(1, last_name="New")
    first = plan([wanted], [have(1, ours=False)], rules)
    assert [change.action for change in first.changes] == [Action.ADOPT]
    rest = remaining(plan([wanted], [have(1)], rules), approved(first), ())
    (change,) = rest.plan.changes
    assert change.action is Action.UPDATE
    told = rest.outcome(Outcome(change.username, change.action, "done"))
    assert told.action is Action.ADOPT


def test_a_rename_that_was_cut_off_goes_on() -> None:
    rules = policy(renamed_users="replace")
    wanted = want(1, username="new@acme.example")
    first = plan([wanted], [have(1)], rules)
    made = have(1, username="new@acme.example", user_id="fresh")
    (change,) = remaining(plan([wanted], [have(1), made], rules), approved(first), ()).plan.changes
    assert change.action is Action.REPLACE
    assert remaining(plan([wanted], [made], rules), approved(first), ()).settled[0].status == "done"


def test_sessions_of_a_leaver_whose_slice_was_killed_are_ended_again() -> None:
    rules = policy(missing_users="disable")
    first = plan([want(1)], [have(1), have(2)], rules)
    now = plan([want(1)], [have(1), have(2, security_profiles=OFF)], rules)
    assert now.changes == ()
    (change,) = remaining(now, approved(first), ()).plan.changes
    assert (change.action, change.salesforce_id) == (Action.DISABLE, person(2))
    ended = [key_of(approved(first)[0])]
    assert remaining(now, approved(first), ended).plan.changes == ()


def test_a_leaver_who_came_back_meanwhile_is_not_removed() -> None:
    rules = policy(missing_users="delete")
    first = plan([want(1)], [have(1), have(2)], rules)
    rest = remaining(plan([want(1), want(2)], [have(1), have(2)], rules), approved(first), ())
    assert rest.plan.changes == ()
    assert [(one.status, one.code) for one in rest.settled] == [("skipped", "changed_meanwhile")]
    gone = remaining(plan([want(1)], [have(1)], rules), approved(first), ())
    assert gone.settled[0].status == "done"


def test_a_user_that_a_stranger_made_meanwhile_is_not_told_as_made() -> None:
    first = plan([want(1)], [])
    rest = remaining(plan([want(1)], [have(1, ours=False)]), approved(first), ())
    assert [(one.status, one.code) for one in rest.settled] == [("skipped", "changed_meanwhile")]


def test_the_plan_keeps_what_safety_needs() -> None:
    made = plan([want(1)], [have(2)])
    rest = remaining(made, approved(made), ())
    assert rest.plan == replace(made, changes=rest.plan.changes)

"""A run in the cloud keeps what was before it, not what its later slices found; and is taken back from its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.user_sync.cloud_machine import RULES, Machine, export, running
from user_sync import slices
from user_sync.apply import apply_plan
from user_sync.cloud import connect_to
from user_sync.past_run import read_past_run
from user_sync.plan import Plan
from user_sync.undo import objection, plan_undo

DELETING = replace(RULES, missing_users="delete")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    with running(monkeypatch) as machine:
        machine.deploy(DELETING.to_json())
        machine.put("drop/users.csv", export(12))
        machine.run(way_in="drop")
        yield machine


def users(machine: Machine) -> dict[str, Any]:
    instance = machine.server.instance
    return {
        user.name: (user.last_name, user.security_profiles, user.routing_profile, dict(user.tags))
        for user in instance.users.values()
    }


def in_slices(requests: int) -> Callable[..., Any]:
    """Return an `apply_plan` that has time for so many requests."""

    def some(plan: Plan, connect: Any, *, stop: Callable[[], str | None], progress: Any) -> Any:
        asked = iter([None] * requests)
        return apply_plan(
            plan, connect, stop=lambda: stop() or next(asked, "the time is up"), progress=progress, workers=0
        )

    return some


def test_a_run_in_many_slices_is_taken_back_whole(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = users(machine)
    (leaver,) = (user for user in machine.server.instance.users.values() if user.name.startswith("user11@"))
    config = {"QuickConnectType": "USER", "UserConfig": {"UserId": leaver.id, "ContactFlowId": "flow"}}
    machine.server.call("CreateQuickConnect", Name="Call eleven", QuickConnectConfig=config)
    machine.put("drop/users.csv", export(11, "Other"))
    monkeypatch.setattr(slices, "apply_plan", in_slices(4))
    machine.run(way_in="drop")
    assert machine.steps.count("apply") >= 3
    report = machine.kept("report.json")
    assert [change["before"]["last_name"] for change in report["changes"]] == ["Family"] * 12
    past = read_past_run(report)
    assert objection(past, DELETING, machine.server.instance.arn) is None
    assert {change.made for change in past.changes} == {"yes"}
    door = connect_to(machine.last.deployed())
    plan = plan_undo(past, door.read_current(groups=True), DELETING, file="report.json")
    assert (plan.summary["update"], plan.summary["create"]) == (11, 1)
    apply_plan(plan, door)
    assert users(machine) == before
    (lost,) = (problem.message for problem in plan.problems if problem.code == "cannot_return")
    assert leaver.id in lost
    assert lost.endswith("Call eleven")


def test_a_run_that_stopped_tells_what_it_did_not_make(machine: Machine) -> None:
    machine.put("drop/users.csv", export(15, "Other"))
    machine.run(way_in="drop", seconds=0.0)
    past = read_past_run(machine.kept("report.json"))
    made = {(change.action.value, change.made) for change in past.changes}
    assert made == {("create", "no"), ("update", "perhaps")}
    current = connect_to(machine.last.deployed()).read_current(groups=True)
    assert plan_undo(past, current, DELETING, file="f").changes == ()


@pytest.mark.parametrize("given", [{"way_in": "schedule"}, {"way_in": "drop", "dry_run": True}])
def test_a_run_that_writes_nothing_cannot_be_taken_back(machine: Machine, given: dict[str, Any]) -> None:
    machine.put("drop/users.csv", export(5, "Other"))
    machine.run(**given)
    refused = objection(read_past_run(machine.kept("report.json")), DELETING, machine.server.instance.arn)
    assert refused is not None
    assert refused.code == "nothing_written"


def test_nor_can_one_that_was_refused(machine: Machine) -> None:
    machine.put("drop/users.csv", b"Id,Alias,FirstName,LastName,IsActive\n")
    assert machine.run(way_in="drop")["state"] == "refused"
    refused = objection(read_past_run(machine.kept("report.json")), DELETING, machine.server.instance.arn)
    assert refused is not None
    assert refused.code == "nothing_written"

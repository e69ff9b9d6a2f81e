"""The steps of a run with a bucket in memory and a strict Connect server: who waits, what is refused and told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from local_aws.connect_server import Fault
from tests.unit.user_sync.cloud_machine import DEPLOYMENT, NONE, Machine, export, running
from tests.unit.user_sync.people import policy
from user_sync.applied import note_applied
from user_sync.cloud import APPLIED_KEY, DRIFT_KEY, Settings
from user_sync.handler import _STEPS
from user_sync.inputs import Source
from user_sync.lock import LOCK_KEY, Lock
from user_sync.policy import Limits, Rule


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with running(monkeypatch) as machine:
        yield machine


def test_a_drop_is_applied_in_as_many_slices_as_it_takes(machine: Machine) -> None:
    machine.put("drop/users.csv", export(30))
    record = machine.run(way_in="drop")
    assert machine.steps == ["lock", "plan", "apply", "report", "done"]
    assert (record["state"], record["counts"]["done"]) == ("done", 30)
    assert len(machine.usernames()) == 30
    assert machine.run(way_in="drop")["state"] == "nothing to do"
    assert machine.metrics["Drift"] == 0


def test_of_two_runs_of_the_same_second_the_later_one_is_known_as_the_newest(machine: Machine) -> None:
    machine.run(way_in="drop")
    earlier, later = replace(machine.last, name="b"), replace(machine.last, name="a")
    earlier.started = earlier.started.replace(microsecond=123_000)
    later.started = later.started.replace(microsecond=124_000)
    assert earlier.key("run.json") < later.key("run.json")


def test_the_newest_drop_is_taken_whichever_run_comes_first(machine: Machine) -> None:
    machine.put("upload/users.csv", export(1, "Deployed"))
    machine.put("drop/b.csv", export(1, "Older"))
    machine.put("drop/a.csv", export(1, "Newer"))
    machine.run(way_in="drop")
    (user,) = machine.server.instance.users.values()
    assert user.last_name == "Newer"
    machine.put("upload/users.csv", export(1, "Deployed later"))
    machine.run(way_in="drop")
    (user,) = machine.server.instance.users.values()
    assert user.last_name == "Deployed later"


def test_a_slice_without_time_makes_nothing_and_three_of_them_end_the_run(machine: Machine) -> None:
    machine.put("drop/users.csv", export(5))
    record = machine.run(way_in="drop", seconds=0.0)
    assert machine.steps == ["lock", "plan", "apply", "apply", "apply", "report", "failed"]
    assert (record["state"], record["counts"]["skipped"]) == ("stopped", 5)
    lock = machine.store.get(LOCK_KEY)
    assert lock
    assert lock.data["run"] is None


def test_a_run_waits_for_another_and_is_refused_when_its_patience_is_over(machine: Machine) -> None:
    Lock(machine.store, run="other", way_in="deploy", now="then").take()
    machine.put("drop/users.csv", export(1))
    machine.run(way_in="drop")
    assert machine.steps == ["lock", "wait"]
    machine.settings = Settings(report_bucket="reports", export_bucket="exports", patience_seconds=0.0)
    record = machine.run(way_in="drop")
    assert machine.steps == ["lock", "report", "failed"]
    assert (record["state"], record["code"]) == ("refused", "locked")
    assert machine.usernames() == []


def test_a_comparison_takes_no_lock_writes_nothing_and_dates_the_drift(machine: Machine) -> None:
    machine.put("drop/users.csv", export(3))
    record = machine.run(way_in="schedule")
    assert (record["state"], machine.usernames()) == ("compared", [])
    assert machine.store.get(LOCK_KEY) is None
    assert machine.store.get(APPLIED_KEY) is None
    drift = machine.store.get(DRIFT_KEY)
    assert drift
    assert drift.data["changes"] == machine.metrics["Drift"] == 3
    machine.run(way_in="schedule")
    again = machine.store.get(DRIFT_KEY)
    assert again
    assert again.data["since"] == drift.data["since"]
    machine.run(way_in="drop")
    assert machine.metrics["DriftHours"] == 0


@pytest.mark.parametrize("way_in", ["deploy", "terminal", "anything", ""])
def test_a_start_by_hand_is_unattended_whatever_it_says_of_itself(machine: Machine, way_in: str) -> None:
    rules = policy(rules=(Rule((), ("Admin",), "Basic Routing Profile"),), limits=Limits(NONE, NONE, NONE))
    machine.deploy(rules.to_json())
    machine.put("drop/users.csv", export(1))
    record = machine.run(way_in=way_in)
    assert (record["state"], record["code"]) == ("refused", "privileged_unattended")


def test_a_deployment_is_answered_with_counts(machine: Machine) -> None:
    machine.put("upload/users.csv", export(4))
    rules = policy(rules=(Rule((), ("Admin",), "Basic Routing Profile"),), requests_per_second=1000.0)
    machine.deploy(rules.to_json())
    machine.run(way_in="deploy", deployment=DEPLOYMENT, answer_by=time.time() + 60)
    ((error, data),) = machine.answers
    assert error is None
    assert (data["Created"], data["Failed"], data["Status"]) == ("4", "0", "done")


def test_a_deployment_that_waited_long_enough_is_answered_once_and_early(machine: Machine) -> None:
    machine.put("upload/users.csv", export(4))
    rules = policy(rules=(Rule((), ("Admin",), "Basic Routing Profile"),), requests_per_second=1000.0)
    machine.deploy(rules.to_json())
    machine.run(way_in="deploy", deployment=DEPLOYMENT, answer_by=time.time() + 0.01)
    answers = machine.answers
    assert len(answers) == 1
    assert answers[0][1]["Status"].startswith("going on: 4 changes are left")
    assert len(machine.usernames()) == 4


def test_a_deployment_with_an_older_export_than_the_terminals_is_refused(machine: Machine) -> None:
    rules = policy(rules=(Rule((), ("Admin",), "Basic Routing Profile"),), requests_per_second=1000.0)
    machine.deploy(rules.to_json())
    machine.put("upload/users.csv", export(4))
    deployment = {"way_in": "deploy", "deployment": DEPLOYMENT, "answer_by": time.time() + 60}
    of_terminal = Source("users.csv", export(5))
    for seconds, state in ((1, "refused"), (0, "done")):
        modified = machine.bucket.now + timedelta(seconds=seconds)
        note_applied(machine.store, of_terminal, modified=modified, way_in="terminal", run="me", location={})
        record = machine.run(**deployment)
        assert (record["state"], record["code"]) == (state, "older_export" if seconds else "")
        assert len(machine.usernames()) == (0 if seconds else 4)


def test_a_failed_user_is_in_the_report_and_the_message_without_a_name(machine: Machine) -> None:
    machine.put("drop/users.csv", export(3))
    fault = Fault(operation="CreateUser", error="InvalidRequestException", times=1)
    machine.server.faults.append(fault)
    record = machine.run(way_in="drop")
    assert (record["state"], record["counts"]["failed"], record["counts"]["done"]) == ("some failed", 1, 2)
    assert machine.metrics["Failed"] == 1
    (subject, lines) = machine.sent[0]
    assert subject == "Connect users of acmeservice: some failed"
    assert "1 failed" in " ".join(lines)
    assert "@" not in " ".join(lines)


def test_a_stack_that_is_taken_back_gets_no_write(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.put("upload/users.csv", export(4))
    monkeypatch.setattr("user_sync.planning.taken_back", lambda _stack: True)
    record = machine.run(way_in="deploy", deployment=DEPLOYMENT, answer_by=time.time() + 60)
    assert (record["state"], record["code"]) == ("refused", "taken_back")
    assert machine.usernames() == []


def test_an_export_that_is_overwritten_during_a_run_ends_it(machine: Machine) -> None:
    machine.put("upload/users.csv", export(5))
    given = {"way_in": "manual"}
    machine.number = 1
    for step in ("lock", "plan"):
        state = _STEPS[step](machine.step(given, given, 60))
    machine.put("upload/users.csv", export(6))
    state = _STEPS["apply"](machine.step(given, state, 60))
    assert (state["next"], state["code"]) == ("report", "stopped")
    assert machine.usernames() == []

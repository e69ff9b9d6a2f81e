"""Runs in the cloud through what goes wrong around them: true reports, true answers, right after one more run."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws.connect_server import Fault
from tests.unit.user_sync.bucket import START
from tests.unit.user_sync.clock import FakeClock
from tests.unit.user_sync.cloud_machine import DEPLOYMENT, NONE, Machine, export, running
from tests.unit.user_sync.people import policy
from user_sync import ending, handler
from user_sync.cloud import DRIFT_KEY, Settings
from user_sync.lock import LEASE_SECONDS, holder
from user_sync.policy import Limits, Policy, Rule

ADMINS = (Rule((), ("Admin",), "Basic Routing Profile"),)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr("user_sync.cloud.SystemClock", FakeClock)  # what is sent again need not be waited for
    with running(monkeypatch) as machine:
        yield machine


def deployed(machine: Machine, people: bytes, **changes: Any) -> dict[str, Any]:
    """A run that a deployment asked for."""
    machine.deploy(rules(**changes).to_json())
    machine.put("upload/users.csv", people)
    return machine.run(way_in="deploy", deployment=DEPLOYMENT, answer_by=time.time() + 600)


def rules(**changes: Any) -> Policy:
    common = {"rules": ADMINS, "limits": Limits(NONE, NONE, NONE), "requests_per_second": 10_000.0}
    return policy(**{**common, **changes})


def last_names(machine: Machine) -> dict[str, str]:
    return {user.name: user.last_name for user in machine.server.instance.users.values()}


def assert_true(machine: Machine, *, name: str) -> int:
    """What the report calls done is done, and what it does not is not; return how many are not."""
    outcomes = machine.kept("report.json")["outcomes"]
    done = {one["username"] for one in outcomes if one["status"] == "done"}
    open_ = {one["username"] for one in outcomes} - done
    right = {username for username, last in last_names(machine).items() if last == name}
    assert done <= right
    assert not open_ & right
    assert machine.kept("run.json")["counts"]["done"] == len(done)
    return len(open_)


ONE_IN_TEN = {"errors": ["error"], "lost answers": ["lost"], "both": ["error", "lost"]}


@pytest.mark.parametrize("kinds", ONE_IN_TEN.values(), ids=list(ONE_IN_TEN))
@pytest.mark.parametrize("seed", range(2))
def test_one_request_in_ten_fails_or_is_not_answered(machine: Machine, kinds: list[str], seed: int) -> None:
    dice = random.Random(seed)
    makes = {"error": {"error": "InternalServiceException"}, "lost": {"lost_answer": True}}
    faults = [Fault(operation="*", times=None, when=lambda _: dice.random() < 0.1, **makes[kind]) for kind in kinds]
    machine.server.faults.extend(faults)
    for name in ("Family", "Married"):
        machine.put("drop/users.csv", export(60, name))
        machine.run(way_in="drop")
        if assert_true(machine, name=name):
            machine.run(way_in="drop")
        assert last_names(machine) == dict.fromkeys(machine.usernames(), name)
        assert len(machine.usernames()) == 60
    assert sum(entry.code == "InternalServiceException" for entry in machine.server.log) > 5 or kinds == ["lost"]


def test_a_reached_quota_is_in_report_and_answer_and_the_next_run_goes_on(machine: Machine) -> None:
    machine.server.service.settings.user_quota = 20
    deployed(machine, export(10))
    record = deployed(machine, export(30, "Married"))
    assert (record["state"], record["counts"]["done"]) == ("some failed", 20)
    codes = Counter(one["code"] for one in machine.kept("report.json")["outcomes"])
    assert codes == {"": 20, "LimitExceededException": 10}
    error, attributes = machine.answers[-1]
    assert error is None  # users were written: the old properties would be deployed after a failure
    assert (attributes["Created"], attributes["Updated"], attributes["Failed"]) == ("10", "10", "10")
    assert machine.metrics["Failed"] + machine.metrics["Skipped"] == 10
    machine.server.service.settings.user_quota = 100
    assert deployed(machine, export(30, "Married"))["state"] == "done"
    assert last_names(machine) == dict.fromkeys(machine.usernames(), "Married")


@pytest.mark.parametrize("failed_users", ["report", "fail"])
def test_users_that_always_fail_hold_up_nobody_else(machine: Machine, failed_users: str) -> None:
    fault = Fault(
        operation="CreateUser",
        error="InvalidParameterException",
        times=None,
        when=lambda asked: asked["Username"].startswith(("user3@", "user4@")),
    )
    machine.server.faults.append(fault)
    for run in (1, 2):
        record = deployed(machine, export(8), failed_users=failed_users)
        assert (record["state"], record["counts"]["failed"]) == ("some failed", 2)
        assert record["counts"]["done"] == (6 if run == 1 else 0)
        error, _ = machine.answers[-1]
        # Of the second run nothing was done, which is a failure whatever the config says.
        assert (error is None) == (failed_users == "report" and run == 1)
        assert error is None or error.code == "users_failed"
        assert len(machine.usernames()) == 6
    machine.server.faults.remove(fault)
    assert deployed(machine, export(8))["state"] == "done"


def test_a_bucket_that_is_away_at_the_start_lets_nobody_be_written_and_the_deployment_fail(machine: Machine) -> None:
    machine.deploy(rules().to_json())
    machine.put("upload/users.csv", export(3))
    machine.bucket.fails = "ServiceUnavailable"
    machine.run(way_in="deploy", deployment=DEPLOYMENT, answer_by=time.time() + 600)
    assert machine.steps == ["lock", "broken", "failed"]
    ((error, _),) = machine.answers
    assert error.code == "run_broken"
    assert "bucket_unusable" in error.message
    assert machine.server.log == []
    machine.bucket.fails = None
    assert deployed(machine, export(3))["state"] == "done"


def test_a_bucket_that_goes_away_among_the_writes_undoes_nothing_and_the_answer_says_so(machine: Machine) -> None:
    def away(_: object) -> bool:
        machine.bucket.fails = "ServiceUnavailable"
        return False

    machine.server.faults.append(Fault(operation="CreateUser", error="none", when=away))
    deployed(machine, export(8))
    assert machine.steps == ["lock", "plan", "apply", "report", "broken", "failed"]
    assert len(machine.usernames()) == 8  # the lock is ours for the rest of its lease
    ((error, attributes),) = machine.answers
    assert error is None  # users were written: a failure would deploy the old properties
    assert "broke" in attributes["Status"]
    machine.bucket.fails = None
    machine.server.faults.clear()
    machine.bucket.seconds += LEASE_SECONDS
    assert deployed(machine, export(8))["state"] == "nothing to do"
    assert holder(machine.store) is None


def test_a_bucket_that_cannot_be_written_at_the_report_changes_no_count_and_no_answer(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(**_: Any) -> None:
        machine.bucket.fails = "AccessDenied"
        try:
            machine.bucket.get_object(Bucket="reports", Key="any")
        finally:
            machine.bucket.fails = None

    real = ending.report

    def report(run: Any) -> dict[str, Any]:
        monkeypatch.setattr(machine.bucket, "put_object", cannot)
        return real(run)

    monkeypatch.setitem(handler._STEPS, "report", report)
    deployed(machine, export(4))
    assert machine.steps == ["lock", "plan", "apply", "report", "done"]
    ((error, attributes),) = machine.answers
    assert error is None
    assert (attributes["Created"], attributes["Report"]) == ("4", "none")
    assert machine.metrics["Created"] == 4
    assert machine.metrics["Drift"] == 0


class Clock:
    """The machine's wall clock, which is wrong by some seconds; S3's and the monotonic one are not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wrong_by = 0.0
        self._time = time.time
        monkeypatch.setattr(time, "time", lambda: self._time() + self.wrong_by)
        monkeypatch.setattr(ending, "_now", lambda: datetime.now(UTC) + timedelta(seconds=self.wrong_by))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_in_a_slice_ends_no_lock_and_no_slice(machine: Machine, clock: Clock, jump: float) -> None:
    def jumps(_: object) -> bool:
        clock.wrong_by = jump
        return False

    machine.settings = Settings(report_bucket="reports", export_bucket="exports", beat_seconds=0.0, lease_seconds=60.0)
    machine.server.faults.append(Fault(operation="CreateUser", error="none", when=jumps))
    record = deployed(machine, export(8))
    assert machine.steps == ["lock", "plan", "apply", "report", "done"]
    assert (record["state"], record["counts"]["done"]) == ("done", 8)
    ((error, attributes),) = machine.answers
    # A deployment whose time seems to be over is answered early, and not twice.
    assert error is None
    assert attributes["Status"].startswith("going on: " if jump > 0 else "done")
    assert holder(machine.store) is None


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_a_clock_that_is_wrong_between_two_comparisons_makes_no_age_negative_and_is_forgotten(
    machine: Machine, clock: Clock, jump: float
) -> None:
    machine.bucket.seconds = (datetime.now(UTC) - START).total_seconds()
    machine.put("drop/users.csv", export(3))
    clock.wrong_by = jump
    machine.run(way_in="schedule")
    assert machine.metrics["DriftHours"] == 0
    assert machine.metrics["ExportAgeHours"] == pytest.approx(max(0.0, jump) / 3600, abs=0.01)
    clock.wrong_by = 0.0
    machine.run(way_in="schedule")
    # One that was behind lets the drift look a day older; one that was ahead does not hide it.
    assert machine.metrics["DriftHours"] == pytest.approx(max(0.0, -jump) / 3600, abs=0.01)
    assert machine.metrics["ExportAgeHours"] == pytest.approx(0, abs=0.01)
    drift = machine.store.get(DRIFT_KEY)
    assert drift
    assert datetime.fromisoformat(drift.data["since"]) <= datetime.now(UTC)

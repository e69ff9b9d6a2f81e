"""Every kind of change through every kind of fault: right after at most one more run, and a true outcome each."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from local_aws.connect_server import Fault
from tests.unit.user_sync.conftest import Centers
from tests.unit.user_sync.small_set_runs import assert_right, assert_true, run

LEAVING = pytest.mark.parametrize("missing_users", ["disable", "delete"])
MOST_REQUESTS = 40


@LEAVING
def test_without_a_fault_every_kind_of_change_is_made(filled: Centers, missing_users: str) -> None:
    with filled(throttle=2.0) as center:
        outcomes = run(center, missing_users)
        assert {o.action.value for o in outcomes} == {"create", "update", "adopt", "replace", missing_users}
        assert {(o.status, o.code) for o in outcomes} == {("done", "")}
        assert_right(center, missing_users)


@LEAVING
@pytest.mark.parametrize("fault", [{"error": "InternalServiceException"}, {"lost_answer": True}])
def test_each_request_in_turn_fails_or_loses_its_answer(
    filled: Centers, missing_users: str, fault: dict[str, Any]
) -> None:
    for number in range(MOST_REQUESTS):
        with filled() as center:
            failing = Fault(operation="*", after=number, **fault)
            center.server.faults.append(failing)
            assert {outcome.status for outcome in run(center, missing_users)} == {"done"}
            assert_right(center, missing_users)
            if failing.times:
                assert number > 20
                return
    raise AssertionError("more requests than this set needs")


@LEAVING
def test_a_stop_at_any_moment_is_told_truly_and_the_next_run_ends_it(filled: Centers, missing_users: str) -> None:
    for number in range(MOST_REQUESTS):
        with filled() as center:
            asked = iter([None] * number)
            outcomes = run(center, missing_users, stop=lambda asked=asked: next(asked, "interrupted"))
            assert_true(center, missing_users, outcomes)
            if {outcome.status for outcome in outcomes} == {"done"}:
                assert_right(center, missing_users)
                assert number > 10
                return
            assert {outcome.status for outcome in run(center, missing_users)} == {"done"}
            assert_right(center, missing_users)
    raise AssertionError("more requests than this set needs")


def test_a_stop_after_a_lost_answer_leaves_no_leaver_signed_in(filled: Centers) -> None:
    for number in range(MOST_REQUESTS):
        with filled(faults=[Fault(operation="UpdateUserSecurityProfiles", lost_answer=True, times=2)]) as center:
            asked = iter([None] * number)
            outcomes = run(center, "disable", stop=lambda asked=asked: next(asked, "interrupted"))
            center.server.faults.clear()
            run(center, "disable")
            assert_right(center, "disable")
            if {outcome.status for outcome in outcomes} == {"done"}:
                assert number > 10
                return
    raise AssertionError("more requests than this set needs")


def test_a_leaver_of_whom_no_answer_comes_back_is_failed_but_not_left_signed_in(filled: Centers) -> None:
    with filled(faults=[Fault(operation="UpdateUserSecurityProfiles", lost_answer=True, times=1000)]) as center:
        assert "failed" in {outcome.status for outcome in run(center, "disable")}
        center.server.faults.clear()
        run(center, "disable")
        assert_right(center, "disable")


def test_a_stop_is_noticed_also_while_a_change_waits_for_minutes(filled: Centers) -> None:
    with filled(search_lag=180.0, faults=[Fault(operation="CreateUser", lost_answer=True)]) as center:
        asked: list[float] = []
        run(center, "disable", stop=lambda: asked.append(center.clock.now()))
        assert asked[-1] - asked[0] > 60
        assert max(after - before for before, after in itertools.pairwise(asked)) <= 0.5


@LEAVING
@pytest.mark.parametrize("kinds", [("error",), ("lost_answer",), ("error", "lost_answer")])
@pytest.mark.parametrize("lag", [0.0, 5.0, 180.0])
def test_one_request_in_ten_fails_or_loses_its_answer_and_reads_lag(
    filled: Centers, missing_users: str, kinds: tuple[str, ...], lag: float
) -> None:
    dice = random.Random(f"{missing_users} {kinds} {lag}")
    values = {"error": "InternalServiceException", "lost_answer": True}
    faults = [
        Fault(operation="*", times=None, when=lambda _: dice.random() < 0.1, **{kind: values[kind]}) for kind in kinds
    ]
    with filled(faults=faults, search_lag=lag) as center:
        outcomes = run(center, missing_users)
        center.clock.sleep(lag + 1)
        assert_true(center, missing_users, outcomes)
        run(center, missing_users)
        assert_right(center, missing_users)


@LEAVING
@pytest.mark.parametrize("lag", [5.0, 180.0])
def test_a_second_run_that_sees_nothing_of_the_first_does_no_harm(
    filled: Centers, missing_users: str, lag: float
) -> None:
    with filled(search_lag=lag) as center:
        assert {outcome.status for outcome in run(center, missing_users)} == {"done"}
        assert {outcome.status for outcome in run(center, missing_users)} == {"done"}
        assert_right(center, missing_users)


@LEAVING
def test_a_neighbor_with_four_fifths_of_the_quota(filled: Centers, missing_users: str) -> None:
    with filled(throttle=2.0) as center:
        center.server.service.throttle.neighbor = 1.6
        assert {outcome.status for outcome in run(center, missing_users)} == {"done"}
        assert_right(center, missing_users)

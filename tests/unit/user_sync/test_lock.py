"""The lock: one of two gets it, a dead holder loses it, and no wrong clock of a machine matters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.user_sync.bucket import Bucket
from tests.unit.user_sync.clock import FakeClock
from user_sync.lock import LEASE_SECONDS, Lock, holder
from user_sync.stored import Store, StoreUnusable


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def lock(bucket: Bucket, run: str, **more: Any) -> Lock:
    return Lock(Store(bucket, "reports"), run=run, way_in="drop", now="2026-11-24T10:00:00+00:00", **more)


def test_one_of_two_gets_it_and_the_other_is_told_who_has_it(bucket: Bucket) -> None:
    assert lock(bucket, "a").take() is None
    other = lock(bucket, "b").take()
    assert other is not None
    assert (other.run, other.way_in, other.free_in_seconds) == ("a", "drop", LEASE_SECONDS)


def test_of_two_who_look_at_the_same_moment_one_gets_it(bucket: Bucket) -> None:
    first, second = lock(bucket, "a"), lock(bucket, "b")
    real, calls = bucket.get_object, []

    def quicker(**asked: Any) -> dict[str, Any]:
        # While the second looks and finds nothing, the first takes it.
        calls.append(asked)
        if len(calls) == 1:
            try:
                return real(**asked)
            finally:
                bucket.get_object = real  # type: ignore[method-assign]
                assert first.take() is None
        return real(**asked)

    bucket.get_object = quicker  # type: ignore[method-assign]
    other = second.take()
    assert other is not None
    assert other.run == "a"


@pytest.mark.parametrize(("seconds", "free"), [(LEASE_SECONDS - 1, False), (LEASE_SECONDS, True)])
def test_a_dead_holder_loses_it_when_its_lease_is_over_and_not_before(
    bucket: Bucket, seconds: float, free: bool
) -> None:
    lock(bucket, "dead").take()
    bucket.seconds += seconds
    assert (lock(bucket, "next").take() is None) is free


def test_a_renewal_keeps_it(bucket: Bucket) -> None:
    held = lock(bucket, "a")
    held.take()
    for _ in range(5):
        bucket.seconds += LEASE_SECONDS - 1
        assert held.keep()
    assert lock(bucket, "b").take() is not None


def test_who_lost_it_is_told_at_the_next_renewal_and_gives_nothing_back(bucket: Bucket) -> None:
    slow = lock(bucket, "slow")
    slow.take()
    bucket.seconds += LEASE_SECONDS
    assert lock(bucket, "next").take() is None
    assert not slow.keep()
    slow.release()
    found = holder(Store(bucket, "reports"))
    assert found is not None
    assert found.run == "next"


def test_a_second_process_of_the_same_run_takes_over_and_the_first_is_told(bucket: Bucket) -> None:
    first, second = lock(bucket, "run"), lock(bucket, "run")
    assert first.take() is None
    assert second.take() is None
    assert not first.keep()
    assert second.keep()


def test_a_released_lock_is_free_at_once_and_who_looked_before_knows_that_it_was_held(bucket: Bucket) -> None:
    before, held, after = lock(bucket, "b"), lock(bucket, "a"), lock(bucket, "c")
    before.look()
    held.take()
    held.release()
    assert holder(Store(bucket, "reports")) is None
    after.look()
    assert after.take() is None
    assert after.untouched
    after.release()
    assert before.take() is None
    assert not before.untouched


def test_a_renewal_whose_answer_was_lost_is_still_ours(bucket: Bucket) -> None:
    held = lock(bucket, "a")
    held.take()
    bucket.lost = True
    assert held.keep()
    assert held.keep()


def test_while_the_bucket_is_away_the_lock_is_ours_for_the_rest_of_the_lease(bucket: Bucket) -> None:
    clock = FakeClock()
    held = lock(bucket, "a", clock=clock)
    held.take()
    bucket.fails = "ServiceUnavailable"
    clock.sleep(LEASE_SECONDS - 1)
    assert held.keep()
    clock.sleep(1)
    assert not held.keep()


def test_a_bucket_that_is_away_gives_no_lock(bucket: Bucket) -> None:
    bucket.fails = "AccessDenied"
    with pytest.raises(StoreUnusable, match=r"cannot read s3://reports/state/lock.json: AccessDenied"):
        lock(bucket, "a").take()

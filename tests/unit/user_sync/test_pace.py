"""Pace: the bucket allows the burst, then the rate; gives way and recovers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.user_sync.clock import FakeClock
from user_sync.pace import Bucket, Pace


@given(st.floats(0.1, 50), st.integers(1, 200))
def test_never_more_than_burst_and_rate_and_hardly_slower(rate: float, requests: int) -> None:
    clock = FakeClock()
    burst = max(1.0, 2.5 * rate)
    pace = Pace(rate=rate, burst=burst, clock=clock)
    start = clock.now()
    for _ in range(requests):
        pace.wait("CreateUser")
    elapsed = clock.now() - start
    assert requests <= burst + elapsed * rate + 1e-3
    at_once = max(1.0, 0.8 * burst)  # the rest of the burst is left for requests that arrive unevenly
    assert elapsed <= max(0.0, (requests - at_once) / rate) + 1e-3


def test_operations_have_buckets_of_their_own() -> None:
    clock = FakeClock()
    pace = Pace(rate=2, burst=5, clock=clock)
    for operation in ("CreateUser", "DeleteUser"):
        for _ in range(4):
            pace.wait(operation)
    assert clock.now() == 1000.0


def test_one_refusal_empties_the_bucket_and_a_second_soon_after_halves_the_rate() -> None:
    bucket = Bucket(2, 8)
    bucket.take(0)
    for _ in range(5):
        bucket.throttled(10)
    assert (bucket.pace, bucket.delay(10), bucket.burst) == (2, 0.5, 4)
    bucket.throttled(14)
    assert (bucket.pace, bucket.delay(14), bucket.burst) == (1, 1.0, 2)
    bucket.throttled(14.5)  # was under way at the same time
    assert bucket.pace == 1
    bucket.throttled(30)  # the neighbor is still there
    assert (bucket.pace, bucket.burst) == (0.75, 2)
    for _ in range(50):
        bucket.answered()
    assert bucket.pace == 2
    bucket.throttled(100)  # long after: chance
    assert bucket.pace == 2


def test_it_never_slows_down_to_nothing() -> None:
    bucket = Bucket(2, 5)
    for second in range(100):
        bucket.throttled(second * 2)
    assert bucket.pace == 2 / 16


@pytest.mark.parametrize("jump", [-500.0, 500.0])
def test_a_clock_that_jumps_gives_at_most_a_burst(jump: float) -> None:
    clock = FakeClock()
    pace = Pace(rate=2, burst=5, clock=clock)
    for _ in range(4):
        pace.wait("CreateUser")
    clock.time += jump
    at_once = 0
    while pace.bucket("CreateUser").delay(clock.now()) == 0:
        pace.bucket("CreateUser").take(clock.now())
        at_once += 1
    assert at_once == (4 if jump > 0 else 0)
    assert math.isfinite(pace.bucket("CreateUser").delay(clock.now()))

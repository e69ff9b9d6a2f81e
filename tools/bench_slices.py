"""For `bench_apply.py`: a run in the slices of the cloud, at the real quota, by a clock that skips the waiting."""

from __future__ import annotations

import os
import time

from bench_people import people
from bench_strict import BURST, POLICY, SEED, connect_to, export, review

from local_aws.connect_server import ConnectServer
from user_sync.apply import apply_plan
from user_sync.approved import Key, remaining
from user_sync.model import Outcome

QUOTA = 2.0
SLICE_SECONDS = 900 - 45  # a Lambda function's time, less what user_sync.cloud spares
# Taken for the cloud's own doings, which are not here: from one slice's end to the next one's first line, and the
# look at lock, stack and bucket that a slice takes every few seconds, in which it sends nothing.
STARTING_SECONDS = 5.0
LOOK_EVERY_SECONDS, LOOK_SECONDS = 5.0, 0.5


class SkippingClock:
    """Real time, but for sleeping, which takes none."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """Return real seconds and those that were slept."""
        return time.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        """Go on at once, so many seconds later."""
        self._skipped += seconds


class _Slice:
    """When one slice stops; in between it looks around."""

    def __init__(self, clock: SkippingClock) -> None:
        self._clock = clock
        self._looked = clock.now()
        self._deadline = clock.now() + SLICE_SECONDS

    def __call__(self) -> str | None:
        now = self._clock.now()
        if now - self._looked >= LOOK_EVERY_SECONDS:
            self._looked = now
            self._clock.sleep(LOOK_SECONDS)
        return "the slice's time is up" if now >= self._deadline else None


def in_slices(count: int) -> tuple[float, int, int]:
    """Create so many people in slices that plan anew, as `user_sync.slices` does.

    Returns:
        Seconds from the first look at the instance to the last answer; slices; requests that were refused.
    """
    data, clock = export(people(count)), SkippingClock()
    ended: set[Key] = set()
    slices = refused = 0
    with ConnectServer(SEED, throttle=QUOTA, burst=BURST, clock=clock.now, user_quota=1_000_000) as server:
        os.environ.update(server.environment())
        begun = clock.now()
        approved = review(data, POLICY, connect_to(server.instance.arn, QUOTA, clock)).as_file()["changes"]
        while len(ended) < count:
            clock.sleep(STARTING_SECONDS)
            stop = _Slice(clock)
            connect = connect_to(server.instance.arn, QUOTA, clock)
            rest = remaining(review(data, POLICY, connect).plan, approved, ended)
            for outcome in map(rest.outcome, apply_plan(rest.plan, connect, stop=stop)):
                if outcome.code != "stopped":
                    ended.add(_key(outcome))
            slices += 1
            refused += connect.traffic.throttled
        return clock.now() - begun, slices, refused


def _key(outcome: Outcome) -> Key:
    if outcome.status != "done":
        raise SystemExit(f"error: {outcome}")
    return outcome.username, outcome.action.value

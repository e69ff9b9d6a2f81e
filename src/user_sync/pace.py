"""Pace: how fast requests may be sent, with time and sleep injected.

Connect allows 2 requests a second with a burst of 5, per operation, account and Region, shared with
everything else in the account; there is one quota per operation, so there is one token bucket per
operation here, a fifth smaller: requests do not arrive at the distances at which they were sent.

A throttled answer empties the bucket and halves what may be saved up. Another one soon after halves the rate too
(the quota is shared: somebody else is using it); later ones, while it is still below the quota, take a quarter of
it, and each answer that is not throttled gives a fiftieth back. So beside a neighbor one request in about fifteen
is refused, and the full rate is back some two minutes after the neighbor has gone.
Source: Amazon Connect admin guide, "Amazon Connect service quotas" and "API throttling".
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

# In requests at the full rate: refusals closer together than the first are one, than the second are a pattern.
_TOGETHER = 2.0
_AGAIN = 10.0
# Of the service's burst: the rest makes up for requests that took unequally long to arrive.
_BURST_USED = 0.8
_BURST_AT_LEAST = 2.0  # so that waking up a little late costs nothing


class Clock(Protocol):
    """Time as the engine sees it."""

    def now(self) -> float:
        """Return seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        time.sleep(seconds)


@dataclass(slots=True)
class Bucket:
    """A token bucket whose rate gives way when the service throttles.

    Attributes:
        rate: requests a second that the quota allows.
        burst: requests that may be sent at once after a pause; less once the service refused some.
    """

    rate: float
    burst: float
    tokens: float = field(init=False)
    pace: float = field(init=False)
    updated: float = field(init=False, default=float("-inf"))
    refused: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self.tokens = self.burst
        self.pace = self.rate

    def _fill(self, now: float) -> None:
        # A clock that went back gives nothing; one that jumped ahead fills the bucket, no more.
        if now > self.updated:
            elapsed = now - self.updated
            self.tokens = min(self.burst, self.tokens + elapsed * self.pace)
        self.updated = now

    def delay(self, now: float) -> float:
        """Return the seconds until a request may be sent; 0 for now."""
        self._fill(now)
        # A token that is there but for rounding is there: a sleep of a nanosecond would never end.
        missing = 1 - self.tokens
        return missing / self.pace if missing > 1e-9 else 0.0

    def take(self, now: float) -> None:
        """Count one request as sent now."""
        self._fill(now)
        self.tokens -= 1

    def throttled(self, now: float) -> None:
        """Slow down: the service refused a request for its rate.

        Requests that were under way together are refused together: they count once.
        """
        self._fill(now)
        self.tokens = min(self.tokens, 0.0)
        since = now - self.refused
        if since < _TOGETHER / self.rate:
            return
        self.refused = now
        self.burst = max(self.burst / 2, min(self.burst, _BURST_AT_LEAST))
        if since < _AGAIN / self.rate:
            self.pace = max(self.pace / 2, self.rate / 16)
        elif self.pace < self.rate:
            self.pace = max(self.pace * 0.75, self.rate / 16)

    def answered(self) -> None:
        """Recover a little: the service took a request."""
        self.pace = min(self.rate, self.pace * 1.02)


class Pace:
    """The buckets of all operations of one instance.

    Args:
        rate: requests a second for each operation.
        burst: requests that the service takes at once after a pause.
        clock: time, injected.
    """

    def __init__(self, *, rate: float, burst: float, clock: Clock) -> None:
        self.clock = clock
        self._rate = rate
        self._burst = max(1.0, _BURST_USED * burst)
        self._buckets: dict[str, Bucket] = {}

    def bucket(self, operation: str) -> Bucket:
        """Return the bucket of an operation."""
        if operation not in self._buckets:
            self._buckets[operation] = Bucket(self._rate, self._burst)
        return self._buckets[operation]

    def wait(self, operation: str) -> None:
        """Sleep until a request of this operation may be sent, and count it."""
        bucket = self.bucket(operation)
        while (delay := bucket.delay(self.clock.now())) > 0:
            self.clock.sleep(delay)
        bucket.take(self.clock.now())

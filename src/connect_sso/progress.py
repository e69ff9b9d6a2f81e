"""How far applying is, how fast it goes and how long it takes, for whoever waits at a terminal.

Time left comes from the operation with the most requests left, at the quota's rate, stretched by how much slower
than that the last minute was. Must not know how it is shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from user_sync.model import Outcome
from user_sync.plan import Plan, operations

if TYPE_CHECKING:
    from user_sync.connect import Traffic  # brings boto3, which offline commands do without

_WINDOW_SECONDS = 60.0  # of what rate and time left are taken from
_TOO_SOON_SECONDS = 5.0  # until then the quota's rate is the best guess


class Tally:
    """Counts changes as they end.

    Args:
        plan: what is applied.
        traffic: the door's count of requests.
        clock: monotonic seconds.

    Attributes:
        done: changes that have ended, in whatever way.
    """

    def __init__(self, plan: Plan, traffic: Traffic, clock: Callable[[], float]) -> None:
        self.total = len(plan.changes)
        self.done = 0
        self._traffic, self._clock = traffic, clock
        self._throttled_before = traffic.throttled
        self._rate = plan.policy.requests_per_second
        self._left = plan.operations
        self._needs = {(change.username, change.action): operations(change) for change in plan.changes}
        self._seen = deque([(clock(), 0, self._planned_seconds)])

    def count(self, outcome: Outcome) -> None:
        """Note that a change has ended."""
        self.done += 1
        self._left.subtract(self._needs.get((outcome.username, outcome.action), ()))

    def look(self) -> None:
        """Remember how far it is by now; to be called about once a second."""
        now = self._clock()
        self._seen.append((now, self.done, self._planned_seconds))
        while len(self._seen) > 2 and now - self._seen[1][0] >= _WINDOW_SECONDS:
            self._seen.popleft()

    @property
    def throttled(self) -> int:
        """Return how many requests were refused for their rate since applying began."""
        return self._traffic.throttled - self._throttled_before

    @property
    def per_second(self) -> float:
        """Return how many changes ended each second of the last minute."""
        since, done, _ = self._seen[0]
        return (self.done - done) / max(self._clock() - since, 1.0)

    @property
    def seconds_left(self) -> float | None:
        """Return how long what is left takes; None while nothing goes on."""
        since, _, planned = self._seen[0]
        took, gone = self._clock() - since, planned - self._planned_seconds
        if took < _TOO_SOON_SECONDS:
            return self._planned_seconds
        if gone <= 0:
            return None
        return self._planned_seconds * max(1.0, took / gone)

    @property
    def _planned_seconds(self) -> float:
        return max(self._left.values(), default=0) / self._rate

    def __str__(self) -> str:
        """Return count, rate, throttling and time left as a person reads them."""
        left = self.seconds_left
        pace = f"{self.per_second:.1f} a second, {self.throttled:,} throttled"
        then = "waiting" if left is None else f"{_duration(left)} left"
        return f"{self.done:,} of {self.total:,} changes, {pace}, {then}"


def _duration(seconds: float) -> str:
    """Return a time in the two largest units that matter, rounded up."""
    whole = int(seconds + 0.999)
    if whole < 60:
        return f"{whole} s"
    minutes = -(-whole // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"

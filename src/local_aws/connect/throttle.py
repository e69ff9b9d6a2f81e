"""Connect's request quota: a token bucket per operation (2 requests a second, burst 5, by default).

Source: Amazon Connect administrator guide, "Amazon Connect service quotas", API throttling quotas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from local_aws.connect.errors import ConnectError


@dataclass(slots=True)
class Throttle:
    """One bucket an operation.

    Attributes:
        rate: requests a second; None lets everything through.
        burst: requests that an idle bucket holds.
        code: ``ThrottlingException`` or ``TooManyRequestsException``, both 429.
        neighbor: requests a second and operation that somebody else in the account sends, from the first of
            ours on, at uneven distances and once each.
        neighbor_served, neighbor_refused: how those went.
    """

    rate: float | None = 2.0
    burst: float = 5.0
    code: str = "ThrottlingException"
    neighbor: float = 0.0
    neighbor_served: int = 0
    neighbor_refused: int = 0
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)
    _random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - no secret: always the same neighbor

    def admit(self, operation: str, clock: Callable[[], float]) -> None:
        """Take a token of the operation's bucket.

        Args:
            clock: seconds, monotonic.

        Raises:
            ConnectError: the bucket is empty.
        """
        if self.rate is None:
            return
        now = clock()
        if self.neighbor:
            self._serve_neighbor(operation, now)
        if not self._take(operation, now):
            raise ConnectError(self.code, "Rate exceeded")

    def _take(self, operation: str, now: float) -> bool:
        level, since = self._levels.get(operation, (self.burst, now))
        level = min(self.burst, level + (now - since) * (self.rate or 0))
        self._levels[operation] = (level - (level >= 1), now)
        return level >= 1

    def _serve_neighbor(self, operation: str, now: float) -> None:
        """Let in what the neighbor has sent since the last request."""
        due = self._next.setdefault(operation, now)
        while due <= now:
            if self._take(operation, due):
                self.neighbor_served += 1
            else:
                self.neighbor_refused += 1
            due += self._random.uniform(0.5, 1.5) / self.neighbor
        self._next[operation] = due

"""Time that only sleeping moves, so that tests of minutes take milliseconds."""

from __future__ import annotations


class FakeClock:
    """A clock for pace and server alike."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        """Return the time in seconds."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move the time."""
        assert seconds > 0
        self.time += seconds

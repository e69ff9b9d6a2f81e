"""Faults that a test asks for: an error instead of an answer, or an answer that gets lost on its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class AnswerLost(Exception):
    """The request was carried out; the connection is to be closed without an answer."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault, for some requests of one operation.

    Attributes:
        operation: such as ``CreateUser``; ``*`` for any.
        error: code to answer with instead of carrying the request out; empty with `lost_answer`.
        lost_answer: carry the request out, then drop the connection.
        after: requests that pass before the first that is hit.
        times: requests that are hit; None for all from then on.
        when: hits only requests whose parameters it says yes to.
    """

    operation: str
    error: str = ""
    message: str = "injected by the test"
    status: int | None = None
    lost_answer: bool = False
    after: int = 0
    times: int | None = 1
    when: Callable[[Mapping[str, Any]], bool] = lambda _: True

    def hits(self, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Return whether this request is hit, and count it."""
        if self.operation not in ("*", operation) or self.times == 0 or not self.when(parameters):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

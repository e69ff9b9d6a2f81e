"""One check of a sign-in: what was looked at, whether anything was found against it, and what to do.

`explain` and `doctor` both speak in these. Must not know what is checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_NOT_JUDGED = "not judged: "


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found.

    Attributes:
        name: stable, snake_case, for programs.
        ok: False only where something was found that stops the sign-in. A check that could not be made is
            True, since nothing was found, and its message begins with ``not judged:``.
        message: for a person: what, got, allowed.
        fix: what to do, with the place to click or the file to change; empty where there is nothing to do.
    """

    name: str
    ok: bool
    message: str
    fix: str = ""

    @property
    def judged(self) -> bool:
        """Return whether the check could be made."""
        return not self.message.startswith(_NOT_JUDGED)

    def as_json(self) -> dict[str, str | bool]:
        """Return the JSON form of design section 2."""
        return {"name": self.name, "ok": self.ok, "message": self.message, "fix": self.fix}


def passed(name: str, message: str, fix: str = "") -> Check:
    """Return a check that found nothing against the sign-in.

    Args:
        fix: advice, where there is something better than what works.
    """
    return Check(name, True, message, fix)


def failed(name: str, message: str, fix: str) -> Check:
    """Return a check that found what stops the sign-in."""
    return Check(name, False, message, fix)


def not_judged(name: str, why: str, fix: str = "") -> Check:
    """Return a check that could not be made.

    Args:
        why: what was missing.
        fix: how to have it made.
    """
    return Check(name, True, f"{_NOT_JUDGED}{why}", fix)


def all_ok(checks: Iterable[Check]) -> bool:
    """Return whether no check found anything against the sign-in."""
    return all(check.ok for check in checks)

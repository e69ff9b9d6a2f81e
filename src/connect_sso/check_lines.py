"""Prints checks for a person: what was looked at, what was found, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from connect_sso.terminal import Screen, harmless
from contact_center.checks import Check


def show_checks(screen: Screen, checks: Sequence[Check], *, good: str, bad: str, ok: bool) -> None:
    """Print the checks, then how they came out; only failures where the screen is quiet.

    Args:
        good, bad: the verdict.
        ok: which of them.
    """
    for check in checks:
        if screen.quiet and check.ok:
            continue
        mark, style = ("fail", "bold red") if not check.ok else ("ok", "green") if check.judged else ("--", "yellow")
        screen.out.print(Text.assemble((f"{mark:<5}", style), (f"{check.name}: ", "bold"), harmless(check.message)))
        if check.fix:
            screen.out.print(Text.assemble((f"{'':<5}fix: ", "dim"), harmless(check.fix)))
    if screen.quiet:
        return
    left_out = ", ".join(check.name for check in checks if not check.judged)
    beside = f" (not judged: {left_out})" if left_out else ""
    first = next((check.name for check in checks if not check.ok), None)
    if ok:
        screen.out.print(Text.assemble((good, "bold green"), beside))
    elif first:
        screen.out.print(Text.assemble((bad, "bold red"), f": first at {first}", beside))
    else:
        screen.out.print(Text.assemble(("nothing could be judged", "bold red"), beside))

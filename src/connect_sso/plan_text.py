"""A plan and an explanation as lines for a terminal. Must not print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from connect_sso.terminal import Part
from user_sync.explanation import Explanation
from user_sync.model import Action
from user_sync.plan import Plan
from user_sync.report import changed_text

MARKS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.ADOPT: ("&", "cyan"),
    Action.DISABLE: ("-", "red"),
    Action.DELETE: ("-", "bold red"),
    Action.REPLACE: ("±", "bold red"),
}
_MOST_BYSTANDERS = 20  # of each kind, unless verbose
Line = Sequence[Part]


def plan_lines(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    """Yield the plan as a diff grouped by action, who is left alone and why, then the counts.

    Args:
        verbose: everybody who is left alone, not the first of them only.
    """
    for action, (mark, style) in MARKS.items():
        changes, width = [change for change in plan.changes if change.action is action], 0
        if changes:
            yield ((f"{action.value} {len(changes)}", "bold"),)
            width = max(len(change.username) for change in changes)
        for change in changes:
            detail = changed_text([field.as_json() for field in change.fields]) or "only our tags are added"
            name = f"{change.username:<{width}}"
            yield ((f"  {mark} {name}", style), (f"  {detail}", ""), (f"  ({change.why})", "dim"))
    yield from _bystanders(plan, verbose=verbose)
    counts = ", ".join(f"{count} {name}" for name, count in plan.summary.items() if count)
    yield (("plan: ", "bold"), (counts or "nothing", ""))
    if plan.changes:
        total, seconds = plan.operations.total(), plan.estimated_seconds
        rate = f"{plan.policy.requests_per_second:g}"
        yield (
            (f"{_many(total, 'request')}, about {_time(max(1, seconds))} at {rate} a second for each operation", ""),
        )


def _bystanders(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    kinds: tuple[tuple[str, Iterable[tuple[str, str]]], ...] = (
        (f"missing {plan.missing}, left as they are", plan.kept),
        (f"unmanaged {plan.unmanaged}, never changed", plan.unmanaged_users()),
    )
    for title, people in kinds:
        for index, (username, why) in enumerate(people):
            if index == 0:
                yield ((title, "bold"),)
            if index == _MOST_BYSTANDERS and not verbose:
                yield (("    … the others with -v", "dim"),)
                break
            yield ((f"    {username}", ""), (f"  ({why})", "dim"))


def explanation_lines(explanation: Explanation) -> Iterator[Line]:
    """Yield which rule decided about one person, and why the ones before it did not."""
    who = f"row {explanation.row}" + (f", {explanation.username}" if explanation.username else "")
    yield ((f"{who}: ", "bold"), (explanation.outcome, ""))
    for verdict in explanation.verdicts:
        mark, style = ("yes", "green") if verdict.matched else ("no ", "yellow")
        if not verdict.sure:
            mark, style = ("?  ", "yellow")
        yield (("  ", ""), (mark, style), (f" users.rules[{verdict.rule}]: {verdict.reason}", ""))
    if explanation.gives:
        gives = "; ".join(f"{name} {_value(value)}" for name, value in explanation.gives.items())
        yield ((f"      gives {gives}", ""),)


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _time(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    hours, minutes = divmod(-(-seconds // 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"

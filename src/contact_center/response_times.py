"""When a response is valid. Must not know the clock: the moment to judge at is given.

AWS takes a response for five minutes after its issue, and not after any NotOnOrAfter. How far it lets a clock
be ahead is not documented; a minute passes here and is told. Sources: IAM user guide, "Troubleshoot SAML
federation"; OASIS, "Profiles for SAML 2.0", 4.1.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from contact_center.checks import Check, failed, passed
from contact_center.metadata_entity import parse_moment
from contact_center.nearest import shown
from contact_center.saml_response import Statement

REDEEM_WITHIN = timedelta(minutes=5)
SKEW = timedelta(seconds=60)
_NAME = "times"
_CLOCK = "set the identity provider's clock by a time server (NTP), and this machine's if it is the one that is wrong"


class _NoMomentError(Exception):
    """A time stamp is missing or unreadable; the text says which."""


def judge_times(statement: Statement, now: datetime, app: str, *, live: bool) -> Check:
    """Return whether the response is valid at a moment.

    Args:
        now: with time zone.
        app: where the app's SAML settings are, for the fix.
        live: whether `now` is the clock's time, rather than when the response was posted.
    """
    counts = {"SubjectConfirmation": len(statement.confirmations), "Conditions": len(statement.conditions)}
    wrong = [f"{count} {what} elements" for what, count in counts.items() if count != 1]
    if wrong:
        return failed(
            _NAME, f"the assertion has {' and '.join(wrong)}, and exactly one is right", f"correct it in {app}"
        )
    try:
        starts, ends = dict(_moments(_starts(statement))), dict(_moments(_ends(statement)))
    except _NoMomentError as error:
        return failed(_NAME, str(error), f"correct it in {app}")
    return _judge(starts, ends, now, live=live)


def _judge(starts: dict[str, datetime], ends: dict[str, datetime], now: datetime, *, live: bool) -> Check:
    early = max(starts, key=lambda what: starts[what])
    if starts[early] - now > SKEW:
        message = f"{early} is {_stamp(starts[early])}, {_length(starts[early] - now)} after {_stamp(now)}"
        return failed(_NAME, f"the response is not valid yet: {message}", _CLOCK)
    ends = {**ends, "the five minutes after IssueInstant": starts["IssueInstant"] + REDEEM_WITHIN}
    late = min(ends, key=lambda what: ends[what])
    if ends[late] <= now:
        return _expired(late, ends[late], now, starts[early], live=live)
    if starts[early] > now:
        ahead = _length(starts[early] - now)
        return passed(_NAME, f"valid but for a clock: {early} is {ahead} ahead, which AWS may or may not take", _CLOCK)
    return passed(_NAME, f"valid at {_stamp(now)}, for another {_length(ends[late] - now)}")


def _moments(texts: Iterator[tuple[str, str | None]]) -> Iterator[tuple[str, datetime]]:
    for what, text in texts:
        moment = parse_moment(text or "")
        if moment is None:
            raise _NoMomentError(
                f"{what} is missing" if text is None else f"{what} is {shown(text)}, no moment in time"
            )
        yield what, moment


def _starts(statement: Statement) -> Iterator[tuple[str, str | None]]:
    yield "IssueInstant", statement.issue_instant
    if statement.conditions[0][0] is not None:
        yield "NotBefore of Conditions", statement.conditions[0][0]
    if statement.confirmations[0].not_before is not None:
        yield "NotBefore of SubjectConfirmationData", statement.confirmations[0].not_before


def _ends(statement: Statement) -> Iterator[tuple[str, str | None]]:
    if statement.conditions[0][1] is not None:
        yield "NotOnOrAfter of Conditions", statement.conditions[0][1]
    yield "NotOnOrAfter of SubjectConfirmationData", statement.confirmations[0].not_on_or_after


def _expired(what: str, end: datetime, now: datetime, start: datetime, *, live: bool) -> Check:
    if end <= start:
        return failed(_NAME, f"the response was never valid: {what} ended at {_stamp(end)}", _CLOCK)
    message = f"the response has expired: {what} ended at {_stamp(end)}, {_length(now - end)} before {_stamp(now)}"
    if not live:
        return failed(_NAME, message, f"sign in again; if it was a new response, {_CLOCK}")
    then = start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fix = (
        f"a response lives for minutes, so a captured one has expired by now: judge it as of its issue, --at {then}; "
        f"if AWS said so at the time, {_CLOCK}"
    )
    return failed(_NAME, message, fix)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _length(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"

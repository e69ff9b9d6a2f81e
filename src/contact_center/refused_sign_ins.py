"""What CloudTrail says of refused sign-ins: when, who, why, and what to do.

Events in, checks out. Of a person only the RoleSessionName is kept, which is the username: an event also has
the NameID, often an e-mail address, and where the person is.
Source: AWS CloudTrail user guide, "CloudTrail record contents"; IAM user guide, "Logging IAM and AWS STS API
calls with AWS CloudTrail".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contact_center.checks import Check, failed, passed
from contact_center.metadata_entity import parse_moment
from contact_center.refusal_reasons import reason

NAME = "refused_sign_ins"
# A sign-in refused in the last hour, without a success after it, is how things stand; an older one is history.
RECENT = timedelta(hours=1)
# What CloudTrail is asked for: the two steps of a sign-in, and the console's own record.
EVENT_NAMES = ("AssumeRoleWithSAML", "ConsoleLogin", "GetFederationToken")
_SOURCES = {
    "AssumeRoleWithSAML": "sts.amazonaws.com",
    "ConsoleLogin": "signin.amazonaws.com",
    # STS has an operation of this name too, which is no sign-in to Amazon Connect.
    "GetFederationToken": "connect.amazonaws.com",
}


@dataclass(frozen=True, slots=True)
class SignInEvent:
    """One step of a sign-in, as CloudTrail recorded it.

    Attributes:
        username: the RoleSessionName; None where the event has none, such as of a response that was not read.
        names: ARNs of role and provider that the event has.
        code: of the error; empty where it was let in.
        message: of the error.
    """

    at: datetime
    event: str
    region: str
    username: str | None
    names: frozenset[str]
    code: str = ""
    message: str = ""

    @property
    def refused(self) -> bool:
        """Return whether the person was not let in."""
        return bool(self.code)


def read_event(text: str) -> SignInEvent | None:
    """Return a CloudTrail event as a step of a sign-in, or None where it is another.

    Args:
        text: the event's JSON.
    """
    try:
        record: Any = json.loads(text)
    except ValueError:
        return None
    if not isinstance(record, dict) or _SOURCES.get(str(record.get("eventName"))) != record.get("eventSource"):
        return None
    at = parse_moment(str(record.get("eventTime", "")))
    if at is None:
        return None
    failed_login = _part(record, "responseElements").get("ConsoleLogin") == "Failure"
    return SignInEvent(
        at=at,
        event=str(record["eventName"]),
        region=str(record.get("awsRegion", "")),
        username=_username(record),
        names=frozenset(_names(record)),
        code=str(record.get("errorCode") or ("Failure" if failed_login else "")),
        message=str(record.get("errorMessage") or ""),
    )


def _part(record: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _username(record: Mapping[str, Any]) -> str | None:
    given = _part(record, "requestParameters").get("roleSessionName")
    if given:
        return str(given)
    arn = str(_part(record, "userIdentity").get("arn", ""))
    return arn.rsplit("/", 1)[1] if ":assumed-role/" in arn and arn.count("/") >= 2 else None


def _names(record: Mapping[str, Any]) -> Iterable[str]:
    request, more = _part(record, "requestParameters"), _part(record, "additionalEventData")
    issuer = _part(record, "userIdentity", "sessionContext", "sessionIssuer")
    for value in (request.get("roleArn"), request.get("principalArn"), more.get("SamlProviderArn"), issuer.get("arn")):
        if value:
            yield str(value)


@dataclass(frozen=True, slots=True)
class Searched:
    """What CloudTrail was asked.

    Attributes:
        regions: whose event history was read.
        since: how far back it was read at least; None where all that there is was read.
    """

    regions: Sequence[str]
    since: datetime | None = None


def judge_refusals(
    events: Iterable[SignInEvent], ours: Iterable[str], searched: Searched, now: datetime, *, username: str | None
) -> tuple[Check, ...]:
    """Return a check for each reason why sign-ins were refused, or one that says that there was none.

    Args:
        events: of the account, in any order.
        ours: ARNs of the role and the providers; an event that names others only is of another application.
        now: with time zone.
        username: of one person, whose sign-ins count, and those of which nobody knows whose; None for all.
    """
    mine = frozenset(ours)
    ordered = sorted(
        (one for one in events if (not one.names or one.names & mine) and _is_of(one, username)),
        key=lambda one: (one.at, one.event, one.username or ""),
        reverse=True,
    )
    groups: dict[tuple[str, str], list[SignInEvent]] = {}
    for one in ordered:
        if one.refused:
            groups.setdefault(reason(one.event, one.code, one.message, one.username), []).append(one)
    if groups:
        return tuple(_check(why, found, ordered, now) for why, found in groups.items())
    where = " and ".join(searched.regions)
    back = f"since {_stamp(searched.since)}" if searched.since else "in the days that CloudTrail keeps (90)"
    whose = f" of {username}" if username else ""
    return (passed(NAME, f"CloudTrail has no refused sign-in{whose} {back} ({where})"),)


def _check(why: tuple[str, str], found: Sequence[SignInEvent], ordered: Sequence[SignInEvent], now: datetime) -> Check:
    means, fix = why
    last = found[0]
    who = f" of {last.username}" if last.username else ""
    count = "once" if len(found) == 1 else f"{len(found)} times"
    message = f"refused {count}, last{who} at {_stamp(last.at)} ({last.event}, {last.region}): {means}"
    standing = [one for one in found if now - one.at <= RECENT and not _came_in_after(one, ordered)]
    if standing:
        return failed(NAME, message, fix)
    since = "nobody was refused so in the last hour" if now - last.at > RECENT else "they came in after that"
    return passed(NAME, f"{message}; {since}", fix)


def _is_of(event: SignInEvent, username: str | None) -> bool:
    """Return whether an event may be of a person: it is theirs, or nobody knows whose."""
    return username is None or event.username in (None, username)


def _came_in_after(refused: SignInEvent, ordered: Sequence[SignInEvent]) -> bool:
    """Return whether the same person (anybody, where it is not known who) passed the same step later."""
    return any(
        one.at > refused.at and not one.refused and one.event == refused.event and _is_of(one, refused.username)
        for one in ordered
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")

"""Values of a report that may come from anybody: of the right type, and nothing that could not be written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from user_sync.errors import SyncError
from user_sync.model import Action, CurrentUser, Phone

_MOST_SECONDS = 2_000_000  # of after-contact work, as Connect allows


class ReportUnusable(SyncError):
    """The file is not a report, or not one that this program wrote."""


def wrong(where: str, expected: str, got: object) -> ReportUnusable:
    """Return the error for a value that no report has.

    Args:
        where: such as ``changes[3].before``.
    """
    return ReportUnusable(
        "report_unusable",
        f"{where}: expected {expected}, got {str(got)[:80]!r}; give the report.json of a run, as it was written",
    )


def text(value: Any, where: str, *, empty: bool = False) -> str:
    """Return a text that is one, not empty unless that is allowed."""
    if not isinstance(value, str) or not (value or empty):
        raise wrong(where, "a text", value)
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair: no file and no request could hold it
        raise wrong(where, "Unicode", ascii(value)) from error
    return value


def list_of(value: Any, where: str) -> list[Any]:
    """Return a list that is one."""
    if not isinstance(value, list):
        raise wrong(where, "a list", value)
    return value


def object_of(value: Any, where: str) -> dict[str, Any]:
    """Return an object that is one."""
    if not isinstance(value, dict):
        raise wrong(where, "an object", value)
    return value


def names(value: Any, where: str) -> tuple[str, ...]:
    """Return a list of texts, sorted."""
    return tuple(sorted(text(name, where) for name in list_of(value, where)))


def action_of(value: Any, where: str) -> Action:
    """Return the action that a text names."""
    try:
        return Action(value)
    except ValueError as error:
        raise wrong(where, f"one of {', '.join(Action)}", value) from error


def user_before(user: Mapping[str, Any], where: str) -> CurrentUser:
    """Return a user as it was before a run, without its ARN.

    Raises:
        ReportUnusable: it is none.
    """
    tags, persistent = object_of(user.get("tags"), f"{where}.tags"), user.get("persistent_connection")
    if persistent is not None and not isinstance(persistent, bool):
        raise wrong(f"{where}.persistent_connection", "true, false or null", persistent)
    return CurrentUser(
        user_id=text(user.get("user_id"), f"{where}.user_id"),
        arn="",
        username=text(user.get("username"), f"{where}.username"),
        **_name(user, where),
        security_profiles=names(user.get("security_profiles"), f"{where}.security_profiles"),
        routing_profile=text(user.get("routing_profile"), f"{where}.routing_profile"),
        hierarchy_group=_group(user.get("hierarchy_group"), f"{where}.hierarchy_group"),
        phone=Phone(**_phone(user.get("phone"), f"{where}.phone")),
        tags={text(key, f"{where}.tags"): text(value, f"{where}.tags", empty=True) for key, value in tags.items()},
        phone_type=text(user.get("phone_type"), f"{where}.phone_type"),
        desk_phone_number=text(user.get("desk_phone_number"), f"{where}.desk_phone_number", empty=True),
        persistent_connection=persistent,
    )


def _name(value: Any, where: str) -> dict[str, str]:
    name = object_of(value, where)
    return {part: text(name.get(part), f"{where}.{part}", empty=True) for part in ("first_name", "last_name")}


def _group(value: Any, where: str) -> str | None:
    return None if value is None else text(value, where)


def _phone(value: Any, where: str) -> dict[str, Any]:
    phone = object_of(value, where)
    seconds, accept = phone.get("after_contact_work_seconds"), phone.get("auto_accept")
    if type(seconds) is not int or not 0 <= seconds <= _MOST_SECONDS or not isinstance(accept, bool):
        raise wrong(where, f"after_contact_work_seconds from 0 to {_MOST_SECONDS} and auto_accept", value)
    return {"after_contact_work_seconds": seconds, "auto_accept": accept}


# The managed fields: each takes a JSON value and where it stands, and returns it as the plan's fields have it.
FIELDS: Mapping[str, Callable[[Any, str], Any]] = {
    "name": _name,
    "security_profiles": lambda value, where: list(names(value, where)),
    "routing_profile": text,
    "hierarchy_group": _group,
    "phone": _phone,
}

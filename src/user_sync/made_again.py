"""What of a user that is gone, or of a field's old value, the instance still has a place for.

Pure functions of the user as it was and of the instance as it is. Must not know reports or plans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from user_sync.model import Current, CurrentUser, DesiredUser, FieldChange, Phone
from user_sync.plan import TAGS, field_values
from user_sync.policy import TAG_CONTACT_CENTER, TAG_ORGANIZATION, TAG_SALESFORCE_ID, Policy

OUR_TAGS = (TAG_CONTACT_CENTER, TAG_ORGANIZATION, TAG_SALESFORCE_ID)
_NO_CHOICE = {"phone_type": "SOFT_PHONE", "desk_phone_number": "", "persistent_connection": None}


def with_values(user: CurrentUser, person: str, changed: Mapping[str, Any]) -> DesiredUser:
    """Return a user as wanted, with some fields changed.

    Args:
        user: as it is or was.
        person: 15-character id.
        changed: field → JSON value, as a plan has them.
    """
    values = {**dict(field_values(user)), **changed}
    return DesiredUser(
        salesforce_id=person,
        username=user.username,
        **values["name"],
        security_profiles=tuple(values["security_profiles"]),
        routing_profile=values["routing_profile"],
        hierarchy_group=values["hierarchy_group"],
        phone=Phone(**values["phone"]),
        row=0,
    )


def possible(
    field: FieldChange, username: str, current: Current, disabled_profile: str
) -> tuple[FieldChange | None, list[str]]:
    """Return the field with what of its old value can be had again, or None; and what cannot.

    Args:
        field: as the run changed it.
        disabled_profile: made again where it is missing.
    """
    if field.field == "security_profiles":
        names, gone = _split(field.before, {*current.security_profiles, disabled_profile}, username)
        return FieldChange(field.field, field.after, names) if names else None, gone
    known = {"routing_profile": current.routing_profiles, "hierarchy_group": current.hierarchy_groups}
    if field.before is not None and field.before not in known.get(field.field, (field.before,)):
        return None, [_gone(field.field.replace("_", " "), field.before, username)]
    return FieldChange(field.field, field.after, field.before), []


def wanted_again(before: CurrentUser, person: str, current: Current) -> tuple[DesiredUser | None, list[str]]:
    """Return a user as it was, as far as the instance allows; None where it cannot be made; and what cannot be had.

    Args:
        before: the user as it was.
        person: 15-character id.
    """
    names, gone = _split(sorted(before.security_profiles), set(current.security_profiles), before.username)
    routing, group = before.routing_profile, before.hierarchy_group
    if routing not in current.routing_profiles:
        gone.append(_gone("routing profile", routing, before.username))
    if not names or routing not in current.routing_profiles:
        return None, [*gone, f"{before.username} cannot be made again without a security profile and a routing profile"]
    if group and group not in current.hierarchy_groups:
        gone.append(_gone("hierarchy group", group, before.username))
        group = None
    return with_values(before, person, {"security_profiles": names, "hierarchy_group": group}), gone


def all_values(want: DesiredUser, before: CurrentUser, policy: Policy) -> list[tuple[str, Any]]:
    """Return all that a user who is made again gets: their other tags and their own choice of phone, too.

    Args:
        want: as it is made.
        before: as it was.
    """
    values = list(field_values(want))
    if other_tags(before):
        values.append((TAGS, {**other_tags(before), **policy.ownership_tags(want.salesforce_id)}))
    phone = {name: getattr(before, name) for name in _NO_CHOICE}
    if phone != _NO_CHOICE:
        values.append(("own_phone", phone))
    return values


def other_tags(user: CurrentUser) -> dict[str, str]:
    """Return the tags that are neither ours nor AWS's own, which nobody can set."""
    return {key: value for key, value in user.tags.items() if key not in OUR_TAGS and not key.startswith("aws:")}


def _split(profiles: Sequence[str], there: Set[str], username: str) -> tuple[list[str], list[str]]:
    gone = [_gone("security profile", name, username) for name in profiles if name not in there]
    return [name for name in profiles if name in there], gone


def _gone(what: str, name: str, username: str) -> str:
    return f"{what} {name} of {username} is not in the instance any more"

"""Looks a username up in the instance: one request where the user is there, all users where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contact_center.username_difference import Held
from user_sync.connect import NO_ANSWER, USERS_PAGE, Connect
from user_sync.errors import ServiceRefused
from user_sync.policy import TAG_SALESFORCE_ID

_NAMES_PAGE = 1000  # ListSecurityProfiles, ListSecurityProfilePermissions


@dataclass(frozen=True, slots=True)
class InstanceUser:
    """What the instance says about a username.

    Attributes:
        users: the user alone where there is one of exactly this name, else all users of the instance.
        profiles: names of the user's security profiles; None where there is no user.
        permissions: of these profiles together; None where they could not be read, or there is no user.
    """

    users: tuple[Held, ...]
    profiles: tuple[str, ...] | None
    permissions: frozenset[str] | None


def look_up(connect: Connect, username: str) -> InstanceUser:
    """Return what the instance says about a username.

    Raises:
        ServiceRefused: the instance cannot be read.
        SyncError: likewise.
    """
    # One that is not there is told at once: no use in waiting for an endpoint that does not answer.
    found = [item for item in _search(connect, username) if item.get("Username") == username]
    if not found:
        users = tuple(_held(item) for item in connect.pages("SearchUsers", "Users", USERS_PAGE))
        return InstanceUser(users, None, None)
    identifiers = tuple(found[0].get("SecurityProfileIds", ()))
    return InstanceUser((_held(found[0]),), _names(connect, identifiers), _permissions(connect, identifiers))


def _search(connect: Connect, username: str) -> list[dict[str, Any]]:
    condition = {"FieldName": "Username", "Value": username, "ComparisonType": "EXACT"}
    parameters = {"SearchCriteria": {"StringCondition": condition}, "MaxResults": USERS_PAGE}
    try:
        answer = connect.send("SearchUsers", parameters)
    except ServiceRefused as refused:
        if not refused.retryable or refused.code == NO_ANSWER:
            raise
        answer = connect.read("SearchUsers", parameters)
    users: list[dict[str, Any]] = answer.get("Users", [])
    return users


def _held(item: Mapping[str, Any]) -> Held:
    tags = item.get("Tags") or {}
    return Held(item.get("Username", ""), tags.get(TAG_SALESFORCE_ID, "")[:15] or None)


def _names(connect: Connect, identifiers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the profiles' names; an id stands for itself where names cannot be read."""
    try:
        pages = connect.pages("ListSecurityProfiles", "SecurityProfileSummaryList", _NAMES_PAGE)
        names = {item["Id"]: item["Name"] for item in pages}
    except ServiceRefused:
        names = {}
    return tuple(sorted(names.get(identifier, identifier) for identifier in identifiers))


def _permissions(connect: Connect, identifiers: tuple[str, ...]) -> frozenset[str] | None:
    try:
        return frozenset(permission for item in identifiers for permission in _permissions_of(connect, item))
    except ServiceRefused:
        return None


def _permissions_of(connect: Connect, identifier: str) -> Iterator[str]:
    pages: Iterator[Any] = connect.pages(
        "ListSecurityProfilePermissions", "Permissions", _NAMES_PAGE, SecurityProfileId=identifier
    )
    return (str(permission) for permission in pages)

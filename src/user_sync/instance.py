"""An instance's ARN, and what the service's answers say of it: its users, with names for ids.

Pure: answers come in, values come out. Must not send anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from user_sync.errors import InstanceUnusable
from user_sync.model import CurrentUser, Phone

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):connect:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):instance/(?P<id>[\w-]+)"
)

# Told how many users are read, and how many there are about, where the service says so.
Reading = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class InstanceArn:
    """``arn:{partition}:connect:{region}:{account}:instance/{id}``, taken apart."""

    text: str
    partition: str
    region: str
    account: str
    instance_id: str

    @classmethod
    def parse(cls, text: str) -> InstanceArn:
        """Return the parts.

        Raises:
            InstanceUnusable: the text is not the ARN of a Connect instance.
        """
        match = _ARN.fullmatch(text)
        if match is None:
            raise InstanceUnusable(
                "instance_arn",
                f"{text!r} is not the ARN of an Amazon Connect instance: "
                "expected arn:aws:connect:REGION:ACCOUNT:instance/ID",
            )
        return cls(text, match["partition"], match["region"], match["account"], match["id"])


def current_user(
    item: Mapping[str, Any], security: Mapping[str, str], routing: Mapping[str, str], paths: Mapping[str, str]
) -> CurrentUser:
    """Return a user as SearchUsers shows them, with names for ids.

    Args:
        item: one member of `Users`.
        security, routing, paths: id → name or path; an id that is not in there stands for itself.
    """
    return UserReader(security, routing, paths).user(item)


class UserReader:
    """Makes users of what SearchUsers shows; values that many users share are made once.

    Args:
        security, routing, paths: id → name or path; an id that is not in there stands for itself.
    """

    def __init__(self, security: Mapping[str, str], routing: Mapping[str, str], paths: Mapping[str, str]) -> None:
        self._security = security
        self._routing = routing
        self._paths = paths
        self._profiles: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._phones: dict[tuple[int, bool], Phone] = {}

    def user(self, item: Mapping[str, Any]) -> CurrentUser:
        """Return one member of `Users`."""
        identity = item.get("IdentityInfo") or _NOTHING
        phone = item.get("PhoneConfig") or _NOTHING
        profiles = tuple(item.get("SecurityProfileIds", ()))
        names = self._profiles.get(profiles)
        if names is None:
            names = self._profiles[profiles] = tuple(sorted(self._security.get(id_, id_) for id_ in profiles))
        routing = item.get("RoutingProfileId", "")
        group = item.get("HierarchyGroupId")
        return CurrentUser(
            user_id=item["Id"],
            arn=item["Arn"],
            username=item["Username"],
            first_name=identity.get("FirstName", ""),
            last_name=identity.get("LastName", ""),
            security_profiles=names,
            routing_profile=self._routing.get(routing, routing),
            hierarchy_group=self._paths.get(group, group) if group else None,
            phone=self._phone(phone),
            tags=item.get("Tags") or _NOTHING,
            phone_type=phone.get("PhoneType", "SOFT_PHONE"),
            desk_phone_number=phone.get("DeskPhoneNumber", ""),
            persistent_connection=phone.get("PersistentConnection"),
        )

    def _phone(self, config: Mapping[str, Any]) -> Phone:
        # SearchUsers gives milliseconds where every other operation has seconds.
        key = (int(config.get("AfterContactWorkTimeLimit", 0)) // 1000, bool(config.get("AutoAccept", False)))
        known = self._phones.get(key)
        if known is None:
            known = self._phones[key] = Phone(after_contact_work_seconds=key[0], auto_accept=key[1])
        return known


def names_by_id(items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return id → name of listed security or routing profiles."""
    return {item["Id"]: item["Name"] for item in items}


def group_path(group: Mapping[str, Any]) -> str:
    """Return the path of a hierarchy group as SearchUserHierarchyGroups shows it, such as ``EMEA/Support``."""
    levels = group.get("HierarchyPath") or {}
    ordered = (levels.get(f"Level{level}") for level in ("One", "Two", "Three", "Four", "Five"))
    return "/".join(level["Name"] for level in ordered if level) or str(group["Name"])

"""What an Amazon Connect instance holds, as frozen values in a mutable instance.

Must not know requests. Time is given by the caller, in seconds.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from local_aws.connect.errors import not_found

LEVELS = ("LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive")
_serials = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What everything in an instance has.

    Attributes:
        serial: position in the order of creation; lists and page tokens go by it.
        modified: seconds since the epoch.
    """

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    arn: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    modified: float = 0.0
    serial: int = field(default_factory=lambda: next(_serials))


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Resource):
    """A user; `name` is the username.

    Attributes:
        phone: PhoneConfig as the API has it, after-contact-work time in seconds.
        created: on the service's monotonic clock, for the lag of reads.
    """

    first_name: str
    last_name: str
    secondary_email: str = ""
    mobile: str = ""
    security_profiles: tuple[str, ...]
    routing_profile: str
    hierarchy_group: str | None = None
    phone: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityProfile(Resource):
    """A security profile; without permissions it lets a person do nothing."""

    permissions: tuple[str, ...] = ()
    kind: Literal["AWS_MANAGED", "CUSTOMER_MANAGED"] = "CUSTOMER_MANAGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class HierarchyGroup(Resource):
    """A hierarchy group; `path` is the ids from the top down to its own."""

    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickConnect(Resource):
    """A quick connect; `config` is QuickConnectConfig as the API has it."""

    config: Mapping[str, Any]


R = TypeVar("R", bound=Resource)


@dataclass(slots=True)
class SearchIndex:
    """What reads see of users, later than writes by the service's lag."""

    shown: dict[str, User] = field(default_factory=dict)
    pending: list[tuple[float, str, User | None]] = field(default_factory=list)

    def write(self, user_id: str, user: User | None, due: float) -> None:
        """Let reads see a user's new state (None: gone) from `due` on."""
        self.pending.append((due, user_id, user))

    def users(self, now: float) -> list[User]:
        """Return the users as a read sees them, in the order of creation."""
        waiting = []
        for due, user_id, user in self.pending:
            if due > now:
                waiting.append((due, user_id, user))
            elif user is None:
                self.shown.pop(user_id, None)
            else:
                self.shown[user_id] = user
        self.pending = waiting
        return sorted(self.shown.values(), key=lambda user: user.serial)


@dataclass(slots=True, kw_only=True)
class Instance:
    """One Amazon Connect instance.

    Attributes:
        levels: names of the hierarchy's levels, top first, with their ids.
        ended_sessions: user ids whose sessions were ended, in order.
        federated: user id → unique id of the role that the user first came in with.
    """

    id: str
    alias: str
    region: str
    account: str
    partition: str
    identity_management_type: str
    attributes: Mapping[str, Any]
    tags: Mapping[str, str]
    created: float
    users: dict[str, User] = field(default_factory=dict)
    index: SearchIndex = field(default_factory=SearchIndex)
    security_profiles: dict[str, SecurityProfile] = field(default_factory=dict)
    routing_profiles: dict[str, Resource] = field(default_factory=dict)
    queues: dict[str, Resource] = field(default_factory=dict)
    groups: dict[str, HierarchyGroup] = field(default_factory=dict)
    levels: list[tuple[str, str]] = field(default_factory=list)
    quick_connects: dict[str, QuickConnect] = field(default_factory=dict)
    ended_sessions: list[str] = field(default_factory=list)
    federated: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Return the instance's ARN."""
        return f"arn:{self.partition}:connect:{self.region}:{self.account}:instance/{self.id}"

    def arn_of(self, kind: str, identifier: str) -> str:
        """Return the ARN of something in it; `kind` is the ARN's word, such as ``agent`` for a user."""
        return f"{self.arn}/{kind}/{identifier}"

    @property
    def tables(self) -> Mapping[str, dict[str, Any]]:
        """Return what the instance holds, by the word of its ARN."""
        return {
            "agent": self.users,
            "security-profile": self.security_profiles,
            "routing-profile": self.routing_profiles,
            "queue": self.queues,
            "agent-group": self.groups,
            "transfer-destination": self.quick_connects,
        }

    def place(self, arn: str) -> tuple[dict[str, Any], str]:
        """Return the table and id of what an ARN in this instance names.

        Raises:
            ConnectError: ResourceNotFoundException.
        """
        kind, _, identifier = arn.removeprefix(f"{self.arn}/").partition("/")
        table = self.tables.get(kind, {})
        if identifier not in table:
            raise not_found("resource", arn)
        return table, identifier

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """Return the tags of the instance or of something in it; raises as :meth:`place` does."""
        if arn == self.arn:
            return self.tags
        table, identifier = self.place(arn)
        tags: Mapping[str, str] = table[identifier].tags
        return tags

    def group_by_path(self, path: str) -> HierarchyGroup | None:
        """Return the group with a path of names such as ``EMEA/Support``."""
        for group in self.groups.values():
            if "/".join(self.groups[part].name for part in group.path) == path:
                return group
        return None


def named(resources: Iterable[R], name: str) -> R | None:
    """Return the resource with exactly this name."""
    return next((resource for resource in resources if resource.name == name), None)

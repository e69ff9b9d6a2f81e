"""What an operation may look at and change: one instance, at one moment, under the service's settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from local_aws.connect.errors import not_found
from local_aws.connect.state import HierarchyGroup, Instance, QuickConnect, Resource, SecurityProfile, User

R = TypeVar("R", bound=Resource)


@dataclass(slots=True, kw_only=True)
class Settings:
    """How strict the service is; may be changed while it runs.

    Attributes:
        user_quota: users an instance.
        search_lag: seconds until ListUsers and SearchUsers see a write.
        describe_lag: seconds until DescribeUser finds a new user.
    """

    user_quota: int = 500
    search_lag: float = 0.0
    describe_lag: float = 0.0


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, as far as Connect looks at it.

    Attributes:
        role_id: the role's unique id (``AROA…``), the first part of ``aws:userid``.
        session_name: RoleSessionName; empty for whoever is not in a role.
    """

    role_id: str = ""
    session_name: str = ""


NOBODY = Principal()


@dataclass(frozen=True, slots=True)
class Context:
    """One request's view.

    Attributes:
        now: seconds on the service's monotonic clock.
    """

    instance: Instance
    settings: Settings
    now: float
    principal: Principal = NOBODY

    def user(self, identifier: str) -> User:
        """Return a user by id. Raises ResourceNotFoundException."""
        return _found(self.instance.users, "user", identifier)

    def security_profile(self, identifier: str) -> SecurityProfile:
        """Return a security profile by id. Raises ResourceNotFoundException."""
        return _found(self.instance.security_profiles, "security profile", identifier)

    def routing_profile(self, identifier: str) -> Resource:
        """Return a routing profile by id. Raises ResourceNotFoundException."""
        return _found(self.instance.routing_profiles, "routing profile", identifier)

    def group(self, identifier: str) -> HierarchyGroup:
        """Return a hierarchy group by id. Raises ResourceNotFoundException."""
        return _found(self.instance.groups, "hierarchy group", identifier)

    def quick_connect(self, identifier: str) -> QuickConnect:
        """Return a quick connect by id. Raises ResourceNotFoundException."""
        return _found(self.instance.quick_connects, "quick connect", identifier)

    def group_path(self, identifier: str | None) -> tuple[str, ...]:
        """Return the ids of a hierarchy group and all above it, top first; empty for no group."""
        group = self.instance.groups.get(identifier or "")
        return group.path if group else ()

    def visible_users(self) -> list[User]:
        """Return the users as lists and searches see them now."""
        return self.instance.index.users(self.now)

    def write_user(self, user: User) -> None:
        """Keep a user's new state; searches see it after the lag."""
        user = replace(user, modified=time.time())
        self.instance.users[user.id] = user
        self.instance.index.write(user.id, user, self.now + self.settings.search_lag)

    def remove_user(self, user: User) -> None:
        """Forget a user; searches do so after the lag."""
        del self.instance.users[user.id]
        self.instance.index.write(user.id, None, self.now + self.settings.search_lag)

    def modified(self, resource: Resource) -> Mapping[str, Any]:
        """Return the members that say when and where a resource last changed."""
        return {"LastModifiedTime": resource.modified, "LastModifiedRegion": self.instance.region}


def _found(table: Mapping[str, R], what: str, identifier: str) -> R:
    if identifier not in table:
        raise not_found(what, identifier)
    return table[identifier]

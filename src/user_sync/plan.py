"""The plan: what would change for whom and why, as a value.

Sorted, so that the same input gives the same bytes. How it is made is :mod:`user_sync.planner`'s
business, whether it may be carried out :mod:`user_sync.safety`'s; must not know how it is carried out.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from user_sync import salesforce_id
from user_sync.model import (
    REMOVALS,
    Action,
    Change,
    Current,
    CurrentUser,
    DesiredUser,
    FieldChange,
    Problem,
)
from user_sync.policy import TAG_CONTACT_CENTER, TAG_ORGANIZATION, TAG_SALESFORCE_ID, Policy, seconds_for

ADMIN = "Admin"  # the security profile that Connect brings along and that alone can hand out access

# One call for each family of attributes: Connect has no batch and no general update.
OPERATION_OF_FIELD = {
    "name": "UpdateUserIdentityInfo",
    "security_profiles": "UpdateUserSecurityProfiles",
    "routing_profile": "UpdateUserRoutingProfile",
    "hierarchy_group": "UpdateUserHierarchy",
    "phone": "UpdateUserPhoneConfig",
}


TAGS = "tags"  # a field that only an undo changes: it gives an adopted user back


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change, with all that safety and report need.

    Attributes:
        managed: users of this owner in the instance now; what percentages refer to.
        unchanged, unmanaged, rejected, missing: counts of `summary`.
        people: users that the export asks for.
        kept: (username, why) of the managed users who are not in the export and are left as they are.
        problems: of the export and of the plan, in that order.
    """

    policy: Policy
    current: Current
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    people: int
    managed: int
    unchanged: int
    unmanaged: int
    rejected: int
    missing: int
    kept: tuple[tuple[str, str], ...] = ()

    def unmanaged_users(self) -> Iterator[tuple[str, str]]:
        """Yield (username, why) of the users that are not this owner's and that the plan does not adopt."""
        adopted = {change.username for change in self.changes if change.action is Action.ADOPT}
        for user in self.current.users:
            if user.username not in adopted and (why := why_unmanaged(user, self.policy)):
                yield user.username, why

    @property
    def privileged_profiles(self) -> tuple[str, ...]:
        """Return the instance's security profiles that `users.privileged` names, in any case, and Admin; sorted."""
        named = {name.casefold() for name in (ADMIN, *self.policy.privileged)}
        return tuple(sorted(name for name in self.current.security_profiles if name.casefold() in named))

    @property
    def grants(self) -> dict[str, int]:
        """Return how many users each privileged profile is given to, a new user under another name included."""
        return {
            profile: sum(gives_privilege(change, profile) for change in self.changes)
            for profile in self.privileged_profiles
        }

    def count(self, *actions: Action) -> int:
        """Return how many changes have one of these actions."""
        return sum(change.action in actions for change in self.changes)

    @property
    def summary(self) -> dict[str, int]:
        """Return the counts of design section 2, in its order."""
        return {
            "create": self.count(Action.CREATE),
            "update": self.count(Action.UPDATE),
            "adopt": self.count(Action.ADOPT),
            "replace": self.count(Action.REPLACE),
            "remove": self.count(Action.DISABLE, Action.DELETE),
            "unchanged": self.unchanged,
            "unmanaged": self.unmanaged,
            "rejected": self.rejected,
            "missing": self.missing,
        }

    @property
    def operations(self) -> Counter[str]:
        """Return how many Connect requests of each operation applying needs, without retries."""
        counts: Counter[str] = Counter()
        for change in self.changes:
            counts.update(operations(change))
        return counts

    @property
    def estimated_seconds(self) -> int:
        """Return the time that applying takes at the policy's rate: operations run side by side."""
        rate, burst = self.policy.requests_per_second, self.policy.burst
        return max((seconds_for(count, rate=rate, burst=burst) for count in self.operations.values()), default=0)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form of design section 2; `refused` is set by whoever checked safety."""
        return {
            "summary": self.summary,
            "changes": [change.as_json() for change in self.changes],
            "problems": [problem.as_json() for problem in self.problems],
            "refused": None,
            "api_calls": self.operations.total(),
            "estimated_seconds": self.estimated_seconds,
        }


def no_plan_json(problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the JSON document where there is no plan, with the same keys."""
    names = ("create", "update", "adopt", "replace", "remove", "unchanged", "unmanaged", "rejected", "missing")
    return {
        "summary": dict.fromkeys(names, 0),
        "changes": [],
        "problems": [problem.as_json() for problem in problems],
        "refused": None,
        "api_calls": 0,
        "estimated_seconds": 0,
    }


def operations(change: Change) -> tuple[str, ...]:
    """Return the Connect operations that one change needs, in order."""
    updates = tuple(OPERATION_OF_FIELD[field.field] for field in change.fields if field.field in OPERATION_OF_FIELD)
    match change.action:
        case Action.CREATE:
            return ("CreateUser",)
        case Action.UPDATE:
            return (*updates, *("UntagResource" for field in change.fields if field.field == TAGS))
        case Action.ADOPT:
            return ("TagResource", *updates)
        case Action.DISABLE:
            return ("UpdateUserSecurityProfiles", "DeleteAllEntitySessions")
        case Action.DELETE:
            return ("DeleteAllEntitySessions", "DeleteUser")
        case Action.REPLACE:
            last = "UpdateUserSecurityProfiles" if change.keeps_old else "DeleteUser"
            return ("CreateUser", "DeleteAllEntitySessions", last)


def disables(change: Change) -> bool:
    """Return whether somebody gets the profile of disabled people."""
    return change.action is Action.DISABLE or change.keeps_old


def deletes(change: Change) -> bool:
    """Return whether a user is deleted, which cannot be taken back whole."""
    return change.action in (Action.DELETE, Action.REPLACE) and not change.keeps_old


def owned_id(user: CurrentUser, policy: Policy) -> str | None:
    """Return the person's 15-character id where the user carries this owner's tags, else None."""
    tags = user.tags
    if tags.get(TAG_CONTACT_CENTER) != policy.contact_center:
        return None
    if tags.get(TAG_ORGANIZATION, "")[:15] != policy.organization_id:
        return None
    return salesforce_id.parse(tags.get(TAG_SALESFORCE_ID, ""))


def why_unmanaged(user: CurrentUser, policy: Policy) -> str | None:
    """Return why a user is not this owner's, or None where it is."""
    if owned_id(user, policy) is not None:
        return None
    owner, organization = user.tags.get(TAG_CONTACT_CENTER), user.tags.get(TAG_ORGANIZATION, "")
    if owner is None:
        return "without our tags"
    if owner != policy.contact_center:
        return f"of contact center {owner!r} by its tags"
    if organization[:15] != policy.organization_id:
        return f"of Salesforce organization {organization!r} by its tags"
    return f"its tag {TAG_SALESFORCE_ID} holds no Salesforce id"


def differences(want: DesiredUser, have: CurrentUser, policy: Policy) -> tuple[FieldChange, ...]:
    """Return the managed fields in which a user differs, in the order of the API's families.

    Somebody who was disabled gets their security profiles back even where these are not managed:
    a person who comes back must be able to work.
    """
    if (
        want.security_profiles == have.security_profiles
        and want.routing_profile == have.routing_profile
        and want.last_name == have.last_name
        and want.first_name == have.first_name
        and want.hierarchy_group == have.hierarchy_group
        and want.phone == have.phone
    ):
        return ()  # nearly everybody, nearly always
    managed = set(policy.managed_fields)
    if policy.disabled_profile in have.security_profiles:
        managed.add("security_profiles")
    extra: set[str] = set()
    if policy.extra_security_profiles == "keep":
        extra = set(have.security_profiles) - {policy.disabled_profile}
    return tuple(change for change in all_differences(want, have, extra) if change.field in managed)


def all_differences(want: DesiredUser, have: CurrentUser, extra: Set[str] = frozenset()) -> tuple[FieldChange, ...]:
    """Return every field in which a user differs, managed or not.

    Args:
        extra: security profiles to have beside the rule's.
    """
    pairs = zip(field_values(have), field_values(want, extra), strict=True)
    return tuple(FieldChange(field, before, after) for (field, before), (_, after) in pairs if before != after)


def field_values(user: DesiredUser | CurrentUser, extra: Set[str] = frozenset()) -> tuple[tuple[str, Any], ...]:
    """Return (field, JSON value) of all that a user has, in the order of the API's families.

    Args:
        extra: security profiles to have beside the user's own.
    """
    # Names in normalization form C, as Connect requires.
    name = {
        "first_name": unicodedata.normalize("NFC", user.first_name),
        "last_name": unicodedata.normalize("NFC", user.last_name),
    }
    return (
        ("name", name),
        ("security_profiles", sorted({*user.security_profiles, *extra})),
        ("routing_profile", user.routing_profile),
        ("hierarchy_group", user.hierarchy_group),
        ("phone", user.phone.as_json()),
    )


def takes_privilege(change: Change, profile: str) -> bool:
    """Return whether the change takes a security profile from somebody who has it."""
    if change.current is None or profile not in change.current.security_profiles:
        return False
    return change.action in REMOVALS or profile not in profiles_after(change)


def gives_privilege(change: Change, profile: str) -> bool:
    """Return whether the change gives a security profile to a user that does not have it."""
    had = change.current is not None and profile in change.current.security_profiles
    fresh = change.action is Action.REPLACE
    return profile in profiles_after(change) and (fresh or not had)


def profiles_after(change: Change) -> tuple[str, ...]:
    """Return the security profiles that the person has once the change is made."""
    if change.action in (Action.DELETE, Action.DISABLE):
        return ()
    if change.action in (Action.CREATE, Action.REPLACE) and change.desired is not None:
        return change.desired.security_profiles
    for field in change.fields:
        if field.field == "security_profiles":
            return tuple(field.after)
    return change.current.security_profiles if change.current else ()

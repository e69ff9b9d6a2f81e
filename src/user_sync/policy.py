"""What a contact center's config says about users, as frozen values without pydantic.

The command line makes a Policy out of the config models; a deployment carries it as JSON in the
custom resource's `Policy` property (:meth:`Policy.to_json`), where a reviewer reads it in the template.
Must not know where it came from.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from user_sync.model import Phone

# The tags that say whose a user is. IAM binds every write to the first two
# (`aws:ResourceTag`, `aws:RequestTag`); the third is the person's identity through renames.
TAG_CONTACT_CENTER = "connect-sso:contact-center"
TAG_ORGANIZATION = "connect-sso:organization"
TAG_SALESFORCE_ID = "connect-sso:salesforce-id"


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `users.rules`.

    Attributes:
        match: (column, patterns) pairs, all of which must hold; a column is an API name or one of
            ``profile``, ``role``, ``permission_set``, ``username``; empty matches everyone.
        hierarchy_group: path, or None for no group.
    """

    match: tuple[tuple[str, tuple[str, ...]], ...]
    security_profiles: tuple[str, ...]
    routing_profile: str
    hierarchy_group: str | None = None
    phone: Phone = Phone()


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as it was written: a count, a percentage of the managed users, or none.

    Attributes:
        text: as in the config, for messages.
    """

    text: str

    def allowed(self, managed: int) -> int | None:
        """Return how many users may be concerned, or None for any number.

        A percentage is rounded up to whole users, so that one leaver of a team of six is possible.

        Args:
            managed: users of this owner in the instance.
        """
        if self.text == "none":
            return None
        if self.text.endswith("%"):
            # Exact arithmetic: 7 % of 100 must be 7, not ceil(7.000000000000001).
            percent = self.text[:-1].strip()
            whole, _, fraction = percent.partition(".")
            scale: int = 10 ** len(fraction)
            return -(-int(whole + fraction) * managed // (100 * scale))
        return int(self.text)


@dataclass(frozen=True, slots=True)
class Limits:
    """`users.limits`."""

    removals: Limit = Limit("10%")
    updates: Limit = Limit("50%")
    creates: Limit = Limit("none")


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything of the config that decides about users.

    Attributes:
        contact_center: `name` of the config.
        organization_id: 15 characters.
        username_template: text with ``{Column}`` places, such as ``{Alias}@{Id}@{OrganizationId}``.
        provisioned: Salesforce itself makes the users; the sync then creates, replaces and removes nobody.
        columns: header as the file has it → API name, for labels in other languages.
    """

    contact_center: str
    organization_id: str
    username_template: str
    rules: tuple[Rule, ...]
    provisioned: bool = False
    managed_fields: tuple[str, ...] = (
        "name",
        "security_profiles",
        "routing_profile",
        "hierarchy_group",
        "phone",
    )
    extra_security_profiles: Literal["remove", "keep"] = "remove"
    existing_users: Literal["leave", "adopt"] = "leave"
    missing_users: Literal["keep", "disable", "delete"] = "keep"
    renamed_users: Literal["refuse", "replace"] = "refuse"
    invalid_rows: Literal["refuse", "skip"] = "refuse"
    failed_users: Literal["report", "fail"] = "report"
    limits: Limits = Limits()
    privileged: tuple[str, ...] = ("Admin",)
    protected: tuple[str, ...] = ()
    requests_per_second: float = 2.0
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def disabled_profile(self) -> str:
        """Return the name of the security profile without permissions that a disabled user gets."""
        return f"{self.contact_center}-disabled"

    @property
    def burst(self) -> float:
        """Return the bucket's size: 2.5 times the rate, at least 1 (Connect's default: 5 at 2 a second)."""
        return max(1.0, 2.5 * self.requests_per_second)

    def ownership_tags(self, salesforce_id: str) -> dict[str, str]:
        """Return the tags that make a user ours.

        Args:
            salesforce_id: 15 characters.
        """
        return {
            TAG_CONTACT_CENTER: self.contact_center,
            TAG_ORGANIZATION: self.organization_id,
            TAG_SALESFORCE_ID: salesforce_id,
        }

    def to_json(self) -> str:
        """Return the policy as canonical JSON: the same policy gives the same bytes."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Policy:
        """Return the policy that `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: the text is not such a policy.
        """
        data: dict[str, Any] = json.loads(text)
        data["rules"] = tuple(
            Rule(
                match=tuple((column, tuple(patterns)) for column, patterns in rule["match"]),
                security_profiles=tuple(rule["security_profiles"]),
                routing_profile=rule["routing_profile"],
                hierarchy_group=rule["hierarchy_group"],
                phone=Phone(**rule["phone"]),
            )
            for rule in data["rules"]
        )
        data["limits"] = Limits(**{key: Limit(**value) for key, value in data["limits"].items()})
        data["columns"] = tuple((header, name) for header, name in data["columns"])
        for key in ("managed_fields", "privileged", "protected"):
            data[key] = tuple(data[key])
        return cls(**data)


def seconds_for(requests: int, *, rate: float, burst: float) -> int:
    """Return the whole seconds that so many requests of one operation take through a token bucket."""
    return max(0, math.ceil((requests - burst) / rate))

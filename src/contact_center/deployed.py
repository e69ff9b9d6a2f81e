"""What AWS holds of a contact center's sign-on, as values; what is not there, and what could not be read.

Must not know how it is read, nor judge it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Absent:
    """AWS says that there is no such thing."""


@dataclass(frozen=True, slots=True)
class Unread:
    """AWS did not let itself be asked.

    Attributes:
        why: for a person; no ARN of whoever asked, which can name them.
        fix: what to do; a missing grant is named with its resource.
    """

    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """A SAML provider of IAM.

    Attributes:
        document: the identity provider's metadata, as IAM keeps it.
        encryption_required: whether responses that are not encrypted are refused.
    """

    arn: str
    document: str
    encryption_required: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A role of IAM.

    Attributes:
        longest_session_seconds: MaxSessionDuration.
        trust: the trust policy, decoded.
        boundary_arn: of the permissions boundary; None where there is none.
    """

    arn: str
    longest_session_seconds: int
    trust: Mapping[str, Any]
    boundary_arn: str | None = None

    @property
    def name(self) -> str:
        """Return the role's name, without its path."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Policy:
    """A permission policy of a role.

    Attributes:
        kind: ``inline`` or ``attached``.
        document: decoded.
    """

    name: str
    kind: Literal["inline", "attached", "boundary"]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Instance:
    """An Amazon Connect instance.

    Attributes:
        identity_type: ``SAML``, ``CONNECT_MANAGED`` or ``EXISTING_DIRECTORY``.
        status: ``ACTIVE``, ``CREATION_IN_PROGRESS`` or ``CREATION_FAILED``.
    """

    arn: str
    alias: str
    identity_type: str
    status: str

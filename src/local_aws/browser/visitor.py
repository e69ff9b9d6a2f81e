"""Who is on the way in, and what the sign-in asks of AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RoleSession:
    """The session of a role, as the console has it after a sign-in.

    Attributes:
        access_key: its access key id.
        role: ARN.
        name: RoleSessionName.
        recipient: of the response that it was given for.
    """

    access_key: str
    role: str
    name: str
    recipient: str


@dataclass(frozen=True, slots=True)
class ConnectSession:
    """The session of a Connect user.

    Attributes:
        endings: how often the user's sessions had been ended before this one began.
    """

    alias: str
    instance_id: str
    user_id: str
    endings: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """A Connect user as the instance has them now.

    Attributes:
        profiles: names of the security profiles.
        permissions: of all of them together.
    """

    username: str
    profiles: tuple[str, ...]
    permissions: frozenset[str]


class Aws(Protocol):
    """What the sign-in asks of AWS."""

    def assume(self, role: str, provider: str, response: str, region: str) -> RoleSession:
        """AssumeRoleWithSAML. Raises ResponseRefused."""

    def federate(self, session: RoleSession, region: str, instance_id: str) -> ConnectSession:
        """GetFederationToken. Raises ConnectError."""

    def visitor(self, session: ConnectSession) -> Visitor | None:
        """Return whose session it is; None where the user is gone or the session was ended."""

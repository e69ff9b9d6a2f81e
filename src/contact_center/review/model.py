"""A review as a value: findings first, then everything that they rest on.

Every page of it is made from this value alone, so that HTML, Markdown and JSON say the same. Texts are for a
person and hold nobody's name, except where people were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from contact_center.review.changes import StackChange
from contact_center.review.stacks import Acknowledged
from contact_center.review.statements import Mark

Level = Literal["refused", "danger", "attention"]
LEVELS: tuple[Level, ...] = ("refused", "danger", "attention")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody must decide.

    Attributes:
        level: ``refused``: a guard says no; ``danger``: read this; ``attention``: know this.
        code: stable, snake_case.
        subject: the thing that it is about.
        message: what happens, and what follows from it.
        details: single cases.
        acknowledge: the words that the config must hold to let a guard pass; empty for no guard.
        acknowledged: whether it holds them.
    """

    level: Level
    code: str
    subject: str
    message: str
    details: tuple[str, ...] = ()
    acknowledge: str = ""
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that whoever signs must be able to answer.

    Attributes:
        level: of the weightiest finding behind it; None where there is none.
    """

    question: str
    answer: str
    level: Level | None


@dataclass(frozen=True, slots=True)
class Permission:
    """A statement in words.

    Attributes:
        title: from its Sid; empty for a statement of trust, which is one sentence in `text`.
        text: of trust: who, how, for how long; of a grant: ``may`` or ``may not``.
        before: what a broader one was, in one line.
    """

    mark: Mark
    title: str
    text: str
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    before: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A role with who may assume it and what it may do; or a thing with who may use it.

    Attributes:
        session: the longest session in words, with the one before where it differs; empty for a thing.
    """

    kind: str
    name: str
    stack: str
    change: Literal["new", "kept", "gone"]
    session: str
    trust: tuple[Permission, ...]
    grants: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """A certificate of an identity provider.

    Attributes:
        provider: the SAML provider's name.
        issuer: the identity provider's entity id.
        fingerprint: SHA-256.
        begins, ends: days, UTC.
        state: in words, as of the review's day.
    """

    provider: str
    issuer: str
    fingerprint: str
    begins: str
    ends: str
    mark: Literal["", "new", "gone"]
    state: str


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit of `users.limits` against the plan."""

    name: str
    limit: str
    allowed: int | None
    planned: int


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What happens to one person; only where people were asked for.

    Attributes:
        gets: security profiles that the person did not have.
    """

    username: str
    action: str
    what: str
    why: str
    gets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Users:
    """What a kept plan does with users, as numbers.

    Attributes:
        counts: the plan's summary.
        managed: users that percentages refer to; None where the plan does not say.
        grants: privileged security profile → how many get it.
        losing_access: how many can no longer sign in.
        losing_profiles: how many keep their access and lose a security profile.
        refused: codes of the safety limits that refuse the plan.
        problems: how many errors and warnings the plan has.
        people: None where they were not asked for.
    """

    counts: Mapping[str, int]
    managed: int | None
    limits: tuple[LimitUse, ...]
    grants: Mapping[str, int]
    losing_access: int
    losing_profiles: int
    refused: tuple[str, ...]
    problems: Mapping[str, int]
    estimated_seconds: int
    people: tuple[PersonChange, ...] | None = None


@dataclass(frozen=True, slots=True)
class SyncSetting:
    """A setting of the sync that changes; ``looser`` lets a run do more than before."""

    name: str
    before: str
    after: str
    looser: bool


@dataclass(frozen=True, slots=True)
class ShownChange:
    """What happens to a resource, for the page.

    Attributes:
        properties: (name, before, after, create-only).
    """

    stack: str
    kind: str
    name: str
    path: str
    change: str
    note: str
    properties: tuple[tuple[str, str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A property that cannot be changed later without a new resource."""

    kind: str
    name: str
    property: str
    value: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What was read, by its SHA-256, or by the version of an object in S3."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class NagReason:
    """A cdk-nag finding that is acknowledged; ``new`` only where both sides were synthesized."""

    entry: Acknowledged
    new: bool


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that the page shows."""

    contact_center: str
    account: str
    region: str
    against: str
    as_of: str
    findings: tuple[Finding, ...]
    answers: tuple[Answer, ...]
    stacks: tuple[StackChange, ...]
    changes: tuple[ShownChange, ...]
    holders: tuple[Holder, ...]
    certificates: tuple[SigningCertificate, ...]
    elsewhere: tuple[str, ...]
    users: Users | None
    settings: tuple[SyncSetting, ...]
    nag: tuple[NagReason, ...]
    fixed: tuple[Fixed, ...]
    digests: tuple[Digest, ...]

    def at(self, level: Level) -> tuple[Finding, ...]:
        """Return the findings of a level."""
        return tuple(one for one in self.findings if one.level == level)

    @property
    def decision(self) -> Literal["nothing", "decide", "refused"]:
        """Return what is to be done with it."""
        return "refused" if self.at("refused") else "decide" if self.findings else "nothing"

    def as_json(self) -> dict[str, Any]:
        """Return the JSON document, without its problems."""
        return {"decision": self.decision, **asdict(self)}

"""Strings the review together: both sides, config and plan in; findings and everything behind them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contact_center.config import Config
from contact_center.review.access import accesses
from contact_center.review.answers import answers
from contact_center.review.certificates import certificate_findings, provider_readings, signing_certificates
from contact_center.review.changes import resource_changes, stack_changes
from contact_center.review.consequences import (
    fixed_values,
    loss_findings,
    phone_findings,
    shown_changes,
    stack_findings,
)
from contact_center.review.exposure import access_findings, holders
from contact_center.review.guards import Comparison, federation_roles, guard_findings
from contact_center.review.model import LEVELS, Digest, Finding, NagReason, Review
from contact_center.review.people import user_findings, users_of
from contact_center.review.settings import setting_findings, sync_policy, sync_settings
from contact_center.review.stacks import Side
from contact_center.review.words import listed
from user_sync.policy import Policy


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reviewed.

    Attributes:
        account: 12 digits, or what is said where it is not known.
        plan: what `users plan --out` wrote; None where none was given.
        people: whether to say who they are.
        digests: of the files that were read.
        left: stacks that another round brings.
    """

    config: Config
    policy: Policy
    before: Side
    after: Side
    account: str
    plan: Mapping[str, Any] | None = None
    people: bool = False
    digests: tuple[Digest, ...] = ()
    left: tuple[str, ...] = ()


def review(subject: Subject, now: datetime) -> Review:
    """Return the review.

    Args:
        now: with a time zone; certificates are judged by it.
    """
    before, after = subject.before, subject.after
    found = Comparison(
        config=subject.config,
        before=before,
        after=after,
        stacks=stack_changes(before, after),
        changes=resource_changes(before, after),
        accesses=accesses(before, after),
    )
    readings = provider_readings(before), provider_readings(after)
    users = users_of(subject.plan, subject.policy, people=subject.people) if subject.plan is not None else None
    nag = _nag(before, after)
    settings = sync_settings(sync_policy(before), sync_policy(after))
    findings = [
        *_of_templates(found),
        *certificate_findings(*readings, now),
        *(user_findings(users) if users else _no_plan(found)),
        *setting_findings(settings),
        *_left(subject.left),
        *stack_findings(found.stacks, found.changes),
        *_nag_findings(nag),
    ]
    findings.sort(key=lambda one: LEVELS.index(one.level))
    certificates = signing_certificates(*readings, now)
    return Review(
        contact_center=subject.config.name,
        account=subject.account,
        region=subject.config.region,
        against=before.origin,
        as_of=f"{now.astimezone(UTC):%Y-%m-%d}",
        findings=tuple(findings),
        answers=answers(findings, certificates, users),
        stacks=found.stacks,
        changes=shown_changes(found.changes),
        holders=holders(found.accesses),
        certificates=certificates,
        elsewhere=tuple(_elsewhere(subject.config)),
        users=users,
        settings=settings,
        nag=nag,
        fixed=fixed_values(after),
        digests=subject.digests,
    )


def _of_templates(found: Comparison) -> Iterator[Finding]:
    guarded = guard_findings(found)
    yield from guarded
    yield from loss_findings(found.changes, frozenset(one.subject for one in guarded))
    yield from phone_findings(found.changes)
    told = frozenset(detail for one in guarded for detail in one.details)
    yield from access_findings(found.accesses, federation_roles(found.before, found.config), told, found.before.stacks)


def _no_plan(found: Comparison) -> Iterator[Finding]:
    """Yield that a plan is missing where this change makes the sync run."""
    if any(one.resource.type.startswith("Custom::") for one in found.changes):
        message = "the deployment syncs users, and what it does with whom is not on this page: give --plan"
        yield Finding("attention", "no_plan", "users", message)


def _left(names: Sequence[str]) -> Iterator[Finding]:
    """Yield what is still to come, for whoever approves this: nobody else is told to go on."""
    if names:
        message = (
            "not in this round: when this is executed, run the pipeline again (GitHub: Run workflow; CodePipeline: "
            "Release change; else prepare again), and approve that"
        )
        yield Finding("attention", "another_round", listed(names), message)


def _elsewhere(config: Config) -> Iterator[str]:
    """Yield what sign-on uses that exists already, and that no template here says anything about."""
    sign_on = config.sign_on
    used: Sequence[tuple[str, str | None]] = (
        ("role", sign_on.role),
        ("provider", sign_on.salesforce.provider if sign_on.trusts_salesforce else None),
        ("provider", sign_on.third_party.provider if sign_on.third_party and sign_on.trusts_third_party else None),
    )
    for kind, arn in used:
        if arn:
            yield f"the {kind} {arn} exists already and is in no template: connect-sso doctor looks at it"


def _nag_findings(nag: Sequence[NagReason]) -> Iterator[Finding]:
    fresh = tuple(f"{one.entry.finding} at {one.entry.path}" for one in nag if one.new)
    if fresh:
        yield Finding(
            "attention", "nag_new", "cdk-nag", "more is acknowledged than before, or for another reason", fresh
        )


def _nag(before: Side, after: Side) -> tuple[NagReason, ...]:
    known = {(one.path, one.finding, one.reason) for stack in before.stacks.values() for one in stack.acknowledged}
    return tuple(
        NagReason(one, bool(known) and (one.path, one.finding, one.reason) not in known)
        for stack in after.stacks.values()
        for one in stack.acknowledged
    )

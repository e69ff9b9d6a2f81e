"""Guards: changes that lock people out, lose the phone system, data or keys; they fail unless the config acknowledges.

Each acknowledgement names one change of one thing (`contact_center.acknowledgement` has the forms); one that is
about nothing is told too, so that none is left lying about for the next change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contact_center.arns import GITHUB_ISSUER
from contact_center.config import Config
from contact_center.iam_policy import Statement
from contact_center.review.access import Access, assuming
from contact_center.review.changes import ResourceChange, StackChange
from contact_center.review.intrinsics import Reader
from contact_center.review.model import Finding
from contact_center.review.stacks import INSTANCE, PROVIDER, ROLE, Address, Resource, Side

_BUCKET, _KEY = "AWS::S3::Bucket", "AWS::KMS::Key"
_GUARDED = {
    INSTANCE: "replace-instance",
    ROLE: "replace-role",
    PROVIDER: "replace-provider",
    _BUCKET: "remove-resource",
    _KEY: "remove-resource",
}
_KINDS = {INSTANCE: "instance", ROLE: "role", PROVIDER: "provider"}
_AFTERWARDS = {
    INSTANCE: "a new, empty instance: phone numbers, flows, users and history stay behind with the old one",
    ROLE: "Amazon Connect can bind a user to the role that they first signed in through: people can be locked out, "
    "and identity providers hold the old role's ARN",
    PROVIDER: "the identity provider holds the old provider's ARN: until it is changed there, nobody signs in "
    "through it",
    _BUCKET: "what it holds is used no more, and a new one begins empty",
    _KEY: "once it is gone nobody can read what it encrypted",
}
# Output of the sign-on stack, or of the instance stack → what it names.
_OUTPUTS = (
    ("InstanceArn", INSTANCE),
    ("RoleArn", ROLE),
    ("SalesforceProviderArn", PROVIDER),
    ("ThirdPartyProviderArn", PROVIDER),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides, and what was found between them."""

    config: Config
    before: Side
    after: Side
    stacks: tuple[StackChange, ...]
    changes: tuple[ResourceChange, ...]
    accesses: tuple[Access, ...]


def guard_findings(comparison: Comparison) -> tuple[Finding, ...]:
    """Return what guards say: refused, or a danger where the config acknowledges it; and idle acknowledgements."""
    found: dict[str, Finding] = {}
    for guard in (_replacements, _another_one, _left, _retention, _protection, _strangers):
        for one in guard(comparison):
            found.setdefault(one.acknowledge, one)
    given = comparison.config.acknowledge
    settled = [
        replace(one, level="danger", acknowledged=True) if words in given else one for words, one in found.items()
    ]
    idle = [words for words in given if words not in found]
    return (*settled, *map(_idle, idle))


def _idle(words: str) -> Finding:
    message = "the config acknowledges what this change does not do: take it out, or it lets the next one through"
    return Finding("attention", "acknowledgement_idle", words, message)


def federation_roles(side: Side, config: Config) -> frozenset[Address]:
    """Return the role that people sign in through: the one that the sign-on stack says it is."""
    stack = side.stacks.get(config.sign_on_stack_name)
    return frozenset(Reader(side).references(stack.outputs.get("RoleArn"), stack.name)) if stack else frozenset()


def _replacements(found: Comparison) -> Iterator[Finding]:
    return _losses(found, found.changes)


def _left(found: Comparison) -> Iterator[Finding]:
    """Yield what is in stacks that are not declared any more; a deployment leaves them, and nobody looks after them."""
    stacks = [found.before.stacks.get(name) for name in found.config.delivered_stack_names]
    gone = [one for one in stacks if one and one.name not in found.after.stacks]
    theirs = [one for stack in gone for one in stack.resources()]
    return _losses(found, [ResourceChange("removed", one, one, kept=True) for one in theirs])


def _losses(found: Comparison, changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    roles = federation_roles(found.before, found.config)
    for one in changes:
        old = one.before
        if old is None or old.type not in _GUARDED or (old.type == ROLE and old.address not in roles):
            continue
        if one.change == "replaced":
            yield _replacement(one, old)
        elif one.change == "removed":
            how = f"it is taken out of the template and {_fate(one)}"
            if old.stack not in found.after.stacks:
                how = f"stack {old.stack} is not declared any more, so nobody looks after it"
            words = f"{_GUARDED[old.type]} {old.name}"
            message = f"{how}; {_AFTERWARDS[old.type]}"
            yield _guard(words, f"{_kind(old)}_removed", f"{old.kind} {old.name}", message)


def _kind(resource: Resource) -> str:
    return _KINDS.get(resource.type, "resource")


def _replacement(one: ResourceChange, old: Resource) -> Finding:
    changed = {p.name: p for p in one.properties if p.create_only}
    subject = f"{old.kind} {old.name}"
    after = f"{_AFTERWARDS[old.type]}; the old one {_fate(one)}"
    if one.resource.type == INSTANCE and "InstanceAlias" in changed:
        new = changed["InstanceAlias"].after
        message = f"the alias becomes {new}, so the instance is replaced by {after}"
        return _guard(f"change-alias {old.name} to {new}", "alias_changed", subject, message)
    if one.resource.type == INSTANCE and "IdentityManagementType" in changed:
        kind = changed["IdentityManagementType"]
        message = (
            f"the identity type becomes {kind.after} (it is {kind.before}), so the instance is replaced by {after}"
        )
        return _guard(f"change-identity-type {old.name} to {kind.after}", "identity_type_changed", subject, message)
    why = ", ".join(f"{p.name}: {p.before} → {p.after}" for p in changed.values()) or one.because
    message = f"it is replaced ({why}): {after}"
    return _guard(f"{_GUARDED[old.type]} {old.name}", f"{_kind(old)}_replaced", subject, message)


def _another_one(found: Comparison) -> Iterator[Finding]:
    """Yield what sign-on now goes through another resource than before, declared or existing."""
    for name, type_ in _OUTPUTS:
        old, new = (_output(side, name, found.config) for side in (found.before, found.after))
        if old and new and old[0] != new[0]:
            kind = _KINDS[type_]
            what = re.sub(r"^\{\w+ (.+)\}$", r"\1", old[1])
            message = f"sign-on goes through another {kind} than before, {new[1]}: {_AFTERWARDS[type_]}"
            yield _guard(f"{_GUARDED[type_]} {what}", f"{kind}_replaced", f"{kind} {what}", message)


def _output(side: Side, name: str, config: Config) -> tuple[str, str] | None:
    """Return an output of a side by address and by name."""
    for stack in (config.sign_on_stack_name, config.instance_stack_name):
        if stack in side.stacks and name in side.stacks[stack].outputs:
            value = side.stacks[stack].outputs[name]
            return Reader(side).text(value, stack), Reader(side, by_name=True).text(value, stack)
    return None


def _retention(found: Comparison) -> Iterator[Finding]:
    for one in found.changes:
        if one.loses_retention:
            thing = one.resource
            message = (
                "it was kept whatever happens, and is not any more: with its stack, or when it is taken out of the "
                f"template or replaced, {'it is' if thing.kind != 'instance' else 'the phone system is'} deleted"
            )
            yield _guard(f"remove-retention {thing.name}", "retention_removed", f"{thing.kind} {thing.name}", message)


def _protection(found: Comparison) -> Iterator[Finding]:
    for one in found.stacks:
        if one.unprotected:
            message = "its termination protection is taken off: one command deletes it"
            yield _guard(f"remove-protection {one.name}", "protection_removed", f"stack {one.name}", message)


def _strangers(found: Comparison) -> Iterator[Finding]:
    """Yield whom a role trusts and the config does not name; services of AWS are no strangers."""
    named = set(_named(found.config))
    pipelines = _pipelines(found.config)
    roles = federation_roles(found.after, found.config)
    for role in found.accesses:
        if role.kind != "role":
            continue
        so = ": whoever that is signs in as any user they like" if role.address in roles else ""
        trusted: dict[str, list[str]] = {}
        for line in role.trust:
            for who in _principals(line.shown):
                trusted.setdefault(who, []).append(assuming(role, line))
        for who, how in trusted.items():
            if who not in named and who not in pipelines.get(role.name, ()):
                message = f"it can be assumed by {who}, which the config does not name{so}"
                one = _guard(f"trust {who} in {role.name}", "stranger_trusted", f"role {role.name}", message)
                yield replace(one, details=tuple(how))


def _principals(statement: Statement) -> Iterator[str]:
    if not statement.allows:
        return
    if statement.except_principals:
        yield "everybody-but-a-few"
        return
    for kind, names in statement.principals.items():
        if kind != "Service":
            for name in names:
                declared = re.fullmatch(r"\{provider (.+)\}", name)
                yield from _jobs(statement, name) or (declared[1] if declared else name,)


def _jobs(statement: Statement, provider: str) -> Sequence[str]:
    """Return whom a statement lets in through GitHub's provider, to the letter; none where it names nobody so."""
    if not provider.endswith(f":oidc-provider/{GITHUB_ISSUER}"):
        return ()
    equals = {key.lower(): values for key, values in statement.conditions.get("StringEquals", {}).items()}
    return equals.get(f"{GITHUB_ISSUER}:sub", ())


def _named(config: Config) -> Iterator[str]:
    """Yield whom the config names: identity providers by name or ARN, principals of emergency access."""
    sign_on = config.sign_on
    if sign_on.trusts_salesforce:
        yield sign_on.salesforce.provider or config.salesforce_provider_name
    if sign_on.trusts_third_party and sign_on.third_party:
        yield sign_on.third_party.provider or str(config.third_party_provider_name)
    if sign_on.emergency_access:
        yield from sign_on.emergency_access.principals


def _pipelines(config: Config) -> Mapping[str, Sequence[str]]:
    """Return the role of a pipeline → who may assume it, as GitHub's tokens name them."""
    github = config.delivery.github if config.delivery else None
    subjects = github.subjects() if github else {}
    return {config.delivery_role_name(role): who for role, who in subjects.items()}


def _fate(one: ResourceChange) -> str:
    return "stays, outside of the stack" if one.kept else "is deleted"


def _guard(words: str, code: str, subject: str, message: str) -> Finding:
    return Finding("refused", code, subject, message, acknowledge=words)

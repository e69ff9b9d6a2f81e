"""Finds policies wherever a template has them: in a role, as policies of their own, by ARN; at buckets and keys.

Must not compare nor judge what is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contact_center.iam_policy import Statement, read_statements
from contact_center.review.intrinsics import Reader
from contact_center.review.stacks import ROLE, Address, Resource, Side
from contact_center.review.statements import Mark

_POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")
# Types whose policy says who may use something, and the property that names it.
_USED = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}
_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_DEFAULT_SESSION_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Line:
    """A statement as the page shows it.

    Attributes:
        sid: as the policy has it; may be empty.
        shown: with every reference written by name.
        compared: likewise by address.
        was: of a broader statement the one of the same name before, as shown; None where there was none.
    """

    sid: str
    shown: Statement
    compared: Statement
    mark: Mark = ""
    was: Statement | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A role, or a thing that others may use, on one side of a comparison."""

    kind: str
    name: str
    trust: tuple[Line, ...]
    grants: tuple[Line, ...] = ()
    session_seconds: int | None = None
    boundary: str = ""


def holdings(side: Side) -> Iterator[tuple[Address, Holding]]:
    """Yield every role and every policy of a resource, roles first."""
    read = _Documents(side)
    attached: dict[Address, list[Line]] = {}
    for policy in side.of_type(*_POLICIES):
        lines = read.lines(policy.properties.get("PolicyDocument"), policy.stack)
        for role in policy.properties.get("Roles") or ():
            for address in read.roles(role, policy.stack):
                attached.setdefault(address, []).extend(lines)
    for role in side.of_type(ROLE):
        yield role.address, read.role(role, attached.get(role.address, []))
    for resource in side.resources.values():
        used = read.used(resource)
        if used:
            yield resource.address, used


class _Documents:
    """Reads the policy documents of one side."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._by_name, self._by_address = Reader(side, by_name=True), Reader(side)

    def lines(self, document: Any, stack: str) -> list[Line]:
        shown, compared = (reader.plain(document or {}, stack) for reader in (self._by_name, self._by_address))
        compared = _without_hashes(compared)
        sids = [str(one.get("Sid", "")) for one in _listed(compared.get("Statement")) if isinstance(one, Mapping)]
        both = zip(sids, read_statements(shown), read_statements(compared), strict=True)
        return [Line(sid, by_name, by_address) for sid, by_name, by_address in both]

    def roles(self, value: Any, stack: str) -> Iterator[Address]:
        """Yield the roles that a policy's entry means: by reference, or by name."""
        found = list(self._by_address.references(value, stack))
        yield from found
        if not found:
            name = self._by_name.text(value, stack)
            yield from (role.address for role in self._side.of_type(ROLE) if role.name == name)

    def role(self, role: Resource, attached: Sequence[Line]) -> Holding:
        properties = role.properties
        inline = [
            line
            for policy in properties.get("Policies") or ()
            for line in self.lines(policy.get("PolicyDocument"), role.stack)
        ]
        by_arn = [self._whole(arn, role.stack) for arn in properties.get("ManagedPolicyArns") or ()]
        return Holding(
            kind="role",
            name=role.name,
            trust=tuple(self.lines(properties.get("AssumeRolePolicyDocument"), role.stack)),
            grants=(*attached, *inline, *by_arn),
            session_seconds=int(properties.get("MaxSessionDuration") or _DEFAULT_SESSION_SECONDS),
            boundary=self._by_name.text(properties.get("PermissionsBoundary") or "", role.stack),
        )

    def _whole(self, arn: Any, stack: str) -> Line:
        """Return a policy that is named only: what is in it, the template does not say."""
        document = {"Effect": "Allow", "Action": f"whatever {self._by_name.text(arn, stack)} allows", "Resource": "*"}
        return self.lines({"Statement": [document]}, stack)[0]

    def used(self, resource: Resource) -> Holding | None:
        properties, stack = resource.properties, resource.stack
        if resource.type == "AWS::KMS::Key":
            return Holding("KMS key", resource.name, tuple(self.lines(properties.get("KeyPolicy"), stack)))
        if resource.type == "AWS::Lambda::Permission":
            return Holding("function", self._target(resource, "FunctionName"), tuple(self._permission(resource)))
        if resource.type in _USED:
            kind = _USED[resource.type].removesuffix("s").lower()
            lines = tuple(self.lines(properties.get("PolicyDocument"), stack))
            return Holding(kind, self._target(resource, _USED[resource.type]), lines)
        return None

    def _target(self, resource: Resource, name: str) -> str:
        value = resource.properties.get(name)
        for address in self._by_address.references(value, resource.stack):
            if address in self._side.resources:
                return self._side.resources[address].name
        return self._by_name.text(value, resource.stack)

    def _permission(self, resource: Resource) -> list[Line]:
        """Return what a function's permission says, as the statement that Lambda makes of it."""
        given = resource.properties
        conditions = {
            operator: {key: given[name]}
            for operator, key, name in (
                ("ArnLike", "aws:SourceArn", "SourceArn"),
                ("StringEquals", "aws:SourceAccount", "SourceAccount"),
                ("StringEqualsIfExists", "aws:PrincipalOrgID", "PrincipalOrgID"),
            )
            if name in given
        }
        who = given.get("Principal")
        service = isinstance(who, str) and who.endswith((".amazonaws.com", ".amazonaws.com.cn"))
        statement = {
            "Effect": "Allow",
            "Principal": {"Service" if service else "AWS": who},
            "Action": given.get("Action"),
            "Resource": given.get("FunctionName"),
            "Condition": conditions,
        }
        return self.lines({"Statement": [statement]}, resource.stack)


def _without_hashes(value: Any) -> Any:
    """Return a value in which the CDK's names of files by their content are all alike.

    A role that reads a file of the deployment reads the new one afterwards: that is not more than before.
    """
    if isinstance(value, Mapping):
        return {key: _without_hashes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_hashes(item) for item in value]
    return _HASH.sub("{content}", value) if isinstance(value, str) else value


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]

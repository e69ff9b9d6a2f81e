"""IAM grants as plain values, written into policies in exactly the order and the pieces they are declared.

The CDK's own statements are merged and re-ordered at synth; these are read and signed by a reviewer. A
grant on a wildcard says why none narrower is possible, or it is an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledge import acknowledge, wildcard

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement that allows.

    Attributes:
        sid: what it is for, letters and digits, unique in its policy.
        actions, resources: one at least of each.
        conditions: operator → key → value.
        wildcard_because: reason where a resource holds ``*``, such as an id that is not known beforehand.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, Any]] | None = None
    wildcard_because: str = ""

    def statement(self) -> dict[str, Any]:
        """Return the statement; a single action or resource is written without a list."""
        conditions = {"Condition": self.conditions} if self.conditions else {}
        return {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": short(self.actions),
            "Resource": short(self.resources),
            **conditions,
        }


def document(*statements: Mapping[str, Any]) -> Document:
    """Return a policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def managed_policy(
    scope: Construct, id_: str, *, grants: Sequence[Grant], role_name: str | None = None, name: str | None = None
) -> iam.CfnManagedPolicy:
    """Declare a policy in which each wildcard is acknowledged with the grants' reasons.

    Args:
        grants: one at least.
        role_name: of the role that gets it, the only one; None where it is attached elsewhere.
        name: of the policy, where another side stores it; None for one of CloudFormation's choice.

    Raises:
        ValueError: a grant on a wildcard gives no reason.
    """
    policy = iam.CfnManagedPolicy(
        scope,
        id_,
        policy_document=document(*(grant.statement() for grant in grants)),
        roles=[role_name] if role_name else None,
        managed_policy_name=name,
    )
    reasons: dict[str, list[str]] = {}
    for grant in grants:
        for resource in grant.resources:
            if "*" not in resource:
                continue
            if not grant.wildcard_because:
                raise ValueError(f"grant {grant.sid} on {resource} does not say why it holds a wildcard")
            reasons.setdefault(resource, []).append(f"{grant.sid}: {grant.wildcard_because}")
    acknowledge(policy, {wildcard(scope, resource): "; ".join(why) for resource, why in reasons.items()})
    return policy


def short(values: Sequence[str]) -> str | list[str]:
    """Return the only value alone, several as a list: as policies are usually written."""
    return values[0] if len(values) == 1 else list(values)

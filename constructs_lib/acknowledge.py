"""Say why a cdk-nag finding is right as it is, at the resource that it is about.

A reason names the fact that makes the finding safe, so that a reviewer can check it. A finding about a
wildcard names the very resource string, so an acknowledgement never covers another wildcard.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Acknowledgment, Reference, Stack, Token, Tokenization, Validations
from constructs import Construct


def acknowledge(resource: Construct, reasons: Mapping[str, str]) -> None:
    """Acknowledge findings at one resource.

    Args:
        resource: the construct that the findings are about; not a stack, which would also cover what comes later.
        reasons: finding, such as ``AwsSolutions-S1`` → reason.

    Raises:
        ValueError: the resource is a stack.
    """
    if Stack.is_stack(resource):
        raise ValueError(f"findings are acknowledged at their resource, got the stack {resource.node.path}")
    Validations.of(resource).acknowledge(
        *(Acknowledgment(id=finding, reason=reason) for finding, reason in reasons.items())
    )


def wildcard(scope: Construct, resource: str) -> str:
    """Return the finding that cdk-nag makes of a resource with ``*`` in a policy.

    Args:
        scope: of the policy.
        resource: as in the policy; what it refers to may be in another stack of the app.
    """
    stack = Stack.of(scope)
    head = Tokenization.reverse_string(resource).first_token
    if isinstance(head, Reference):
        owner = Stack.of(head.target)
        if owner is not stack:
            # At synth the CDK writes the export's name here; asking for it now gives the same name.
            resource = resource.replace(Token.as_string(head), str(owner.export_value(head)))
    return f"AwsSolutions-IAM5[Resource::{_flat(stack.resolve(resource))}]"


def _flat(value: Any) -> str:
    """Write a CloudFormation value as cdk-nag does in its findings."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_flat(part) for part in parts)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{resource}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return _flat(name)
        case {"Ref": name}:
            return f"<{name}>"
        case _:
            return json.dumps(value, separators=(",", ":"))

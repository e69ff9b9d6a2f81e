"""What a deployed function's role grants, and the same without one action."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.end_to_end.assembly import Json
from tests.end_to_end.product import Product


def actions_of(statement: Json) -> list[str]:
    actions = statement["Action"]
    return actions if isinstance(actions, list) else [actions]


def pairs(statements: Sequence[Json]) -> set[tuple[str, str]]:
    return {(statement["Sid"], action) for statement in statements for action in actions_of(statement)}


def without(statements: Sequence[Json], sid: str, action: str) -> list[Json]:
    """The statements with one action of one of them taken away."""
    left = []
    for statement in statements:
        actions = [one for one in actions_of(statement) if (statement["Sid"], one) != (sid, action)]
        if actions:
            left.append({**statement, "Action": actions})
    return left


class Role:
    """The managed policies of one role: ARN → document."""

    def __init__(self, iam: Any, policies: dict[str, Json]) -> None:
        self._iam = iam
        self._policies = policies

    def statements(self) -> list[Json]:
        return [statement for document in self._policies.values() for statement in document["Statement"]]

    def pairs(self) -> set[tuple[str, str]]:
        return pairs(self.statements())

    @contextmanager
    def without(self, sid: str, action: str) -> Iterator[None]:
        """Take one action away while the block lasts."""
        ((arn, document),) = (
            (arn, document) for arn, document in self._policies.items() if (sid, action) in pairs(document["Statement"])
        )
        fewer = {**document, "Statement": without(document["Statement"], sid, action)}
        self._put(arn, fewer)
        try:
            yield
        finally:
            self._put(arn, document)

    def _put(self, arn: str, document: Json) -> None:
        self._iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
        for version in self._iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                self._iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


def role_of(product: Product, function: str) -> Role:
    """The role of a function by its name."""
    iam = product.client("iam")
    configuration = product.client("lambda").get_function_configuration(FunctionName=function)
    role = configuration["Role"].rpartition("/")[2]
    policies = {}
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        policies[arn] = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return Role(iam, policies)

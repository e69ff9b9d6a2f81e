"""The boundary of the stacks' roles: all that any of them needs, and nothing that none does.

The local engine evaluates no boundary, so each role's policies are held against it here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from constructs_lib.boundaries import role_boundary
from constructs_lib.deployed_scope import DeployedScope
from constructs_lib.grants import document
from contact_center.deployed import Policy
from contact_center.iam_policy import Statement, read_statements, requirements
from contact_center.load import load
from contact_center.permission_policy import judge_boundary
from contact_center.places import Places
from contact_center.review.create_only import create_only
from tests.infra.conftest import EXISTING_INSTANCE
from tests.infra.deployed_names import ACCOUNT, REGION, STACKS, UUID, Deployed
from tests.infra.policy_evaluation import allows, policy
from tests.infra.synthesis import EXAMPLE, Synthesized

Variant = Callable[[str], Synthesized]
LONG = "abcdefghijklmnopqrst"
CASES = [("example", "acmeservice"), ("both", LONG), ("third-party", "acmeservice"), ("existing", LONG)]
SHARED = "hnb659fds"  # the qualifier of the variants, whose assets a role may read


def _boundary(which: str, name: str) -> DeployedScope:
    existing = EXISTING_INSTANCE if which == "existing" else None
    exports = ("acme-exports",) if which == "third-party" else ()
    return DeployedScope(name, SHARED, "aws", REGION, ACCOUNT, f"{name}-boundary", existing, exports)


def _statements(deployed: Deployed) -> Iterator[tuple[str, Statement]]:
    """Yield what roles are granted, as IAM has it once deployed."""
    for (stack, id_), resource in deployed.resources.items():
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            filled = _filled(resource["Properties"]["PolicyDocument"], deployed, stack)
            yield from ((f"{stack} {id_}", statement) for statement in read_statements(filled))


def _filled(value: Any, deployed: Deployed, stack: str) -> Any:
    if isinstance(value, list):
        return [_filled(one, deployed, stack) for one in value]
    if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        return {key: _filled(one, deployed, stack) for key, one in value.items()}
    return deployed.text(value, stack)


def _contexts(statement: Statement) -> Iterator[dict[str, str]]:
    """Yield the conditions under which a statement allows something, one value each."""
    tests = list(requirements(statement.conditions))
    for values in product(*(test.values for test in tests)):
        yield {test.key: value for test, value in zip(tests, values, strict=True)}


@pytest.fixture
def deployed(example: Synthesized, variant: Variant) -> Callable[[str, str], Deployed]:
    return lambda which, name: Deployed(example if which == "example" else variant(which), name)


@pytest.mark.parametrize(("which", "name"), CASES)
def test_no_role_is_granted_what_the_boundary_holds_back(
    deployed: Callable[[str, str], Deployed], which: str, name: str
) -> None:
    boundary = policy(document(*(grant.statement() for grant in role_boundary(_boundary(which, name)))))
    granted = list(_statements(deployed(which, name)))
    assert len(granted) > 20
    for where, statement in granted:
        for action, resource, context in product(statement.actions, statement.resources, _contexts(statement)):
            assert allows(boundary, action, resource, context), f"{where}: {action} on {resource}"


def test_the_boundary_holds_nothing_that_no_role_is_granted(deployed: Callable[[str, str], Deployed]) -> None:
    granted = {action for case in CASES for _, one in _statements(deployed(*case)) for action in one.actions}
    boundary = {action for grant in role_boundary(_boundary("example", "acmeservice")) for action in grant.actions}
    assert boundary == granted


def test_a_bounded_role_changes_nothing_in_iam_and_hands_on_no_role() -> None:
    boundary = {action for grant in role_boundary(_boundary("example", "acmeservice")) for action in grant.actions}
    assert {action for action in boundary if action.startswith(("iam:", "sts:", "organizations:"))} == {
        "iam:GetSAMLProvider"
    }


@pytest.mark.parametrize("existing", [None, EXISTING_INSTANCE])
def test_the_doctor_finds_that_the_boundary_lets_sign_ins_through(existing: str | None) -> None:
    """Also at another instance than the boundary was made with: a boundary that is a day old locks nobody out."""
    scope = DeployedScope("acmeservice", SHARED, "aws", REGION, ACCOUNT, "acmeservice-boundary", existing)
    boundary = document(*(grant.statement() for grant in role_boundary(scope)))
    places = Places(load(EXAMPLE / "contact-center.yaml").config, "contact-center.yaml")
    for instance in (EXISTING_INSTANCE, f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{UUID.replace('1', 'f')}"):
        assert judge_boundary(Policy(scope.boundary, "boundary", boundary), instance, places).ok


def test_with_a_bootstrap_every_role_is_bounded_and_nothing_else_changes(
    example: Synthesized, variant: Variant
) -> None:
    bootstrapped = variant("bootstrapped")
    for stack in STACKS:
        template, count = bootstrapped.template(stack), 0
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                boundary = Deployed(bootstrapped).text(resource["Properties"].pop("PermissionsBoundary"), stack)
                assert boundary == f"arn:aws:iam::{ACCOUNT}:policy/acmeservice-boundary"
                count += 1
        assert count == len(example.resources(stack, "AWS::IAM::Role"))
        text = json.dumps(template)
        assert SHARED not in text
        assert json.loads(text.replace("acmesvc", SHARED)) == example.template(stack)


def test_a_boundary_replaces_no_role() -> None:
    """Whether it comes, changes or goes: CloudFormation updates the federation role in place."""
    known = create_only("AWS::IAM::Role")
    assert known is not None
    assert "PermissionsBoundary" not in known

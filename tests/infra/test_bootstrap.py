"""Facts of the bootstrap's own stack, which is no part of the contact center's app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cfnlint import lint
from cfnlint.config import ManualArgs

from contact_center.load import load
from stacks.bootstrap import build
from tests.infra.synthesis import CONTEXT, Json, Synthesized, config_with


def _synthesized(folder: Path, changes: Mapping[str, Any]) -> Synthesized:
    app = cdk.App(outdir=str(folder / "cdk.out"), context=CONTEXT, analytics_reporting=False)
    build(app, load(config_with(folder / "config", changes)).config)
    app.synth()
    return Synthesized(folder / "cdk.out", ())


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return _synthesized(tmp_path_factory.mktemp("bootstrap"), {"bootstrap": {"qualifier": "acmesvc"}})


def _named(synthesized: Synthesized) -> dict[str, Json]:
    policies = synthesized.resources("bootstrap", "AWS::IAM::ManagedPolicy").values()
    return {one["Properties"]["ManagedPolicyName"]: one["Properties"]["PolicyDocument"] for one in policies}


def _unknown_actions(synthesized: Synthesized, region: str) -> list[str]:
    """Return the actions that cfn-lint does not know; it must find nothing else."""
    found = lint(json.dumps(synthesized.template("bootstrap")), config=ManualArgs(regions=[region]))
    assert {one.rule.id for one in found} <= {"W3037"}
    return [one.message.split("'")[1] for one in found]


def test_it_is_protected_and_deployed_with_a_persons_own_rights(bootstrap: Synthesized, example: Synthesized) -> None:
    assert (
        bootstrap.artifact("bootstrap")["properties"].keys() & {"assumeRoleArn", "cloudFormationExecutionRoleArn"}
        == set()
    )
    assert bootstrap.artifact("bootstrap")["properties"]["terminationProtection"] is True
    assert "Parameters" not in bootstrap.template("bootstrap")
    assert "bootstrap" not in example.stacks


def test_it_names_its_policies_and_no_resource_but_policies(bootstrap: Synthesized) -> None:
    rooms = {f"acmeservice-execution-{room}" for room in ("identity", "instance", "storage", "compute", "watch")}
    assert _named(bootstrap).keys() == rooms | {"acmeservice-boundary", "acmeservice-deployment-boundary"}
    assert len(bootstrap.template("bootstrap")["Resources"]) == 7
    outputs = bootstrap.template("bootstrap")["Outputs"]
    assert outputs["DeploymentBoundary"]["Value"] == "acmeservice-deployment-boundary"
    assert len(outputs["ExecutionPolicies"]["Value"]["Fn::Join"][1]) == 5 + 4  # commas between


def test_the_boundary_of_roles_outlives_the_stack(bootstrap: Synthesized) -> None:
    policies = bootstrap.resources("bootstrap", "AWS::IAM::ManagedPolicy").values()
    kept = {one["Properties"]["ManagedPolicyName"] for one in policies if one.get("UpdateReplacePolicy") == "Retain"}
    assert kept == {"acmeservice-boundary"}


def test_the_stacks_other_names_and_place_are_in_the_policies(tmp_path: Path) -> None:
    changes = {
        "bootstrap": {"qualifier": "acmegov"},
        "region": "us-gov-west-1",
        "account": "111122223333",
        "users.export": "s3://acme-exports/users.csv?versionId=1",
    }
    made = _synthesized(tmp_path, changes)
    text = json.dumps(_named(made))
    assert "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:acmeservice-users-*" in text
    assert "arn:aws-us-gov:s3:::acme-exports/*" in text
    assert "arn:aws-us-gov:s3:::cdk-acmegov-assets-111122223333-us-gov-west-1/*" in text
    assert "arn:aws:" not in text
    assert _unknown_actions(made, "us-gov-west-1") == ["deleteallentitysessions"]


def test_cfn_lint_knows_every_action_but_the_one_that_is_newer(bootstrap: Synthesized) -> None:
    assert _unknown_actions(bootstrap, "us-west-2") == ["deleteallentitysessions"]


def test_a_boundary_of_the_organization_takes_the_place_of_ours(tmp_path: Path) -> None:
    made = _synthesized(tmp_path, {"bootstrap": {"qualifier": "acmesvc", "permissions_boundary": "OrgBoundary"}})
    assert made.template("bootstrap")["Outputs"]["DeploymentBoundary"]["Value"] == "OrgBoundary"
    making = _named(made)["acmeservice-execution-identity"]["Statement"][0]
    bounded = making["Condition"]["StringEquals"]["iam:PermissionsBoundary"]
    assert json.dumps(bounded).endswith(':policy/OrgBoundary"]]}')
    # Ours stays where it is: roles have it until they are deployed anew.
    assert "acmeservice-boundary" in _named(made)


def test_without_a_bootstrap_there_is_no_stack(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no bootstrap of its own"):
        _synthesized(tmp_path, {})

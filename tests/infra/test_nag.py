"""cdk-nag is on at every synth, and what is acknowledged is acknowledged at its resource, with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from constructs_lib.acknowledge import acknowledge
from constructs_lib.grants import Grant, managed_policy
from stacks.synthesis import build
from tests.infra.conftest import VARIANTS
from tests.infra.synthesis import CONTEXT, EXAMPLE, Synthesized

Variant = Callable[[str], Synthesized]


def _acknowledged(synthesized: Synthesized) -> Iterator[tuple[str, str, str]]:
    for stack in synthesized.stacks:
        for path, entries in synthesized.metadata(stack).items():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    for finding, reason in entry["data"].items():
                        yield path, finding, reason


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_variant_is_clean(variant: Variant, name: str) -> None:
    assert variant(name).stacks  # a finding makes the synthesis raise


def test_a_finding_fails_the_synthesis(tmp_path: Path, code: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context=CONTEXT, analytics_reporting=False)
    build(app, EXAMPLE / "contact-center.yaml", layer=code / "layer.zip")
    s3.Bucket(cdk.Stack(app, "other"), "Open")
    with pytest.raises(RuntimeError, match=r"AwsSolutions-S1(.|\n)*NIST.800.53.R5-S3BucketLoggingEnabled"):
        app.synth()


def test_a_template_that_cloudformation_would_refuse_fails_the_synthesis(tmp_path: Path, code: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context=CONTEXT, analytics_reporting=False)
    build(app, EXAMPLE / "contact-center.yaml", layer=code / "layer.zip")
    cdk.CfnResource(cdk.Stack(app, "other"), "Parameter", type="AWS::SSM::Parameter", properties={"Valeu": "x"})
    with pytest.raises(RuntimeError, match="Valeu"):
        app.synth()


def test_acknowledgements_are_at_resources_with_reasons(example: Synthesized, variant: Variant) -> None:
    for synthesized in (example, variant("both"), variant("third-party")):
        found = list(_acknowledged(synthesized))
        assert found
        for path, finding, reason in found:
            assert path.count("/") > 1, f"{finding} is acknowledged for a whole stack: {path}"
            assert len(reason) > 30, finding
            assert "IAM4" not in finding, "no managed policy of AWS is used"


def test_a_wildcard_is_acknowledged_by_its_very_resource(example: Synthesized) -> None:
    wildcards = {finding.split("::", 1)[1] for _, finding, _ in _acknowledged(example) if "IAM5" in finding}
    assert all(finding.startswith("AwsSolutions-IAM5[Resource::") for finding in wildcards)
    tails = {finding.removesuffix("/*]").rsplit("/", 1)[-1] for finding in wildcards if finding.endswith("/*]")}
    assert tails == {"agent", "agent-group", "security-profile", "routing-profile", "runs", "state", "plans", "drop"}
    # And the metrics' and quotas', which know no resource, and the machine's executions.
    assert len(wildcards) == len(tails) + 2


def test_a_stack_cannot_be_acknowledged() -> None:
    with pytest.raises(ValueError, match="at their resource"):
        acknowledge(cdk.Stack(cdk.App(), "whole"), {"AwsSolutions-S1": "because"})


def test_a_wildcard_without_a_reason_is_an_error() -> None:
    stack = cdk.Stack(cdk.App(), "stack")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    with pytest.raises(ValueError, match="Look on a/\\* does not say why"):
        managed_policy(stack, "Policy", role_name=role.role_name, grants=[Grant("Look", ["s3:GetObject"], ["a/*"])])

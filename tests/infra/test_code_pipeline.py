"""Facts of the pipelines of AWS CodePipeline: the local AWS has no such type, so the template is all there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from contact_center.iam_policy import read_statements
from tests.infra.delivery_roles import ACCOUNT, REGION, plain
from tests.infra.synthesis import Synthesized
from tests.unit.delivery.workflows import read

Variant = Callable[[str], Synthesized]
PROJECTS = {"preparer": "Prepare", "deployer": "Execute", "reader": "Drift"}
CONFIG = "CONFIG=config/acmeservice/contact-center.yaml"
DIGEST = "#{Prepare.delivery_digest}"


@pytest.fixture(scope="module")
def stack(variant: Variant) -> Synthesized:
    return variant("delivered")


def pipeline(stack: Synthesized, first: str) -> dict[str, Any]:
    """The pipeline whose first stage after the source is called so."""
    found = [one["Properties"] for one in stack.resources("code-pipeline", "AWS::CodePipeline::Pipeline").values()]
    (properties,) = (one for one in found if one["Stages"][1]["Name"] == first)
    return plain(properties)


def project(stack: Synthesized, role: str) -> dict[str, Any]:
    found = [one["Properties"] for one in stack.resources("code-pipeline", "AWS::CodeBuild::Project").values()]
    (properties,) = (one for one in found if one["Name"] == f"acmeservice-delivery-{role}")
    return plain(properties)


def build(stack: Synthesized, role: str) -> dict[str, Any]:
    specification: dict[str, Any] = json.loads(project(stack, role)["Source"]["BuildSpec"])
    return specification


def commands(stack: Synthesized, role: str) -> list[str]:
    found: list[str] = build(stack, role)["phases"]["build"]["commands"]
    return found


def test_it_runs_the_same_verbs_as_github(stack: Synthesized) -> None:
    def verbs(lines: list[str]) -> list[str]:
        return [line.split()[1] for line in lines if line.startswith("make ")]

    deliver = read("deliver.yml")
    assert verbs(commands(stack, "preparer")) == verbs(deliver.commands("prepare"))
    assert verbs(commands(stack, "deployer")) == verbs(deliver.commands("execute"))
    assert verbs(commands(stack, "reader")) == verbs(read("nightly.yml").commands("drift"))
    for role in PROJECTS:
        others = [one for one in commands(stack, role) if not one.startswith("make ")]
        assert others == ([". build/delivery/outputs"] if role == "preparer" else [])
        assert all(CONFIG in one for one in commands(stack, role)[1:] if one not in others)


@pytest.mark.parametrize("role", sorted(PROJECTS))
def test_a_project_is_its_role_and_nothing_more(stack: Synthesized, role: str) -> None:
    found = project(stack, role)
    assert found["ServiceRole"] == f"arn:aws:iam::{ACCOUNT}:role/acmeservice-delivery-{role}"
    assert "PrivilegedMode" not in found["Environment"]
    assert found["EncryptionKey"]
    assert found["Source"]["Type"] == found["Artifacts"]["Type"] == "CODEPIPELINE"


def test_one_approval_stands_between_preparing_and_executing_and_names_the_digest(stack: Synthesized) -> None:
    stages = pipeline(stack, "Prepare")["Stages"]
    assert [[one["Name"] for one in stage["Actions"]] for stage in stages] == [
        ["Source"],
        ["Prepare"],
        ["Approve", "Execute"],
    ]
    approve, execute = stages[2]["Actions"]
    assert approve["RunOrder"] < execute["RunOrder"]
    assert approve["ActionTypeId"]["Category"] == "Approval"
    assert DIGEST in approve["Configuration"]["CustomData"]
    given = json.loads(execute["Configuration"]["EnvironmentVariables"])
    assert given == [{"name": "APPROVED", "value": DIGEST, "type": "PLAINTEXT"}]
    assert "APPROVED" not in commands(stack, "deployer")[-1], "by the environment alone, or it could be a command"


def test_what_is_executed_is_what_was_prepared(stack: Synthesized) -> None:
    _, prepare, execute = pipeline(stack, "Prepare")["Stages"]
    (prepared,) = prepare["Actions"]
    assert prepared["Namespace"] == "Prepare"
    assert build(stack, "preparer")["env"] == {"exported-variables": ["delivery_digest"]}
    assert build(stack, "preparer")["artifacts"]["base-directory"] == "build/delivery"
    taken = execute["Actions"][1]
    assert taken["InputArtifacts"] == [{"Name": "Source"}, *prepared["OutputArtifacts"]]
    assert '"$CODEBUILD_SRC_DIR_Delivery"' in commands(stack, "deployer")[-1]


def test_nothing_to_deliver_asks_nobody(stack: Synthesized) -> None:
    (condition,) = pipeline(stack, "Prepare")["Stages"][2]["BeforeEntry"]["Conditions"]
    (rule,) = condition["Rules"]
    assert condition["Result"] == "SKIP"
    assert rule["RuleTypeId"]["Provider"] == "VariableCheck"
    assert rule["Configuration"] == {"Variable": DIGEST, "Value": "[0-9a-f]{64}", "Operator": "MATCHES"}


def test_a_commit_delivers_and_the_night_compares(stack: Synthesized) -> None:
    detects = {
        name: pipeline(stack, name)["Stages"][0]["Actions"][0]["Configuration"]["DetectChanges"]
        for name in ("Prepare", "Drift")
    }
    assert detects == {"Prepare": "true", "Drift": "false"}
    rule = stack.one("code-pipeline", "AWS::Events::Rule")
    (night,) = (
        id_
        for id_, one in stack.resources("code-pipeline", "AWS::CodePipeline::Pipeline").items()
        if one["Properties"]["Stages"][1]["Name"] == "Drift"
    )
    assert rule["ScheduleExpression"].startswith("cron(")
    assert json.dumps(rule["Targets"][0]["Arn"]).count(night) == 1
    assert all(pipeline(stack, name)["PipelineType"] == "V2" for name in ("Prepare", "Drift"))


def test_a_pipeline_itself_can_do_nothing_but_start_projects(stack: Synthesized) -> None:
    statements = [
        statement
        for one in stack.resources("code-pipeline", "AWS::IAM::ManagedPolicy").values()
        for statement in read_statements(plain(one["Properties"]["PolicyDocument"]))
    ]
    services = {action.split(":")[0] for one in statements for action in one.actions}
    assert services == {"codebuild", "codeconnections", "codepipeline", "kms", "logs", "s3"}
    started = {one.resources for one in statements if one.takes_action("codebuild:StartBuild")}
    here = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/acmeservice-delivery-"
    assert started == {(f"{here}preparer", f"{here}deployer"), (f"{here}reader",)}


def test_what_goes_from_action_to_action_is_encrypted_and_gone_in_a_month(stack: Synthesized) -> None:
    bucket = stack.one("code-pipeline", "AWS::S3::Bucket")
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    for name in ("Prepare", "Drift"):
        assert pipeline(stack, name)["ArtifactStore"]["EncryptionKey"]["Type"] == "KMS"

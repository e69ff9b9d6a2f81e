"""AWS CodePipeline (V2): a source, and stages whose actions are projects of AWS CodeBuild or a person's approval.

https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.build_project import Project, Workshop, action_type
from constructs_lib.grants import Grant, document, managed_policy

SOURCE = "Source"


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the source is.

    Attributes:
        connection_arn: of a connection of Developer Tools.
        name: ``OWNER/NAME``.
        branch: whose commits start the pipeline.
    """

    connection_arn: str
    name: str
    branch: str


class Pipeline(Construct):
    """One pipeline.

    Attributes:
        arn: of the pipeline.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        workshop: Workshop,
        repository: Repository,
        projects: Sequence[Project],
        stages: Sequence[dict[str, Any]],
        on_push: bool,
    ) -> None:
        """Declare it.

        Args:
            workshop: where its artifacts go.
            repository: of its source.
            projects: that its actions run.
            stages: after the source.
            on_push: whether a commit to the branch starts it.
        """
        super().__init__(scope, id_)
        stack = Stack.of(self)
        role = iam.CfnRole(
            self,
            "Role",
            description="Runs a pipeline's actions; what they may do is their own roles' matter",
            assume_role_policy_document=document(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "codepipeline.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": stack.account}},
                }
            ),
        )
        here = f"arn:{stack.partition}:codebuild:{stack.region}:{stack.account}"
        policy = managed_policy(
            self,
            "Run",
            role_name=role.ref,
            grants=[
                Grant(
                    "RunProjects",
                    ["codebuild:BatchGetBuilds", "codebuild:StartBuild"],
                    [f"{here}:project/{project.name}" for project in projects],
                ),
                Grant("FetchSource", [_use_connection(repository.connection_arn)], [repository.connection_arn]),
                *workshop.artifact_grants(),
            ],
        )
        pipeline = codepipeline.CfnPipeline(
            self,
            "Resource",
            pipeline_type="V2",
            execution_mode="SUPERSEDED",
            role_arn=role.attr_arn,
            artifact_store=codepipeline.CfnPipeline.ArtifactStoreProperty(
                type="S3",
                location=workshop.bucket.bucket_name,
                encryption_key=codepipeline.CfnPipeline.EncryptionKeyProperty(id=workshop.key.key_arn, type="KMS"),
            ),
            stages=[_source(repository, on_push=on_push), *stages],
        )
        pipeline.add_resource_dependency(policy)
        self.arn = f"arn:{stack.partition}:codepipeline:{stack.region}:{stack.account}:{pipeline.ref}"


def approval(text: str, *, order: int) -> dict[str, Any]:
    """Return the action at which a person approves.

    Args:
        text: what they read; may hold variables of earlier actions.
        order: of the action in its stage.
    """
    return {
        "name": "Approve",
        "actionTypeId": action_type("Approval", "Manual"),
        "configuration": {"CustomData": text},
        "runOrder": order,
    }


def only_where(variable: str, pattern: str) -> dict[str, Any]:
    """Return the condition under which a stage is entered and not skipped.

    Args:
        variable: of an earlier action, such as ``#{Prepare.x}``.
        pattern: a regular expression that the whole value fits.
    """
    rule = {
        "name": "Something",
        "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"},
        "configuration": {"Variable": variable, "Value": pattern, "Operator": "MATCHES"},
    }
    return {"conditions": [{"result": "SKIP", "rules": [rule]}]}


def _source(repository: Repository, *, on_push: bool) -> dict[str, Any]:
    action = {
        "name": SOURCE,
        "actionTypeId": action_type("Source", "CodeStarSourceConnection"),
        "configuration": {
            "ConnectionArn": repository.connection_arn,
            "FullRepositoryId": repository.name,
            "BranchName": repository.branch,
            "OutputArtifactFormat": "CODE_ZIP",
            "DetectChanges": "true" if on_push else "false",
        },
        "outputArtifacts": [{"name": SOURCE}],
    }
    return {"name": SOURCE, "actions": [action]}


def _use_connection(arn: str) -> str:
    """Return the action in the words of the service's name in the ARN, which has two."""
    return f"{arn.split(':')[2]}:UseConnection"

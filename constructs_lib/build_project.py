"""Projects of AWS CodeBuild for the actions of pipelines, and the workshop that they share: key, bucket, logs.

Knows commands as texts: what they do is the business of whoever names them.
https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.acknowledge import acknowledge
from constructs_lib.grants import Grant, managed_policy

IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
_RUNTIMES = {"python": "3.12", "nodejs": "22"}
_ARTIFACT_DAYS = 30


class Workshop(Construct):
    """What pipelines work with: a key, a bucket for what goes from action to action, and logs.

    Attributes:
        key, bucket: of artifacts.
        logs: of all projects.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        """Declare it; everything in it can be made again, and goes with its stack or after a month."""
        super().__init__(scope, id_)
        stack = Stack.of(self)
        self.key = kms.Key(
            self,
            "Key",
            description="Artifacts and logs of pipelines",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        group = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{stack.stack_name}-*"
        self.key.add_to_resource_policy(
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
            iam.PolicyStatement(
                sid="EncryptLogs",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": group}},
            )
        )
        self.bucket = s3.Bucket(
            self,
            "Artifacts",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="expiring",
                    expiration=Duration.days(_ARTIFACT_DAYS),
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )
        copies = f"it holds copies of the repository and of deliveries for {_ARTIFACT_DAYS} days, and nothing else"
        findings = ("AwsSolutions-S1", "NIST.800.53.R5-S3BucketLoggingEnabled")
        acknowledge(
            self.bucket,
            {
                **dict.fromkeys(findings, f"{copies}; its readers are the pipelines' roles, in this stack"),
                "NIST.800.53.R5-S3BucketReplicationEnabled": f"{copies}: a pipeline makes them again",
            },
        )
        self.logs = logs.LogGroup(
            self,
            "Logs",
            encryption_key=self.key,
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def artifact_grants(self) -> list[Grant]:
        """Return what taking artifacts and leaving them takes."""
        because = "artifacts are named when they are made"
        return [
            Grant("Artifacts", ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], [self._objects], None, because),
            Grant("ArtifactsKey", ["kms:Decrypt", "kms:GenerateDataKey"], [self.key.key_arn]),
        ]

    @property
    def _objects(self) -> str:
        return self.bucket.arn_for_objects("*")


class Project(Construct):
    """A project of AWS CodeBuild that runs commands as a role that is there already.

    Attributes:
        name: of the project.
        commands: what it runs, in one shell.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        workshop: Workshop,
        role_name: str,
        commands: Sequence[str],
        exports: Sequence[str] = (),
        leaves: str = "",
        minutes: int = 60,
    ) -> None:
        """Declare it.

        Args:
            workshop: where its artifacts and logs go.
            role_name: of the role; its trust names the project, which is called the same.
            exports: variables that later actions may use.
            leaves: folder that becomes its output artifact.
            minutes: it may take.
        """
        super().__init__(scope, id_)
        stack = Stack.of(self)
        self.name, self.commands = role_name, tuple(commands)
        build: dict[str, Any] = {
            "version": "0.2",
            "env": {"exported-variables": list(exports)},
            "phases": {"install": {"runtime-versions": _RUNTIMES}, "build": {"commands": list(commands)}},
        }
        if leaves:
            build["artifacts"] = {"base-directory": leaves, "files": ["**/*"]}
        if not exports:
            del build["env"]
        log = codebuild.CfnProject.CloudWatchLogsConfigProperty(
            status="ENABLED", group_name=workshop.logs.log_group_name, stream_name=id_
        )
        codebuild.CfnProject(
            self,
            "Resource",
            name=role_name,
            service_role=f"arn:{stack.partition}:iam::{stack.account}:role/{role_name}",
            encryption_key=workshop.key.key_arn,
            timeout_in_minutes=minutes,
            environment=codebuild.CfnProject.EnvironmentProperty(
                type="LINUX_CONTAINER", compute_type="BUILD_GENERAL1_SMALL", image=IMAGE
            ),
            source=codebuild.CfnProject.SourceProperty(
                type="CODEPIPELINE", build_spec=json.dumps(build, separators=(",", ":"))
            ),
            artifacts=codebuild.CfnProject.ArtifactsProperty(type="CODEPIPELINE"),
            logs_config=codebuild.CfnProject.LogsConfigProperty(cloud_watch_logs=log),
        )
        managed_policy(
            self,
            "Builds",
            role_name=role_name,
            grants=[
                Grant("BuildLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [workshop.logs.log_group_arn]),
                *workshop.artifact_grants(),
            ],
        )

    def action(self, *, inputs: Sequence[str], order: int = 1, **more: Any) -> dict[str, Any]:
        """Return the action that runs it.

        Args:
            inputs: artifacts; the first is where its commands run.
            order: of the action in its stage.
            more: further keys of the action; `configuration` is added to the project's.
        """
        configuration = {"ProjectName": self.name, "PrimarySource": inputs[0], **more.pop("configuration", {})}
        return {
            "name": self.node.id,
            "actionTypeId": action_type("Build", "CodeBuild"),
            "configuration": configuration,
            "inputArtifacts": [{"name": name} for name in inputs],
            "runOrder": order,
            **more,
        }


def action_type(category: str, provider: str) -> dict[str, str]:
    """Return what kind an action is."""
    return {"category": category, "owner": "AWS", "provider": provider, "version": "1"}

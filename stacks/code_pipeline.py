"""The stack with the two pipelines of AWS CodePipeline: one delivers, one looks for drift every night.

A person deploys it; it runs the same verbs as every other pipeline, as the roles of the delivery stack.
"""

from __future__ import annotations

from aws_cdk import CfnOutput
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.build_project import Project, Workshop
from constructs_lib.delivery_pipeline import SOURCE, Pipeline, Repository, approval, only_where
from constructs_lib.grants import Grant, document, managed_policy
from contact_center.config import Config
from contact_center.delivery import CodePipeline
from stacks.contact_center_stack import ContactCenterStack

DELIVERY = "Delivery"
FOLDER = "build/delivery"
_DIGEST = "#{Prepare.delivery_digest}"
_EVERY_NIGHT = "cron(0 3 * * ? *)"


class CodePipelineStack(ContactCenterStack):
    """Deliver, and look for drift."""

    def __init__(self, scope: Construct, *, config: Config, settings: CodePipeline) -> None:
        """Declare the stack.

        Args:
            config: of the contact center.
            settings: where its repository is.
        """
        super().__init__(
            scope,
            config.code_pipeline_stack_name,
            config=config,
            description=f"Pipelines that deliver the contact center {config.name}",
            kept=False,
            by_a_person=True,
        )
        workshop = Workshop(self, "Workshop")
        repository = Repository(settings.connection, settings.repository, settings.branch)
        file = f"CONFIG={settings.config}"
        prepare = Project(
            self,
            "Prepare",
            workshop=workshop,
            role_name=config.delivery_role_name("preparer"),
            commands=[
                "make install",
                f"make check {file}",
                f"make synth {file}",
                f"make deliver-prepare {file} OUTPUTS={FOLDER}/outputs",
                f". {FOLDER}/outputs",
            ],
            exports=["delivery_digest"],
            leaves=FOLDER,
        )
        execute = Project(
            self,
            "Execute",
            workshop=workshop,
            role_name=config.delivery_role_name("deployer"),
            commands=[
                "make install",
                f'make deliver-execute {file} DELIVERY="$CODEBUILD_SRC_DIR_{DELIVERY}"',
            ],
            minutes=120,
        )
        drift = Project(
            self,
            "Drift",
            workshop=workshop,
            role_name=config.delivery_role_name("reader"),
            commands=["make install", f"make deliver-drift {file}"],
        )
        given = f'[{{"name":"APPROVED","value":"{_DIGEST}","type":"PLAINTEXT"}}]'
        deliver = Pipeline(
            self,
            "Deliver",
            workshop=workshop,
            repository=repository,
            projects=[prepare, execute],
            stages=[
                {
                    "name": "Prepare",
                    "actions": [
                        prepare.action(inputs=[SOURCE], namespace="Prepare", outputArtifacts=[{"name": DELIVERY}])
                    ],
                },
                {
                    "name": "Execute",
                    "beforeEntry": only_where(_DIGEST, "[0-9a-f]{64}"),
                    "actions": [
                        approval(
                            f"Read review.html in the artifact {DELIVERY}. You approve the delivery {_DIGEST}.",
                            order=1,
                        ),
                        execute.action(
                            inputs=[SOURCE, DELIVERY], order=2, configuration={"EnvironmentVariables": given}
                        ),
                    ],
                },
            ],
            on_push=True,
        )
        night = Pipeline(
            self,
            "Nightly",
            workshop=workshop,
            repository=repository,
            projects=[drift],
            stages=[{"name": "Drift", "actions": [drift.action(inputs=[SOURCE])]}],
            on_push=False,
        )
        self._start_every_night(night)
        CfnOutput(self, "PipelineArn", value=deliver.arn)

    def _start_every_night(self, pipeline: Pipeline) -> None:
        role = iam.CfnRole(
            self,
            "StarterRole",
            description="Starts the nightly pipeline",
            assume_role_policy_document=document(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": self.account}},
                }
            ),
        )
        start = Grant("StartNightly", ["codepipeline:StartPipelineExecution"], [pipeline.arn])
        managed_policy(self, "Starter", role_name=role.ref, grants=[start])
        events.CfnRule(
            self,
            "EveryNight",
            description="Looks for drift of stacks and users",
            schedule_expression=_EVERY_NIGHT,
            targets=[events.CfnRule.TargetProperty(id="Nightly", arn=pipeline.arn, role_arn=role.attr_arn)],
        )

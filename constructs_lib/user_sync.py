"""The sync of Connect users with an export: at deploy time, when an export is dropped, compared every day.

CloudFormation calls a small door that stores what is deployed and starts a run of the state machine; the
run answers CloudFormation itself, when it has ended or when the deployment has waited long enough.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CustomResource, Duration
from constructs import Construct, IDependable

from constructs_lib.export_source import ExportSource, bind_export
from constructs_lib.reviewed_plan import ReviewedPlan
from constructs_lib.run_grants import start_grants, step_grants
from constructs_lib.sync_alarms import SyncAlarms
from constructs_lib.sync_function import Door, SyncCode, SyncFunction, engine_layer
from constructs_lib.sync_grants import UserWrites, read_grants, session_grants, write_grants
from constructs_lib.sync_machine import SyncMachine
from constructs_lib.sync_storage import SyncStorage
from constructs_lib.sync_triggers import SyncTriggers

COUNTS = ("Created", "Updated", "Adopted", "Removed", "Unchanged", "Failed")
_LAMBDA_TIMEOUT = Duration.minutes(15)  # the longest that a Lambda function runs
_ANSWER_SECONDS = 300  # how much later than planned an answer may come before CloudFormation gives up


@dataclass(frozen=True, slots=True)
class SyncExports:
    """What the sync reads.

    Attributes:
        users: the user export.
        permission_sets: the permission-set assignments, where rules need them.
    """

    users: ExportSource
    permission_sets: ExportSource | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """How long a deployment waits, and who is told what.

    Attributes:
        deployment_wait_minutes: 1 to 55; then the run goes on and the deployment ends.
        email: who is told; None leaves the topic to whoever subscribes.
        max_export_age_hours: how old the newest export may become; None for any age.
    """

    deployment_wait_minutes: int = 55
    email: str | None = None
    max_export_age_hours: int | None = None


@dataclass(frozen=True, slots=True)
class SyncedInstance:
    """Whose users are synced, and by which policy.

    Attributes:
        arn: of the Connect instance.
        contact_center: dimension of the metrics.
        policy: what decides about users, as the engine's JSON; shown in the template for review.
        writes: what the sync may do with users, and whose.
    """

    arn: str
    contact_center: str
    policy: str
    writes: UserWrites


class UserSync(Construct):
    """Functions, state machine, triggers, alarms and the custom resource.

    Attributes:
        function: does the steps of a run.
        resource: the custom resource, for dependencies.
        machine_arn: starts a run, such as one with ``{"dry_run": true}``.
        counts: ``Created``, ``Updated``, … → how many, known after deployment.
        report: ``s3://`` address of the report, known after deployment.
        status: how the run stands, known after deployment.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        instance: SyncedInstance,
        exports: SyncExports,
        code: SyncCode,
        storage: SyncStorage,
        watched: Watched,
    ) -> None:
        """Declare the sync.

        Args:
            instance: whose users are synced, and by which policy.
            exports: where people come from.
            code: what it runs.
            storage: for runs, drops and reports, and the key.
            watched: how long a deployment waits, and who is told.
        """
        super().__init__(scope, id_)
        users = bind_export(self, "Export", exports.users)
        sets = bind_export(self, "PermissionSets", exports.permission_sets) if exports.permission_sets else None
        bound = [users, *([sets] if sets else [])]
        layer = engine_layer(self, "Libraries", code)
        # The alarms' topic and the machine are known to the function by name, and it to the machine.
        step = SyncFunction(self, "Step", door=_step_door(storage), code=code, layer=layer, storage=storage)
        machine = SyncMachine(self, "Run", step_function_arn=step.function.function_arn)
        alarms = SyncAlarms(
            self,
            "Alarms",
            contact_center=instance.contact_center,
            machine_arn=machine.arn,
            storage=storage,
            email=watched.email,
            max_export_age_hours=watched.max_export_age_hours,
        )
        start = SyncFunction(
            self, "Start", door=_start_door(storage, machine.arn), code=code, layer=layer, storage=storage
        )
        SyncTriggers(self, "Triggers", machine_arn=machine.arn, export_bucket_name=storage.exports.bucket_name)
        self.function = step.function
        self.machine_arn = machine.arn
        self.resource = CustomResource(
            self,
            "Users",
            resource_type="Custom::ConnectUsers",
            service_token=start.function.function_arn,
            service_timeout=Duration.seconds(watched.deployment_wait_minutes * 60 + _ANSWER_SECONDS),
            properties={
                "InstanceArn": instance.arn,
                "Policy": instance.policy,
                "WaitSeconds": str(watched.deployment_wait_minutes * 60),
                **{export.id_: export.properties for export in bound},
                "Plan": ReviewedPlan(self, "ReviewedPlan").property,
            },
        )
        step.function.add_environment("ALERT_TOPIC", alarms.topic_arn)
        runtime = step_grants(
            self,
            storage=storage,
            reads=bound,
            topic_arn=alarms.topic_arn,
            executions_arn=machine.executions_arn,
            log_group_arn=step.log_group_arn,
        )
        starting = start_grants(self, storage=storage, machine_arn=machine.arn, log_group_arn=start.log_group_arn)
        may_run = [step.grant("Runtime", runtime), start.grant("Starting", starting), *_user_grants(step, instance)]
        self.resource.node.add_dependency(*machine.ready, *may_run)
        self.counts = {name: self.resource.get_att_string(name) for name in COUNTS}
        self.report = self.resource.get_att_string("Report")
        self.status = self.resource.get_att_string("Status")


def _user_grants(step: SyncFunction, instance: SyncedInstance) -> list[IDependable]:
    users = [*read_grants(instance.arn, instance.writes), *write_grants(instance.arn, instance.writes)]
    sessions = session_grants(instance.arn, instance.writes)
    return [
        step.grant("Users", users),
        *([step.grant("Sessions", sessions, unknown_action=True)] if sessions else []),
    ]


def _step_door(storage: SyncStorage) -> Door:
    return Door(
        handler="user_sync.handler.on_step",
        description="Does each step of a run: makes Amazon Connect users equal to an export",
        timeout=_LAMBDA_TIMEOUT,
        environment={"REPORT_BUCKET": storage.reports.bucket_name, "EXPORT_BUCKET": storage.exports.bucket_name},
        why_unlimited="only its state machine calls it, one step after the other, and a lock lets one run write",
        why_no_queue="the state machine calls it and waits: what fails is tried again, then reported (Retry, Catch)",
    )


def _start_door(storage: SyncStorage, machine_arn: str) -> Door:
    return Door(
        handler="user_sync.handler.on_event",
        description="Starts the run that a deployment asks for",
        timeout=Duration.minutes(1),
        environment={"REPORT_BUCKET": storage.reports.bucket_name, "STATE_MACHINE": machine_arn},
        why_unlimited="only CloudFormation calls it (no resource policy, event source or URL), once a deployment",
        why_no_queue="CloudFormation waits for the answer and reports a lost one as a failed deployment "
        "(ServiceTimeout); the event holds a signed URL, which belongs in no queue",
    )

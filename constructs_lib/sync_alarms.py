"""Who is told when users need somebody: an encrypted topic, and an alarm for each way a sync goes wrong.

docs/operations.md says what to do on each. Messages hold counts and addresses, no names.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from constructs_lib.sync_storage import SyncStorage

NAMESPACE = "ConnectSso"  # as the engine sends its metrics
DIMENSION = "ContactCenter"
# Hours after which a difference is alarmed on: a day, less what the daily comparison comes early.
_DRIFT_HOURS = 23
_STILL = "ignore"  # between two comparisons an alarm stays as it is
# How long there may be no comparison: a day, and a quarter of one for a run that has to wait for another.
_SILENT_PERIODS, _SILENT_PERIOD_SECONDS = 5, 6 * 3600
_FINE = "notBreaching"


class SyncAlarms(Construct):
    """The topic and the alarms.

    Attributes:
        topic_arn: of the topic.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        contact_center: str,
        machine_arn: str,
        storage: SyncStorage,
        email: str | None = None,
        max_export_age_hours: int | None = None,
    ) -> None:
        """Declare them.

        Args:
            contact_center: whose metrics.
            machine_arn: the state machine whose runs are watched.
            storage: the key; its policy lets CloudWatch use it.
            email: who is told; None leaves the topic to whoever subscribes.
            max_export_age_hours: how old the newest export may become; None for any age.
        """
        super().__init__(scope, id_)
        topic = sns.Topic(self, "Topic", master_key=storage.key, enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        topic.apply_removal_policy(RemovalPolicy.DESTROY)
        self.topic_arn = topic.topic_arn
        if email:
            sns.CfnSubscription(self, "Email", topic_arn=topic.topic_arn, protocol="email", endpoint=email)
        ours, runs = {DIMENSION: contact_center}, {"StateMachineArn": machine_arn}
        self._alarm("FailedUsers", "users could not be written", NAMESPACE, "Failed", ours)
        self._alarm("FailedRun", "a run was refused or broke", "AWS/States", "ExecutionsFailed", runs)
        self._alarm("EndlessRun", "a run did not end in a day", "AWS/States", "ExecutionsTimedOut", runs)
        drift = "users differ from the newest export for a day"
        self._alarm("Drift", drift, NAMESPACE, "DriftHours", ours, over=_DRIFT_HOURS, missing=_STILL)
        if max_export_age_hours is not None:
            age = f"no export came for {max_export_age_hours} hours"
            over = max_export_age_hours
            self._alarm("OldExport", age, NAMESPACE, "ExportAgeHours", ours, over=over, missing=_STILL)
        self._silence(contact_center)

    def _alarm(
        self,
        id_: str,
        what: str,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        *,
        over: int = 0,
        missing: str = _FINE,
    ) -> None:
        cloudwatch.CfnAlarm(
            self,
            id_,
            alarm_description=f"Amazon Connect users: {what}; what to do: docs/operations.md, {id_}",
            namespace=namespace,
            metric_name=metric,
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in dimensions.items()
            ],
            statistic="Maximum" if over else "Sum",
            period=300,
            evaluation_periods=1,
            threshold=over,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data=missing,
            alarm_actions=[self.topic_arn],
        )

    def _silence(self, contact_center: str) -> None:
        """Tell when nobody compares users any more: the rule is gone or disabled, or its runs end without metrics.

        Missing data is its own state, which tells the topic: as a breach it would raise an alarm with each first
        deployment, before the first run has ended. A comparison is never a breach, whatever it says.
        """
        cloudwatch.CfnAlarm(
            self,
            "NoComparison",
            alarm_description="Amazon Connect users: nobody has compared them with the newest export for more than a "
            "day; what to do: docs/operations.md, NoComparison",
            namespace=NAMESPACE,
            metric_name="Drift",
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=DIMENSION, value=contact_center)],
            statistic="SampleCount",
            # At most seven days together, for periods of an hour or longer (PutMetricAlarm, Period).
            period=_SILENT_PERIOD_SECONDS,
            evaluation_periods=_SILENT_PERIODS,
            threshold=0,
            comparison_operator="LessThanOrEqualToThreshold",
            treat_missing_data="missing",
            alarm_actions=[self.topic_arn],
            insufficient_data_actions=[self.topic_arn],
        )

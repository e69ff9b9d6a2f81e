"""Watches when the identity providers' certificates end: a metric each, and an alarm before it is too late.

A synthesis knows no clock, so something has to run: a small function, four times a day. Its code stands in the
template, so that the stack needs no asset, and it reads what IAM holds, so that a change by hand counts too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledge import acknowledge
from constructs_lib.grants import Grant, document, managed_policy
from constructs_lib.sign_on_alerts import SignOnAlerts

NAMESPACE, METRIC = "ConnectSso", "DaysToCertificateEnd"
ALARM_DAYS = 60
_DAY_SECONDS = 86_400
_MOST_CHARACTERS = 4096  # of code in a template


@dataclass(frozen=True, slots=True)
class WatchedProvider:
    """A SAML provider in IAM.

    Attributes:
        key: short name that is unique here, letters only, such as ``Salesforce``: part of construct ids.
        name: in IAM; a dimension of the metric.
    """

    key: str
    name: str
    arn: str


class CertificateWatch(Construct):
    """The function, its schedule and its alarms.

    Attributes:
        function_name: of the function.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        contact_center: str,
        providers: Sequence[WatchedProvider],
        code: Path,
        alerts: SignOnAlerts,
    ) -> None:
        """Declare them.

        Args:
            contact_center: whose sign-on; a dimension of the metric.
            providers: one at least.
            code: file with the function's code, at most 4,096 characters.
            alerts: who is told.

        Raises:
            ValueError: the code is too long for a template.
        """
        super().__init__(scope, id_)
        text = code.read_text(encoding="utf-8")
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(f"{code} has {len(text)} characters, and a template takes {_MOST_CHARACTERS}: shorten it")
        function = self._function(contact_center, providers, text, alerts)
        self.function_name = function.ref
        self._schedule(function)
        for provider in providers:
            self._ending(contact_center, provider, alerts)
        self._broken(function, alerts)

    def _function(
        self, contact_center: str, providers: Sequence[WatchedProvider], code: str, alerts: SignOnAlerts
    ) -> lambda_.CfnFunction:
        log_group = logs.CfnLogGroup(self, "Logs", retention_in_days=90, kms_key_id=alerts.key_arn)
        log_group.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = iam.CfnRole(self, "Role", assume_role_policy_document=document(trust))
        policy = self._policy(role, [provider.arn for provider in providers], log_group)
        function = lambda_.CfnFunction(
            self,
            "Function",
            description="Sends the days until the identity providers' certificates end",
            runtime=lambda_.Runtime.PYTHON_3_14.name,
            handler="index.handler",
            code=lambda_.CfnFunction.CodeProperty(zip_file=code),
            role=role.attr_arn,
            timeout=60,
            memory_size=128,
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=log_group.ref),
            environment=lambda_.CfnFunction.EnvironmentProperty(
                variables={
                    "CONTACT_CENTER": contact_center,
                    "PROVIDER_ARNS": " ".join(provider.arn for provider in providers),
                    "NAMESPACE": NAMESPACE,
                    "METRIC": METRIC,
                }
            ),
        )
        function.add_resource_dependency(policy)
        acknowledge(
            function,
            {
                "NIST.800.53.R5-LambdaConcurrency": "only its schedule calls it, four times a day; reserved "
                "concurrency cannot be had with the default limit of 10",
                "NIST.800.53.R5-LambdaDLQ": "its event holds nothing, the next one comes in six hours, and a failed "
                "run is alarmed on (Broken)",
                "NIST.800.53.R5-LambdaInsideVPC": "it calls AWS APIs over TLS only, listens to nothing and reaches "
                "nothing inside a VPC",
            },
        )
        return function

    def _policy(self, role: iam.CfnRole, arns: Sequence[str], log_group: logs.CfnLogGroup) -> iam.CfnManagedPolicy:
        own_metrics = {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}
        no_resource = "PutMetricData knows no resource (service authorization reference); its namespace is fixed"
        return managed_policy(
            self,
            "Watch",
            role_name=role.ref,
            grants=[
                Grant("ReadProviders", ["iam:GetSAMLProvider"], arns),
                Grant("SendMetric", ["cloudwatch:PutMetricData"], ["*"], own_metrics, no_resource),
                Grant("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.attr_arn]),
            ],
        )

    def _schedule(self, function: lambda_.CfnFunction) -> None:
        target = events.CfnRule.TargetProperty(arn=function.attr_arn, id="Function", input="{}")
        rule = events.CfnRule(
            self,
            "Schedule",
            description="Looks at the end of the identity providers' certificates",
            schedule_expression="rate(6 hours)",
            targets=[target],
        )
        lambda_.CfnPermission(
            self,
            "MayCall",
            action="lambda:InvokeFunction",
            function_name=function.attr_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )

    def _ending(self, contact_center: str, provider: WatchedProvider, alerts: SignOnAlerts) -> None:
        """Alarm when a certificate ends soon, and when nobody looks any more.

        Missing data is its own state, which tells the topic too: as a breach it would raise an alarm with each
        first deployment, before the function has run.
        """
        dimensions = {"ContactCenter": contact_center, "Provider": provider.name}
        cloudwatch.CfnAlarm(
            self,
            f"{provider.key}Ending",
            alarm_description=f"The signing certificate of {provider.name} ends within {ALARM_DAYS} days (or nobody "
            "knows): docs/certificate-rollover.md",
            namespace=NAMESPACE,
            metric_name=METRIC,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=k, value=v) for k, v in dimensions.items()],
            statistic="Minimum",
            period=_DAY_SECONDS,
            evaluation_periods=1,
            threshold=ALARM_DAYS,
            comparison_operator="LessThanOrEqualToThreshold",
            treat_missing_data="missing",
            alarm_actions=[alerts.topic_arn],
            ok_actions=[alerts.topic_arn],
            insufficient_data_actions=[alerts.topic_arn],
        )

    def _broken(self, function: lambda_.CfnFunction, alerts: SignOnAlerts) -> None:
        cloudwatch.CfnAlarm(
            self,
            "Broken",
            alarm_description="The end of an identity provider's certificate cannot be read: look at the function's "
            "log, and run connect-sso doctor",
            namespace="AWS/Lambda",
            metric_name="Errors",
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="FunctionName", value=function.ref)],
            statistic="Sum",
            period=3600,
            evaluation_periods=1,
            threshold=0,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[alerts.topic_arn],
        )

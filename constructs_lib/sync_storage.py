"""Where exports come in and reports go out: one key, two encrypted, versioned, access-logged buckets.

Exports and reports hold names of people. So everything is kept private, TLS only, encrypted with one
rotated key, and leaves by lifecycle; nothing is deleted with the stack.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.acknowledge import acknowledge


class SyncStorage(Construct):
    """The key and the buckets.

    Attributes:
        key: encrypts both buckets and log groups named like `log_groups`.
        exports: bucket for user exports.
        reports: bucket for reports of syncs.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        log_groups: str,
        superseded_export_days: int = 90,
        report_days: int = 400,
        access_log_days: int = 400,
    ) -> None:
        """Declare them.

        Args:
            log_groups: names of the log groups that may use the key, with ``*``, such as ``acme-users-*``.
            superseded_export_days: how long an export is kept after a newer one has come.
            report_days: how long a report is kept.
            access_log_days: how long it is known who read them.
        """
        super().__init__(scope, id_)
        self.key = kms.Key(
            self,
            "Key",
            description="User exports, sync reports and sync logs",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.key.add_to_resource_policy(self._logs_statement(log_groups))
        self.key.add_to_resource_policy(self._alarms_statement())
        self._access_logs = self._access_log_bucket(access_log_days)
        self.exports = self._bucket("Exports", [_superseded(superseded_export_days)])
        self.reports = self._bucket(
            "Reports", [_expiring(report_days, "runs/"), _expiring(report_days, "plans/"), _state()]
        )
        _send_events(self.exports)
        for bucket in (self._access_logs, self.exports, self.reports):
            if bucket.policy:  # what keeps a bucket private is kept as long as the bucket
                bucket.policy.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        _acknowledge_no_replica(self.exports, "the export can be made again from Salesforce at any time")
        _acknowledge_no_replica(self.reports, "every plan can be made again from the export and the instance")

    def _logs_statement(self, log_groups: str) -> iam.PolicyStatement:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        stack = Stack.of(self)
        group = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{log_groups}"
        return iam.PolicyStatement(
            sid="EncryptLogs",
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": group}},
        )

    def _alarms_statement(self) -> iam.PolicyStatement:
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
        return iam.PolicyStatement(
            sid="EncryptAlarms",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
        )

    def _access_log_bucket(self, days: int) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            **_private(),
            lifecycle_rules=[_expiring(days)],
        )
        acknowledge(
            bucket,
            {
                "AwsSolutions-S1": "it is the bucket that access logs are written to; its own would log themselves",
                "NIST.800.53.R5-S3BucketLoggingEnabled": "it is the bucket that access logs are written to; "
                "its own would log themselves",
                "NIST.800.53.R5-S3DefaultEncryptionKMS": "S3 delivers access logs only to buckets with SSE-S3 "
                "(S3 user guide, 'Enabling Amazon S3 server access logging')",
            },
        )
        _acknowledge_no_replica(bucket, "who read a bucket is of use only where the bucket is")
        return bucket

    def _bucket(self, id_: str, lifecycle: list[s3.LifecycleRule]) -> s3.Bucket:
        return s3.Bucket(
            self,
            id_,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            server_access_logs_bucket=self._access_logs,
            server_access_logs_prefix=f"{id_.lower()}/",
            **_private(),
            lifecycle_rules=lifecycle,
        )


def _private() -> dict[str, Any]:
    return {
        "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
        "enforce_ssl": True,
        "minimum_tls_version": 1.2,
        "versioned": True,
        "removal_policy": RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    }


def _superseded(days: int) -> s3.LifecycleRule:
    """Keep the newest version for ever: a deployment names a version, and it must still be there."""
    return s3.LifecycleRule(
        id="superseded",
        noncurrent_version_expiration=Duration.days(days),
        expired_object_delete_marker=True,
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )


def _state() -> s3.LifecycleRule:
    """Keep what runs go on from; only what it was before goes."""
    return s3.LifecycleRule(id="state", prefix="state/", noncurrent_version_expiration=Duration.days(1))


def _send_events(bucket: s3.Bucket) -> None:
    """Tell EventBridge of new objects; the CDK's own switch for it brings a function with wide grants along."""
    resource = bucket.node.default_child
    if isinstance(resource, s3.CfnBucket):
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )


def _expiring(days: int, prefix: str | None = None) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id=f"expiring {prefix}".strip("/") if prefix else "expiring",
        prefix=prefix,
        expiration=Duration.days(days),
        noncurrent_version_expiration=Duration.days(1),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )


def _acknowledge_no_replica(bucket: s3.Bucket, why: str) -> None:
    acknowledge(
        bucket,
        {
            "NIST.800.53.R5-S3BucketReplicationEnabled": "it holds or concerns personal data, which stays in "
            f"one Region; {why}"
        },
    )

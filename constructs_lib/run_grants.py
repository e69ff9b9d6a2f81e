"""What the two functions of the sync may do beside writing users: one grant a purpose.

The door that CloudFormation calls can reach no user; what does the steps can start no run.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from constructs import Construct

from constructs_lib.export_source import BoundExport
from constructs_lib.grants import Grant
from constructs_lib.sync_alarms import NAMESPACE
from constructs_lib.sync_storage import SyncStorage
from constructs_lib.sync_triggers import DROPS

DEPLOYED = "state/deployed.json"
_KEYS_BECAUSE = "objects are named after runs, dates and exports"


def start_grants(scope: Construct, *, storage: SyncStorage, machine_arn: str, log_group_arn: str) -> list[Grant]:
    """Return what starting a run for CloudFormation takes."""
    return [
        _log("WriteStartLog", log_group_arn),
        Grant("StoreDeployed", ["s3:PutObject"], [storage.reports.arn_for_objects(DEPLOYED)]),
        _key("UseKeyToStore", scope, storage, ["kms:GenerateDataKey"], ["s3"]),
        Grant("StartRun", ["states:StartExecution"], [machine_arn]),
        _own_stack("SeeOwnStackFirst", scope),
    ]


def step_grants(
    scope: Construct,
    *,
    storage: SyncStorage,
    reads: Sequence[BoundExport],
    topic_arn: str,
    executions_arn: str,
    log_group_arn: str,
) -> list[Grant]:
    """Return what the steps of a run take, without writing users."""
    reports, drops = storage.reports, storage.exports.arn_for_objects(f"{DROPS}*")
    kept = [reports.arn_for_objects(f"{prefix}/*") for prefix in ("runs", "state")]
    reading = [*kept, reports.arn_for_objects("plans/*")]
    no_resource = "it reads quotas, and ListServiceQuotas knows no resource (service authorization reference)"
    quotas = ["servicequotas:ListServiceQuotas"]
    metrics = {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}
    no_metric = "PutMetricData knows no resource; the namespace is bound (cloudwatch:namespace)"
    below = {"StringLike": {"s3:prefix": f"{DROPS}*"}}
    return [
        _log("WriteLog", log_group_arn),
        *(Grant(f"Read{one.id_}", [one.read_action], [one.object_arn]) for one in reads if one.object_arn),
        Grant("ReadDrops", ["s3:GetObject", "s3:GetObjectVersion"], [drops], None, _KEYS_BECAUSE),
        Grant("FindDrops", ["s3:ListBucket"], [storage.exports.bucket_arn], below),
        Grant("ReadRuns", ["s3:GetObject", "s3:GetObjectVersion"], reading, None, _KEYS_BECAUSE),
        Grant("WriteRuns", ["s3:PutObject"], kept, None, _KEYS_BECAUSE),
        # Without it a missing object is "access denied" and not "not found".
        Grant("FindRuns", ["s3:ListBucket"], [reports.bucket_arn]),
        _key("UseKey", scope, storage, ["kms:Decrypt", "kms:GenerateDataKey"], ["s3", "sns"]),
        Grant("SendMetrics", ["cloudwatch:PutMetricData"], ["*"], metrics, no_metric),
        Grant("TellTopic", ["sns:Publish"], [topic_arn]),
        Grant("SeeOwnRuns", ["states:DescribeExecution"], [executions_arn], None, "runs are named when they start"),
        _own_stack("SeeOwnStack", scope),
        Grant("ReadQuotas", quotas, ["*"], None, no_resource),
    ]


def _own_stack(sid: str, scope: Construct) -> Grant:
    """Return what it takes to see that the own stack is rolling back, and then to write nothing."""
    return Grant(sid, ["cloudformation:DescribeStacks"], [Stack.of(scope).stack_id])


def _log(sid: str, arn: str) -> Grant:
    return Grant(sid, ["logs:CreateLogStream", "logs:PutLogEvents"], [arn])


def _key(sid: str, scope: Construct, storage: SyncStorage, actions: Sequence[str], services: Sequence[str]) -> Grant:
    hosts = [f"{service}.{Stack.of(scope).region}.amazonaws.com" for service in services]
    through = {"StringEquals": {"kms:ViaService": hosts[0] if len(hosts) == 1 else hosts}}
    return Grant(sid, actions, [storage.key.key_arn], through)

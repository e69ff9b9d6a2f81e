"""What each role of a pipeline may do: see templates, compare, prepare changes, execute them; one grant a purpose.

Who prepares cannot execute, and who executes can prepare nothing: a change set has CloudFormation's own role
with it, which only the preparer may pass. Everything is named by pattern, because the first delivery makes it.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from constructs import Construct

from constructs_lib.grants import Grant
from constructs_lib.sync_grants import UserWrites, read_grants
from constructs_lib.sync_triggers import DROPS, UPLOADS

Conditions = Mapping[str, Mapping[str, Any]]

_STACK_IDS = "a stack's ARN ends in an id that is not known before"
_GENERATED = "CloudFormation generates the bucket's end; only this account's (aws:ResourceAccount)"
_PLANS = "CloudFormation generates the bucket's end, plans and runs are named when they are made; only this account's"
_KEYS = "a key's id is not known before; through S3 alone (kms:ViaService), for these buckets (kms:EncryptionContext)"
# An instance that is yet to be made; nothing inside of it is as short.
_ANY_ID = "-".join("?" * length for length in (8, 4, 4, 4, 12))
_NO_RESOURCE = "it reads quotas, and ListServiceQuotas knows no resource (service authorization reference)"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What pipelines deliver.

    Attributes:
        qualifier: of the CDK bootstrap that they are deployed through.
        stacks: names; the stack of the pipelines' roles is never among them.
        shown: names of stacks that a review shows and no pipeline changes.
        storage_stack: the one with the buckets for exports and reports.
        existing_instance: ARN of the Connect instance; None where a delivery makes it.
        writes: what the sync may come to do, which says what planning reads.
        objects: ARN of each export in S3 → the action that reads it.
        files: how the names of exports end that are published with the assets, such as ``.csv``.
    """

    qualifier: str
    stacks: Sequence[str]
    shown: Sequence[str]
    storage_stack: str
    existing_instance: str | None
    writes: UserWrites
    objects: Mapping[str, str]
    files: Sequence[str] = ()


class DeliveryGrants:
    """The grants of the roles, in the account and Region of a stack.

    Args:
        scope: of the roles.
        delivered: what they are about.
    """

    def __init__(self, scope: Construct, delivered: Delivered) -> None:
        stack = Stack.of(scope)
        self._here = f"{stack.region}:{stack.account}"
        self._partition, self._region, self._account = stack.partition, stack.region, stack.account
        self._bootstrap = f"cdk-{delivered.qualifier}"
        self._what = delivered
        self.stacks = [self._stack(name) for name in delivered.stacks]
        self.reports, self.exports = self._bucket("reports"), self._bucket("exports")
        self.staging = f"arn:{self._partition}:s3:::{self._bootstrap}-assets-{self._account}-{self._region}"

    def review(self) -> list[Grant]:
        """Return what comparing templates takes: nothing that a pull request could learn about people."""
        every = [*self.stacks, *map(self._stack, self._what.shown)]
        reads = ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
        return [Grant("SeeStacks", reads, every, None, _STACK_IDS)]

    def prepare(self) -> list[Grant]:
        """Return what planning users, publishing assets and making change sets takes, and not executing them."""
        execution, publishing = (self._role(f"{kind}-role") for kind in ("cfn-exec", "file-publishing"))
        to_cloudformation = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
        changes = [f"cloudformation:{verb}ChangeSet" for verb in ("Create", "Delete", "Describe")]
        # CloudFormation reads a template and a parameter with the rights of whoever asks it.
        version = self._arn("ssm", f"parameter/cdk-bootstrap/{self._what.qualifier}/version")
        templates = f"{self.staging}/*.json"
        return [
            self._see("cloudformation:DescribeStacks", "cloudformation:GetTemplate"),
            Grant("PrepareChanges", changes, self.stacks, None, _STACK_IDS),
            Grant("PassExecutionRole", ["iam:PassRole"], [execution], to_cloudformation),
            Grant("PublishAssets", ["sts:AssumeRole"], [publishing]),
            self._see_assets(),
            Grant("ReadTemplates", ["s3:GetObject"], [templates], None, "templates are named by their content"),
            Grant("ReadBootstrapVersion", ["ssm:GetParameter", "ssm:GetParameters"], [version]),
            self._objects("KeepPlans", "s3:PutObject", self.reports, ["plans"]),
            self._use_key("UseKeyToKeep", "kms:GenerateDataKey", self.reports),
            self._use_key("UseKey", "kms:Decrypt", self.staging, self.exports),
            Grant("ReadQuotas", ["servicequotas:ListServiceQuotas"], ["*"], None, _NO_RESOURCE),
            *self._plan(),
        ]

    def execute(self) -> list[Grant]:
        """Return what checking and executing change sets takes, and making none."""
        reads = ["DescribeChangeSet", "DescribeStackEvents", "DescribeStacks", "GetTemplate"]
        # A change set cannot carry termination protection.
        executes = ["cloudformation:ExecuteChangeSet", "cloudformation:UpdateTerminationProtection"]
        return [
            self._see(*(f"cloudformation:{action}" for action in reads)),
            Grant("ExecuteChanges", executes, self.stacks, None, _STACK_IDS),
            self._see_assets(),
            self._objects("ReadPlansAndRuns", "s3:GetObject", self.reports, ["plans", "runs", "state"]),
            self._list("FindPlansAndRuns", self.reports, ["plans/*", "runs/*", "state/*"]),
            self._use_key("UseKey", "kms:Decrypt", self.reports, self.exports),
            *self._exports(),
        ]

    def compare_users(self) -> list[Grant]:
        """Return what planning against the newest export takes, without anything to keep the plan with.

        What finds drift of the stacks lists their buckets, too.
        """
        published = [f"{self.staging}/*{ending}" for ending in sorted(set(self._what.files))]
        by_content = "assets are named by their content"
        return [
            *([Grant("ReadPublished", ["s3:GetObject"], published, None, by_content)] if published else []),
            self._objects("ReadDeployed", "s3:GetObject", self.reports, ["state"]),
            self._objects("ReadDrops", "s3:GetObject", self.exports, [DROPS.strip("/")]),
            self._use_key("UseKey", "kms:Decrypt", self.reports, self.exports, self.staging),
            *self._plan(),
        ]

    def _plan(self) -> list[Grant]:
        """Return what planning users reads: the instance, and exports in S3."""
        return [*read_grants(self.instance, self._what.writes), *self._exports()]

    @property
    def instance(self) -> str:
        """Return the ARN of the instance; of one that the first delivery makes a pattern of what it can be."""
        return self._what.existing_instance or self._arn("connect", f"instance/{_ANY_ID}")

    def _exports(self) -> list[Grant]:
        # Of those that were put there to be pinned, a config names one.
        reads = ["s3:GetObject", "s3:GetObjectVersion"]
        ours = {"StringEquals": {"aws:ResourceAccount": self._account}}
        return [
            Grant("ReadUploads", reads, [f"{self.exports}/{UPLOADS}*"], ours, _PLANS),
            *(
                Grant(f"ReadExport{n}", [action], [arn])
                for n, (arn, action) in enumerate(self._what.objects.items(), 1)
            ),
        ]

    def _see(self, *actions: str) -> Grant:
        return Grant("SeeStacks", actions, self.stacks, None, _STACK_IDS)

    def _see_assets(self) -> Grant:
        # Whether one was written again since: names and versions, no content, no key.
        return Grant("SeeAssets", ["s3:ListBucketVersions"], [self.staging])

    def _objects(self, sid: str, action: str, bucket: str, prefixes: Sequence[str]) -> Grant:
        ours = {"StringEquals": {"aws:ResourceAccount": self._account}}
        return Grant(sid, [action], [f"{bucket}/{prefix}/*" for prefix in prefixes], ours, _PLANS)

    def _list(self, sid: str, bucket: str, prefixes: Sequence[str]) -> Grant:
        # Without it a missing object is "access denied" and not "not found".
        ours: Conditions = {
            "StringEquals": {"aws:ResourceAccount": self._account},
            "StringLike": {"s3:prefix": list(prefixes)},
        }
        return Grant(sid, ["s3:ListBucket"], [bucket], ours, _GENERATED)

    def _use_key(self, sid: str, action: str, *buckets: str) -> Grant:
        # The bucket's ARN is the context with a bucket key, an object's without; a pattern's * covers both.
        contexts = [bucket if bucket.endswith("*") else f"{bucket}*" for bucket in buckets]
        through: Conditions = {
            "StringEquals": {"kms:ViaService": f"s3.{self._region}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": contexts},
        }
        return Grant(sid, [action], [self._arn("kms", "key/*")], through, _KEYS)

    def _bucket(self, construct: str) -> str:
        """Return the pattern of a generated name: the stack's, cut where it is long, and the construct's."""
        start = self._what.storage_stack.lower()[:24]
        return f"arn:{self._partition}:s3:::{start}*-storage{construct}*"

    def _stack(self, name: str) -> str:
        return self._arn("cloudformation", f"stack/{name}/*")

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{self._partition}:{service}:{self._here}:{resource}"

    def _role(self, kind: str) -> str:
        name = f"{self._bootstrap}-{kind}-{self._account}-{self._region}"
        return f"arn:{self._partition}:iam::{self._account}:role/{name}"

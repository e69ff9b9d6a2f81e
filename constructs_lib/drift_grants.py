"""What finding drift of stacks takes: CloudFormation reads each resource with the rights of whoever asks it.

The actions are those of the read handlers in the resource types' schemas (CloudFormation registry, August 2026),
without `iam:PassRole` of AWS::Events::Rule, which reading cannot need.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from constructs import Construct

from constructs_lib.grants import Grant

# Resource type → actions; what is not listed here has no read handler, and CloudFormation does not look at it.
READS: Mapping[str, Sequence[str]] = {
    "AWS::CloudWatch::Alarm": ["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
    "AWS::Connect::Instance": ["connect:DescribeInstance", "connect:ListInstanceAttributes", "ds:DescribeDirectories"],
    "AWS::Connect::SecurityProfile": [
        "connect:DescribeSecurityProfile",
        "connect:ListSecurityProfileApplications",
        "connect:ListSecurityProfileFlowModules",
        "connect:ListSecurityProfilePermissions",
    ],
    "AWS::Events::Rule": ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"],
    "AWS::IAM::ManagedPolicy": ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy"],
    "AWS::IAM::Role": ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
    "AWS::IAM::SAMLProvider": ["iam:GetSAMLProvider"],
    "AWS::KMS::Key": ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"],
    "AWS::Lambda::Function": [
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionRecursionConfig",
        "lambda:GetFunctionScalingConfig",
        "lambda:GetRuntimeManagementConfig",
    ],
    "AWS::Lambda::LayerVersion": ["lambda:GetLayerVersion"],
    "AWS::Lambda::Permission": ["lambda:GetPolicy"],
    "AWS::Logs::LogGroup": [
        "logs:DescribeIndexPolicies",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetDataProtectionPolicy",
        "logs:ListTagsForResource",
    ],
    "AWS::S3::Bucket": [
        "s3:GetAccelerateConfiguration",
        "s3:GetAnalyticsConfiguration",
        "s3:GetBucketAbac",
        "s3:GetBucketCORS",
        "s3:GetBucketLogging",
        "s3:GetBucketMetadataTableConfiguration",
        "s3:GetBucketNotification",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetIntelligentTieringConfiguration",
        "s3:GetInventoryConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetMetricsConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
        "s3:ListTagsForResource",
    ],
    "AWS::S3::BucketPolicy": ["s3:GetBucketPolicy"],
    "AWS::SNS::Subscription": ["sns:GetSubscriptionAttributes"],
    "AWS::SNS::Topic": [
        "sns:GetDataProtectionPolicy",
        "sns:GetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
        "sns:ListTagsForResource",
    ],
    "AWS::StepFunctions::StateMachine": ["states:DescribeStateMachine", "states:ListTagsForResource"],
}
# Types without a read handler, and the custom resource, whose drift is the users'.
UNREAD = frozenset({"AWS::SNS::TopicPolicy", "Custom::ConnectUsers"})
# Also finds the newest export, so it is a grant of its own.
_LIST = "s3:ListBucket"
# Actions that know no resource (service authorization reference).
_NOWHERE = frozenset({"ds:DescribeDirectories", "logs:DescribeResourcePolicies", "sns:GetSubscriptionAttributes"})

_NAMED = "what a delivery makes is named after the contact center, and ends as CloudFormation generates it; it reads"
_UNNAMED = "CloudFormation generates the whole name or id; it reads settings, no content"


def drift_grants(scope: Construct, *, stacks: Sequence[str], name: str, instance: str) -> list[Grant]:
    """Return what it takes to find out whether stacks are still as their templates say.

    Args:
        stacks: ARNs, as patterns.
        name: that the names of all that is in them start with.
        instance: ARN of the Connect instance, or a pattern.
    """
    detects = ["DescribeStackResourceDrifts", "DescribeStacks", "DetectStackDrift", "DetectStackResourceDrift"]
    detections = ["cloudformation:DescribeStackDriftDetectionStatus"]
    places = _places(scope, name, instance)
    no_resource = "it reads, and knows no resource (service authorization reference)"
    return [
        Grant("DetectDrift", [f"cloudformation:{one}" for one in detects], stacks, None, "a stack's ARN ends in an id"),
        Grant("FollowDetections", detections, ["*"], None, no_resource),
        Grant("ReadWhatHasNoName", sorted(_NOWHERE), ["*"], None, no_resource),
        Grant("ListBuckets", [_LIST], *places["s3"]),
        *(Grant(f"Read{service.title()}", _actions(service), *place) for service, place in places.items()),
    ]


def _actions(service: str) -> list[str]:
    every = {action for actions in READS.values() for action in actions} - _NOWHERE - {_LIST}
    return sorted(action for action in every if action.startswith(f"{service}:"))


def _places(
    scope: Construct, name: str, instance: str
) -> Mapping[str, tuple[Sequence[str], Mapping[str, Mapping[str, str]] | None, str]]:
    """Return for each service the resources, a condition, and why they hold a wildcard."""
    stack = Stack.of(scope)
    here = f"{stack.region}:{stack.account}"

    def arn(service: str, resource: str, place: str = here) -> str:
        return f"arn:{stack.partition}:{service}:{place}:{resource}"

    ours = {"StringEquals": {"aws:ResourceAccount": stack.account}}
    roles = [arn("iam", f"{kind}/{name}-*", f":{stack.account}") for kind in ("policy", "role", "saml-provider")]
    functions = [arn("lambda", f"function:{name}-*"), arn("lambda", "layer:*")]
    return {
        "cloudwatch": ([arn("cloudwatch", f"alarm:{name}-*")], None, _NAMED),
        "connect": ([instance, f"{instance}/security-profile/*"], None, _UNNAMED),
        "events": ([arn("events", f"rule/{name}-*")], None, _NAMED),
        "iam": (roles, None, _NAMED),
        "kms": ([arn("kms", "key/*")], None, _UNNAMED),
        "lambda": (functions, None, _NAMED),
        # DescribeLogGroups is authorized on all of them.
        "logs": ([arn("logs", "log-group:*")], None, _UNNAMED),
        "s3": ([f"arn:{stack.partition}:s3:::{name.lower()}-*"], ours, _NAMED),
        "sns": ([arn("sns", f"{name}-*")], None, _NAMED),
        "states": ([arn("states", "stateMachine:*")], None, _UNNAMED),
    }

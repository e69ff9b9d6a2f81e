"""What the schemas say that CloudFormation's handlers call, and which of it deployments here need not be allowed.

The schemas are cfn-lint's, which has them with their `handlers`; a newer cfn-lint renews them. Most handlers can
do more than these stacks ask: an exception names the properties that no resource here has, or says why not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SCHEMAS = files("cfnlint.data.schemas")


@cache
def _index(region: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((_SCHEMAS / "providers" / f"{region}.json").read_text())
    return found


@cache
def permissions(type_: str, region: str = "us-west-2") -> frozenset[str]:
    """Return what creating, reading, updating, deleting and tagging a resource of a type calls.

    Left out is `list`, which only resource scans and imports call.
    """
    schema = json.loads((_SCHEMAS / "resources" / f"{_index(region)[type_]}.json").read_text())
    calling = [schema["handlers"].get(name, {}) for name in ("create", "read", "update", "delete")]
    lists = [one.get("permissions", []) for one in (*calling, schema.get("tagging", {}))]
    return frozenset(permission for one in lists for permission in one)


@dataclass(frozen=True)
class NotCalled:
    """What a type's handlers call and deployments here do not.

    Attributes:
        unless: the property, below which one of them calls it, that no resource here has; else the reason why not.
    """

    type: str
    permissions: frozenset[str]
    unless: str = ""
    because: str = ""


NO_ACTION = "IAM knows no such action"
_ENCRYPTED = "what is encrypted, rotated or kept for a time here is never changed not to be"

# Type → property that nothing here has, or the reason: → permissions.
_TABLE: dict[str, dict[str, str]] = {
    "AWS::IAM::Role": {
        "Policies": "iam:PutRolePolicy iam:DeleteRolePolicy",
        "ManagedPolicyArns": "iam:AttachRolePolicy",
        "a role never loses its boundary but by hand": "iam:DeleteRolePermissionsBoundary",
    },
    "AWS::IAM::ManagedPolicy": {
        "Groups": "iam:AttachGroupPolicy iam:DetachGroupPolicy",
        "Users": "iam:AttachUserPolicy iam:DetachUserPolicy",
    },
    "AWS::KMS::Key": {"Enabled": "kms:DisableKey kms:EnableKey", _ENCRYPTED: "kms:DisableKeyRotation"},
    "AWS::Lambda::Function": {
        "VpcConfig": "ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs",
        "FileSystemConfigs": "elasticfilesystem:DescribeMountTargets s3files:ListMountTargets",
        "KmsKeyArn": "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey",
        "ReservedConcurrentExecutions": "lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency",
        "CodeSigningConfigArn": "lambda:GetCodeSigningConfig lambda:PutFunctionCodeSigningConfig "
        "lambda:DeleteFunctionCodeSigningConfig",
        "RuntimeManagementConfig": "lambda:PutRuntimeManagementConfig",
        "RecursiveLoop": "lambda:PutFunctionRecursionConfig",
        "FunctionScalingConfig": "lambda:PutFunctionScalingConfig",
        "CapacityProviderConfig": "lambda:PassCapacityProvider",
        "PublishToLatestPublished": "lambda:PublishVersion",
        NO_ACTION: "lambda:AssociateRuntimeAlias",
    },
    "AWS::Logs::LogGroup": {
        "DataProtectionPolicy": "logs:PutDataProtectionPolicy logs:DeleteDataProtectionPolicy logs:CreateLogDelivery "
        "firehose:TagDeliveryStream",
        "FieldIndexPolicies": "logs:PutIndexPolicy logs:DeleteIndexPolicy",
        "ResourcePolicyDocument": "logs:PutResourcePolicy logs:DeleteResourcePolicy",
        "BearerTokenAuthenticationEnabled": "logs:PutBearerTokenAuthentication",
        "DeletionProtectionEnabled": "logs:PutLogGroupDeletionProtection",
        _ENCRYPTED: "logs:DeleteRetentionPolicy logs:DisassociateKmsKey",
        NO_ACTION: "s3:REST.PUT.OBJECT",
    },
    "AWS::S3::Bucket": {
        "AbacStatus": "s3:PutBucketAbac",
        "AccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "AccessControl": "s3:PutBucketAcl s3:PutObjectAcl",
        "AnalyticsConfigurations": "s3:PutAnalyticsConfiguration",
        "CorsConfiguration": "s3:PutBucketCORS",
        "IntelligentTieringConfigurations": "s3:PutIntelligentTieringConfiguration",
        "InventoryConfigurations": "s3:PutInventoryConfiguration",
        "MetadataConfiguration": "s3:CreateBucketMetadataTableConfiguration s3:DeleteBucketMetadataTableConfiguration "
        "s3:UpdateBucketMetadataAnnotationTableConfiguration s3:UpdateBucketMetadataInventoryTableConfiguration "
        "s3:UpdateBucketMetadataJournalTableConfiguration",
        "MetadataTableConfiguration": "s3tables:CreateNamespace s3tables:CreateTable s3tables:CreateTableBucket "
        "s3tables:GetTable s3tables:GetTableMetadataLocation s3tables:PutTableBucketPolicy s3tables:PutTableEncryption "
        "s3tables:PutTablePolicy s3tables:UpdateTableMetadataLocation",
        "MetricsConfigurations": "s3:PutMetricsConfiguration",
        "ObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
        "OwnershipControls": "s3:PutBucketOwnershipControls",
        "ReplicationConfiguration": "s3:PutReplicationConfiguration iam:PassRole",
        "WebsiteConfiguration": "s3:PutBucketWebsite s3:DeleteBucketWebsite",
        "CloudFormation deletes no object of ours: a bucket that is not empty stays": "s3:DeleteObject",
        NO_ACTION: "s3:DeleteBucketAnalyticsConfiguration s3:DeleteBucketCors s3:DeleteBucketEncryption "
        "s3:DeleteBucketLifecycle s3:DeleteBucketMetricsConfiguration s3:DeleteBucketReplication "
        "s3:DeleteBucketTagging s3:PutBucketReplication s3:PutObjectLockConfiguration",
    },
    "AWS::SNS::Topic": {
        "DataProtectionPolicy": "sns:PutDataProtectionPolicy",
        "DeliveryStatusLogging": "iam:GetRole iam:PassRole",
    },
    "AWS::SNS::Subscription": {"SubscriptionRoleArn": "iam:GetRole iam:PassRole"},
    "AWS::StepFunctions::StateMachine": {
        "DefinitionS3Location": "s3:GetObject s3:GetObjectVersion",
        "EncryptionConfiguration": "kms:Decrypt kms:DescribeKey kms:GenerateDataKey",
    },
}


EXCEPTIONS = tuple(
    NotCalled(type_, frozenset(listed.split()), **({"unless": reason} if reason.isalnum() else {"because": reason}))
    for type_, reasons in _TABLE.items()
    for reason, listed in reasons.items()
)


def excepted(type_: str) -> frozenset[str]:
    """Return what is called for a type in general and not allowed here."""
    return frozenset(permission for one in EXCEPTIONS if one.type == type_ for permission in one.permissions)

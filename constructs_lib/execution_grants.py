"""What CloudFormation may do when it deploys a contact center: one grant a purpose, no action with a wildcard.

Derived from the `handlers` of the resource types' schemas, for the properties that the stacks use; a test
holds it against these in both directions, and the resources against the service authorization reference.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from constructs_lib.deployed_scope import DeployedScope
from constructs_lib.grants import Grant

_RANDOM = "CloudFormation adds random letters to the names of what a stack makes"
_NO_RESOURCE = "the actions know no resource (service authorization reference)"
_NO_NAME = "ids are not known before"
_CONNECT_ROLE = "role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect*"


def execution_grants(scope: DeployedScope) -> dict[str, list[Grant]]:
    """Return the grants by policy, since one would be too long for IAM.

    Args:
        scope: what is deployed, and where.
    """
    rooms: dict[str, Callable[[DeployedScope], Iterator[Grant]]] = {
        "identity": _identity,
        "instance": _instance,
        "storage": _storage,
        "compute": _compute,
        "watch": _watch,
    }
    return {room: list(grants(scope)) for room, grants in rooms.items()}


def _actions(service: str, names: str) -> list[str]:
    return [f"{service}:{name}" for name in names.split()]


def _named(sid: str, actions: Sequence[str], resources: Sequence[str], **conditions: Mapping[str, Any]) -> Grant:
    return Grant(sid, actions, resources, conditions or None, _RANDOM)


def _identity(scope: DeployedScope) -> Iterator[Grant]:
    """Yield roles only with the boundary, policies only for them, and nothing that takes a boundary off."""
    roles = [scope.federation_role_arn, *scope.service_roles]
    policies = [scope.iam(f"policy/{name}") for name in scope.named("sign-on", "users")]
    bounded = {"iam:PermissionsBoundary": scope.boundary_arn}
    attached = {"iam:PolicyARN": policies}
    passed = {"iam:PassedToService": [f"{service}.amazonaws.com" for service in ("lambda", "states", "events")]}
    making = _actions("iam", "CreateRole PutRolePermissionsBoundary")
    yield _named("MakeBoundedRoles", making, roles, StringEquals=bounded)
    yield _named("AttachToBoundedRoles", ["iam:AttachRolePolicy"], roles, StringEquals=bounded, ArnLike=attached)
    keeping = (
        "DeleteRole DetachRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags "
        "TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
    )
    yield _named("KeepRoles", _actions("iam", keeping), roles)
    yield _named("PassRoles", ["iam:PassRole"], scope.service_roles, StringEquals=passed)
    versions = (
        "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion "
        "ListEntitiesForPolicy ListPolicyVersions"
    )
    yield _named("KeepPolicies", _actions("iam", versions), policies)
    providers = (
        "CreateSAMLProvider DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags TagSAMLProvider "
        "UntagSAMLProvider UpdateSAMLProvider"
    )
    because = "the contact center's providers, whichever its arrangement has"
    yield Grant(
        "KeepProviders", _actions("iam", providers), [scope.iam(f"saml-provider/{scope.name}-*")], None, because
    )


def _instance(scope: DeployedScope) -> Iterator[Grant]:
    """Yield the instance, where it is made here, and the profile of disabled people."""
    profile = f"{scope.instance_arn}/security-profile/*"
    profiles = (
        "CreateSecurityProfile DeleteSecurityProfile DescribeSecurityProfile ListSecurityProfileApplications "
        "ListSecurityProfileFlowModules ListSecurityProfilePermissions TagResource UntagResource UpdateSecurityProfile"
    )
    yield Grant("KeepProfile", _actions("connect", profiles), [scope.instance_arn, profile], None, _NO_NAME)
    if scope.existing_instance_arn:
        return
    yield Grant("MakeInstance", ["connect:CreateInstance"], ["*"], None, _NO_RESOURCE)
    keeping = (
        "DeleteInstance DescribeInstance ListInstanceAttributes ListTagsForResource TagResource UntagResource "
        "UpdateInstanceAttribute"
    )
    yield Grant("KeepInstance", _actions("connect", keeping), [scope.instance_arn], None, _NO_NAME)
    # Connect keeps people in a directory of its own, which it makes with the rights of who makes the instance.
    # https://docs.aws.amazon.com/connect/latest/adminguide/security-iam-amazon-connect-permissions.html
    directories = _actions("ds", "CheckAlias CreateDirectory CreateIdentityPoolDirectory DescribeDirectories")
    yield Grant("MakeDirectory", directories, ["*"], None, _NO_RESOURCE)
    joining = _actions("ds", "AuthorizeApplication CreateAlias DeleteDirectory UnauthorizeApplication")
    yield Grant("KeepDirectory", joining, [scope.arn("ds", "directory/*")], None, _NO_NAME)
    role = [scope.iam(_CONNECT_ROLE)]
    connect = {"StringEquals": {"iam:AWSServiceName": "connect.amazonaws.com"}}
    because = "Connect's own service-linked role, whose name ends in letters of its choice"
    yield Grant("MakeConnectRole", ["iam:CreateServiceLinkedRole"], role, connect, because)
    yield Grant("KeepConnectRole", _actions("iam", "DeleteRolePolicy PutRolePolicy"), role, None, because)
    logs = [scope.arn("logs", "log-group:/aws/connect/*")]
    yield Grant("MakeConnectLog", ["logs:CreateLogGroup"], logs, None, "the instance's contact flow log")


def _storage(scope: DeployedScope) -> Iterator[Grant]:
    """Yield buckets (never their objects), keys, and the assets that a deployment brings."""
    reading = (
        "GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS "
        "GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration "
        "GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning "
        "GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration "
        "GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket ListTagsForResource"
    )
    writing = (
        "CreateBucket DeleteBucket DeleteBucketPolicy PutBucketLogging PutBucketNotification PutBucketPolicy "
        "PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration "
        "PutLifecycleConfiguration TagResource UntagResource"
    )
    yield _named("SeeBuckets", _actions("s3", reading), scope.buckets)
    yield _named("KeepBuckets", _actions("s3", writing), scope.buckets)
    yield Grant("MakeKeys", ["kms:CreateKey"], ["*"], None, _NO_RESOURCE)
    keeping = (
        "DescribeKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus ListResourceTags PutKeyPolicy "
        "ScheduleKeyDeletion TagResource UntagResource UpdateKeyDescription"
    )
    keys = [scope.arn("kms", "key/*")]
    because = "keys have no names, and tags count too late for a new one (up to five minutes)"
    yield Grant("KeepKeys", _actions("kms", keeping), keys, None, because)
    assets = _actions("s3", "GetObject GetObjectVersion")
    yield Grant("ReadAssets", assets, [scope.assets_arn], None, "assets are named after their content")
    of_assets = {
        "StringEquals": {"kms:ViaService": f"s3.{scope.region}.amazonaws.com"},
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/cdk-{scope.qualifier}-assets-key"},
    }
    yield Grant("ReadAssetsKey", ["kms:Decrypt"], keys, of_assets, "the key with the bootstrap's alias alone")


def _compute(scope: DeployedScope) -> Iterator[Grant]:
    """Yield functions, layer and state machine."""
    functions = scope.arns("lambda", "function:", "sign-on", "users")
    keeping = (
        "CreateFunction DeleteFunction GetFunction GetFunctionCodeSigningConfig GetFunctionRecursionConfig "
        "GetFunctionScalingConfig GetRuntimeManagementConfig ListTags TagResource UntagResource UpdateFunctionCode "
        "UpdateFunctionConfiguration"
    )
    yield _named("KeepFunctions", _actions("lambda", keeping), functions)
    watch = scope.arns("lambda", "function:", "sign-on")
    events = {"lambda:Principal": "events.amazonaws.com"}
    yield _named("LetScheduleCall", ["lambda:AddPermission"], watch, StringEquals=events)
    yield _named("KeepSchedulesCall", _actions("lambda", "GetPolicy RemovePermission"), watch)
    # The custom resource is a call of this function.
    yield _named("SyncUsers", ["lambda:InvokeFunction"], scope.arns("lambda", "function:", "users"))
    layers = _actions("lambda", "DeleteLayerVersion GetLayerVersion PublishLayerVersion")
    yield _named("KeepLayer", layers, [scope.layer_arn])
    machines = (
        "CreateStateMachine DeleteStateMachine DescribeStateMachine ListTagsForResource TagResource UntagResource "
        "UpdateStateMachine"
    )
    machine = scope.arn("states", f"stateMachine:{scope.state_machine}")
    yield _named("KeepMachine", _actions("states", machines), [machine])
    version = scope.arn("ssm", f"parameter/cdk-bootstrap/{scope.qualifier}/version")
    # The rule that CDK puts into every template: is the bootstrap new enough.
    yield Grant("ReadBootstrapVersion", ["ssm:GetParameters"], [version])


def _watch(scope: DeployedScope) -> Iterator[Grant]:
    """Yield logs, rules, alarms and topics."""
    both = ("sign-on", "users")
    groups = (
        "AssociateKmsKey CreateLogGroup DeleteLogGroup GetDataProtectionPolicy ListTagsForResource "
        "PutRetentionPolicy TagResource UntagResource"
    )
    yield _named("KeepLogs", _actions("logs", groups), scope.arns("logs", "log-group:", *both))
    seeing = _actions("logs", "DescribeIndexPolicies DescribeLogGroups DescribeResourcePolicies")
    yield Grant("SeeLogs", seeing, ["*"], None, _NO_RESOURCE)
    rules = (
        "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets TagResource "
        "UntagResource"
    )
    yield _named("KeepRules", _actions("events", rules), scope.arns("events", "rule/", *both))
    alarms = "DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource UntagResource"
    yield _named("KeepAlarms", _actions("cloudwatch", alarms), scope.arns("cloudwatch", "alarm:", *both))
    topics = (
        "CreateTopic DeleteTopic GetDataProtectionPolicy GetSubscriptionAttributes GetTopicAttributes "
        "ListSubscriptionsByTopic ListTagsForResource SetSubscriptionAttributes SetTopicAttributes Subscribe "
        "TagResource Unsubscribe UntagResource"
    )
    yield _named("KeepTopics", _actions("sns", topics), scope.arns("sns", "", *both))

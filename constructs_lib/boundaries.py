"""Two permissions boundaries: what the stacks' roles, and what CloudFormation, may come to do at most.

A boundary grants nothing; a role may do what its policies and its boundary both allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from constructs_lib.deployed_scope import DeployedScope
from constructs_lib.execution_grants import execution_grants
from constructs_lib.grants import Grant
from constructs_lib.sync_alarms import NAMESPACE
from constructs_lib.sync_grants import UserWrites, read_grants, session_grants, write_grants

_BECAUSE = "a boundary grants nothing: each role's own policy names what it may do, and on what"
# All that a sync may come to do; whose users, is said by the role's own policy.
_EVERY_WRITE = UserWrites(ownership_tags={}, adopts=True, disables=True, deletes=True)


def role_boundary(scope: DeployedScope) -> list[Grant]:
    """Return what any role of the stacks may do at most: none can change IAM, a bucket, a key or the instance.

    Args:
        scope: what is deployed, and where.
    """
    return [
        Grant(sid, actions, resources, conditions, _BECAUSE)
        for sid, actions, resources, conditions in (*_sign_on(scope), *_sync(scope), *_runs(scope))
    ]


Line = tuple[str, Sequence[str], Sequence[str], Mapping[str, Mapping[str, Any]] | None]


def _sign_on(scope: DeployedScope) -> Iterator[Line]:
    # Any instance: with another one in the config, no boundary that is a day old may lock people out.
    instance = scope.any_instance_arn
    yield "SignIn", ["connect:GetFederationToken"], [f"{instance}/user/${{aws:userid}}"], None
    yield "Emergency", ["connect:AdminGetEmergencyAccessToken", "connect:DescribeInstance"], [instance], None
    yield "FindInstance", ["connect:ListInstances", "ds:DescribeDirectories"], ["*"], None
    yield "ReadProviders", ["iam:GetSAMLProvider"], [scope.iam("saml-provider/*")], None


def _sync(scope: DeployedScope) -> Iterator[Line]:
    instance = scope.instance_arn
    parts = (read_grants, write_grants, session_grants)
    users = sorted({action for part in parts for one in part(instance, _EVERY_WRITE) for action in one.actions})
    yield "SyncUsers", users, [instance, f"{instance}/*"], None
    others = [f"arn:{scope.partition}:s3:::{bucket}/*" for bucket in scope.export_buckets]
    objects = [f"{bucket}/*" for bucket in scope.buckets]
    yield "ReadObjects", ["s3:GetObject", "s3:GetObjectVersion"], [*objects, scope.assets_arn, *others], None
    yield "WriteObjects", ["s3:PutObject"], objects, None
    yield "FindObjects", ["s3:ListBucket"], scope.buckets, None
    through = [f"{service}.{scope.region}.amazonaws.com" for service in ("s3", "sns")]
    used = {"StringEquals": {"kms:ViaService": through}}
    yield "UseKeys", ["kms:Decrypt", "kms:GenerateDataKey"], [scope.arn("kms", "key/*")], used


def _runs(scope: DeployedScope) -> Iterator[Line]:
    both = ("sign-on", "users")
    machine = scope.state_machine
    yield "WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], scope.arns("logs", "log-group:", *both), None
    metrics = {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}
    yield "SendMetrics", ["cloudwatch:PutMetricData"], ["*"], metrics
    yield "ReadQuotas", ["servicequotas:ListServiceQuotas"], ["*"], None
    yield "TellTopic", ["sns:Publish"], scope.arns("sns", "", "users"), None
    yield "StartRuns", ["states:StartExecution"], [scope.arn("states", f"stateMachine:{machine}")], None
    yield "SeeRuns", ["states:DescribeExecution"], [scope.arn("states", f"execution:{machine}")], None
    yield "DoSteps", ["lambda:InvokeFunction"], scope.arns("lambda", "function:", "users"), None
    stack = [scope.arn("cloudformation", f"stack/{scope.name}-users/*")]
    yield "SeeOwnStack", ["cloudformation:DescribeStacks"], stack, None


def deployment_boundary(scope: DeployedScope) -> list[dict[str, Any]]:
    """Return what CloudFormation may do at most, also where somebody attaches more to its role by mistake.

    In IAM that is the contact center's own roles, policies and providers: no role without the roles' boundary,
    nobody else's role or person, and none of the policies and roles that bound and deploy it.

    Args:
        scope: what is deployed, and where.
    """
    grants = [grant for room in execution_grants(scope).values() for grant in room]
    services = sorted({action.partition(":")[0] for grant in grants for action in grant.actions})
    in_iam = [one for grant in grants if grant.actions[0].startswith("iam:") for one in grant.resources]
    giving = ["AttachRolePolicy", "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy"]
    return [
        {"Sid": "AtMost", "Effect": "Allow", "Action": [f"{one}:*" for one in services], "Resource": "*"},
        {"Sid": "ItsOwnAlone", "Effect": "Deny", "Action": "iam:*", "NotResource": list(dict.fromkeys(in_iam))},
        {
            "Sid": "NoRoleWithoutBoundary",
            "Effect": "Deny",
            "Action": [f"iam:{action}" for action in giving],
            "NotResource": scope.iam("role/aws-service-role/*"),
            "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": scope.boundary_arn}},
        },
        {"Sid": "BoundariesStay", "Effect": "Deny", "Action": "iam:DeleteRolePermissionsBoundary", "Resource": "*"},
    ]

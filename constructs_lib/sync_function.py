"""A function that runs a part of the sync: its code, its log, and a role that can do no more than its grants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import CfnResource, Duration, IgnoreMode, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from constructs_lib.acknowledge import acknowledge
from constructs_lib.grants import Grant, managed_policy
from constructs_lib.sync_storage import SyncStorage

_RUNTIME = lambda_.Runtime.PYTHON_3_14


@dataclass(frozen=True, slots=True)
class SyncCode:
    """What the functions run.

    Attributes:
        engine: folder that holds the package ``user_sync``; nothing else in it is taken.
        layer: folder, or .zip file of it, with what the engine imports, below ``python/``.
    """

    engine: Path
    layer: Path


@dataclass(frozen=True, slots=True)
class Door:
    """One way into the engine.

    Attributes:
        handler: such as ``user_sync.handler.on_step``.
        description: for the console.
        timeout: how long it runs at most.
        environment: its variables.
        why_unlimited: why it needs no reserved concurrency, checkable.
        why_no_queue: why it needs no dead-letter queue, checkable.
    """

    handler: str
    description: str
    timeout: Duration
    environment: Mapping[str, str]
    why_unlimited: str
    why_no_queue: str


class SyncFunction(Construct):
    """The function.

    Attributes:
        function: for what calls it.
        log_group_arn: of its log.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        door: Door,
        code: SyncCode,
        layer: lambda_.ILayerVersion,
        storage: SyncStorage,
    ) -> None:
        """Declare the function; what it may do is said with `grant`.

        Args:
            door: what of the engine it runs.
            code: the engine.
            layer: what the engine imports.
            storage: the key for its log.
        """
        super().__init__(scope, id_)
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.THREE_MONTHS,
            encryption_key=storage.key,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.log_group_arn = log_group.log_group_arn
        self.function = lambda_.Function(
            self,
            "Function",
            description=door.description,
            runtime=_RUNTIME,
            handler=door.handler,
            code=lambda_.Code.from_asset(
                str(code.engine), exclude=["**", "!user_sync/**/*.py"], ignore_mode=IgnoreMode.DOCKER
            ),
            layers=[layer],
            role=self._role,
            log_group=log_group,
            timeout=door.timeout,
            memory_size=512,
            environment=dict(door.environment),
        )
        resource = self.function.node.default_child
        if isinstance(resource, CfnResource):
            resource.add_deletion_override("DependsOn")  # the role, which `Role` refers to already
        acknowledge(
            self.function,
            {
                "NIST.800.53.R5-LambdaConcurrency": f"{door.why_unlimited}; "
                "reserved concurrency cannot be had with the default limit of 10",
                "NIST.800.53.R5-LambdaDLQ": door.why_no_queue,
                "NIST.800.53.R5-LambdaInsideVPC": "it calls AWS APIs over TLS only, listens to nothing and reaches "
                "nothing inside a VPC",
            },
        )

    def grant(self, id_: str, grants: Sequence[Grant], *, unknown_action: bool = False) -> IDependable:
        """Give the function a policy; return it, for what must not begin before.

        Args:
            id_: of the policy.
            grants: one at least.
            unknown_action: whether cfn-lint does not know an action yet; ignored in this policy alone.
        """
        policy = managed_policy(self, id_, role_name=self._role.role_name, grants=grants)
        if unknown_action:
            policy.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3037"]}})
        return policy


def engine_layer(scope: Construct, id_: str, code: SyncCode) -> lambda_.LayerVersion:
    """Declare the layer with what the engine imports."""
    return lambda_.LayerVersion(
        scope,
        id_,
        code=lambda_.Code.from_asset(str(code.layer)),
        compatible_runtimes=[_RUNTIME],
        description="What the sync imports, from the lock file",
    )

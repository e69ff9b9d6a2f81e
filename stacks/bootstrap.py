"""The app with the stack that a contact center's own CDK bootstrap needs first: its policies and boundaries.

A person deploys it, through `make bootstrap`; it is no part of `cdk deploy --all`, so that no deployment
changes what deployments may do.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import App, CfnOutput, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledge import acknowledge
from constructs_lib.boundaries import deployment_boundary, role_boundary
from constructs_lib.deployed_scope import DeployedScope
from constructs_lib.execution_grants import execution_grants
from constructs_lib.grants import document, managed_policy
from contact_center.config import Config
from contact_center.export_location import parse_location
from contact_center.load import ConfigInvalid, load
from stacks.contact_center_stack import ContactCenterStack
from stacks.template_checks import checks


class BootstrapStack(ContactCenterStack):
    """The policies that `cdk bootstrap` is then told to attach."""

    def __init__(self, scope: Construct, *, config: Config) -> None:
        """Declare the stack.

        Args:
            config: of the contact center; has a bootstrap.

        Raises:
            ValueError: it has none.
        """
        super().__init__(
            scope,
            config.bootstrap_stack_name,
            config=config,
            description=f"What deployments of the contact center {config.name} may do",
            kept=True,
            by_a_person=True,
        )
        bounds = deployed_scope(config, self.account)
        policies = [
            managed_policy(self, room.title(), grants=grants, name=f"{config.name}-execution-{room}")
            for room, grants in execution_grants(bounds).items()
        ]
        # Kept whatever happens to this stack: a role whose boundary is gone may do nothing, signing people in included.
        ours = managed_policy(self, "CeilingOfRoles", grants=role_boundary(bounds), name=f"{config.name}-boundary")
        ours.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        ceiling = f"{config.name}-deployment-boundary"
        self._deployment_boundary(bounds, ceiling)
        of_others = config.bootstrap.permissions_boundary if config.bootstrap else None
        CfnOutput(self, "ExecutionPolicies", value=",".join(policy.ref for policy in policies))
        CfnOutput(self, "DeploymentBoundary", value=of_others or ceiling)

    def _deployment_boundary(self, bounds: DeployedScope, name: str) -> None:
        statements = deployment_boundary(bounds)
        policy = iam.CfnManagedPolicy(
            self, "CeilingOfDeployments", policy_document=document(*statements), managed_policy_name=name
        )
        because = "it is a boundary, which grants nothing: the execution policies name each action and resource"
        services = [f"AwsSolutions-IAM5[Action::{action}]" for action in statements[0]["Action"]]
        acknowledge(policy, dict.fromkeys(["AwsSolutions-IAM5[Resource::*]", *services], because))


def deployed_scope(config: Config, account: str) -> DeployedScope:
    """Return what deployments are about.

    Args:
        config: has a bootstrap.
        account: 12 digits, or a token where the config names none.

    Raises:
        ValueError: the config has no bootstrap.
    """
    if config.permissions_boundary_name is None:
        raise ValueError("the config has no bootstrap of its own: add bootstrap with a qualifier")
    exports = [parse_location(text) for text in (config.users.export, config.users.permission_sets) if text]
    return DeployedScope(
        name=config.name,
        qualifier=config.qualifier,
        partition=config.partition,
        region=config.region,
        account=account,
        boundary=config.permissions_boundary_name,
        existing_instance_arn=config.instance.existing,
        export_buckets=tuple(sorted({found.bucket for found in exports if found})),
    )


def build(app: App, config: Config) -> BootstrapStack:
    """Add the stack, and the checks that it must pass.

    Args:
        app: to add to.
        config: has a bootstrap.

    Raises:
        ValueError: it has none.
    """
    stack = BootstrapStack(app, config=config)
    Validations.of(app).add_plugins(*checks(app))
    return stack


def main() -> int:
    """Synthesize; return the exit code."""
    app = App(analytics_reporting=False)
    try:
        build(app, load(Path(app.node.try_get_context("config"))).config)
        app.synth()
    except ConfigInvalid as invalid:
        problems = [f"{one.file}: {one.column}: {one.message}" for one in invalid.problems]
        sys.stderr.write("".join(f"error: {text}\n" for text in problems))
    except (RuntimeError, ValueError) as refused:
        sys.stderr.write(f"error: {refused}".splitlines()[0] + "\n")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""What all stacks of a contact center have in common: where they go, their tags, their protection."""

from __future__ import annotations

from aws_cdk import (
    DefaultStackSynthesizer,
    Environment,
    LegacyStackSynthesizer,
    PermissionsBoundary,
    Stack,
)
from constructs import Construct

from contact_center.config import Config
from contact_center.config_digest import MARK, config_digest


class ContactCenterStack(Stack):
    """A stack in the contact center's account and Region.

    Without `account` in the config the stack goes to the account of whoever deploys; the synthesis knows
    nothing of it, so that the same files give the same template.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        config: Config,
        description: str,
        kept: bool,
        by_a_person: bool = False,
    ) -> None:
        """Declare the stack.

        Args:
            name: of the stack, and its construct id.
            config: of the contact center.
            description: one line for the console.
            kept: whether it may only be deleted after its termination protection was taken off.
            by_a_person: whether it says who may deploy, so that it is deployed with a person's own rights and
                never with those of a deployment; takes no assets, and its roles have no boundary.
        """
        boundary = None if by_a_person else config.permissions_boundary_name
        super().__init__(
            scope,
            name,
            env=Environment(account=config.account, region=config.region),
            tags=dict(config.tags),
            description=description,
            termination_protection=kept,
            analytics_reporting=False,
            synthesizer=LegacyStackSynthesizer()
            if by_a_person
            else DefaultStackSynthesizer(qualifier=config.qualifier),
            permissions_boundary=PermissionsBoundary.from_name(boundary) if boundary else None,
        )
        # Not in the template: in the assembly's metadata, where `connect-sso review` looks for it.
        self.node.add_metadata(MARK, config_digest(config))

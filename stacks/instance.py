"""The stack with the Amazon Connect instance."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.connect_instance import ConnectInstance
from contact_center.config import Config
from stacks.contact_center_stack import ContactCenterStack


class InstanceStack(ContactCenterStack):
    """The instance.

    Attributes:
        arn: of the instance.
    """

    def __init__(self, scope: Construct, *, config: Config, alias: str) -> None:
        """Declare the stack.

        Args:
            config: of the contact center.
            alias: of the instance.
        """
        super().__init__(
            scope,
            config.instance_stack_name,
            config=config,
            description=f"Amazon Connect instance of the contact center {config.name}",
            kept=True,
        )
        instance = ConnectInstance(
            self,
            "Instance",
            alias=alias,
            inbound_calls=config.instance.inbound_calls,
            outbound_calls=config.instance.outbound_calls,
            contact_lens=config.instance.contact_lens,
        )
        self.arn = instance.arn
        CfnOutput(self, "InstanceArn", value=instance.arn)
        CfnOutput(self, "InstanceId", value=instance.instance_id)
        CfnOutput(self, "InstanceAlias", value=instance.alias)

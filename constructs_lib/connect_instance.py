"""An Amazon Connect instance whose people sign in through SAML.

The alias and the identity type are create-only: a change makes CloudFormation replace the instance by an
empty one with a new id. So what was made is kept on replacement and deletion; only an instance whose own
creation failed is removed, so that a failed first deployment can be repeated.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-connect-instance.html
"""

from __future__ import annotations

from aws_cdk import Fn, RemovalPolicy
from aws_cdk import aws_connect as connect
from constructs import Construct


class ConnectInstance(Construct):
    """The instance.

    Attributes:
        arn: ``arn:{partition}:connect:{region}:{account}:instance/{id}``.
        instance_id: the last part of it.
        alias: the part of its address before ``.my.connect.aws``.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        alias: str,
        inbound_calls: bool,
        outbound_calls: bool,
        contact_lens: bool,
    ) -> None:
        """Declare the instance.

        Args:
            alias: 1 to 45 letters, digits and hyphens; unique in all of AWS.
            inbound_calls, outbound_calls: whether calls may come in and go out.
            contact_lens: whether conversations may be analyzed.
        """
        super().__init__(scope, id_)
        self.resource = connect.CfnInstance(
            self,
            "Resource",
            identity_management_type="SAML",
            instance_alias=alias,
            attributes=connect.CfnInstance.AttributesProperty(
                inbound_calls=inbound_calls, outbound_calls=outbound_calls, contact_lens=contact_lens
            ),
        )
        self.resource.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self.alias = alias
        self.arn = self.resource.attr_arn
        self.instance_id = self.resource.attr_id


def instance_id_of(arn: str) -> str:
    """Return the id inside an instance's ARN, also where the ARN is known at deploy time only.

    Args:
        arn: ``arn:{partition}:connect:{region}:{account}:instance/{id}``.
    """
    return Fn.select(1, Fn.split("/", arn))

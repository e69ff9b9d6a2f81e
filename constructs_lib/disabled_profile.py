"""The security profile that a disabled user gets: one without any permission.

Connect cannot suspend a user; a user needs at least one security profile; so a disabled user holds this
one and nothing else, and keeps id and history.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnTag, RemovalPolicy
from aws_cdk import aws_connect as connect
from constructs import Construct


class DisabledProfile(Construct):
    """The profile.

    Attributes:
        name: its name in the instance.
    """

    def __init__(
        self, scope: Construct, id_: str, *, instance_arn: str, name: str, tags: Mapping[str, str] | None = None
    ) -> None:
        """Declare the profile.

        It is kept on deletion: Connect does not delete a profile that a user holds.

        Args:
            instance_arn: where it is.
            name: create-only, at most 127 of letters, digits, spaces and ``_@-``.
            tags: say whose it is.
        """
        super().__init__(scope, id_)
        resource = connect.CfnSecurityProfile(
            self,
            "Resource",
            instance_arn=instance_arn,
            security_profile_name=name,
            description="Holds no permission: for users who left",
            permissions=[],
            tags=[CfnTag(key=key, value=value) for key, value in (tags or {}).items()],
        )
        resource.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self.name = name

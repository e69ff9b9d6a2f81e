"""Break-glass: a role for a few named principals who must get into an instance when sign-on is down.

It opens the instance with the administrator that Connect keeps for emergencies, so it is a role of its
own, with MFA, for an hour, and each use is told. The sign-on role never has this permission.
https://docs.aws.amazon.com/connect/latest/adminguide/emergency-admin-login.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.grants import Grant, document, managed_policy

_SESSION_SECONDS = 3600  # the shortest that IAM allows a role


class EmergencyAccess(Construct):
    """The role.

    Attributes:
        role_arn: to be assumed with MFA.
    """

    def __init__(
        self, scope: Construct, id_: str, *, instance_arn: str, principals: Sequence[str], topic_arn: str
    ) -> None:
        """Declare the role.

        Args:
            instance_arn: the instance that it opens, and the only one.
            principals: ARNs of the roles and users that may assume it.
            topic_arn: who is told of each use; lets EventBridge publish.
        """
        super().__init__(scope, id_)
        role = iam.CfnRole(
            self,
            "Role",
            description="Emergency administrator of one Amazon Connect instance, with MFA",
            assume_role_policy_document=document(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": list(principals)},
                    "Action": "sts:AssumeRole",
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                }
            ),
            max_session_duration=_SESSION_SECONDS,
        )
        self.role_arn = role.attr_arn
        lists = "they read lists and know no resource (service authorization reference)"
        actions = ["connect:AdminGetEmergencyAccessToken", "connect:DescribeInstance"]
        managed_policy(
            self,
            "Open",
            role_name=role.ref,
            grants=[
                Grant("OpenThisInstance", actions, [instance_arn]),
                # What AdminGetEmergencyAccessToken depends on:
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonconnect.html
                Grant("FindIt", ["connect:ListInstances", "ds:DescribeDirectories"], ["*"], None, lists),
            ],
        )
        # STS records where it was asked, which need not be here; Connect records here, whoever opens an instance.
        assumed = {"eventName": ["AssumeRole"], "requestParameters": {"roleArn": [self.role_arn]}}
        self._tell("Assumed", "aws.sts", assumed, topic_arn)
        self._tell("Opened", "aws.connect", {"eventName": [actions[0].partition(":")[2]]}, topic_arn)

    def _tell(self, id_: str, source: str, detail: Mapping[str, Any], topic_arn: str) -> None:
        """Tell the topic of a call that CloudTrail records; a trail with management events must be in the account."""
        asked = {"what": "$.detail.eventName", "when": "$.detail.eventTime", "who": "$.detail.userIdentity.arn"}
        text = (
            "Emergency access to Amazon Connect: <what> at <when> by <who>. If nobody on call did this, revoke the "
            "sessions of the emergency role (IAM, Roles, Revoke sessions)."
        )
        target = events.CfnRule.TargetProperty(
            id="Topic",
            arn=topic_arn,
            input_transformer=events.CfnRule.InputTransformerProperty(
                input_paths_map=asked, input_template=f'"{text}"'
            ),
        )
        events.CfnRule(
            self,
            id_,
            description="Tells of each use of emergency access",
            event_pattern={"source": [source], "detail-type": ["AWS API Call via CloudTrail"], "detail": detail},
            targets=[target],
        )

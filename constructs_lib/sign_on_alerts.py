"""Who is told about a sign-on: an encrypted topic with a key of its own, so that it waits for no other stack.

CloudWatch's alarms and EventBridge's rules can only use a topic whose key lets them, which AWS's own key for
SNS does not. https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from constructs_lib.grants import document

_SENDERS = {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]}


class SignOnAlerts(Construct):
    """The topic and its key.

    Attributes:
        topic_arn: of the topic.
        key_arn: of the key, for log groups named like `log_groups`, too.
    """

    def __init__(self, scope: Construct, id_: str, *, log_groups: str, email: str | None = None) -> None:
        """Declare them.

        Args:
            log_groups: names of the log groups that may use the key, with ``*``, such as ``acme-sign-on-*``.
            email: who is told, and is asked by AWS to confirm; None leaves the topic to whoever subscribes.
        """
        super().__init__(scope, id_)
        key = kms.CfnKey(
            self,
            "Key",
            description="Alerts and logs about sign-on",
            enable_key_rotation=True,
            key_policy=document(*self._key_policy(log_groups)),
        )
        key.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self.key_arn = key.attr_arn
        topic = sns.CfnTopic(self, "Topic", kms_master_key_id=key.attr_arn)
        self.topic_arn = topic.ref
        sns.CfnTopicPolicy(
            self, "TopicPolicy", topics=[topic.ref], policy_document=document(*self._topic_policy(topic.ref))
        )
        if email:
            sns.CfnSubscription(self, "Email", topic_arn=topic.ref, protocol="email", endpoint=email)

    def _key_policy(self, log_groups: str) -> list[dict[str, Any]]:
        stack = Stack.of(self)
        account = {"AWS": f"arn:{stack.partition}:iam::{stack.account}:root"}
        group = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{log_groups}"
        uses = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        return [
            {"Sid": "Administer", "Effect": "Allow", "Principal": account, "Action": "kms:*", "Resource": "*"},
            {
                "Sid": "EncryptAlerts",
                "Effect": "Allow",
                "Principal": _SENDERS,
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
            },
            {
                # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
                "Sid": "EncryptLogs",
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{stack.region}.amazonaws.com"},
                "Action": uses,
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": group}},
            },
        ]

    def _topic_policy(self, topic_arn: str) -> list[dict[str, Any]]:
        # No condition: EventBridge does not send to a topic whose policy has one for it. Messages go to whoever
        # subscribed, and tell them to look; nothing acts on them.
        publish = {"Action": "sns:Publish", "Resource": topic_arn}
        insecure = {"Bool": {"aws:SecureTransport": "false"}}
        return [
            {"Sid": "PublishAlerts", "Effect": "Allow", "Principal": _SENDERS, **publish},
            {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", **publish, "Condition": insecure},
        ]

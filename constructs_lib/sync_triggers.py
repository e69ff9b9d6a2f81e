"""What starts a run without a deployment: an export that is dropped, and the day's comparison.

Neither passes anything on but which way in it is: a run takes the newest export itself, and rules, limits
and privileges come from the deployment alone.
"""

from __future__ import annotations

import json

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.grants import Grant, managed_policy

DROPS = "drop/"  # prefix in the export bucket that starts a run
UPLOADS = "upload/"  # prefix that starts nothing: a deployment pins a version from there


class SyncTriggers(Construct):
    """Two rules and their role."""

    def __init__(self, scope: Construct, id_: str, *, machine_arn: str, export_bucket_name: str) -> None:
        """Declare them.

        Args:
            machine_arn: the state machine that they start.
            export_bucket_name: sends its events to EventBridge.
        """
        super().__init__(scope, id_)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
        start = Grant("StartRuns", ["states:StartExecution"], [machine_arn])
        policy = managed_policy(self, "Start", role_name=role.role_name, grants=[start])
        pattern = {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [export_bucket_name]}, "object": {"key": [{"prefix": DROPS}]}},
        }

        def target(way_in: str) -> events.CfnRule.TargetProperty:
            given = json.dumps({"way_in": way_in})
            return events.CfnRule.TargetProperty(id="Run", arn=machine_arn, role_arn=role.role_arn, input=given)

        rules = (
            events.CfnRule(
                self,
                "Dropped",
                description="An export that is dropped is applied",
                event_pattern=pattern,
                targets=[target("drop")],
            ),
            events.CfnRule(
                self,
                "Daily",
                description="Users are compared with the newest export; nothing is written",
                schedule_expression="rate(1 day)",
                targets=[target("schedule")],
            ),
        )
        for rule in rules:
            rule.node.add_dependency(policy)

"""CloudFormation as a script of answers: each call must come in its turn, with what the service's model allows."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from connect_sso.deliver.formation import Formation
from tests.unit.user_sync.clock import FakeClock

ARN = "arn:aws:cloudformation:us-west-2:111122223333:changeSet/deliver-1/6f0e1c2a"
STACK = "acmeservice-users"
STACK_ID = "arn:aws:cloudformation:us-west-2:111122223333:stack/acmeservice-users/1"


class Script:
    """A Formation, what it said, and the answers that it gets."""

    def __init__(self) -> None:
        client: Any = boto3.client(
            "cloudformation", region_name="us-west-2", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.stub = Stubber(client)
        self.stub.activate()
        self.said: list[str] = []
        self.clock = FakeClock()
        self.formation = Formation("us-west-2", clock=self.clock, say=self.said.append, client=client)

    def answers(self, operation: str, **answer: Any) -> Script:
        self.stub.add_response(operation, answer)
        return self

    def refuses(self, operation: str, code: str, message: str = "") -> Script:
        self.stub.add_client_error(operation, code, message)
        return self

    def describes(self, **changes: Any) -> Script:
        """Answer DescribeChangeSet."""
        found = {
            "ChangeSetId": ARN,
            "StackName": STACK,
            "Status": "CREATE_COMPLETE",
            "ExecutionStatus": "AVAILABLE",
            "Parameters": [],
            "Tags": [],
            "Changes": [],
            **changes,
        }
        return self.answers("describe_change_set", **found)

    def stack(self, status: str, **more: Any) -> Script:
        """Answer DescribeStacks."""
        one = {"StackName": STACK, "StackStatus": status, "CreationTime": 0, **more}
        return self.answers("describe_stacks", Stacks=[one])

    def no_stack(self) -> Script:
        """Answer DescribeStacks for a stack that was never there."""
        return self.refuses("describe_stacks", "ValidationError", f"Stack with id {STACK} does not exist")

    def events(self, *events: tuple[str, str, str, str]) -> Script:
        """Answer DescribeStackEvents: (logical id, type, status, reason), the newest first."""
        shown = [
            {
                "StackId": STACK_ID,
                "EventId": str(number),
                "StackName": STACK,
                "Timestamp": 0,
                "LogicalResourceId": id_,
                "ResourceType": type_,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            }
            for number, (id_, type_, status, reason) in enumerate(events)
        ]
        return self.answers("describe_stack_events", StackEvents=shown)

    def done(self) -> None:
        self.stub.assert_no_pending_responses()

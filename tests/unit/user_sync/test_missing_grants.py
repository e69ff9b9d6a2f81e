"""A refusal by IAM names the action that is missing, which need not be the operation's own."""

from __future__ import annotations

import pytest

from user_sync.engine import remedy
from user_sync.errors import ServiceRefused

WHO = "User: arn:aws:sts::111122223333:assumed-role/sync/sync is not authorized to perform"
WHERE = "on resource: arn:aws:connect:us-west-2:111122223333:instance/1/agent/*"


@pytest.mark.parametrize(
    ("operation", "message", "action"),
    [
        ("SearchUsers", f"{WHO}: connect:DescribeUser {WHERE}", "connect:DescribeUser"),
        ("CreateUser", f"{WHO}: connect:CreateUser {WHERE}", "connect:CreateUser"),
        ("CreateUser", "Access denied", "connect:CreateUser"),
        ("CreateUser", "", "connect:CreateUser"),
    ],
)
def test_the_missing_action_is_the_one_that_iam_names(operation: str, message: str, action: str) -> None:
    refused = ServiceRefused("AccessDeniedException", message, operation=operation)
    assert refused.missing_action == action
    assert remedy(refused).startswith(f"{action} is not granted to the credentials in use")

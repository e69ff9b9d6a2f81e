"""The door to what is deployed: what it makes of each answer of CloudFormation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from connect_sso.review import deployed_stacks
from connect_sso.review.deployed_stacks import NotReadableError, read_deployed
from contact_center.review.stacks import Side
from tests.unit.contact_center.review_sides import config

ACCOUNT = "111122223333"


def refused(code: str, operation: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Aws:
    """Both services, with answers for one stack."""

    def __init__(self, **answers: Any) -> None:
        self.stack = {"StackStatus": "UPDATE_COMPLETE", "EnableTerminationProtection": True, **answers.pop("stack", {})}
        self.template: Any = answers.pop("template", {"Resources": {}})
        self.errors: dict[str, Exception] = answers

    def get_caller_identity(self) -> dict[str, Any]:
        self._raise("identity")
        return {"Account": ACCOUNT}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - the API's own name
        self._raise("describe")
        return {"Stacks": [{"StackName": StackName, **self.stack}]}

    def get_template(self, **_: Any) -> dict[str, Any]:
        self._raise("get")
        return {"TemplateBody": self.template}

    def _raise(self, name: str) -> None:
        if name in self.errors:
            raise self.errors[name]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Side]:
    def read_one(*, account: str | None = None, **answers: Any) -> Side:
        aws = Aws(**answers)
        monkeypatch.setattr(deployed_stacks, "_client", lambda _service, _region: aws)
        settings = {"account": account} if account else {}
        return read_deployed(config(**settings), ["acmeservice-users"])[0]

    return read_one


def test_a_stack(read: Callable[..., Side]) -> None:
    tags, outputs = [{"Key": "Team", "Value": "a"}], [{"OutputKey": "InstanceArn", "OutputValue": "arn"}]
    side = read(stack={"Tags": tags, "Outputs": outputs}, account=ACCOUNT)
    stack = side.stacks["acmeservice-users"]
    assert side.origin == f"what is deployed in account {ACCOUNT}, us-west-2"
    assert (stack.protected, stack.tags, stack.values) == (True, {"Team": "a"}, {"InstanceArn": "arn"})


def test_a_template_that_comes_as_text(read: Callable[..., Side]) -> None:
    side = read(template=json.dumps({"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}))
    assert [one.type for one in side.resources.values()] == ["AWS::SNS::Topic"]


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "CREATE_FAILED"])
def test_a_stack_that_holds_nothing_is_not_there(read: Callable[..., Side], status: str) -> None:
    assert read(stack={"StackStatus": status}).stacks == {}


def test_a_stack_that_does_not_exist(read: Callable[..., Side]) -> None:
    gone = refused("ValidationError", "DescribeStacks", "Stack with id acmeservice-users does not exist")
    assert read(describe=gone).stacks == {}


@pytest.mark.parametrize(
    ("answers", "code", "text"),
    [
        ({"identity": NoCredentialsError()}, "not_readable", "Unable to locate credentials"),
        ({"identity": refused("ExpiredToken", "GetCallerIdentity")}, "not_readable", "ExpiredToken"),
        ({"describe": refused("AccessDenied", "DescribeStacks")}, "grant_missing", "cloudformation:DescribeStacks"),
        ({"get": refused("AccessDeniedException", "GetTemplate")}, "grant_missing", "cloudformation:GetTemplate"),
        ({"describe": refused("Throttling", "DescribeStacks")}, "not_readable", "Throttling"),
        ({"stack": {"StackStatus": "UPDATE_IN_PROGRESS"}}, "stack_busy", "wait until it is done"),
        ({"template": "AWSTemplateFormatVersion: 2010-09-09"}, "template_unreadable", "another tool deployed it"),
        ({"account": "999988887777"}, "wrong_account", "the config says account: 999988887777"),
    ],
)
def test_what_cannot_be_read(read: Callable[..., Side], answers: dict[str, Any], code: str, text: str) -> None:
    with pytest.raises(NotReadableError, match=text) as error:
        read(**answers)
    assert error.value.code == code

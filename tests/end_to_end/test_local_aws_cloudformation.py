"""The CloudFormation types that the add-on brings: retention, replacement, refusal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.server import LocalAws, Options
from tests.end_to_end.direct import Stack, client, instance

pytestmark = pytest.mark.local_aws


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), options=Options(throttle=None)) as running:
        yield running


def aliases(aws: LocalAws) -> list[str]:
    return [i["InstanceAlias"] for i in client(aws, "connect").list_instances()["InstanceSummaryList"]]


def test_an_instance_is_kept_when_its_alias_changes_and_when_its_stack_goes(aws: LocalAws) -> None:
    stack = Stack(aws, "kept")
    arn = {"Id": {"Fn::GetAtt": ["I", "Id"]}, "Ref": {"Ref": "I"}}
    assert stack.put({"I": instance("kept-one")}, arn) == "CREATE_COMPLETE"
    first = stack.outputs()
    assert first["Ref"].endswith(f":instance/{first['Id']}")
    described = client(aws, "connect").describe_instance(InstanceId=first["Id"])["Instance"]
    assert described["Tags"]["team"] == "x"
    changed = {"InboundCalls": False, "OutboundCalls": True}
    assert stack.put({"I": instance("kept-one", Attributes=changed)}, arn) == "UPDATE_COMPLETE"
    assert stack.outputs() == first
    assert stack.put({"I": instance("kept-two")}, arn) == "UPDATE_COMPLETE"
    assert stack.outputs()["Id"] != first["Id"]
    stack.api.delete_stack(StackName=stack.name)
    time.sleep(0.5)
    assert {"kept-one", "kept-two"} <= set(aliases(aws))


def test_a_first_deployment_that_fails_leaves_nothing_and_can_be_repeated(aws: LocalAws) -> None:
    profile: dict[str, Any] = {
        "Type": "AWS::Connect::SecurityProfile",
        "Properties": {"InstanceArn": {"Ref": "I"}, "SecurityProfileName": "Agent"},
    }
    stack = Stack(aws, "failing")
    assert stack.put({"I": instance("again"), "P": profile}) == "ROLLBACK_COMPLETE"
    assert "Security profile already exists: Agent" in stack.reasons()
    assert "again" not in aliases(aws)
    second = Stack(aws, "failing-second")
    profile["Properties"] = {**profile["Properties"], "SecurityProfileName": "acme-disabled"}
    assert second.put({"I": instance("again"), "P": profile}) == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (instance("d-x"), "not an alias"),
        (instance("managed", IdentityManagementType="CONNECT_MANAGED"), "SAML only"),
        (instance("more", Attributes={"InboundCalls": True}), "needs InboundCalls and OutboundCalls"),
        (instance("directory", DirectoryId="d-0123456789"), "does not emulate AWS::Connect::Instance.DirectoryId"),
        (
            {"Type": "AWS::IAM::SAMLProvider", "Properties": {"Name": "short", "SamlMetadataDocument": "<x/>"}},
            "1000 to 10000000 characters",
        ),
        (
            {"Type": "AWS::IAM::SAMLProvider", "Properties": {"AddPrivateKey": "key"}},
            "does not emulate AWS::IAM::SAMLProvider.AddPrivateKey",
        ),
    ],
)
def test_a_resource_that_the_service_would_refuse_fails(
    aws: LocalAws, resource: dict[str, Any], reason: str, request: pytest.FixtureRequest
) -> None:
    stack = Stack(aws, re.sub(r"\W", "-", request.node.callspec.id)[-40:].strip("-"))
    assert stack.put({"R": resource}) == "ROLLBACK_COMPLETE"
    assert reason in stack.reasons()

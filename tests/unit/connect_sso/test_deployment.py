"""The door to IAM, Connect and CloudTrail: what each answer and each refusal becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.stub import Stubber

from connect_sso import deployment
from connect_sso.deployment import Deployment, NotSignedInError
from contact_center.deployed import Absent, Instance, Policy, Role, SamlProvider, Unread
from user_sync.connect import InstanceArn

ACCOUNT = "111122223333"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/acmeservice-salesforce"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/acmeservice-SAMLRole"
INSTANCE = InstanceArn.parse(f"arn:aws:connect:us-west-2:{ACCOUNT}:instance/12345678-1234-1234-1234-1234567890ab")
WHO = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/casey.krug@acme.example"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
TRUST = {"Version": "2012-10-17", "Statement": []}


class Stubs:
    """Real clients without a network, by service and Region."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], Any] = {}
        self.stubbers: dict[tuple[str, str], Stubber] = {}

    def client(self, service: str, *, region_name: str, **_: Any) -> Any:
        return self.of(service, region_name) and self.made[service, region_name]

    def of(self, service: str, region: str = "us-west-2") -> Stubber:
        key = service, region
        if key not in self.made:
            keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "x"}
            self.made[key] = boto3.session.Session().client(service, region_name=region, **keys)  # type: ignore[call-overload]
            self.stubbers[key] = Stubber(self.made[key])
            self.stubbers[key].activate()
        return self.stubbers[key]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    stubs = Stubs()
    monkeypatch.setattr(deployment.boto3, "client", stubs.client)
    yield stubs
    for stubber in stubs.stubbers.values():
        stubber.assert_no_pending_responses()


@pytest.fixture
def door() -> Deployment:
    return Deployment("us-west-2")


def test_a_provider(aws: Stubs, door: Deployment) -> None:
    answer = {"SAMLMetadataDocument": "<x/>" + " " * 1000, "AssertionEncryptionMode": "Required"}
    aws.of("iam").add_response("get_saml_provider", answer, {"SAMLProviderArn": PROVIDER})
    assert door.provider(PROVIDER) == SamlProvider(PROVIDER, answer["SAMLMetadataDocument"], True)
    aws.of("iam").add_client_error("get_saml_provider", "NoSuchEntity", http_status_code=404)
    assert door.provider(PROVIDER) == Absent()


def test_a_role_with_and_without_a_boundary(aws: Stubs, door: Deployment) -> None:
    role = {
        "Path": "/",
        "RoleName": "acmeservice-SAMLRole",
        "RoleId": "AROA" + "X" * 16,
        "Arn": ROLE,
        "CreateDate": NOW,
        "AssumeRolePolicyDocument": "%7B%22Version%22%3A%20%222012-10-17%22%2C%20%22Statement%22%3A%20%5B%5D%7D",
    }
    # What comes in is decoded in place.
    aws.of("iam").add_response("get_role", {"Role": dict(role)}, {"RoleName": "acmeservice-SAMLRole"})
    found = door.role("acmeservice-SAMLRole", ROLE)
    assert found == Role(ROLE, 3600, TRUST, None)
    boundary = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": f"{ROLE}/b"}
    bound = {**role, "MaxSessionDuration": 43200, "PermissionsBoundary": boundary}
    aws.of("iam").add_response("get_role", {"Role": bound})
    found = door.role("acmeservice-SAMLRole", ROLE)
    assert isinstance(found, Role)
    assert (found.longest_session_seconds, found.boundary_arn) == (43200, f"{ROLE}/b")


def test_all_policies_of_all_pages(aws: Stubs, door: Deployment) -> None:
    iam, arn = aws.of("iam"), f"arn:aws:iam::{ACCOUNT}:policy/sign-in"
    iam.add_response("list_role_policies", {"PolicyNames": ["a"], "IsTruncated": True, "Marker": "m"})
    iam.add_response("list_role_policies", {"PolicyNames": ["b"], "IsTruncated": False})
    attached = [{"PolicyName": "sign-in", "PolicyArn": arn}]
    iam.add_response("list_attached_role_policies", {"AttachedPolicies": attached, "IsTruncated": False})
    for name in "ab":
        iam.add_response("get_role_policy", {"RoleName": "r", "PolicyName": name, "PolicyDocument": json.dumps(TRUST)})
    iam.add_response("get_policy", {"Policy": {"DefaultVersionId": "v3"}}, {"PolicyArn": arn})
    version = {"PolicyVersion": {"Document": json.dumps(TRUST)}}
    iam.add_response("get_policy_version", version, {"PolicyArn": arn, "VersionId": "v3"})
    found = door.policies("r")
    assert isinstance(found, tuple)
    assert [(policy.name, policy.kind) for policy in found] == [
        ("a", "inline"),
        ("b", "inline"),
        ("sign-in", "attached"),
    ]


def test_a_boundary(aws: Stubs, door: Deployment) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/b"
    aws.of("iam").add_response("get_policy", {"Policy": {"DefaultVersionId": "v1"}})
    aws.of("iam").add_response("get_policy_version", {"PolicyVersion": {"Document": json.dumps(TRUST)}})
    assert door.boundary(arn) == Policy("b", "boundary", TRUST)


def test_an_instance(aws: Stubs, door: Deployment) -> None:
    answer = {"InstanceAlias": "acme", "IdentityManagementType": "SAML", "InstanceStatus": "ACTIVE"}
    aws.of("connect").add_response("describe_instance", {"Instance": answer}, {"InstanceId": INSTANCE.instance_id})
    assert door.instance(INSTANCE) == Instance(INSTANCE.text, "acme", "SAML", "ACTIVE")
    aws.of("connect").add_client_error("describe_instance", "ResourceNotFoundException", http_status_code=404)
    assert door.instance(INSTANCE) == Absent()


def test_a_refusal_names_the_grant_and_not_who_asked(aws: Stubs, door: Deployment) -> None:
    message = (
        f"User: {WHO} is not authorized to perform: ds:DescribeDirectories on resource: * because no identity-based "
        "policy allows the ds:DescribeDirectories action"
    )
    aws.of("connect").add_client_error("describe_instance", "AccessDeniedException", message, 403)
    found = door.instance(INSTANCE)
    assert isinstance(found, Unread)
    assert found.why == "there is no grant for ds:DescribeDirectories"
    assert found.fix.startswith("grant ds:DescribeDirectories on *; connect-sso doctor --policy")
    aws.of("iam").add_client_error("get_role", "AccessDenied", f"{WHO} with an explicit deny", 403)
    denied = door.role("acmeservice-SAMLRole", ROLE)
    assert denied == Unread(
        "an explicit deny stands against iam:GetRole",
        f"grant iam:GetRole on {ROLE}; connect-sso doctor --policy prints all that is needed",
    )


def test_another_refusal_is_left_out_too(aws: Stubs, door: Deployment) -> None:
    aws.of("iam").add_client_error("get_role", "ServiceFailure", "secret words", 400)
    found = door.role("acmeservice-SAMLRole", ROLE)
    assert found == Unread("iam:GetRole: ServiceFailure", "try again; the check was not made")


@pytest.mark.parametrize(
    "code", ["ExpiredToken", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"]
)
def test_credentials_that_do_not_count_end_it(aws: Stubs, door: Deployment, code: str) -> None:
    aws.of("sts").add_client_error("get_caller_identity", code, http_status_code=403)
    with pytest.raises(NotSignedInError, match=rf"\({code}\).*aws sso login"):
        door.account()


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="x"), ReadTimeoutError(endpoint_url="x")])
def test_no_answer_is_left_out(door: Deployment, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(deployment.boto3, "client", fail)
    found = door.provider(PROVIDER)
    assert isinstance(found, Unread)
    assert found.why == "iam:GetSAMLProvider: no answer from AWS"


def test_no_credentials_at_all(door: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(deployment.boto3, "client", fail)
    with pytest.raises(NotSignedInError, match="Unable to locate credentials; sign in to AWS"):
        door.account()


def event(name: str, minute: int, **change: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 24, 12, minute, tzinfo=UTC)
    record = {
        "eventName": name,
        "eventSource": "sts.amazonaws.com",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "requestParameters": {"roleSessionName": "kim", "roleArn": ROLE},
        **change,
    }
    return {"EventTime": at, "CloudTrailEvent": json.dumps(record)}


def asked(name: str, token: str | None = None) -> dict[str, Any]:
    attributes = [{"AttributeKey": "EventName", "AttributeValue": name}]
    return {"LookupAttributes": attributes, "MaxResults": 50, **({"NextToken": token} if token else {})}


def lookups(stubber: Stubber, first: list[tuple[list[dict[str, Any]], str | None]]) -> None:
    """Answer for the first kind of event with these pages, for the others with nothing."""
    token: str | None = None
    for events, following in first:
        answer = {"Events": events, **({"NextToken": following} if following else {})}
        stubber.add_response("lookup_events", answer, asked("AssumeRoleWithSAML", token))
        token = following
    for name in ("ConsoleLogin", "GetFederationToken"):
        stubber.add_response("lookup_events", {"Events": []}, asked(name))


def test_sign_ins_of_both_regions_and_all_pages(aws: Stubs, door: Deployment) -> None:
    waits: list[float] = []
    lookups(aws.of("cloudtrail"), [([event("AssumeRoleWithSAML", 5)], "t"), ([event("AssumeRoleWithSAML", 1)], None)])
    lookups(aws.of("cloudtrail", "us-east-1"), [([event("AssumeRoleWithSAML", 9, errorCode="AccessDenied")], None)])
    found = door.sign_ins(("us-west-2", "us-east-1", "us-west-2"), waits.append)
    assert isinstance(found, tuple)
    events, since = found
    assert [(one.at.minute, one.refused) for one in events] == [(5, False), (1, False), (9, True)]
    assert since is None
    assert waits == [0.5]


def test_a_busy_account_is_read_four_pages_back_and_that_is_said(aws: Stubs, door: Deployment) -> None:
    pages = [([event("AssumeRoleWithSAML", 50 - number)], f"t{number}") for number in range(4)]
    lookups(aws.of("cloudtrail"), pages)
    found = door.sign_ins(("us-west-2",), lambda _: None)
    assert isinstance(found, tuple)
    assert found[1] == datetime(2026, 11, 24, 12, 47, tzinfo=UTC)


def test_cloudtrail_that_may_not_be_asked(aws: Stubs, door: Deployment) -> None:
    aws.of("cloudtrail").add_client_error("lookup_events", "AccessDeniedException", "no", 400)
    found = door.sign_ins(("us-west-2",))
    assert isinstance(found, Unread)
    assert "cloudtrail:LookupEvents" in found.why

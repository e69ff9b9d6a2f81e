"""The one door to what is deployed of a sign-on: IAM, Amazon Connect's instance, CloudTrail. Reads, never writes.

What does not exist and what may not be read are answers here, not errors; only who is not signed in to AWS at
all gets none. Must not judge.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from contact_center.deployed import Absent, Instance, Policy, Role, SamlProvider, Unread
from contact_center.refused_sign_ins import EVENT_NAMES, SignInEvent, read_event
from user_sync.connect import InstanceArn
from user_sync.errors import SyncError

Found = TypeVar("Found")
# One page is 50 events; LookupEvents allows two requests a second, account and Region.
_EVENT_PAGES = 4
_EVENT_PAUSE_SECONDS = 0.5
_ABSENT = {"NoSuchEntity", "NoSuchEntityException", "ResourceNotFoundException"}
_NOT_SIGNED_IN = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = re.compile(r"not authorized to perform:? (?P<action>[\w-]+:\w+)(?: on resource:? (?P<resource>\S+))?")


class NotSignedInError(SyncError):
    """AWS does not know who asks: no credentials, or none that count any more."""


class Deployment:
    """What AWS holds in one account and Region.

    Args:
        region: of the instance.
    """

    def __init__(self, region: str) -> None:
        self.region = region
        self._config = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 4})
        self._clients: dict[tuple[str, str], Any] = {}

    def _client(self, service: str, region: str = "") -> Any:
        key = service, region or self.region
        if key not in self._clients:
            make: Any = boto3.client
            self._clients[key] = make(service, region_name=key[1], config=self._config)
        return self._clients[key]

    def account(self) -> str | Unread:
        """Return the account of the credentials.

        Raises:
            NotSignedInError: there are none that count.
        """
        answer = self._ask("sts:GetCallerIdentity", lambda: self._client("sts").get_caller_identity()["Account"])
        return answer if not isinstance(answer, Absent) else Unread("STS does not say which account this is", "")

    def provider(self, arn: str) -> SamlProvider | Absent | Unread:
        """Return a SAML provider of IAM."""

        def read() -> SamlProvider:
            found = self._client("iam").get_saml_provider(SAMLProviderArn=arn)
            return SamlProvider(arn, found["SAMLMetadataDocument"], found.get("AssertionEncryptionMode") == "Required")

        return self._ask("iam:GetSAMLProvider", read, arn)

    def role(self, name: str, arn: str) -> Role | Absent | Unread:
        """Return a role of IAM.

        Args:
            name: without its path.
            arn: for the message, should it not be readable.
        """

        def read() -> Role:
            found = self._client("iam").get_role(RoleName=name)["Role"]
            return Role(
                arn=found["Arn"],
                longest_session_seconds=int(found.get("MaxSessionDuration") or 3600),
                trust=found["AssumeRolePolicyDocument"],
                boundary_arn=(found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
            )

        return self._ask("iam:GetRole", read, arn)

    def policies(self, role: str) -> tuple[Policy, ...] | Absent | Unread:
        """Return a role's permission policies, inline ones first; all of them, or why not.

        Args:
            role: its name, without its path.
        """

        def read() -> tuple[Policy, ...]:
            iam = self._client("iam")
            inline = _items(iam, "list_role_policies", "PolicyNames", RoleName=role)
            attached = _items(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=role)
            return (
                *(
                    Policy(name, "inline", iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
                    for name in inline
                ),
                *(Policy(one["PolicyName"], "attached", _document(iam, one["PolicyArn"])) for one in attached),
            )

        return self._ask("iam:ListRolePolicies", read, role)

    def boundary(self, arn: str) -> Policy | Absent | Unread:
        """Return a permissions boundary."""
        name = arn.rpartition("/")[2]
        return self._ask("iam:GetPolicy", lambda: Policy(name, "boundary", _document(self._client("iam"), arn)), arn)

    def instance(self, arn: InstanceArn) -> Instance | Absent | Unread:
        """Return an Amazon Connect instance."""

        def read() -> Instance:
            found = self._client("connect").describe_instance(InstanceId=arn.instance_id)["Instance"]
            return Instance(
                arn.text, found.get("InstanceAlias", ""), found["IdentityManagementType"], found["InstanceStatus"]
            )

        return self._ask("connect:DescribeInstance", read, arn.text)

    def sign_ins(
        self, regions: Sequence[str], sleep: Callable[[float], None] = time.sleep
    ) -> tuple[tuple[SignInEvent, ...], datetime | None] | Unread:
        """Return the newest steps of sign-ins that CloudTrail has, and since when they are all there.

        Args:
            regions: whose event history is read: a sign-in is where the sign-in address is.
            sleep: waits between two pages.

        Returns:
            The events; the moment is None where nothing older exists.
        """

        def read() -> tuple[tuple[SignInEvent, ...], datetime | None]:
            events: list[SignInEvent] = []
            since: list[datetime] = []
            for region in dict.fromkeys(regions):
                for name in EVENT_NAMES:
                    found, cut = self._events(region, name, sleep)
                    events += found
                    since += [cut] if cut else []
            return tuple(events), max(since, default=None)

        answer = self._ask("cloudtrail:LookupEvents", read, "*")
        return answer if not isinstance(answer, Absent) else ((), None)

    def _events(
        self, region: str, name: str, sleep: Callable[[float], None]
    ) -> tuple[list[SignInEvent], datetime | None]:
        client = self._client("cloudtrail", region)
        asked: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
            "MaxResults": 50,
        }
        events: list[SignInEvent] = []
        oldest: datetime | None = None
        for page in range(_EVENT_PAGES):
            if page:
                sleep(_EVENT_PAUSE_SECONDS)
            answer = client.lookup_events(**asked)
            for one in answer.get("Events", ()):
                oldest = one.get("EventTime", oldest)
                event = read_event(one.get("CloudTrailEvent", ""))
                events += [event] if event else []
            if not answer.get("NextToken"):
                return events, None
            asked["NextToken"] = answer["NextToken"]
        return events, oldest

    def _ask(self, action: str, read: Callable[[], Found], resource: str = "") -> Found | Absent | Unread:
        try:
            return read()
        except (ClientError, BotoCoreError) as error:
            return answer_of(error, action, resource)


def answer_of(error: ClientError | BotoCoreError, action: str, resource: str = "") -> Absent | Unread:
    """Return what a refusal by AWS means for a check.

    Args:
        action: that was asked for; the refusal may name another one, that it depends on.
        resource: on which.

    Raises:
        NotSignedInError: no other question would be answered either.
    """
    sign_in = "sign in to AWS (AWS_PROFILE, or aws sso login), then try again"
    if not isinstance(error, ClientError):
        if isinstance(error, NoConnectionError | HTTPClientError):
            return Unread(f"{action}: no answer from AWS", "check the network, the endpoint and the Region")
        raise NotSignedInError("not_signed_in", f"{_first_line(error)}; {sign_in}") from error
    code = error.response.get("Error", {}).get("Code", "Unknown")
    message = str(error.response.get("Error", {}).get("Message") or error.response.get("Message") or "")
    if code in _ABSENT:
        return Absent()
    if code in _NOT_SIGNED_IN:
        raise NotSignedInError("not_signed_in", f"AWS does not take these credentials ({code}); {sign_in}") from error
    if "AccessDenied" in code or code in ("UnauthorizedOperation", "AuthorizationError"):
        return missing_grant(message, action, resource)
    return Unread(f"{action}: {code}", "try again; the check was not made")


def missing_grant(message: str, action: str, resource: str = "") -> Unread:
    """Return which grant is missing.

    Args:
        message: of the refusal; says who asked too, which is not repeated.
        action, resource: for where it does not name them.
    """
    said = _DENIED.search(message)
    action = said["action"] if said else action
    resource = (said["resource"] if said and said["resource"] else resource) or "*"
    why = "an explicit deny stands against" if "explicit deny" in message else "there is no grant for"
    return Unread(
        f"{why} {action}", f"grant {action} on {resource}; connect-sso doctor --policy prints all that is needed"
    )


def _document(iam: Any, arn: str) -> dict[str, Any]:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: dict[str, Any] = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return document


def _items(iam: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    return [item for page in iam.get_paginator(operation).paginate(**parameters) for item in page[key]]


def _first_line(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0].rstrip(".")

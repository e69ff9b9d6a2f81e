"""Sign-in as AWS does it: a signed response to STS, the session's credentials to Connect, and who answers.

The proof of the demo and of the tests, made from outside: through the API, with nothing but the response.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.identity_provider import Claims, IdentityProvider, tampered

_ONCE = Config(retries={"total_max_attempts": 1})
_make_client: Any = boto3.client


@dataclass(frozen=True, slots=True)
class Door:
    """Where people sign in.

    Attributes:
        url: of the local AWS.
        account: whose instance it is.
        role, provider: ARNs.
    """

    url: str
    region: str
    account: str
    instance_id: str
    role: str
    provider: str

    def client(self, service: str, keys: dict[str, str] | None = None) -> Any:
        """Return a client with a session's keys; without them, unsigned as a browser's post is."""
        if keys is None:
            config = _ONCE.merge(Config(signature_version=UNSIGNED))
            return _make_client(service, endpoint_url=self.url, region_name=self.region, config=config)
        return _make_client(
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=_ONCE,
        )

    def administrator(self, service: str) -> Any:
        """Return a client of the account's root, to look at what is there."""
        return self.client(service, {"AccessKeyId": self.account, "SecretAccessKey": "test"})

    def session(self, response: str, *, role: str | None = None) -> dict[str, str]:
        """Return the credentials that STS gives for a response.

        Raises:
            ClientError: refused.
        """
        answer = self.client("sts").assume_role_with_saml(
            RoleArn=role or self.role, PrincipalArn=self.provider, SAMLAssertion=response
        )
        keys: dict[str, str] = answer["Credentials"]
        return keys

    def sign_in(self, response: str) -> str:
        """Return the username of the Connect user that a response gets in.

        Raises:
            ClientError: refused.
        """
        connect = self.client("connect", self.session(response))
        token = _patiently(lambda: connect.get_federation_token(InstanceId=self.instance_id))
        administrator = self.administrator("connect")
        user = _patiently(lambda: administrator.describe_user(InstanceId=self.instance_id, UserId=token["UserId"]))
        return str(user["User"]["Username"])


def _patiently(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the answer, waiting where the service's rate (2 a second) says so."""
    for _ in range(10):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] != "ThrottlingException":
                raise
            time.sleep(0.5)
    return call()


@dataclass(frozen=True, slots=True)
class Proof:
    """One attempt and how it must end.

    Attributes:
        what: for a person.
        attempt: returns the username that got in, or raises ClientError.
        username: who must get in; None where it must be refused.
        reason: what a refusal must say.
    """

    what: str
    attempt: Callable[[], str]
    username: str | None = None
    reason: str = ""

    def result(self) -> tuple[bool, str]:
        """Return whether it ended as it must, and how it ended."""
        try:
            got = self.attempt()
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            return self.username is None and self.reason in f"{code}: {message}", f"refused: {code}: {message}"
        return got == self.username, f"signed in as {got}"


def admissions(door: Door, provider: IdentityProvider, usernames: list[str]) -> Iterator[Proof]:
    """Yield proofs that each of these users gets in, in turn by the global and the regional sign-in address."""
    regional = f"https://{door.region}.signin.aws.amazon.com/saml"
    for index, username in enumerate(usernames):
        recipient = regional if index % 2 else "https://signin.aws.amazon.com/saml"
        response = provider.respond(
            Claims(role=door.role, provider=door.provider, session_name=username, recipient=recipient)
        )
        where = "regional" if index % 2 else "global"
        yield Proof(f"{username}, {where} address", lambda r=response: door.sign_in(r), username)  # type: ignore[misc]


def refusals(door: Door, provider: IdentityProvider, username: str) -> Iterator[Proof]:
    """Yield proofs that every wrong response is refused, each for its own reason."""
    claims = Claims(role=door.role, provider=door.provider, session_name=username)

    def attempt(response: str) -> Callable[[], str]:
        return lambda: door.sign_in(response)

    yield Proof(
        "changed after it was signed",
        attempt(tampered(provider.respond(claims), username, username[::-1])),
        reason="Response signature invalid",
    )
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    yield Proof("expired", attempt(provider.respond(claims, now=hour_ago)), reason="ExpiredToken")
    yield Proof(
        "meant for another recipient",
        attempt(provider.respond(replace(claims, recipient="https://eu-central-1.signin.aws.amazon.com/saml"))),
        reason="Not authorized to perform sts:AssumeRoleWithSAML",
    )
    other_role = door.role.rsplit("/", 1)[0] + "/another-role"
    yield Proof(
        "for another role",
        lambda: str(door.session(provider.respond(replace(claims, role=other_role)), role=other_role)),
        reason="Not authorized to perform sts:AssumeRoleWithSAML",
    )
    stranger = IdentityProvider.fresh(provider.entity_id)
    yield Proof("signed by another key", attempt(stranger.respond(claims)), reason="Response signature invalid")
    yield Proof(
        "of somebody who is not in Connect",
        attempt(provider.respond(replace(claims, session_name=f"nobody-{username}"[:64]))),
        reason="UserNotFoundException",
    )
    yield Proof(
        "with a username that differs in case only",
        attempt(provider.respond(replace(claims, session_name=username.swapcase()))),
        reason="UserNotFoundException",
    )
    yield Proof(
        "right, and the session then tries to list users",
        lambda: str(_list_users(door, provider.respond(claims))),
        reason="AccessDenied",
    )


def _list_users(door: Door, response: str) -> int:
    connect = door.client("connect", door.session(response))
    return len(connect.list_users(InstanceId=door.instance_id)["UserSummaryList"])

"""From a signed response to a Connect user, and every way in that is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from local_aws.identity_provider import IdentityProvider, tampered
from local_aws.server import LocalAws, Options
from tests.end_to_end.direct import GLOBAL, KIM, REGIONAL, SHOWN, SignOn, client

pytestmark = pytest.mark.local_aws


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), options=Options(throttle=None)) as running:
        yield running


@pytest.fixture(scope="module")
def sign_on(aws: LocalAws) -> SignOn:
    return SignOn(aws)


@pytest.mark.parametrize("recipient", [GLOBAL, REGIONAL])
def test_a_signed_response_lets_exactly_its_user_in(sign_on: SignOn, recipient: str) -> None:
    claims = replace(sign_on.claims, recipient=recipient)
    assert sign_on.sign_in(sign_on.idp.respond(claims)) == sign_on.users[KIM]
    answer = sign_on.assume(sign_on.idp.respond(replace(claims, session_name="bob")), DurationSeconds=43200)
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::111122223333:assumed-role/acme-SAMLRole/bob"
    assert answer["Audience"] == recipient
    assert answer["Issuer"] == sign_on.idp.entity_id
    left = answer["Credentials"]["Expiration"] - datetime.now(UTC)
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)


DENIED = "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML"
NOT_ONBOARDED = "UserNotFoundException: Your account has been authenticated, but has not been onboarded"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (lambda s: tampered(s.idp.respond(s.claims), "ckrug@", "bob@"), "InvalidIdentityToken: Response signature"),
        (lambda s: IdentityProvider.fresh().respond(s.claims), "InvalidIdentityToken: Response signature invalid"),
        (lambda s: s.idp.respond(s.claims, issuer="https://x"), "Issuer not present in specified provider"),
        (lambda s: s.idp.respond(s.claims, now=datetime.now(UTC) - timedelta(hours=1)), "ExpiredTokenException"),
        (lambda s: s.idp.respond(replace(s.claims, recipient="https://eu-west-1.signin.aws.amazon.com/saml")), DENIED),
        (lambda s: s.idp.respond(replace(s.claims, role=f"{s.role}2")), DENIED),
        (lambda s: s.idp.respond(replace(s.claims, session_tags={"team": "x"})), DENIED),
        (lambda s: s.idp.respond(replace(s.claims, session_name="nobody")), NOT_ONBOARDED),
        (lambda s: s.idp.respond(replace(s.claims, session_name="BOB")), NOT_ONBOARDED),
    ],
)
def test_any_other_response_is_refused_with_its_reason(
    sign_on: SignOn, response: Callable[[SignOn], str], reason: str
) -> None:
    assert reason in sign_on.refusal(response(sign_on))


def test_a_session_is_no_longer_than_the_role_allows(sign_on: SignOn) -> None:
    response = sign_on.idp.respond(sign_on.claims)
    iam = client(sign_on.aws, "iam")
    iam.update_role(RoleName="acme-SAMLRole", MaxSessionDuration=3600)
    try:
        assert "exceeds the MaxSessionDuration" in sign_on.refusal(response, DurationSeconds=3601)
        assert sign_on.assume(response, DurationSeconds=3600)
    finally:
        iam.update_role(RoleName="acme-SAMLRole", MaxSessionDuration=43200)


def test_the_session_can_sign_in_and_nothing_else(sign_on: SignOn) -> None:
    keys = sign_on.assume(sign_on.idp.respond(sign_on.claims))["Credentials"]
    connect = client(sign_on.aws, "connect", keys)
    for refused in (
        lambda: connect.search_users(InstanceId=sign_on.instance_id),
        lambda: connect.delete_user(InstanceId=sign_on.instance_id, UserId=sign_on.users["bob"]),
        lambda: connect.list_prompts(InstanceId=sign_on.instance_id),
        lambda: client(sign_on.aws, "s3", keys).list_buckets(),
        lambda: client(sign_on.aws, "iam", keys).list_users(),
        lambda: client(sign_on.aws, "sts", keys).assume_role(RoleArn=sign_on.role, RoleSessionName="bob"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


def test_changed_metadata_is_judged_keeps_the_provider_and_counts_at_once(sign_on: SignOn) -> None:
    iam = client(sign_on.aws, "iam")
    before = iam.get_saml_provider(SAMLProviderArn=sign_on.provider)
    assert re.fullmatch(r"SAMLSP[0-9A-F]+", before["SAMLProviderUUID"])
    with pytest.raises(ClientError, match="Could not parse metadata"):
        iam.update_saml_provider(SAMLProviderArn=sign_on.provider, SAMLMetadataDocument="x" * 1000)
    rolled = IdentityProvider.fresh()
    assert sign_on.stack.put(sign_on.resources(rolled.metadata()), SHOWN) == "UPDATE_COMPLETE"
    try:
        after = iam.get_saml_provider(SAMLProviderArn=sign_on.provider)
        assert after["SAMLProviderUUID"] == before["SAMLProviderUUID"]
        assert sign_on.sign_in(rolled.respond(sign_on.claims)) == sign_on.users[KIM]
        assert "Response signature invalid" in sign_on.refusal(sign_on.idp.respond(sign_on.claims))
    finally:
        assert sign_on.stack.put(sign_on.resources(sign_on.idp.metadata()), SHOWN) == "UPDATE_COMPLETE"

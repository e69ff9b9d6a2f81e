"""A bad response fails at the check that AWS would stop at, and at no other; a good one of any make passes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contact_center.saml_response import ResponseUnusable
from local_aws.identity_provider import Claims, IdentityProvider, tampered
from tests.unit.contact_center.saml import NAME, NOW, PROVIDER, RECIPIENT, ROLE, World, check_of, failing, key, metadata
from tests.unit.contact_center.saml_cases import BAD, GOOD, GOOD_ONES, Bad

CHECKS = [
    "parse", "status", "assertion", "issuer", "signature", "times", "recipient", "audience", "role",
    "role_session_name", "session_tags", "duration", "relay_state",
]  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "users.csv").write_text("")
    return World(tmp_path)


def test_a_right_response_passes_every_check_in_order(world: World) -> None:
    judgement = world.judge(GOOD)
    assert [check.name for check in judgement.checks] == CHECKS
    assert failing(judgement) == []
    assert (judgement.username, judgement.provider, judgement.role) == (NAME, "acmeservice-salesforce", ROLE)
    assert [check.name for check in judgement.checks if not check.judged] == ["relay_state"]


@pytest.mark.parametrize("changes", GOOD_ONES.values(), ids=GOOD_ONES)
def test_what_identity_providers_really_write_passes(world: World, changes: dict[str, Any]) -> None:
    assert failing(world.judge(replace(GOOD, **changes))) == []


LOCAL = IdentityProvider.fresh(now=NOW - timedelta(days=1))
CLAIMS = Claims(role=ROLE, provider=PROVIDER, session_name=NAME, recipient=RECIPIENT)


@pytest.mark.parametrize("sign", [("assertion",), ("assertion", "response")])
def test_the_local_identity_provider_passes(world: World, sign: tuple[str, ...]) -> None:
    world.idp(LOCAL.metadata())
    assert failing(world.judge(LOCAL.respond(CLAIMS, now=NOW, sign=sign))) == []
    assert failing(world.judge(tampered(LOCAL.respond(CLAIMS, now=NOW, sign=sign), "ckrug@", "admin@"))) == [
        "signature"
    ]
    assert failing(world.judge(IdentityProvider.fresh(now=NOW).respond(CLAIMS, now=NOW))) == ["signature"]


@pytest.mark.parametrize("signs", ["old", "new"])
def test_during_a_rollover_either_certificate_signs(world: World, signs: str) -> None:
    world.idp(metadata(key("new"), key("old")))
    assert failing(world.judge(replace(GOOD, signer=key(signs)))) == []
    world.idp(metadata(key("new")), metadata(key("old")))
    two = {"metadata: salesforce-idp.xml": "metadata: [salesforce-idp.xml, idp1.xml]"}
    assert failing(world.judge(replace(GOOD, signer=key(signs)), changes=two)) == []


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_response_fails_where_aws_stops(world: World, bad: Bad) -> None:
    started = time.process_time()
    judgement = world.judge(bad.response)
    assert time.process_time() - started < 2
    assert failing(judgement) == bad.failing
    check = check_of(judgement, bad.failing[0])
    assert bad.part in f"{check.message}; {check.fix}"
    assert check.fix
    assert [item.name for item in judgement.checks] == CHECKS
    for item in judgement.checks:
        assert not item.message.endswith(".")
        assert "\n" not in item.message


def test_what_depends_on_an_earlier_failure_is_told_as_not_judged(world: World) -> None:
    stranger = world.judge(replace(GOOD, issuer="https://evil.example"))
    assert not check_of(stranger, "signature").judged
    assert stranger.provider is None
    refused = world.judge(BAD["refused by the provider"].response)
    assert {check.name for check in refused.checks if not check.judged} >= {"issuer", "signature", "times", "role"}
    assert (refused.username, refused.role) == (None, None)


def test_a_response_that_is_none_cannot_be_judged(world: World) -> None:
    with pytest.raises(ResponseUnusable):
        world.judge(b"<x/>")


def test_no_metadata_to_compare_with_leaves_issuer_and_signature_out(world: World) -> None:
    existing = {"metadata: salesforce-idp.xml": f"provider: {PROVIDER}"}
    judgement = world.judge(replace(GOOD, signer=key("whatever")), changes=existing)
    assert failing(judgement) == []
    assert {check.name for check in judgement.checks if not check.judged} == {"issuer", "signature", "relay_state"}
    assert failing(world.judge(replace(GOOD, sign=()), changes=existing)) == ["signature"]


def test_any_account_does_where_none_is_known(world: World) -> None:
    assert failing(world.judge(replace(GOOD, role=GOOD.role.replace("1111", "9999")), account=None)) == []
    mixed = f"{PROVIDER},{ROLE.replace('1111', '9999')}"
    assert failing(world.judge(replace(GOOD, role=mixed), account=None)) == ["role"]


def test_existing_role_and_provider_are_compared_as_they_are(world: World) -> None:
    role, provider = ROLE.replace("acmeservice-SAMLRole", "sso/Old"), PROVIDER.replace("acmeservice-salesforce", "Old")
    existing = {
        "  username:": f"  role: {role}\n  username:",
        "metadata: salesforce-idp.xml": f"metadata: salesforce-idp.xml\n    provider: {provider}",
    }
    judgement = world.judge(replace(GOOD, role=f"{provider},{role}"), changes=existing)
    assert (failing(judgement), judgement.provider, judgement.role) == ([], "Old", role)
    assert failing(world.judge(GOOD, changes=existing)) == ["role"]
    elsewhere = replace(GOOD, role=f"{provider},{role}", recipient="https://signin.aws.amazon.com/static/saml")
    assert not check_of(world.judge(elsewhere, changes=existing), "recipient").judged


def test_of_two_providers_the_issuer_says_which(world: World) -> None:
    (world.folder / "okta-idp.xml").write_text(metadata(key("okta"), entity_id="http://www.okta.com/exk1"))
    both = {
        "identity_provider: salesforce": "identity_provider: salesforce_and_third_party",
        "  salesforce:\n": "  third_party: {name: okta, metadata: okta-idp.xml}\n  salesforce:\n",
    }
    okta = replace(GOOD, issuer="http://www.okta.com/exk1", signer=key("okta"))
    named = replace(okta, role=f"{PROVIDER.replace('-salesforce', '-okta')},{ROLE}")
    assert failing(world.judge(named, changes=both)) == []
    assert world.judge(named, changes=both).provider == "acmeservice-okta"
    crossed = check_of(world.judge(okta, changes=both), "role")
    assert not crossed.ok
    assert "the issuer is the one of another" in crossed.message
    assert "okta" in crossed.fix
    # Salesforce's key does not sign for the other.
    assert failing(world.judge(replace(named, signer=key()), changes=both)) == ["signature"]


def test_govcloud_has_its_own_addresses(world: World) -> None:
    government = {"region: us-west-2": "region: us-gov-west-1"}
    address = "https://signin.amazonaws-us-gov.com/saml"
    role = f"{PROVIDER},{ROLE}".replace("arn:aws:", "arn:aws-us-gov:")
    for audience in ("urn:amazon:webservices:govcloud", address):
        response = replace(GOOD, recipient=address, audience=audience, role=role)
        assert failing(world.judge(response, changes=government)) == []
    assert failing(world.judge(GOOD, changes=government)) == ["recipient", "role"]
    wrong = replace(GOOD, audience="urn:amazon:webservices:govcloud")
    assert failing(world.judge(wrong)) == ["audience"]


def test_a_name_as_audience_passes_with_a_word(world: World) -> None:
    for audience, source in (("acmeservice", "Salesforce's set-up page"), ("acmeservice-salesforce", "AWS's guide")):
        check = check_of(world.judge(replace(GOOD, audience=audience)), "audience")
        assert (check.ok, source in check.message, "not verified" in check.message) == (True, True, True)
        assert "'Response does not contain the required audience'" in check.fix
    assert failing(world.judge(replace(GOOD, audience="acmeservice-okta"))) == ["audience"]

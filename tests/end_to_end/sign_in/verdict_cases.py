"""Responses, right and wrong: what AWS must say first, and which checks of `explain` must fail."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lxml import etree

from local_aws.identity_provider import IdentityProvider, tampered
from local_aws.saml.metadata import NAMESPACES
from tests.end_to_end.sign_in.signers import ANALYST, WHO, Signers

SIGNATURE, INVALID = "Response signature invalid (", "Request included an invalid SAML response ("
DENIED = "Not authorized to perform sts:AssumeRoleWithSAML ("
NOT_ONBOARDED = "Access denied, Your account has been authenticated, but has not been onboarded to this application"
SHA1 = {"signatureAlgorithm": "rsa-sha1", "digestAlgorithm": "sha1"}


def edited(response: str, change: Callable[[etree._Element, etree._Element], object]) -> str:
    """A response after `change` had its document and its assertion."""
    document = etree.fromstring(base64.b64decode(response))
    (assertion,) = document.findall("saml:Assertion", NAMESPACES)
    change(document, assertion)
    return base64.b64encode(etree.tostring(document)).decode()


def strip(_document: etree._Element, assertion: etree._Element) -> None:
    assertion.remove(assertion.find("ds:Signature", NAMESPACES))


def forged(assertion: etree._Element) -> etree._Element:
    copy = etree.fromstring(etree.tostring(assertion).replace(WHO.encode(), b"ckrug"))
    copy.set("ID", "_forged")
    return copy


def wrap_beside(document: etree._Element, assertion: etree._Element) -> None:
    copy = forged(assertion)
    copy.remove(copy.find("ds:Signature", NAMESPACES))
    document.insert(document.index(assertion), copy)


def wrap_around(document: etree._Element, assertion: etree._Element) -> None:
    copy = forged(assertion)
    document.replace(assertion, copy)
    etree.SubElement(copy.find("ds:Signature", NAMESPACES), f"{{{NAMESPACES['ds']}}}Object").append(assertion)


def sign_elsewhere(document: etree._Element, assertion: etree._Element) -> None:
    signature = assertion.find("ds:Signature", NAMESPACES)
    document.find("samlp:Status", NAMESPACES).append(signature)


def commented(response: str) -> str:
    return tampered(response, f"{WHO}@", f"{WHO}<!-- -->@")


def hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def re_signed(signers: Signers) -> str:
    return IdentityProvider.fresh(signers.world.salesforce.idp.entity_id).respond(signers.claims)


# Name → the response, what AWS says first, the checks of `explain` that fail.
CASES: dict[str, tuple[Callable[[Signers], str], str, list[str]]] = {
    "right, ours": (lambda s: s.ours(), "", []),
    "right, theirs": (lambda s: s.theirs(), "", []),
    "right, theirs, signed twice": (lambda s: s.theirs(signResponse=True), "", []),
    "wrapped, ours": (lambda s: edited(s.ours(), wrap_beside), INVALID, ["signature"]),
    "wrapped, theirs": (lambda s: edited(s.theirs(), wrap_beside), INVALID, ["signature"]),
    "wrapped around, ours": (lambda s: edited(s.ours(), wrap_around), INVALID, ["signature"]),
    "wrapped around, theirs": (lambda s: edited(s.theirs(), wrap_around), INVALID, ["signature"]),
    "stripped, ours": (lambda s: edited(s.ours(), strip), SIGNATURE, ["signature"]),
    "stripped, theirs": (lambda s: s.theirs(signAssertion=False), SIGNATURE, ["signature"]),
    "signed elsewhere": (lambda s: edited(s.theirs(), sign_elsewhere), INVALID, ["signature"]),
    "only the outside signed": (
        lambda s: s.theirs(signAssertion=False, signResponse=True),
        SIGNATURE,
        ["signature"],
    ),
    "SHA-1": (lambda s: s.theirs(**SHA1), SIGNATURE, ["signature"]),
    "re-signed": (re_signed, SIGNATURE, ["signature"]),
    "changed after signing": (
        lambda s: tampered(s.theirs(), s.claims.session_name, s.world.people["ckrug"].username),
        SIGNATURE,
        ["signature"],
    ),
    "comment in the name, ours": (lambda s: commented(s.ours()), INVALID, ["signature"]),
    "comment in the name, theirs": (lambda s: commented(s.theirs()), INVALID, ["signature"]),
    "expired, ours": (lambda s: s.ours(now=hour_ago()), "Token must be redeemed ", ["times"]),
    "expired, theirs": (lambda s: s.theirs(lifetimeInSeconds=-60), "Token must be redeemed ", ["times"]),
    "replayed, of another service": (
        lambda s: s.theirs(recipient="https://acme.example/saml/acs"),
        DENIED,
        ["recipient"],
    ),
    "replayed, of another Region": (
        lambda s: s.ours(replace(s.claims, recipient="https://eu-central-1.signin.aws.amazon.com/saml")),
        DENIED,
        ["recipient"],
    ),
    "name in the wrong case": (
        lambda s: s.ours(replace(s.claims, session_name=s.claims.session_name.swapcase())),
        NOT_ONBOARDED,
        ["user"],
    ),
    "name of nobody": (lambda s: s.theirs_saying(RoleSessionName="nobody@acme.example"), NOT_ONBOARDED, ["user"]),
    "name with 18-character ids": (
        lambda s: s.theirs_saying(RoleSessionName=f"{WHO}@0055e000qa7yEeeAAE@00D5e000000AbCd"),
        NOT_ONBOARDED,
        ["user"],
    ),
    "name with an apostrophe": (
        lambda s: s.theirs_saying(RoleSessionName="o'neil@acme.example"),
        "RoleSessionName in AuthnResponse must match",
        ["role_session_name", "user"],
    ),
    "role in the wrong case": (
        lambda s: s.ours(replace(s.claims, role=s.claims.role.replace("SAMLRole", "samlrole"))),
        DENIED,
        ["role"],
    ),
    "provider of another": (
        lambda s: s.ours(replace(s.claims, provider=s.claims.provider.replace("-salesforce", "-okta"))),
        SIGNATURE,
        ["role"],
    ),
    "provider that does not exist": (
        lambda s: s.ours(replace(s.claims, provider=f"{s.claims.provider}2")),
        "Specified provider doesn't exist (",
        ["role"],
    ),
    "unknown issuer, ours": (
        lambda s: s.ours(issuer="https://evil.example"),
        "Issuer not present in specified provider (",
        ["issuer"],
    ),
    "unknown issuer, theirs": (
        lambda s: s.theirs(issuer="https://acme.okta.com/EXK1"),
        "Issuer not present in specified provider (",
        ["issuer"],
    ),
    "another audience": (
        lambda s: s.theirs(audience="urn:other"),
        "Response does not contain the required audience (",
        ["audience"],
    ),
    "session tags": (lambda s: s.theirs_saying(**{"PrincipalTag:team": "x"}), DENIED, ["session_tags"]),
    "source identity": (lambda s: s.theirs_saying(SourceIdentity="jlind"), DENIED, ["session_tags"]),
    "too long a session": (
        lambda s: s.ours(replace(s.claims, session_hours=13)),
        "SessionDuration in AuthnResponse must be",
        ["duration"],
    ),
    "no right to the page": (
        lambda s: s.theirs_saying(RoleSessionName=ANALYST),
        "Access denied: none of the security profiles (QualityAnalyst) grants Contact Control Panel",
        ["security_profile"],
    ),
}

"""Responses that AWS takes, and responses that it refuses with the check that finds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.unit.contact_center.saml import ATTRIBUTES, INSTANCE_ID, NAME, NOW, PROVIDER, RECIPIENT, ROLE, Response, key

GOOD = Response()
_URI = 'FriendlyName="x" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"'
_ASSERTION = "<saml2:Assertion.*</saml2:Assertion>"
_ENCRYPTED = (
    '<saml2:EncryptedAssertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion"><EncryptedData '
    'xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod '
    'Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/></EncryptedData></saml2:EncryptedAssertion>'
)
_PAIR = f"{PROVIDER},{ROLE}"


def changing(old: str, new: str, count: int = -1) -> Callable[[str], str]:
    """Return an edit that must find its text."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return edit


def cutting(pattern: str, new: str = "") -> Callable[[str], str]:
    """Return an edit that must find its pattern."""

    def edit(text: str) -> str:
        assert re.search(pattern, text, re.DOTALL)
        return re.sub(pattern, new, text, flags=re.DOTALL)

    return edit


def _attribute(name: str, *values: str) -> dict[str, Sequence[str]]:
    return {f"{ATTRIBUTES}{name}": values}


def _refused_by_the_provider(text: str) -> str:
    return cutting(_ASSERTION)(text).replace("status:Success", "status:Responder")


def _other_prefixes(text: str) -> str:
    return text.replace("saml2p:", "samlp:").replace("xmlns:saml2p", "xmlns:samlp")


GOOD_ONES: dict[str, dict[str, Any]] = {
    "response signed too": {"sign": ("assertion", "response")},
    "signature without a prefix": {"prefix": None},
    "signature with another prefix": {"prefix": "dsig"},
    "line feeds in SignedInfo": {"line_feeds": True},
    "no KeyInfo": {"key_info": False},
    "milliseconds": {"edit": changing(":30Z", ":30.123Z"), "issued": NOW - timedelta(seconds=30)},
    "not before 30 s back": {"edit": changing('NotBefore="2026-11-24T12:00:00', 'NotBefore="2026-11-24T11:59:30')},
    "an offset for Z": {"edit": changing("T12:00:00Z", "T13:00:00+01:00")},
    "a session of 8 hours": {"sessions": 'SessionNotOnOrAfter="2026-11-24T20:00:00Z" SessionIndex="x"'},
    "no AuthnStatement": {"sessions": None},
    "name formats and friendly names": {"edit": changing("<saml2:Attribute ", f"<saml2:Attribute {_URI} ")},
    "more attributes": {"attributes": {"groups": ["a", "b"], "email": ["x@acme.example"]}},
    "role before provider": {"role": f"{ROLE},{PROVIDER}"},
    "the global address": {"recipient": "https://signin.aws.amazon.com/saml"},
    "the audience as an address": {"audience": "https://signin.aws.amazon.com/saml"},
    "no SessionDuration": {"duration": None},
    "other prefixes": {"edit": _other_prefixes},
    "no NameQualifier": {"edit": changing(' NameQualifier="x"', "")},
    "a comment outside values": {"edit": changing("<saml2:Conditions", "<!-- by idp --><saml2:Conditions")},
    "several roles": {"attributes": _attribute("Role", f"{ROLE}x,{PROVIDER}", _PAIR)},
    "Salesforce's entity id": {"audience": "acmeservice"},
    "the SAML provider's name as entity id": {"audience": "acmeservice-salesforce"},
    "a clock a minute ahead": {"issued": NOW + timedelta(seconds=60)},
}


@dataclass(frozen=True)
class Bad:
    """A bad response: the checks that fail, and a part of what the first one says."""

    failing: list[str]
    part: str
    response: Response


def _bad(check: str, part: str, *more: str, **changes: Any) -> Bad:
    return Bad([check, *more], part, replace(GOOD, **changes))


BAD = {
    "unsigned": _bad("signature", "neither the assertion nor the response is signed", sign=()),
    "response signed only": _bad("signature", "only the response around it", sign=("response",)),
    "another key, its own KeyInfo": _bad("signature", "not in the identity provider's metadata", signer=key("evil")),
    "another key, no KeyInfo": _bad("signature", "does not hold", signer=key("evil"), key_info=False),
    "SHA-1": _bad("signature", "rsa-sha1", algorithm="sha1"),
    "never valid": _bad("times", "never valid", lasts=timedelta(0)),
    "expired": _bad("times", "--at 2026-11-24T11:00:00Z", issued=NOW - timedelta(hours=1)),
    "issued long ago": _bad("times", "five minutes", issued=NOW - timedelta(minutes=6), lasts=timedelta(hours=1)),
    "not valid yet": _bad("times", "10 minutes after", issued=NOW + timedelta(minutes=10)),
    "two confirmations": _bad(
        "times",
        "2 SubjectConfirmation",
        edit=changing("</saml2:Subject>", '<saml2:SubjectConfirmation Method="x"/></saml2:Subject>'),
    ),
    "no conditions": _bad("times", "0 Conditions", "audience", edit=cutting("<saml2:Conditions.*</saml2:Conditions>")),
    "no NotOnOrAfter": _bad("times", "is missing", edit=cutting('(?<=ConfirmationData) NotOnOrAfter="[^"]*"')),
    "no moment": _bad("times", "no moment in time", edit=changing('NotBefore="2026-11-24', 'NotBefore="2026-24-11')),
    "another service's": _bad("recipient", "for another service", recipient="https://acme.example/saml"),
    "another Region's": _bad("recipient", "trusts", recipient="https://eu-west-2.signin.aws.amazon.com/saml"),
    "recipient in another case": _bad("recipient", "in case", recipient="https://signin.aws.amazon.com/SAML"),
    "for encrypted assertions": _bad("recipient", "encrypted", recipient=f"{RECIPIENT}/acs/SAMLSP1"),
    "Global Resiliency's": _bad(
        "recipient", "Global Resiliency", recipient=f"https://{INSTANCE_ID}.us-west-2.sign-in.connect.aws/saml"
    ),
    "not a bearer": _bad("recipient", "bearer", edit=changing("cm:bearer", "cm:holder-of-key")),
    "another audience": _bad("audience", "urn:amazon:webservices", audience="urn:other"),
    "no audience": _bad("audience", "no audience", edit=cutting("<saml2:AudienceR.*</saml2:AudienceRestriction>")),
    "two restrictions": _bad(
        "audience", "empty", edit=changing("</saml2:Conditions>", "<saml2:AudienceRestriction/></saml2:Conditions>")
    ),
    "unknown issuer": _bad("issuer", "none of the configured ones", issuer="https://evil.example"),
    "issuer in another case": _bad("issuer", "case or at its end", issuer="https://Acme.my.salesforce.com/"),
    "no issuer": _bad("issuer", "names no issuer", issuer=""),
    "two issuers": _bad(
        "issuer", "different issuers", edit=changing(".my.salesforce.com</saml2:Issuer>", ".x</saml2:Issuer>", 1)
    ),
    "role in another case": _bad("role", "upper and lower case", role=f"{PROVIDER},{ROLE.lower()}"),
    "role of another account": _bad("role", "another account", role=_PAIR.replace("1111", "9999")),
    "another role": _bad("role", "another one", role=f"{_PAIR}2"),
    "another provider": _bad("role", "the SAML provider is another one", role=f"{PROVIDER}2,{ROLE}"),
    "a space in the pair": _bad("role", "space or line break", role=f"{PROVIDER}, {ROLE}"),
    "no pair": _bad("role", "with a comma", role=ROLE),
    "no role": _bad("role", "is missing", attributes=_attribute("Role")),
    "role's name in another case": _bad(
        "role", "to the letter", attributes={**_attribute("Role"), **_attribute("role", _PAIR)}
    ),
    "China's names": _bad(
        "role",
        "to the letter",
        "role_session_name",
        edit=changing(ATTRIBUTES, "https://www.amazonaws.cn/SAML/Attributes/"),
    ),
    "an apostrophe": _bad("role_session_name", "'''", name="o'neil@acme.example"),
    "a plus sign, which STS takes": _bad("role_session_name", "'+'", name="a+b@acme.example"),
    "a space": _bad("role_session_name", "'space'", name=f"{NAME} "),
    "one character": _bad("role_session_name", "1 characters", name="x"),
    "65 characters": _bad("role_session_name", "65 characters", name="x" * 65),
    "no name": _bad("role_session_name", "is missing", attributes=_attribute("RoleSessionName")),
    "two names": _bad("role_session_name", "2 values", attributes=_attribute("RoleSessionName", NAME, "x2")),
    "session tags": _bad("session_tags", "sts:TagSession", attributes=_attribute("PrincipalTag:team", "x")),
    "transitive tags": _bad("session_tags", "sts:TagSession", attributes=_attribute("TransitiveTagKeys", "x")),
    "source identity": _bad("session_tags", "SetSourceIdentity", attributes=_attribute("SourceIdentity", "x2")),
    "too long a session": _bad("duration", "900 to 43200", duration="43201"),
    "too short a session": _bad("duration", "900 to 43200", duration="899"),
    "hours for seconds": _bad("duration", "whole number", duration="12h"),
    "the provider's session over": _bad("duration", "passed", sessions='SessionNotOnOrAfter="2026-11-24T12:00:00Z"'),
    "session's end is no moment": _bad("duration", "no moment", sessions='SessionNotOnOrAfter="soon"'),
    "refused by the provider": _bad("status", "Responder", "assertion", edit=_refused_by_the_provider),
    "encrypted": _bad("assertion", "aes256-cbc", edit=cutting(_ASSERTION, _ENCRYPTED)),
    "no NameID": _bad("assertion", "NameID", edit=cutting("<saml2:NameID.*</saml2:NameID>")),
    "too many groups": _bad("parse", "100,000", attributes={"groups": ["g" * 75_000]}),
}

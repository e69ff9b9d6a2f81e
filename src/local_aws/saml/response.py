"""What AWS reads out of a SAML response, and why it refuses one.

Which assertion counts is `signature`'s to say. AWS documents `urn:amazon:webservices` as its entity id; published
set-ups that work have others: its global sign-in address (Microsoft's), the SAML provider's name (AWS's guide to
its Salesforce adapter) and the contact center's name (Salesforce Help, "Create Connected App"). The caller gives
the names; what else AWS takes is not known, and refused here.

Sources: IAM user guide, "Configure SAML assertions for the authentication response" and "Troubleshoot SAML
federation" (the texts of the refusals); STS API reference, AssumeRoleWithSAML.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from local_aws.saml.metadata import NAMESPACES, MetadataRefused, Provider, parse
from local_aws.saml.refusal import ResponseRefused, expired, invalid
from local_aws.saml.signature import only_assertion, verified_assertion

__all__ = ["ATTRIBUTES", "ResponseRefused", "Statement", "claimed_roles", "read"]

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
AUDIENCES = {
    "aws": frozenset({"urn:amazon:webservices", "https://signin.aws.amazon.com/saml"}),
    "aws-us-gov": frozenset(
        {"urn:amazon:webservices:govcloud", "urn:amazon:webservices", "https://signin.amazonaws-us-gov.com/saml"}
    ),
}
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SESSION_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")
_REDEEM_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a verified assertion states.

    Attributes:
        recipient: of the subject confirmation: what `SAML:aud` is compared with.
        roles: (role ARN, provider ARN) pairs.
        session_tags: PrincipalTag attributes.
        needs: what the role's trust must allow besides AssumeRoleWithSAML.
        duration: SessionDuration in seconds, where it is given.
        session_end: SessionNotOnOrAfter, where it is given.
    """

    issuer: str
    subject: str
    subject_type: str
    recipient: str
    roles: tuple[tuple[str, str], ...]
    session_name: str
    session_tags: Mapping[str, str]
    needs: tuple[str, ...]
    duration: int | None
    session_end: datetime | None


def read(
    assertion: str,
    provider: Provider,
    now: datetime,
    *,
    partition: str = "aws",
    also_addressed_as: frozenset[str] = frozenset(),
) -> Statement:
    """Return what a response states, once everything that needs no role is checked.

    Args:
        assertion: base64, as the browser posts it.
        now: aware.
        partition: whose audiences count.
        also_addressed_as: further audiences that count.

    Raises:
        ResponseRefused: with STS's code and text.
    """
    document = _document(assertion)
    if provider.valid_until and provider.valid_until < now:
        raise invalid("The metadata of the specified provider is not valid any more")
    verified = verified_assertion(document, provider, now)
    issuer = _text(verified, "saml:Issuer")
    if issuer != provider.entity_id:
        raise invalid("Issuer not present in specified provider")
    _check_response(document, issuer)
    recipient = _confirmation(verified, now)
    _check_conditions(verified, now, AUDIENCES.get(partition, frozenset()) | also_addressed_as)
    return _statement(verified, issuer, recipient)


def claimed_roles(assertion: str) -> tuple[tuple[str, str], ...]:
    """Return the (role ARN, provider ARN) pairs of a response that nobody has verified.

    For the sign-in page, which has to know whom to ask; what it does with them, :func:`read` decides.

    Raises:
        ResponseRefused: it is no response.
    """
    values = _attributes(only_assertion(_document(assertion))).get(f"{ATTRIBUTES}Role", [])
    return tuple(_pair(value) for value in values)


def _document(assertion: str) -> etree._Element:
    try:
        return parse(base64.b64decode(assertion, validate=True), "Invalid SAML response")
    except (binascii.Error, ValueError, MetadataRefused) as error:
        raise invalid() from error


def _check_response(document: etree._Element, issuer: str) -> None:
    # Outside the signature: can make a response worse, never better.
    status = document.find("samlp:Status/samlp:StatusCode", NAMESPACES)
    if status is None or status.get("Value") != "urn:oasis:names:tc:SAML:2.0:status:Success":
        raise invalid()
    outer = document.find("saml:Issuer", NAMESPACES)
    if outer is not None and (outer.text or "") != issuer:
        raise invalid("Issuer not present in specified provider")


def _confirmation(assertion: etree._Element, now: datetime) -> str:
    confirmations = assertion.findall("saml:Subject/saml:SubjectConfirmation", NAMESPACES)
    if len(confirmations) != 1 or confirmations[0].get("Method") != _BEARER:
        raise invalid()
    data = confirmations[0].find("saml:SubjectConfirmationData", NAMESPACES)
    if data is None or not data.get("Recipient") or not data.get("NotOnOrAfter"):
        raise invalid()
    if now >= _time(data.get("NotOnOrAfter", "")):
        raise expired("Token must be redeemed before its NotOnOrAfter")
    return data.get("Recipient", "")


def _check_conditions(assertion: etree._Element, now: datetime, accepted: frozenset[str]) -> None:
    issued = _time(assertion.get("IssueInstant", ""))
    if now - issued > _REDEEM_WITHIN:
        raise expired("Token must be redeemed within 5 minutes of issuance")
    conditions = assertion.find("saml:Conditions", NAMESPACES)
    if conditions is None:
        raise invalid()
    if now < _time(conditions.get("NotBefore", assertion.get("IssueInstant", ""))):
        raise invalid("Response is not valid yet")
    until = conditions.get("NotOnOrAfter")
    if until and now >= _time(until):
        raise expired("Token must be redeemed before its NotOnOrAfter")
    restrictions = conditions.findall("saml:AudienceRestriction", NAMESPACES)
    # Each must be met (OASIS, SAML 2.0 core, 2.5.1.4), and there must be one.
    met = [any(a.text in accepted for a in one.findall("saml:Audience", NAMESPACES)) for one in restrictions]
    if not met or not all(met):
        raise invalid("Response does not contain the required audience")


def _statement(assertion: etree._Element, issuer: str, recipient: str) -> Statement:
    name_id = assertion.find("saml:Subject/saml:NameID", NAMESPACES)
    if name_id is None or not name_id.text:
        raise invalid()
    attributes = _attributes(assertion)
    names = attributes.get(f"{ATTRIBUTES}RoleSessionName", [])
    if len(names) != 1:
        raise invalid("RoleSessionName is required in AuthnResponse")
    if not _SESSION_NAME.fullmatch(names[0]):
        raise invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    authentication = assertion.find("saml:AuthnStatement", NAMESPACES)
    end = authentication.get("SessionNotOnOrAfter") if authentication is not None else None
    return Statement(
        issuer=issuer,
        subject=name_id.text,
        subject_type=name_id.get("Format", "").rpartition(":")[2],
        recipient=recipient,
        roles=tuple(_pair(value) for value in attributes.get(f"{ATTRIBUTES}Role", [])),
        session_name=names[0],
        session_tags={
            name.removeprefix(f"{ATTRIBUTES}PrincipalTag:"): values[0]
            for name, values in attributes.items()
            if name.startswith(f"{ATTRIBUTES}PrincipalTag:") and values
        },
        needs=tuple(_needs(attributes)),
        duration=_duration(attributes.get(f"{ATTRIBUTES}SessionDuration", [])),
        session_end=_time(end) if end else None,
    )


def _attributes(assertion: etree._Element) -> dict[str, list[str]]:
    attributes: dict[str, list[str]] = {}
    for element in assertion.findall("saml:AttributeStatement/saml:Attribute", NAMESPACES):
        values = [value.text or "" for value in element.findall("saml:AttributeValue", NAMESPACES)]
        attributes.setdefault(element.get("Name", ""), []).extend(values)
    return attributes


def _pair(value: str) -> tuple[str, str]:
    first, _, second = value.partition(",")
    return (second, first) if ":saml-provider/" in first else (first, second)


def _needs(attributes: Mapping[str, list[str]]) -> Iterator[str]:
    tags = (f"{ATTRIBUTES}PrincipalTag:", f"{ATTRIBUTES}TransitiveTagKeys")
    if any(name.startswith(tags) for name in attributes):
        yield "TagSession"
    if f"{ATTRIBUTES}SourceIdentity" in attributes:
        yield "SetSourceIdentity"


def _duration(values: list[str]) -> int | None:
    if not values:
        return None
    if not re.fullmatch(r"\d{1,9}", values[0], re.ASCII) or not 900 <= int(values[0]) <= 43_200:
        raise invalid("SessionDuration in AuthnResponse must be 900 to 43200 seconds")
    return int(values[0])


def _text(element: etree._Element, path: str) -> str:
    return element.findtext(path, "", NAMESPACES) or ""


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid() from error
    if moment.tzinfo is None:
        raise invalid()
    return moment

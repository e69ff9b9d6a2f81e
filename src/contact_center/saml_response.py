"""A SAML response as a value: parsed safely, and what an assertion states, as it states it.

Identity providers differ in prefixes, name formats and what they add; none of it is looked at. Must not
judge: `response_checks` does, and what is signed is `saml_signature`'s to say.
Source: OASIS, "Assertions and Protocols for SAML 2.0".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from contact_center.safe_xml import safe_parser

SAML, SAMLP = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
NAMESPACES = {"saml": SAML, "samlp": SAMLP, "ds": "http://www.w3.org/2000/09/xmldsig#"}
ASSERTION, ENCRYPTED, RESPONSE = f"{{{SAML}}}Assertion", f"{{{SAML}}}EncryptedAssertion", f"{{{SAMLP}}}Response"
# Encodings in which a document type declaration cannot hide from the search for one.
_ENCODINGS = re.compile(r"utf-?8|us-ascii|ascii|iso-8859-\d+|latin1|windows-125\d|cp125\d", re.IGNORECASE)
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})[\"']")


class ResponseUnusable(Exception):
    """The document is not a SAML response that can be read.

    Args:
        message: what it is instead.
        fix: what to do.
    """

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A SubjectConfirmation; texts as they stand, None where they are missing."""

    method: str | None
    recipient: str | None
    not_before: str | None
    not_on_or_after: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What one assertion states; moments and numbers as texts.

    Attributes:
        issuer: empty where there is none.
        name_id: whether the subject has a name.
        conditions: (NotBefore, NotOnOrAfter) of each Conditions element.
        audiences: the audiences of each restriction; each restriction must be met.
        attributes: full name → values, in the order of the document.
        session_ends: SessionNotOnOrAfter of each AuthnStatement that has one.
    """

    issuer: str
    issue_instant: str | None
    name_id: bool
    confirmations: tuple[Confirmation, ...]
    conditions: tuple[tuple[str | None, str | None], ...]
    audiences: tuple[tuple[str, ...], ...]
    attributes: Mapping[str, tuple[str, ...]]
    session_ends: tuple[str, ...]


def parse_response(document: bytes) -> etree._Element:
    """Return the Response element; comments are kept, since they are evidence.

    Args:
        document: XML.

    Raises:
        ResponseUnusable: it is something else, or not safe to read.
    """
    again = "capture the response again, whole and unchanged"
    if document[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in document[:4]:
        raise ResponseUnusable("the response is UTF-16, and a SAML response is UTF-8", again)
    declared = _DECLARATION.match(document)
    if declared and not _ENCODINGS.fullmatch(declared[1].decode()):
        raise ResponseUnusable(f"the encoding {declared[1].decode()} is not read", again)
    if re.search(rb"<!(DOCTYPE|ENTITY)", document, re.IGNORECASE):
        raise ResponseUnusable(
            "the response has a document type declaration (<!DOCTYPE …>), which no identity provider writes and "
            "which is not read",
            "find out who put it there; no response of your identity provider needs one",
        )
    root = _parsed(document, again)
    if root.tag != RESPONSE:
        raise ResponseUnusable(*_other_root(root, again))
    return root


def _parsed(document: bytes, again: str) -> etree._Element:
    try:
        root = etree.fromstring(document, safe_parser(bare=False))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        # libxml2's own words can hold names from the response: only where it stopped is told.
        line, column = getattr(error, "position", (None, None))
        where = f" (it breaks off at line {line}, column {column})" if line and column else ""
        raise ResponseUnusable(f"the response is not well-formed XML{where}", again) from error
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype or any(True for _ in root.iter(etree.Entity)):
        # Behind the search above, should libxml2 see what that did not.
        raise ResponseUnusable("the response has a document type declaration, which is not read", again)
    return root


def _other_root(root: etree._Element, again: str) -> tuple[str, str]:
    name = etree.QName(root)
    if name.localname in ("AuthnRequest", "LogoutRequest", "LogoutResponse"):
        return f"this is a SAML {name.localname}, not a response to a sign-in", again
    if name.localname in ("EntityDescriptor", "EntitiesDescriptor"):
        return "this is SAML metadata, not a response", f"check it with connect-sso check; {again}"
    if name.localname == "Assertion":
        return "this is an assertion without the response around it, and AWS takes responses", again
    if name.localname == "Response":
        return "this is not a SAML 2.0 response (another namespace), and AWS takes no other", again
    return "this is XML, but not a SAML response", again


def status_codes(root: etree._Element) -> tuple[str, ...]:
    """Return the response's status codes, the outer one first; empty where it has none."""
    codes: list[str] = []
    element = root.find("samlp:Status/samlp:StatusCode", NAMESPACES)
    while element is not None and len(codes) < 5:
        codes.append(element.get("Value") or "")
        element = element.find("samlp:StatusCode", NAMESPACES)
    return tuple(codes)


def text_of(element: etree._Element | None) -> str:
    """Return an element's text, white space at its ends included, comments left out."""
    return "" if element is None else "".join(str(part) for part in element.itertext())


def read_statement(assertion: etree._Element) -> Statement:
    """Return what an assertion states.

    Args:
        assertion: as the verifier of its signature returned it, wherever there is one.
    """
    attributes: dict[str, tuple[str, ...]] = {}
    for element in assertion.findall("saml:AttributeStatement/saml:Attribute", NAMESPACES):
        values = tuple(text_of(value) for value in element.findall("saml:AttributeValue", NAMESPACES))
        name = element.get("Name") or ""
        attributes[name] = (*attributes.get(name, ()), *values)
    conditions = assertion.findall("saml:Conditions", NAMESPACES)
    ends = (element.get("SessionNotOnOrAfter") for element in assertion.findall("saml:AuthnStatement", NAMESPACES))
    return Statement(
        issuer=text_of(assertion.find("saml:Issuer", NAMESPACES)).strip(),
        issue_instant=assertion.get("IssueInstant"),
        name_id=bool(text_of(assertion.find("saml:Subject/saml:NameID", NAMESPACES)).strip()),
        confirmations=tuple(_confirmations(assertion)),
        conditions=tuple((item.get("NotBefore"), item.get("NotOnOrAfter")) for item in conditions),
        audiences=tuple(
            tuple(text_of(audience).strip() for audience in restriction.findall("saml:Audience", NAMESPACES))
            for restriction in assertion.findall("saml:Conditions/saml:AudienceRestriction", NAMESPACES)
        ),
        attributes=attributes,
        session_ends=tuple(end for end in ends if end),
    )


def _confirmations(assertion: etree._Element) -> Iterator[Confirmation]:
    for element in assertion.findall("saml:Subject/saml:SubjectConfirmation", NAMESPACES):
        data = element.find("saml:SubjectConfirmationData", NAMESPACES)
        texts = (None if data is None else data.get(name) for name in ("Recipient", "NotBefore", "NotOnOrAfter"))
        yield Confirmation(element.get("Method"), *texts)

"""A SAML provider's metadata, as IAM judges it when a provider is made or changed.

Source: IAM API reference, CreateSAMLProvider; IAM user guide, "Create a SAML identity provider in IAM".
Where the documentation is silent (EntitiesDescriptor) the strict reading holds.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

NAMESPACES = {
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
}
_SHORTEST, _LONGEST = 1_000, 10_000_000
_SMALLEST_KEY = 1024


class MetadataRefused(ValueError):
    """IAM would not take the metadata; the message is what it would say."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What signing in needs of a provider.

    Attributes:
        certificates: of every key that may sign, in the order of the document.
    """

    entity_id: str
    certificates: tuple[x509.Certificate, ...]
    valid_until: datetime | None


def read(document: str) -> Provider:
    """Return what a metadata document declares.

    Raises:
        MetadataRefused: IAM would not take it.
    """
    if not _SHORTEST <= len(document) <= _LONGEST:
        raise MetadataRefused(
            f"SAMLMetadataDocument must have {_SHORTEST} to {_LONGEST} characters, got {len(document)}"
        )
    if document.startswith("\ufeff"):
        raise MetadataRefused("Could not parse metadata: the document starts with a byte order mark")
    root = parse(document.encode(), "Could not parse metadata")
    if root.tag != _tag("md", "EntityDescriptor") or not root.get("entityID"):
        raise MetadataRefused("Could not parse metadata: the root must be an EntityDescriptor with an entityID")
    descriptor = root.find("md:IDPSSODescriptor", NAMESPACES)
    if descriptor is None:
        raise MetadataRefused("Could not parse metadata: no IDPSSODescriptor")
    certificates = tuple(
        _certificate(element.text or "")
        for key in descriptor.findall("md:KeyDescriptor", NAMESPACES)
        if key.get("use") in (None, "signing")
        for element in key.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMESPACES)
    )
    if not certificates:
        raise MetadataRefused("Could not parse metadata: no signing certificate")
    return Provider(root.get("entityID", ""), certificates, _time(root.get("validUntil")))


def parse(data: bytes, failure: str) -> etree._Element:
    """Return the root of an XML document without entities, fetches or a document type.

    Raises:
        MetadataRefused: it is not well-formed or has a document type.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MetadataRefused(f"{failure}: not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise MetadataRefused(f"{failure}: a document type declaration is not allowed")
    return root


def _tag(prefix: str, name: str) -> str:
    return f"{{{NAMESPACES[prefix]}}}{name}"


def _certificate(text: str) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
        key = certificate.public_key()
    except (binascii.Error, ValueError) as error:
        raise MetadataRefused("Could not parse metadata: a signing certificate is not X.509") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SMALLEST_KEY:
        raise MetadataRefused(f"a signing key must have at least {_SMALLEST_KEY} bits, got {key.key_size}")
    return certificate


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise MetadataRefused("Could not parse metadata: validUntil is not a time") from error

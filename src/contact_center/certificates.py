"""The signing certificates of an identity provider: read, and judged by form.

Must not know the time (`metadata.judge_times` is told it), nor trust anything but metadata.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from lxml import etree

from contact_center.safe_xml import row_of, text_of
from user_sync.model import Problem, Severity

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
_ARMOR = re.compile(r"-----(BEGIN|END) CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One signing certificate.

    Attributes:
        fingerprint: SHA-256 of the DER form, 64 hexadecimal digits in lower case.
        not_before, not_after: with time zone (UTC); both still valid.
        key_type: ``RSA``, ``EC``, ``DSA`` or the class's name.
        key_bits: 0 where the kind of key has no size.
        signature_hash: such as ``sha256``; empty where the signature names none.
        der: the certificate itself.
        row: line in the file.
    """

    fingerprint: str
    not_before: datetime
    not_after: datetime
    subject: str
    key_type: str
    key_bits: int
    signature_hash: str
    file: str
    row: int | None
    der: bytes = field(repr=False)


def bare_base64(text: str) -> str:
    """Return the text of an X509Certificate element without line breaks and PEM's armor."""
    return "".join(_ARMOR.sub("", text).split())


def der_of(text: str) -> bytes:
    """Return the bytes of an X509Certificate element, with or without line breaks or PEM's armor.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return base64.b64decode(bare_base64(text), validate=True)
    except binascii.Error as error:
        raise ValueError(f"it is not base64 ({error})") from error


def signing_elements(entity: etree._Element) -> Iterator[etree._Element]:
    """Yield the X509Certificate elements of an entity's signing keys, never of encryption-only ones.

    Args:
        entity: an EntityDescriptor.
    """
    for role in entity.iterchildren(f"{{{MD}}}IDPSSODescriptor"):
        for key in role.iterchildren(f"{{{MD}}}KeyDescriptor"):
            # Without `use` a key is for both. Source: SAML 2.0 metadata, 2.4.1.1.
            if key.get("use") in (None, "signing"):
                yield from key.iter(f"{{{DS}}}X509Certificate")


def read_certificates(entity: etree._Element, file: str) -> tuple[tuple[Certificate, ...], tuple[Problem, ...]]:
    """Return an entity's signing certificates, each once, and what is wrong with them by form.

    Args:
        entity: an EntityDescriptor.
        file: its file, as problems show it.
    """
    found: dict[str, Certificate] = {}
    problems: list[Problem] = []
    for element in signing_elements(entity):
        row = row_of(element)
        try:
            certificate = _read(der_of(text_of(element)), file, row)
        except (ValueError, UnsupportedAlgorithm, OverflowError) as error:
            message = f"the signing certificate cannot be read: {_reason(error)}; download the metadata again"
            problems.append(Problem("error", file, row, "X509Certificate", "certificate_unreadable", message))
            continue
        if certificate.fingerprint not in found:
            found[certificate.fingerprint] = certificate
            problems += _form(certificate)
    if not found and not problems:
        message = "there is no signing certificate: a KeyDescriptor with use signing, or without use, must hold one"
        problems.append(Problem("error", file, row_of(entity), "KeyDescriptor", "certificate_missing", message))
    return tuple(found.values()), tuple(problems)


def _read(der: bytes, file: str, row: int | None) -> Certificate:
    certificate = x509.load_der_x509_certificate(der)
    key = certificate.public_key()
    kinds = {rsa.RSAPublicKey: "RSA", ec.EllipticCurvePublicKey: "EC", dsa.DSAPublicKey: "DSA"}
    kind = next((name for kind, name in kinds.items() if isinstance(key, kind)), type(key).__name__)
    try:
        algorithm = certificate.signature_hash_algorithm
        signature_hash = algorithm.name if algorithm else ""
    except UnsupportedAlgorithm:
        signature_hash = ""
    return Certificate(
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        subject=certificate.subject.rfc4514_string(),
        key_type=kind,
        key_bits=int(getattr(key, "key_size", 0)),
        signature_hash=signature_hash,
        file=file,
        row=row,
        der=der,
    )


def _form(certificate: Certificate) -> Iterator[Problem]:
    def problem(severity: Severity, code: str, message: str) -> Problem:
        return Problem(severity, certificate.file, certificate.row, "X509Certificate", code, message)

    bits, kind = certificate.key_bits, certificate.key_type
    if kind not in ("RSA", "EC"):
        yield problem("warning", "certificate_key_type", f"the key is of type {kind}: AWS documents RSA keys")
    if kind in ("RSA", "DSA") and bits < 1024:
        yield problem("error", "certificate_key_short", f"the key has {bits} bits: IAM takes 1024 and more, use 2048")
    elif kind in ("RSA", "DSA") and bits < 2048:
        yield problem("warning", "certificate_key_short", f"the key has {bits} bits: use 2048 or more")
    if certificate.signature_hash in ("sha1", "md5"):
        message = f"the certificate is signed with {certificate.signature_hash}: renew it with SHA-256"
        yield problem("warning", "certificate_weak_hash", message)


def _reason(error: Exception) -> str:
    text = str(error).split("\n", maxsplit=1)[0].rstrip(".")
    return f"{text[:1].lower()}{text[1:]}" or "its form is not known"

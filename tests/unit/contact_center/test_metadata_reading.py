"""What an identity provider's metadata says, in the forms in which real ones write it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from contact_center.metadata import read_metadata
from tests.unit.contact_center.conftest import Read, codes
from tests.unit.contact_center.idp import (
    ISSUER,
    NAMESPACES,
    certificate,
    entity,
    key_descriptor,
    rsa_key,
    sha1_certificate,
    wrapped,
)

EXAMPLE = Path("config/acmeservice/salesforce-idp.xml")


def fingerprints(*ders: bytes) -> list[str]:
    """Return SHA-256 fingerprints."""
    return [hashlib.sha256(der).hexdigest() for der in ders]


def test_the_example_is_clean_and_its_key_is_strong() -> None:
    reading = read_metadata([EXAMPLE])
    assert reading.problems == ()
    assert reading.entity_id == ISSUER
    assert [(item.key_type, item.key_bits, item.signature_hash) for item in reading.certificates] == [
        ("RSA", 2048, "sha256")
    ]


def test_what_is_read(read: Read) -> None:
    der = certificate()
    reading = read(entity(key_descriptor(der), attributes=' validUntil="2027-05-01T10:00:00.123Z"'))
    assert reading.problems == ()
    assert reading.entity_id == ISSUER
    assert reading.valid_until == datetime(2027, 5, 1, 10, 0, 0, 123000, tzinfo=UTC)
    (found,) = reading.certificates
    assert [found.fingerprint] == fingerprints(der)
    assert (found.subject, found.row, found.der) == ("CN=acme 1", 3, der)
    assert (found.not_before, found.not_after) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))


def test_a_key_without_use_signs_and_an_encryption_key_does_not(read: Read) -> None:
    both, encrypting, signing = certificate(1), certificate(2), certificate(3)
    keys = [key_descriptor(encrypting, ' use="encryption"'), key_descriptor(both, ""), key_descriptor(signing)]
    reading = read(entity(*keys))
    assert [item.fingerprint for item in reading.certificates] == fingerprints(both, signing)
    assert codes(read(entity(keys[0]))) == ["certificate_missing"]


def test_a_broken_encryption_certificate_is_not_ours_to_judge(read: Read) -> None:
    broken = key_descriptor(b"x", ' use="encryption"').replace("eA==", "???")
    assert read(entity(broken, key_descriptor(certificate()))).problems == ()


@pytest.mark.parametrize("prefix", ["md", "ns0", "saml", ""])
def test_any_prefix(read: Read, prefix: str) -> None:
    text = entity().replace("md:", f"{prefix}:" if prefix else "")
    text = text.replace("xmlns:md=", f"xmlns:{prefix}=" if prefix else "xmlns=")
    reading = read(text, entity(key_descriptor(certificate(2))))
    assert reading.problems == ()
    assert reading.document is not None and reading.document.count("X509Certificate>") == 4


def test_an_entities_descriptor_around_it(read: Read) -> None:
    service = f'<md:EntityDescriptor entityID="urn:sp"><md:SPSSODescriptor {NAMESPACES}/></md:EntityDescriptor>'
    until = 'validUntil="2027-01-01T00:00:00Z"'
    reading = read(f"<md:EntitiesDescriptor {NAMESPACES} {until}>{service}{entity()}</md:EntitiesDescriptor>")
    assert reading.problems == ()
    assert reading.valid_until == datetime(2027, 1, 1, tzinfo=UTC)
    assert reading.document == read(entity()).document


def test_the_earliest_valid_until_counts(read: Read) -> None:
    role = entity(attributes=' validUntil="2027-05-01T00:00:00+02:00"').replace(
        "<md:IDPSSODescriptor", '<md:IDPSSODescriptor validUntil="2027-04-01T00:00:00"'
    )
    assert read(role).valid_until == datetime(2027, 4, 1, tzinfo=UTC)
    assert read(entity(attributes=' validUntil="2027-05-01T00:00:00+02:00"')).valid_until == datetime(
        2027, 4, 30, 22, tzinfo=UTC
    )


@pytest.mark.parametrize("text", ["soon", "2027-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", ""])
def test_an_unreadable_valid_until_is_a_warning(read: Read, text: str) -> None:
    reading = read(entity(attributes=f' validUntil="{text}"'))
    assert (codes(reading), codes(reading, "warning")) == ([], ["valid_until_unreadable"])


@pytest.mark.parametrize(
    "write",
    [
        lambda der: wrapped(der).replace("\n", ""),
        lambda der: f"\r\n   {wrapped(der)}\t",
        lambda der: f"-----BEGIN CERTIFICATE-----\n{wrapped(der)}\n-----END CERTIFICATE-----",
        lambda der: f"<![CDATA[{wrapped(der)}]]>",
        lambda der: wrapped(der).replace("\n", "<!-- cut -->\n"),
    ],
    ids=["one line", "white space", "PEM", "CDATA", "comments"],
)
def test_a_certificate_however_it_is_written(read: Read, write: Callable[[bytes], str]) -> None:
    der = certificate()
    reading = read(entity(key_descriptor(der).replace(wrapped(der), write(der))))
    assert reading.problems == ()
    assert reading.document == read(entity(key_descriptor(der))).document


@pytest.mark.parametrize(
    ("der", "severity", "code"),
    [
        (certificate(key=rsa_key(1023)), "error", "certificate_key_short"),
        (certificate(key=rsa_key(1024)), "warning", "certificate_key_short"),
        (certificate(key=rsa_key(2047)), "warning", "certificate_key_short"),
        (sha1_certificate(), "warning", "certificate_weak_hash"),
        (certificate(key=ed25519.Ed25519PrivateKey.generate().public_key()), "warning", "certificate_key_type"),
        (b"not a certificate", "error", "certificate_unreadable"),
        (b"", "error", "certificate_unreadable"),
    ],
)
def test_certificates_judged_by_form(read: Read, der: bytes, severity: str, code: str) -> None:
    reading = read(entity(key_descriptor(der), before=f"<md:Extensions>{'x' * 600}</md:Extensions>"))
    assert [(problem.severity, problem.code, problem.row) for problem in reading.problems] == [(severity, code, 3)]
    assert (reading.document is None) == (severity == "error")


@pytest.mark.parametrize("key", [rsa_key(2048), ec.generate_private_key(ec.SECP256R1()).public_key()])
def test_strong_keys_are_not_mentioned(read: Read, key: ec.EllipticCurvePublicKey) -> None:
    reading = read(entity(key_descriptor(certificate(key=key))))
    assert reading.problems == ()


def test_keys_at_and_over_the_quota(read: Read) -> None:
    keys = [key_descriptor(certificate(serial)) for serial in range(1, 12)]
    assert codes(read(entity(*keys[:10]))) == []
    assert codes(read(entity(*keys))) == ["too_many_certificates"]


def test_the_same_certificate_twice_is_one(read: Read) -> None:
    reading = read(entity(key_descriptor(certificate()), key_descriptor(certificate())))
    assert len(reading.certificates) == 1


def test_several_identity_providers_in_one_document_are_refused(read: Read) -> None:
    other = entity(issuer="https://other.example")
    reading = read(f"<md:EntitiesDescriptor {NAMESPACES}>{entity()}{other}</md:EntitiesDescriptor>")
    assert codes(reading) == ["several_identity_providers"]
    assert "every one of them could sign anybody in" in reading.problems[0].message


@pytest.mark.parametrize(
    ("old", "new", "severity", "code"),
    [
        (f'entityID="{ISSUER}"', "", "error", "entity_id_invalid"),
        (f'entityID="{ISSUER}"', 'entityID=" "', "error", "entity_id_invalid"),
        ("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol", "error", "saml_version"),
        ("md:SingleSignOnService", "md:ArtifactResolutionService", "warning", "sign_on_service_missing"),
        ("ds:X509Certificate", "ds:X509SubjectName", "error", "certificate_missing"),
        ("IDPSSODescriptor", "SPSSODescriptor", "error", "identity_provider_missing"),
        ("SAML:2.0:metadata", "SAML:1.0:metadata", "error", "metadata_root"),
    ],
)
def test_what_the_document_must_declare(read: Read, old: str, new: str, severity: str, code: str) -> None:
    assert codes(read(entity().replace(old, new)), severity) == [code]


def test_no_file_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one"):
        read_metadata([])

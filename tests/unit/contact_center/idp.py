"""Makes metadata documents as identity providers write them, with keys that live in memory only."""

from __future__ import annotations

import base64
import textwrap
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

ISSUER = "https://acme.my.salesforce.com"
NAMESPACES = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey | ed25519.Ed25519PublicKey


@cache
def _signer() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def rsa_key(bits: int) -> rsa.RSAPublicKey:
    """Return an RSA public key of so many bits; nobody holds the private one, so small sizes work too."""
    return rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) | 1).public_key()


def certificate(
    serial: int = 1,
    *,
    start: datetime = START,
    end: datetime = END,
    key: PublicKey | None = None,
    signer: ed25519.Ed25519PrivateKey | None = None,
) -> bytes:
    """Return a certificate in DER form.

    Args:
        key: of the certificate; None is RSA with 2048 bits.
        signer: a key that signs in few bytes; None is RSA with SHA-256.
    """
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"acme {serial}")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(serial)
    builder = builder.not_valid_before(start).not_valid_after(end).public_key(key or _signer().public_key())
    signed = builder.sign(signer, None) if signer else builder.sign(_signer(), hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def sha1_certificate() -> bytes:
    """Return a certificate that says to be signed with SHA-1 (the signature is not looked at)."""
    return certificate().replace(bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105"))


def wrapped(der: bytes) -> str:
    """Return base64 in lines."""
    return "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 76))


def key_descriptor(der: bytes, use: str = ' use="signing"') -> str:
    """Return a KeyDescriptor."""
    return (
        f"<md:KeyDescriptor{use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{wrapped(der)}"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )


def entity(*keys: str, issuer: str = ISSUER, attributes: str = "", before: str = "", after: str = "") -> str:
    """Return an EntityDescriptor without XML declaration.

    Args:
        keys: KeyDescriptors; none is one of `certificate()`.
        attributes: of the EntityDescriptor.
        before, after: elements around the IDPSSODescriptor.
    """
    return f"""<md:EntityDescriptor {NAMESPACES} entityID="{issuer}"{attributes}>{before}
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    {"".join(keys) or key_descriptor(certificate())}
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
        Location="{ISSUER}/idp/endpoint/HttpPost"/>
  </md:IDPSSODescriptor>{after}
</md:EntityDescriptor>
"""

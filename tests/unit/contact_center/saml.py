"""Makes SAML responses as identity providers write them, right and wrong, signed without the library that verifies.

Laid out by hand: prefixes, what is signed, time stamps and attributes can all be chosen, and `edit` changes the
text before it is signed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from contact_center.checks import Check
from contact_center.load import ContactCenter, load
from contact_center.providers import identity_providers
from contact_center.response_checks import Judgement, judge_response
from contact_center.saml_capture import read_capture
from tests.unit.contact_center.conftest import BASE
from tests.unit.contact_center.idp import ISSUER

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ACCOUNT, INSTANCE_ID = "111122223333", "0f6e5c2a-1111-2222-3333-444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/acmeservice-SAMLRole"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/acmeservice-salesforce"
NAME = "ckrug@0055e000RQ4F5ZR@00D5e000000AbCd"
RECIPIENT = "https://us-west-2.signin.aws.amazon.com/saml"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
DS = "http://www.w3.org/2000/09/xmldsig#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_RSA = {"sha1": f"{DS}rsa-sha1", "sha256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"}
_DIGEST = {"sha1": f"{DS}sha1", "sha256": "http://www.w3.org/2001/04/xmlenc#sha256"}


@dataclass(frozen=True)
class Key:
    """A signing key and its certificate."""

    private: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def base64(self) -> str:
        """Return the certificate as metadata and KeyInfo have it."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()


@cache
def key(name: str = "current", days: tuple[int, int] = (-1, 365)) -> Key:
    """Return a key; the same name and validity (in days from now) give the same one."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(private.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW + timedelta(days=days[0])).not_valid_after(NOW + timedelta(days=days[1]))
    return Key(private, builder.sign(private, hashes.SHA256()))


def metadata(*keys: Key, entity_id: str = ISSUER) -> str:
    """Return metadata with these signing certificates, in this order."""
    described = "".join(
        f'<KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{item.base64}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"
        for item in keys
    )
    return (
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"><IDPSSODescriptor '
        f'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{described}<SingleSignOnService '
        'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://acme.example/sso"/>'
        "</IDPSSODescriptor></EntityDescriptor>"
    )


def stamp(moment: datetime) -> str:
    """Return a time stamp in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response to be made; right as it stands.

    Attributes:
        edit: changes the text before it is signed.
        sign: ``assertion``, ``response``, both or none.
        prefix: of the signature's elements; None for a default namespace.
        sessions: attributes of the AuthnStatement; None leaves that out.
    """

    issued: datetime = NOW
    lasts: timedelta = timedelta(minutes=5)
    issuer: str = ISSUER
    name: str = NAME
    role: str = f"{PROVIDER},{ROLE}"
    recipient: str = RECIPIENT
    audience: str = "urn:amazon:webservices"
    duration: str | None = "43200"
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sessions: str | None = ""
    edit: Callable[[str], str] = str
    sign: tuple[str, ...] = ("assertion",)
    signer: Key | None = None
    prefix: str | None = "ds"
    algorithm: str = "sha256"
    line_feeds: bool = False
    key_info: bool = True

    def root(self) -> etree._Element:
        """Return the Response element."""
        root = etree.fromstring(self.edit(self._text()).encode())
        assertion = root.find(f"{{{SAML}}}Assertion")
        if "assertion" in self.sign and assertion is not None:
            self._signed(assertion)
        if "response" in self.sign:
            self._signed(root)
        return root

    def xml(self) -> bytes:
        """Return the document."""
        return etree.tostring(self.root())

    def base64(self) -> str:
        """Return what a browser posts."""
        return base64.b64encode(self.xml()).decode()

    def _text(self) -> str:
        values: dict[str, Sequence[str]] = {
            f"{ATTRIBUTES}Role": [self.role],
            f"{ATTRIBUTES}RoleSessionName": [self.name],
            f"{ATTRIBUTES}SessionDuration": [self.duration] if self.duration is not None else [],
            **self.attributes,
        }
        attributes = "".join(
            f'<saml2:Attribute Name="{name}">'
            + "".join(f"<saml2:AttributeValue>{text}</saml2:AttributeValue>" for text in texts)
            + "</saml2:Attribute>"
            for name, texts in values.items()
            if texts
        )
        start, end = stamp(self.issued), stamp(self.issued + self.lasts)
        session = f'<saml2:AuthnStatement AuthnInstant="{start}" {self.sessions}/>' if self.sessions is not None else ""
        return (
            f'<saml2p:Response xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0" '
            f'IssueInstant="{start}" InResponseTo="" Destination="{self.recipient}">'
            f'<saml2:Issuer xmlns:saml2="{SAML}">{self.issuer}</saml2:Issuer><saml2p:Status><saml2p:StatusCode '
            'Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status>'
            f'<saml2:Assertion xmlns:saml2="{SAML}" ID="_a1" Version="2.0" IssueInstant="{start}">'
            f"<saml2:Issuer>{self.issuer}</saml2:Issuer><saml2:Subject><saml2:NameID "
            'Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient" NameQualifier="x">n1</saml2:NameID>'
            '<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml2:SubjectConfirmationData NotOnOrAfter="{end}" Recipient="{self.recipient}"/>'
            f'</saml2:SubjectConfirmation></saml2:Subject><saml2:Conditions NotBefore="{start}" NotOnOrAfter="{end}">'
            f"<saml2:AudienceRestriction><saml2:Audience>{self.audience}</saml2:Audience></saml2:AudienceRestriction>"
            f"</saml2:Conditions>{session}<saml2:AttributeStatement>{attributes}</saml2:AttributeStatement>"
            "</saml2:Assertion></saml2p:Response>"
        )

    def _signed(self, element: etree._Element) -> None:
        """Put a signature after the issuer: enveloped, exclusive canonicalization."""
        signer, end = self.signer or key(), "\n" if self.line_feeds else ""
        alone = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
        digest = base64.b64encode(hashlib.new(self.algorithm, alone).digest()).decode()
        mark, space = (f"{self.prefix}:", f":{self.prefix}") if self.prefix else ("", "")
        info = (
            f'<{mark}SignedInfo xmlns{space}="{DS}">{end}<{mark}CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>{end}'
            f'<{mark}SignatureMethod Algorithm="{_RSA[self.algorithm]}"/>{end}<{mark}Reference '
            f'URI="#{element.get("ID")}">{end}<{mark}Transforms><{mark}Transform Algorithm="{DS}enveloped-signature"/>'
            f'<{mark}Transform Algorithm="{EXCLUSIVE}"/></{mark}Transforms>{end}<{mark}DigestMethod '
            f'Algorithm="{_DIGEST[self.algorithm]}"/>{end}<{mark}DigestValue>{digest}</{mark}DigestValue>{end}'
            f"</{mark}Reference>{end}</{mark}SignedInfo>"
        )
        canonical = etree.tostring(etree.fromstring(info), method="c14n", exclusive=True)
        hashing = hashes.SHA256() if self.algorithm == "sha256" else hashes.SHA1()  # noqa: S303 - a bad example
        value = base64.b64encode(signer.private.sign(canonical, padding.PKCS1v15(), hashing)).decode()
        told = (
            f"<{mark}KeyInfo><{mark}X509Data><{mark}X509Certificate>{signer.base64}</{mark}X509Certificate>"
            f"</{mark}X509Data></{mark}KeyInfo>"
            if self.key_info
            else ""
        )
        text = (
            f'<{mark}Signature xmlns{space}="{DS}">{end}{info}{end}<{mark}SignatureValue>{value}'
            f"</{mark}SignatureValue>{end}{told}</{mark}Signature>"
        )
        element.insert(1, etree.fromstring(text))


class World:
    """A contact center whose identity provider signs with `key()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.idp(metadata(key()))

    def idp(self, *documents: str) -> None:
        """Write the identity provider's metadata."""
        for number, document in enumerate(documents):
            (self.folder / ("salesforce-idp.xml" if number == 0 else f"idp{number}.xml")).write_text(document)

    def center(self, changes: Mapping[str, str] | None = None) -> ContactCenter:
        """Return the contact center of the base config, texts of it replaced."""
        text = BASE
        for old, new in (changes or {}).items():
            assert old in text
            text = text.replace(old, new)
        (self.folder / "contact-center.yaml").write_text(text)
        return load(self.folder / "contact-center.yaml")

    def judge(
        self,
        response: Response | bytes | str,
        *,
        now: datetime = NOW,
        live: bool = True,
        account: str | None = ACCOUNT,
        changes: Mapping[str, str] | None = None,
    ) -> Judgement:
        """Return the judgement of a response, or of what was captured."""
        given = response.base64() if isinstance(response, Response) else response
        capture = read_capture(given.encode() if isinstance(given, str) else given)
        center = self.center(changes)
        return judge_response(
            capture,
            center.config,
            identity_providers(center),
            account=account,
            instance_id=INSTANCE_ID,
            now=now,
            live=live,
        )


def failing(judgement: Judgement) -> list[str]:
    """Return the names of the checks that found something."""
    return [check.name for check in judgement.checks if not check.ok]


def check_of(judgement: Judgement, name: str) -> Check:
    """Return one check."""
    return next(check for check in judgement.checks if check.name == name)

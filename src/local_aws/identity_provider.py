"""A SAML identity provider of one's own: a fresh key, its metadata, and signed responses.

For the demo and the tests, so that no private key is ever committed. The metadata is laid out as Salesforce
writes it. Responses are right unless asked to be wrong; :func:`tampered` breaks a finished one.

    provider = IdentityProvider.fresh("https://acme.my.salesforce.com")
    Path("salesforce-idp.xml").write_text(provider.metadata())
    response = provider.respond(Claims(role=role_arn, provider=provider_arn, session_name="ckrug@…"))
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a response says.

    Attributes:
        role, provider: ARNs; one pair. More roles go through `more_attributes`.
        recipient: the sign-in address that the response is meant for.
        session_hours: SessionDuration; None leaves the attribute out.
        session_tags: PrincipalTag attributes.
        more_attributes: other attributes, full name → values.
    """

    role: str
    provider: str
    session_name: str
    recipient: str = "https://signin.aws.amazon.com/saml"
    audience: str = "urn:amazon:webservices"
    session_hours: int | None = 12
    session_tags: Mapping[str, str] = field(default_factory=dict)
    more_attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def attributes(self) -> dict[str, Sequence[str]]:
        """Return the attribute statement: full name → values."""
        attributes: dict[str, Sequence[str]] = {
            f"{_ATTRIBUTES}Role": (f"{self.provider},{self.role}",),
            f"{_ATTRIBUTES}RoleSessionName": (self.session_name,),
        }
        if self.session_hours is not None:
            attributes[f"{_ATTRIBUTES}SessionDuration"] = (str(3600 * self.session_hours),)
        for key, value in self.session_tags.items():
            attributes[f"{_ATTRIBUTES}PrincipalTag:{key}"] = (value,)
        return {**attributes, **self.more_attributes}


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """One identity provider with one signing key."""

    entity_id: str
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def fresh(
        cls,
        entity_id: str = "https://acme.my.salesforce.com",
        *,
        valid_for: timedelta = timedelta(days=365),
        now: datetime | None = None,
    ) -> IdentityProvider:
        """Return a provider with a new RSA key of 2048 bits and a self-signed certificate.

        Args:
            valid_for: how long the certificate is valid from `now` on (default: the clock's).
        """
        start = now or datetime.now(UTC)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local identity provider")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start - timedelta(minutes=5))
            .not_valid_after(start + valid_for)
            .sign(key, hashes.SHA256())
        )
        return cls(entity_id, key, certificate)

    def metadata(self, *, valid_until: datetime | None = None) -> str:
        """Return the metadata document, as Salesforce lays it out.

        Args:
            valid_until: ten years from the certificate's start where it is left out.
        """
        until = valid_until or self.certificate.not_valid_before_utc + timedelta(days=3650)
        der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
            f"entityID={quoteattr(self.entity_id)} validUntil={quoteattr(_stamp(until))} "
            'xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n'
            '   <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">\n'
            '      <md:KeyDescriptor use="signing">\n'
            "         <ds:KeyInfo>\n            <ds:X509Data>\n"
            f"               <ds:X509Certificate>{der}</ds:X509Certificate>\n"
            "            </ds:X509Data>\n         </ds:KeyInfo>\n      </md:KeyDescriptor>\n"
            "      <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>\n"
            '      <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
            f"Location={quoteattr(self.entity_id + '/idp/endpoint/HttpPost')}/>\n"
            '      <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" '
            f"Location={quoteattr(self.entity_id + '/idp/endpoint/HttpRedirect')}/>\n"
            "   </md:IDPSSODescriptor>\n</md:EntityDescriptor>\n"
        )

    def respond(
        self,
        claims: Claims,
        *,
        now: datetime | None = None,
        valid_for: timedelta = timedelta(minutes=5),
        sign: Sequence[str] = ("assertion",),
        issuer: str | None = None,
    ) -> str:
        """Return a response as the browser posts it: base64.

        Args:
            now: when it is issued (default: the clock's time); an hour ago makes an expired one.
            sign: any of ``assertion``, ``response``; none leaves it unsigned.
            issuer: another provider's entity id.
        """
        issued = now or datetime.now(UTC)
        text = _response(claims, issuer or self.entity_id, issued, issued + valid_for)
        document = etree.fromstring(text.encode())
        assertion = document.find(f"{{{_ASSERTION}}}Assertion")
        if "assertion" in sign and assertion is not None:
            document.replace(assertion, self._signed(assertion))
        if "response" in sign:
            document = self._signed(document)
        return base64.b64encode(etree.tostring(document)).decode()

    def _signed(self, element: etree._Element) -> etree._Element:
        identifier = element.get("ID", "")
        # The schema wants the signature right after the issuer; signxml fills this place. Without the prefix
        # that signxml itself writes, what it signed and what it leaves here would differ.
        place = etree.Element(f"{{{_DSIG}}}Signature", {"Id": "placeholder"}, {"ds": _DSIG})
        element.insert(1, place)
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        signed: etree._Element = signer.sign(
            element, key=self.key, cert=[self.certificate], reference_uri=f"#{identifier}", id_attribute="ID"
        )
        return signed


def tampered(response: str, old: str, new: str) -> str:
    """Return a response in which a text was changed after signing.

    Raises:
        ValueError: the text is not in the response.
    """
    document = base64.b64decode(response).decode()
    if old not in document:
        raise ValueError(f"the response does not hold {old}")
    return base64.b64encode(document.replace(old, new).encode()).decode()


def _response(claims: Claims, issuer: str, issued: datetime, until: datetime) -> str:
    values = "".join(
        f'<saml:Attribute Name={quoteattr(name)} NameFormat="{_BASIC}">'
        + "".join(f'<saml:AttributeValue xsi:type="xs:anyType">{escape(text)}</saml:AttributeValue>' for text in texts)
        + "</saml:Attribute>"
        for name, texts in claims.attributes().items()
    )
    recipient = quoteattr(claims.recipient)
    start, end = quoteattr(_stamp(issued)), quoteattr(_stamp(until))
    issuer_element = f"<saml:Issuer>{escape(issuer)}</saml:Issuer>"
    return (
        f'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="{_ASSERTION}" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'ID="_{secrets.token_hex(16)}" Version="2.0" IssueInstant={start} Destination={recipient}>'
        f"{issuer_element}<samlp:Status>"
        '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
        f'<saml:Assertion ID="_{secrets.token_hex(16)}" Version="2.0" IssueInstant={start}>{issuer_element}'
        '<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">'
        f"{secrets.token_hex(8)}</saml:NameID>"
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f"<saml:SubjectConfirmationData NotOnOrAfter={end} Recipient={recipient}/>"
        "</saml:SubjectConfirmation></saml:Subject>"
        f"<saml:Conditions NotBefore={start} NotOnOrAfter={end}><saml:AudienceRestriction>"
        f"<saml:Audience>{escape(claims.audience)}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f"<saml:AuthnStatement AuthnInstant={start}><saml:AuthnContext><saml:AuthnContextClassRef>"
        "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext>"
        f"</saml:AuthnStatement><saml:AttributeStatement>{values}</saml:AttributeStatement>"
        "</saml:Assertion></samlp:Response>"
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

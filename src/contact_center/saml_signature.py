"""Whether a SAML response is signed by the identity provider, and whether what is signed is what is read.

The key is the metadata's, whatever KeyInfo says; every signing certificate is tried, since during a rollover
the new one may stand first while the old one still signs. SHA-1 and responses of which only the outer message
is signed fail: what AWS does with them is not documented. Must not fetch anything, nor know the clock.
Source: IAM user guide, "Configure SAML assertions for the authentication response".
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from contact_center.certificates import Certificate, der_of
from contact_center.checks import Check, failed, not_judged, passed
from contact_center.saml_response import NAMESPACES, text_of
from contact_center.saml_wrapping import short_name, split_values, wrapping

NAME = "signature"
_SHA2 = frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512})
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_CANONICAL = ("http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
_CANONICAL_11 = "http://www.w3.org/2006/12/xml-c14n11"
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_CONFIGURATION = SignatureConfiguration(
    location="./",
    expect_references=1,
    signature_methods=_SHA2,
    digest_algorithms=_DIGESTS,
    # The key is the metadata's; what KeyInfo says is of no account.
    ignore_ambiguous_key_info=True,
)
_FORGED = (
    "do not use this response; where it came out of a browser's normal sign-in, tell whoever runs the identity "
    "provider, else find out who changed it"
)
_RAW = (
    "capture the raw form field again (a prettified copy breaks the signature); where it is raw, somebody changed "
    "the response on its way"
)


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """What the signature covers.

    Attributes:
        assertion: what may be read, None where nobody can say which one AWS would read. With a signature that
            holds it is what the verifier returned, else the only assertion as it stands.
    """

    check: Check
    assertion: etree._Element | None


@dataclass(frozen=True, slots=True)
class _Verified:
    """The outcome of one signature: the signed element and the certificate, or why not."""

    element: etree._Element | None
    certificate: Certificate | None
    reason: str = ""


def judge_signature(
    root: etree._Element, certificates: Sequence[Certificate] | None, now: datetime, app: str
) -> SignatureVerdict:
    """Return whether the assertion of a response is signed by one of the certificates.

    Args:
        root: the Response, with exactly one or more assertions.
        certificates: of the identity provider's metadata; None where there is no metadata to compare with.
        now: with time zone.
        app: where the app's SAML settings are, for the fix.
    """
    wrapped = wrapping(root)
    if wrapped:
        return SignatureVerdict(failed(NAME, wrapped, _FORGED), None)
    assertion = root.find("saml:Assertion", NAMESPACES)
    if assertion is None:
        raise ValueError("a response without an assertion has no signature to judge")
    inner, outer = assertion.find("ds:Signature", NAMESPACES), root.find("ds:Signature", NAMESPACES)
    fault = _form(assertion, inner, outer, app)
    if fault is not None:
        return SignatureVerdict(fault, assertion)
    if certificates is None:
        why = "the config names no metadata of this identity provider, so there is no key to compare with"
        fix = "download the identity provider's metadata and name it beside `provider` in the config"
        return SignatureVerdict(not_judged(NAME, why, fix), assertion)
    signed = [element for element, signature in ((assertion, inner), (root, outer)) if signature is not None]
    outcomes = [_verified(element, certificates) for element in signed]
    for element, outcome in zip(signed, outcomes, strict=True):
        check = _fault(element, outcome, certificates, now, app)
        if check is not None:
            return SignatureVerdict(check, assertion)
    first = outcomes[0]
    if inner is None:
        message = "only the response around it is signed, the assertion is not: AWS documents signed assertions"
        fix = f"switch on signing of the assertion in {app}"
        read = None if first.element is None else first.element.find("saml:Assertion", NAMESPACES)
        return SignatureVerdict(failed(NAME, message, fix), read)
    fingerprint = first.certificate.fingerprint[:16] if first.certificate else ""
    message = f"the assertion is signed by the metadata's certificate {fingerprint}…, and nothing else is read"
    return SignatureVerdict(passed(NAME, message), first.element)


def _form(
    assertion: etree._Element, inner: etree._Element | None, outer: etree._Element | None, app: str
) -> Check | None:
    """Return what is wrong with the signatures before any key is tried, or None."""
    if inner is None and outer is None:
        return failed(NAME, "neither the assertion nor the response is signed", f"switch on signing in {app}")
    response = assertion.getparent()
    for element, signature in ((assertion, inner), (response, outer)):
        if element is None or signature is None:
            continue
        references = signature.findall("ds:SignedInfo/ds:Reference", NAMESPACES)
        identifier = element.get("ID")
        if len(references) != 1 or not identifier or references[0].get("URI") != f"#{identifier}":
            what = etree.QName(element).localname.lower()
            return failed(NAME, f"the {what}'s signature refers to something else than the {what}", _FORGED)
        wrong = _algorithm_fault(signature, references[0])
        if wrong:
            fix = f"choose RSA-SHA256 (signature and digest) in {app}"
            return failed(NAME, f"{wrong}: AWS documents RSA with SHA-256, and what it does else is not known", fix)
    hidden = next(split_values(assertion), None)
    if hidden:
        message = (
            f"a comment or processing instruction stands inside the value of {hidden}: the signature does not "
            "cover it, and it makes careless readers see half of the value"
        )
        return failed(NAME, message, _FORGED)
    return None


def _algorithm_fault(signature: etree._Element, reference: etree._Element) -> str | None:
    def algorithm(element: etree._Element | None) -> str:
        return "" if element is None else element.get("Algorithm") or ""

    method = algorithm(signature.find("ds:SignedInfo/ds:SignatureMethod", NAMESPACES))
    if method not in {item.value for item in _SHA2}:
        return f"the signature's algorithm is {short_name(method)}"
    digest = algorithm(reference.find("ds:DigestMethod", NAMESPACES))
    if digest not in {item.value for item in _DIGESTS}:
        return f"the digest's algorithm is {short_name(digest)}"
    canonical = {f"{base}{end}" for base in (*_CANONICAL, _CANONICAL_11) for end in ("", "#WithComments")}
    canonical.add(f"{_CANONICAL[0]}WithComments")
    transforms = [algorithm(item) for item in reference.findall("ds:Transforms/ds:Transform", NAMESPACES)]
    odd = [item for item in transforms if item not in canonical and item != _ENVELOPED]
    if odd or _ENVELOPED not in transforms:
        return f"the signature's transforms are {', '.join(map(short_name, odd)) or 'not those of SAML'}"
    method = algorithm(signature.find("ds:SignedInfo/ds:CanonicalizationMethod", NAMESPACES))
    return None if method in canonical else f"the canonicalization is {short_name(method)}"


def _verified(element: etree._Element, certificates: Sequence[Certificate]) -> _Verified:
    # Serialized with the namespaces in scope, so that its own signature is the only one within reach.
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    reason = "key"
    for certificate in certificates:
        # Whether the certificate is valid today is judged apart, to be told as such.
        configuration = replace(_CONFIGURATION, verification_time=certificate.not_before)
        try:
            key = x509.load_der_x509_certificate(certificate.der)
            result = XMLVerifier().verify(alone, x509_cert=key, id_attribute="ID", expect_config=configuration)
        except InvalidDigest:
            return _Verified(None, certificate, "digest")
        except (SignXMLException, etree.LxmlError, UnsupportedAlgorithm) as error:
            reason = reason if "verification failed" in str(error) else "form"
            continue
        except (ValueError, TypeError, AttributeError, AssertionError, KeyError):
            # What signxml lets through about a signature that is not one.
            reason = "form"
            continue
        signed = None if isinstance(result, list) else result.signed_xml
        if signed is not None and signed.tag == alone.tag and signed.get("ID") == alone.get("ID"):
            return _Verified(signed, certificate)
        return _Verified(None, certificate, "form")
    return _Verified(None, None, reason)


def _fault(
    element: etree._Element, outcome: _Verified, certificates: Sequence[Certificate], now: datetime, app: str
) -> Check | None:
    what = etree.QName(element).localname.lower()
    certificate = outcome.certificate
    if outcome.reason == "digest":
        return failed(NAME, f"the {what} was changed after it was signed", _RAW)
    if outcome.reason:
        return _unknown_key(element, what, certificates, outcome.reason)
    if certificate and not certificate.not_before <= now <= certificate.not_after:
        ended = certificate.not_after < now
        day = (certificate.not_after if ended else certificate.not_before).strftime("%Y-%m-%d")
        state = f"ended on {day}" if ended else f"is not valid before {day}"
        message = (
            f"the signature is right, but the certificate that signs ({certificate.fingerprint[:16]}…) {state}; IAM's "
            "user guide says that it does not act on that, which nobody should rely on"
        )
        fix = f"renew the signing certificate in {app}, download the metadata, and deploy it"
        return failed(NAME, message, fix)
    return None


def _unknown_key(element: etree._Element, what: str, certificates: Sequence[Certificate], reason: str) -> Check:
    known = {certificate.fingerprint for certificate in certificates}
    shown = [_fingerprint(item) for item in element.findall("ds:Signature/ds:KeyInfo//ds:X509Certificate", NAMESPACES)]
    if reason == "key" and any(item is None or item not in known for item in shown):
        named = next((item for item in shown if item and item not in known), None)
        which = f" (it names the certificate {named[:16]}… itself, which is not trusted for that)" if named else ""
        message = f"the {what} is signed with a key that is not in the identity provider's metadata{which}"
        fix = (
            "where the identity provider has a new certificate: download its metadata again, put it beside the config "
            "and deploy; the issuer is the right one, so a response from somewhere else is a forgery"
        )
        return failed(NAME, message, fix)
    keys = "the metadata's certificate" if len(certificates) == 1 else "any of the metadata's certificates"
    message = f"the {what}'s signature does not hold under {keys}"
    fix = f"download the identity provider's metadata again and deploy it; if that is current: {_RAW}"
    return failed(NAME, message, fix)


def _fingerprint(element: etree._Element) -> str | None:
    """Return the SHA-256 of a certificate in KeyInfo, for the message only."""
    try:
        return hashlib.sha256(der_of(text_of(element))).hexdigest()
    except ValueError:
        return None

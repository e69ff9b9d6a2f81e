"""Which assertion of a response is signed, and by whom.

Only what a signature covers may be read: one assertion, signed itself, taken from the verifier's output and not
from the document that came in; tried with every signing certificate of the provider's metadata, never with one
from KeyInfo. A signature of the message around it must hold as well; any other is out of place. SHA-1, messages of
which only the outside is signed, and comments inside values (which a signature does not cover) are refused: what
AWS does with them is not documented.
"""

from __future__ import annotations

from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from local_aws.saml.metadata import NAMESPACES, Provider
from local_aws.saml.refusal import invalid

_SIGNATURE = f"{{{NAMESPACES['ds']}}}Signature"
_CONFIGURATION = SignatureConfiguration(
    location="./",
    expect_references=1,
    signature_methods=frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
    # The key is the metadata's; what KeyInfo says is of no account.
    ignore_ambiguous_key_info=True,
)
# What signxml lets through about a signature that is not one: no value, no children, nonsense for either.
_NO_SIGNATURE = (
    SignXMLException,
    etree.LxmlError,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    KeyError,
)


def only_assertion(document: etree._Element) -> etree._Element:
    """Return the one assertion of a response, before anything is verified.

    Raises:
        ResponseRefused: it is no response, or not with exactly one assertion where it belongs.
    """
    if document.tag != f"{{{NAMESPACES['samlp']}}}Response":
        raise invalid()
    if document.findall(".//saml:EncryptedAssertion", NAMESPACES):
        raise invalid("the local AWS does not emulate encrypted assertions")
    # A second assertion anywhere is how signature wrapping starts.
    found = document.findall(".//saml:Assertion", NAMESPACES)
    if len(found) != 1 or found[0].getparent() is not document:
        raise invalid()
    return found[0]


def verified_assertion(document: etree._Element, provider: Provider, now: datetime) -> etree._Element:
    """Return the assertion of a response as its signature covers it.

    Args:
        now: aware; a certificate outside its validity vouches for nobody.

    Raises:
        ResponseRefused: with STS's code and text.
    """
    assertion = only_assertion(document)
    places = [signature.getparent() for signature in document.iter(_SIGNATURE)]
    if len(places) != len(set(places)) or any(place is not document and place is not assertion for place in places):
        raise invalid()
    if any(_splits_a_value(node) for node in assertion.iter(etree.Comment, etree.ProcessingInstruction)):
        raise invalid()
    if document in places:
        _verified(document, provider, now)
    return _verified(assertion, provider, now)


def _verified(element: etree._Element, provider: Provider, now: datetime) -> etree._Element:
    # Serialized with the namespaces in scope, so that its own signature is the only one within reach.
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    for certificate in provider.certificates:
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            continue
        try:
            result = XMLVerifier().verify(alone, x509_cert=certificate, id_attribute="ID", expect_config=_CONFIGURATION)
        except _NO_SIGNATURE:
            continue
        signed = None if isinstance(result, list) else result.signed_xml
        if signed is not None and signed.tag == alone.tag and signed.get("ID") == alone.get("ID"):
            return signed
    raise invalid("Response signature invalid")


def _splits_a_value(node: etree._Element) -> bool:
    parent = node.getparent()
    texts = [] if parent is None else [parent.text, *(child.tail for child in parent)]
    return any(text and text.strip() for text in texts)

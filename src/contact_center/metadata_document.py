"""The metadata document that is deployed: the same bytes for the same identity provider.

Identity providers write a new ``validUntil``, a new ``ID``, a new signature and other white space each
time that their metadata is downloaded. None of it means anything to IAM, and each would show up as a
change of the SAML provider. Must not judge: `metadata` does.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from lxml import etree

from contact_center.certificates import DS, MD, Certificate, bare_base64, der_of, signing_elements
from contact_center.safe_xml import safe_parser, text_of

_BASE64 = {f"{{{DS}}}{name}" for name in ("X509CRL", "X509SKI", "Modulus", "Exponent", "SignatureValue", "DigestValue")}
_CERTIFICATE = f"{{{DS}}}X509Certificate"
# Attributes of metadata elements that change from download to download.
_CHANGING = ("validUntil", "cacheDuration", "ID")


def canonical_document(entity: etree._Element, more: Sequence[Certificate]) -> str:
    """Return an entity as canonical XML (C14N 1.0), UTF-8 without declaration or byte order mark.

    Args:
        entity: an EntityDescriptor with at least one signing certificate, alone or in an EntitiesDescriptor.
        more: signing certificates of further documents; those that the entity lacks are added.

    Raises:
        ValueError: the document has no canonical form.
    """
    # Canonical XML once before: its root declares every namespace in scope, those of an EntitiesDescriptor
    # around it and those that only a value (xsi:type) uses included.
    try:
        root = etree.fromstring(etree.tostring(entity, method="c14n"), safe_parser())
    except etree.C14NError as error:
        # Namespaces that are relative addresses have none. Source: C14N 1.0, section 1.3.
        raise ValueError("a namespace is a relative address, which canonical XML does not allow") from error
    for signature in list(root.iter(f"{{{DS}}}Signature")):
        parent = signature.getparent()
        if parent is not None and etree.QName(parent).namespace == MD:
            parent.remove(signature)
    _add(root, more)
    for element in root.iter():
        _normalize(element)
    return etree.tostring(root, method="c14n", with_comments=False).decode()


def _add(entity: etree._Element, more: Sequence[Certificate]) -> None:
    present = {der_of(text_of(element)) for element in signing_elements(entity)}
    role = next(entity.iterchildren(f"{{{MD}}}IDPSSODescriptor"))
    for certificate in more:
        if certificate.der in present:
            continue
        present.add(certificate.der)
        keys = list(role.iterchildren(f"{{{MD}}}KeyDescriptor"))
        key = etree.SubElement(role, f"{{{MD}}}KeyDescriptor", {"use": "signing"})
        info = etree.SubElement(key, f"{{{DS}}}KeyInfo", nsmap={"ds": DS})
        data = etree.SubElement(info, f"{{{DS}}}X509Data")
        etree.SubElement(data, _CERTIFICATE).text = base64.b64encode(certificate.der).decode()
        # The schema's order: keys stand together.
        role.insert(role.index(keys[-1]) + 1 if keys else 0, key)


def _normalize(element: etree._Element) -> None:
    of_metadata = etree.QName(element).namespace == MD
    for name, value in element.attrib.items():
        if of_metadata and name in _CHANGING:
            del element.attrib[name]
        else:
            element.set(name, _one_line(value) or "")
    if element.tag == _CERTIFICATE:
        element.text = bare_base64(text_of(element))
    elif element.tag in _BASE64:
        element.text = "".join(text_of(element).split())
    else:
        element.text = _one_line(element.text)
    element.tail = _one_line(element.tail)


def _one_line(text: str | bytes | None) -> str | None:
    return " ".join(str(text or "").split()) or None

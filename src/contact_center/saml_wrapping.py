"""Signs of an attack on a signed response: what makes its readers see something else than what was signed.

Must not know keys. Source: Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security
2012), whose eight wrappings all need a second assertion, response or ID, or a signature out of place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from contact_center.saml_response import ASSERTION, NAMESPACES, RESPONSE

_SIGNATURE = f"{{{NAMESPACES['ds']}}}Signature"
_AFTER = "as after signature wrapping"


def wrapping(root: etree._Element) -> str | None:
    """Return why nobody can say which assertion is the signed one, or None.

    Args:
        root: the Response.
    """
    assertions = list(root.iter(ASSERTION))
    if len(assertions) > 1:
        return f"the response holds {len(assertions)} assertions, {_AFTER}; AWS takes exactly one"
    if any(element.getparent() is not root for element in assertions):
        return f"the assertion does not stand directly in the response, {_AFTER}"
    if sum(1 for _ in root.iter(RESPONSE)) > 1:
        return f"there is a response inside the response, {_AFTER}"
    identifiers = Counter(
        value
        for element in root.iter("*")
        for name, value in element.attrib.items()
        if str(name).rpartition("}")[2].lower() == "id"
    )
    if any(count > 1 for count in identifiers.values()):
        return f"two elements have the same ID, so that the signature's reference means either, {_AFTER}"
    places = [element.getparent() for element in root.iter(_SIGNATURE)]
    if len(places) != len(set(places)) or any(place is not root and place not in assertions for place in places):
        return f"a signature stands where none belongs, {_AFTER}"
    return None


def split_values(assertion: etree._Element) -> Iterator[str]:
    """Yield the names of the values that a comment or processing instruction splits.

    Canonicalization drops comments, so the signature does not cover them, and a careless reader sees only the
    text before one: ``admin@acme.example<!-- -->.evil.example``.

    Args:
        assertion: as it was parsed, comments kept.
    """
    for node in assertion.iter(etree.Comment, etree.ProcessingInstruction):
        parent = node.getparent()
        if parent is None:
            continue
        if any(text and text.strip() for text in (parent.text, *(child.tail for child in parent))):
            attribute = parent.getparent() if etree.QName(parent).localname == "AttributeValue" else None
            name = (attribute.get("Name") or "").rpartition("/")[2] if attribute is not None else ""
            yield short_name(name) if name else etree.QName(parent).localname


def short_name(algorithm: str) -> str:
    """Return the last part of an algorithm's or attribute's name, short and printable."""
    name = algorithm.rstrip("/#").rpartition("/")[2].rpartition("#")[2]
    return "".join(letter for letter in name[:40] if letter.isprintable()) or "missing"

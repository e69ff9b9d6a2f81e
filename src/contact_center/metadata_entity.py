"""Finds the identity provider in a metadata document, and judges what it declares by form.

Must not know the time, nor what is deployed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from contact_center.certificates import MD, Certificate, read_certificates
from contact_center.nearest import shown
from contact_center.safe_xml import row_of
from user_sync.model import Problem

_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_ENTITY, _ENTITIES, _ROLE = f"{{{MD}}}EntityDescriptor", f"{{{MD}}}EntitiesDescriptor", f"{{{MD}}}IDPSSODescriptor"


@dataclass(frozen=True, slots=True)
class Entity:
    """One identity provider of a metadata document.

    Attributes:
        element: its EntityDescriptor.
        valid_until: the earliest that it or what is around it says; with time zone (UTC).
        valid_until_row: where that stands.
    """

    element: etree._Element
    file: str
    entity_id: str
    certificates: tuple[Certificate, ...]
    valid_until: datetime | None
    valid_until_row: int | None


def read_entities(root: etree._Element, file: str) -> tuple[tuple[Entity, ...], tuple[Problem, ...]]:
    """Return the identity providers of a document (more than one where it repeats the same one), and problems.

    Args:
        root: of the document.
        file: its name, as problems show it.
    """
    if root.tag not in (_ENTITY, _ENTITIES):
        return (), (Problem("error", file, row_of(root), None, "metadata_root", _wrong_root(root)),)
    elements = [element for element in root.iter(_ENTITY) if element.find(_ROLE) is not None]
    if not elements:
        services = next(root.iter(f"{{{MD}}}SPSSODescriptor"), None) is not None
        what = "a service provider's metadata" if services else "metadata without an identity provider"
        message = f"this is {what}: there is no IDPSSODescriptor; download the identity provider's own metadata"
        return (), (Problem("error", file, row_of(root), "IDPSSODescriptor", "identity_provider_missing", message),)
    ids = sorted({_entity_id(element) for element in elements})
    if len(ids) > 1:
        message = (
            f"the document holds {len(ids)} identity providers, {shown(ids[0])} and {shown(ids[1])} among them, and "
            "every one of them could sign anybody in: leave the one that is meant"
        )
        return (), (Problem("error", file, row_of(root), "entityID", "several_identity_providers", message),)
    read = [_entity(element, file) for element in elements]
    return tuple(entity for entity, _ in read), tuple(problem for _, found in read for problem in found)


def _entity_id(element: etree._Element) -> str:
    return (element.get("entityID") or "").strip()


def _wrong_root(root: etree._Element) -> str:
    name = etree.QName(root)
    if name.localname in ("EntityDescriptor", "EntitiesDescriptor"):
        return f"{name.localname} is of namespace {shown(name.namespace or '')}, not SAML 2.0 metadata's ({MD})"
    if name.localname == "Response":
        return "this is a SAML response, not metadata: download the identity provider's metadata"
    return (
        f"the document is {shown(name.localname)}, not SAML 2.0 metadata: it must be an EntityDescriptor or "
        "EntitiesDescriptor"
    )


def _entity(element: etree._Element, file: str) -> tuple[Entity, tuple[Problem, ...]]:
    certificates, problems = read_certificates(element, file)
    entity_id = _entity_id(element)
    until, row, unreadable = _valid_until(element, file)
    entity = Entity(element, file, entity_id, certificates, until, row)
    return entity, (*_form(element, entity_id, file), *unreadable, *problems)


def _form(element: etree._Element, entity_id: str, file: str) -> Iterator[Problem]:
    if not entity_id or len(entity_id) > 1024:
        message = "entityID is missing, empty or longer than 1024 letters: it names the identity provider"
        yield Problem("error", file, row_of(element), "entityID", "entity_id_invalid", message)
    for role in element.iterchildren(_ROLE):
        if _PROTOCOL not in (role.get("protocolSupportEnumeration") or "").split():
            message = f"the identity provider does not speak SAML 2.0: protocolSupportEnumeration lacks {_PROTOCOL}"
            yield Problem("error", file, row_of(role), "protocolSupportEnumeration", "saml_version", message)
        if role.find(f"{{{MD}}}SingleSignOnService") is None:
            message = "there is no SingleSignOnService, which the SAML standard asks for: IAM may refuse the document"
            yield Problem("warning", file, row_of(role), "SingleSignOnService", "sign_on_service_missing", message)


def _valid_until(element: etree._Element, file: str) -> tuple[datetime | None, int | None, tuple[Problem, ...]]:
    earliest: tuple[datetime, int | None] | None = None
    problems = []
    for place in (*element.iterancestors(), element, *element.iterchildren(_ROLE)):
        text = place.get("validUntil")
        if text is None:
            continue
        moment = parse_moment(text)
        if moment is None:
            message = f"validUntil is {shown(text)}, which is no moment in time: it is left out of what is deployed"
            problems.append(Problem("warning", file, row_of(place), "validUntil", "valid_until_unreadable", message))
        elif earliest is None or moment < earliest[0]:
            earliest = (moment, row_of(place))
    return (*(earliest or (None, None)), tuple(problems))


def parse_moment(text: str) -> datetime | None:
    """Return an ``xs:dateTime`` in UTC (without a zone it is UTC, as SAML says), or None where it is none."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,20}))?(Z|[+-]\d\d:\d\d)?", text.strip(), re.ASCII)
    if not match:
        return None
    fraction = (match[2] or "0")[:6].ljust(6, "0")
    zone = "+00:00" if match[3] in (None, "Z") else match[3]
    try:
        return datetime.fromisoformat(f"{match[1]}.{fraction}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None

"""The username as a third party sends it: the claim texts for Okta, Microsoft Entra ID and Ping.

A directory does not have Salesforce's fields, so each column of the template becomes an attribute that
the directory must have; only the e-mail address has one already. Where an identity provider's language
cannot put the username together, one attribute holds the whole of it.
Sources: Okta Expression Language reference; Microsoft, "Customize SAML token claims"; PingOne Expression
Language, "Expressions and concatenation".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from contact_center.username_formula import Part, parts

Vendor = Literal["okta", "entra", "ping"]

WHOLE_USERNAME = "connectUsername"
"""The attribute that holds the whole username where it cannot be put together."""

_EMAIL = {"okta": "email", "entra": "mail", "ping": "email"}
# Microsoft Entra ID offers fifteen free attributes in the menu of claim sources.
_ENTRA_FREE = tuple(f"extensionattribute{number}" for number in range(1, 16))
# RegexReplace takes the input and five more parameters.
_ENTRA_MOST_COLUMNS = 6
_ID_LENGTH = 15


@dataclass(frozen=True, slots=True)
class Claim:
    """What to enter at an identity provider so that it sends the username.

    Attributes:
        value: Okta's and Ping's expression; Entra's source attribute, the transformation's first parameter.
        attributes: (attribute of the directory, column that it must be filled from), in their order; the
            column is None for the attribute that holds the whole username.
        pattern, replacement: of Entra's RegexReplace() transformation; None where the attribute is sent as it is.
    """

    vendor: Vendor
    value: str
    attributes: tuple[tuple[str, str | None], ...]
    pattern: str | None = None
    replacement: str | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether one attribute of the directory holds the whole username."""
        return any(column is None for _, column in self.attributes)


def claim(vendor: Vendor, setting: str, organization_id: str) -> Claim:
    """Return what a third party must send as RoleSessionName.

    Args:
        vendor: whose language.
        setting: `sign_on.username`.
        organization_id: 15 characters; a directory does not know it, so it is written out.
    """
    pieces = _with_organization(parts(setting), organization_id)
    columns = tuple({part.text.casefold(): part.text for part in reversed(pieces) if part.is_column}.values())[::-1]
    # The engine cuts an id wherever a column's name ends with Id; whether an unknown column holds one, only
    # its cells can tell, and a claim has no condition for that.
    doubtful = any(column.casefold().endswith("id") and not Part(column, True).is_id for column in columns)
    names = {column.casefold(): _attribute(vendor, column) for column in columns}
    if doubtful or len({name.casefold() for name in names.values()}) < len(columns):
        return _whole(vendor)
    if vendor == "entra":
        return _entra(pieces, columns)
    quote, cut = ('"', "String.substring") if vendor == "okta" else ("'", "#string.substring")
    texts = []
    for part in pieces:
        if not part.is_column:
            texts.append(f"{quote}{part.text}{quote}")
        elif part.is_id:
            texts.append(f"{cut}(user.{names[part.text.casefold()]}, 0, {_ID_LENGTH})")
        else:
            texts.append(f"user.{names[part.text.casefold()]}")
    return Claim(vendor, " + ".join(texts), tuple((names[column.casefold()], column) for column in columns))


def _with_organization(pieces: tuple[Part, ...], organization_id: str) -> tuple[Part, ...]:
    """Return the pieces with the organization's id written out, neighboring texts joined."""
    joined: list[Part] = []
    for piece in pieces:
        part = Part(organization_id, False) if piece.is_organization else piece
        if joined and not part.is_column and not joined[-1].is_column:
            part = Part(joined.pop().text + part.text, False)
        joined.append(part)
    return tuple(joined)


def _attribute(vendor: Vendor, column: str) -> str:
    """Return the name of the directory's attribute: its own e-mail address, else one named after the column."""
    if column.casefold() == "email":
        return _EMAIL[vendor]
    return "salesforce" + re.sub(r"\W", "", column, flags=re.ASCII)


def _whole(vendor: Vendor) -> Claim:
    name = _ENTRA_FREE[0] if vendor == "entra" else WHOLE_USERNAME
    return Claim(vendor, f"user.{name}", ((name, None),))


def _entra(pieces: tuple[Part, ...], columns: tuple[str, ...]) -> Claim:
    """Return Entra's claim: an attribute, or one RegexReplace() that cuts an id and puts texts around it."""
    ids = [column for column in columns if Part(column, True).is_id]
    if len(ids) > 1 or len(columns) > _ENTRA_MOST_COLUMNS:
        return _whole("entra")
    free = iter(_ENTRA_FREE)
    attributes = tuple((_EMAIL["entra"] if column.casefold() == "email" else next(free), column) for column in columns)
    names = {column.casefold(): attribute for attribute, column in attributes}
    first = (ids[0] if ids else columns[0]).casefold()
    source = f"user.{names[first]}"
    if len(pieces) == 1 and not ids:
        return Claim("entra", source, attributes)
    pattern = f"^(?'input'.{{{_ID_LENGTH}}}).*$" if ids else "^(?'input'.*)$"
    inside = {**names, first: "input"}
    replacement = "".join(f"{{{inside[part.text.casefold()]}}}" if part.is_column else part.text for part in pieces)
    return Claim("entra", source, attributes, pattern, replacement)

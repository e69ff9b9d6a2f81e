"""What the other side makes of our texts: small evaluators of the four languages, written from their references.

They know nothing of how the texts are made. A person is a mapping of Salesforce fields (ids with 18
characters, as the API gives them) or of directory attributes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from contact_center.username_claims import Claim

_ID_FIELDS = frozenset({"$User.Id", "$Organization.Id", "$Profile.Id", "$UserRole.Id", "$User.ManagerId"})


def salesforce(formula: str, fields: Mapping[str, str]) -> str:
    """Return what a Salesforce formula gives: texts in single quotes and merge fields, joined by ``&``."""
    text = ""
    for piece in re.split(r" & (?=\$|')", formula):
        if quoted := re.fullmatch(r"'([^'\\]*)'", piece):
            text += quoted[1]
        else:
            assert re.fullmatch(r"\$[A-Za-z]+\.[A-Za-z0-9_]+", piece), piece
            value = fields[piece]
            text += value[:15] if piece in _ID_FIELDS else value
    return text


def claim(made: Claim, attributes: Mapping[str, str]) -> str:
    """Return what an identity provider sends."""
    if made.vendor == "entra":
        return _entra(made, attributes)
    quote, cut = ('"', "String.substring") if made.vendor == "okta" else ("'", "#string.substring")
    text = ""
    for piece in made.value.split(" + "):
        if piece.startswith(quote):
            assert piece.endswith(quote)
            text += piece[1:-1]
        elif found := re.fullmatch(rf"{re.escape(cut)}\(user\.(\w+), (\d+), (\d+)\)", piece):
            text += attributes[found[1]][int(found[2]) : int(found[3])]
        else:
            name = re.fullmatch(r"user\.(\w+)", piece)
            assert name, piece
            text += attributes[name[1]]
    return text


def _entra(made: Claim, attributes: Mapping[str, str]) -> str:
    source = attributes[made.value.removeprefix("user.")]
    if made.pattern is None or made.replacement is None:
        return source
    match = re.search(re.sub(r"\(\?'(\w+)'", r"(?P<\1>", made.pattern), source)
    assert match, "RegexReplace() sends the source as it is where the pattern does not match"
    groups = {**attributes, **match.groupdict()}
    return re.sub(r"\{(\w+)\}", lambda place: groups[place[1]], made.replacement)

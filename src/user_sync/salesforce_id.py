"""Salesforce record ids: 15 characters, case-sensitive, or 18 with a check of the case.

Three characters are appended, one for each chunk of five: bit k of a chunk is set where its k-th
character is A–Z, and indexes into A–Z0–5. Two ids that differ in case only are two people.
Source: Salesforce, "How to convert 15 digit Id to 18 digit Id".
"""

from __future__ import annotations

import re

_CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?")

# A chunk as its pattern of capitals ("01001") → its check letter. An export has 50,000 ids and more.
_CAPITALS = bytes(ord("1") if "A" <= chr(code) <= "Z" else ord("0") for code in range(256))
_LETTER_OF = {f"{bits:05b}"[::-1].encode(): letter for bits, letter in enumerate(_CHECK_LETTERS)}


def check_suffix(short_id: str) -> str:
    """Return the three characters that make an 18-character id out of a 15-character one."""
    capitals = short_id.encode("ascii").translate(_CAPITALS)
    return _LETTER_OF[capitals[:5]] + _LETTER_OF[capitals[5:10]] + _LETTER_OF[capitals[10:]]


def extend(short_id: str) -> str:
    """Return the 18-character form of a 15-character id."""
    return short_id + check_suffix(short_id)


def parse(text: str) -> str | None:
    """Return the 15-character form, or None where the text is not an id.

    An 18-character id whose check does not fit its case (a spreadsheet upper-cased it) is not an id.

    Args:
        text: 15 or 18 characters.
    """
    if not _ID.fullmatch(text):
        return None
    short_id = text[:15]
    return short_id if len(text) == 15 or text[15:] == check_suffix(short_id) else None

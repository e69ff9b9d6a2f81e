"""Whom a row means: the Salesforce id as a spreadsheet may have left it, and the Connect username.

The username is formed from the template, the id cut to 15 characters as Salesforce's own formulas
give it, its case kept. What does not fit Connect's rule is refused with the letter at fault, never
rewritten: the identity provider sends its own spelling, and a rewritten name would lock the person out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from user_sync import salesforce_id
from user_sync.model import Severity

# The letters that both a Connect username under SAML and a RoleSessionName may have (facts: AWS, Amazon
# Connect API reference, CreateUser; IAM, AssumeRoleWithSAML).
ALLOWED_LETTERS = "A-Z a-z 0-9 _ . @ -"
SHORTEST, LONGEST = 2, 64
is_username = re.compile(r"[A-Za-z0-9_.@-]{2,64}").fullmatch
_BAD_LETTER = re.compile(r"[^A-Za-z0-9_.@-]")
_PLACE = re.compile(r"\{\s*([^{}]+?)\s*\}")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]?\d+", re.IGNORECASE)
_CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CONTROLS = {"\n": "line feed", "\r": "carriage return", "\t": "tab", " ": "space"}
_FIX = "take the id from Salesforce again, and format its column as text in the spreadsheet"


def id_fault(raw: str) -> tuple[str, str]:
    """Return code and message of what is wrong with a text that is not a Salesforce id.

    The text itself is in no message: where columns are mistaken it may be a person's name.

    Args:
        raw: the cell; not an id by :func:`salesforce_id.parse`.
    """
    if len(raw) not in (15, 18) or not (raw.isascii() and raw.isalnum()):
        return _misshapen(raw)
    if raw in (raw.upper(), raw.lower()):
        guess = _by_check(raw)
        means = f" (its check means {guess})" if guess else ""
        return "id_case_lost", f"the id lost upper and lower case in a spreadsheet{means}; {_FIX}"
    return "id_check", f"the id does not fit its last three characters, which check the others; {_FIX}"


def _misshapen(raw: str) -> tuple[str, str]:
    if not raw:
        return "id_missing", "the id is empty; 15 or 18 characters are needed: add the id to the query or the report"
    if _SCIENTIFIC.fullmatch(raw):
        return "id_scientific", f"the id is a number, {raw}, which a spreadsheet made of it; {_FIX}"
    if raw.isdecimal() and len(raw) < 15:
        return "id_leading_zeros", f"the id is a number, {raw}, without its leading zeros; {_FIX}"
    if bad := [letter for letter in dict.fromkeys(raw) if not (letter.isascii() and letter.isalnum())]:
        return "id_letters", f"the id holds {name_letters(bad)}; allowed are A-Z a-z 0-9; {_FIX}"
    return "id_length", f"the id has {len(raw)} characters; allowed are 15 or 18; {_FIX}"


def _by_check(raw: str) -> str | None:
    """Return the id whose case the last three of 18 characters tell, or None."""
    low, check = raw[:15].lower(), raw[15:].upper()
    if any(letter not in _CHECK_LETTERS for letter in check):
        return None
    bits = [_CHECK_LETTERS.index(check[place // 5]) >> place % 5 & 1 for place in range(15)]
    told = "".join(letter.upper() if bit else letter for letter, bit in zip(low, bits, strict=True))
    return told + check if salesforce_id.parse(told + check) else None


def name_faults(text: str, *, header: str, field: str, longest: int) -> Iterator[tuple[Severity, str, str]]:
    """Yield severity, code and message of what is wrong with a person's name.

    The name itself is in no message: messages end in logs.

    Args:
        text: the name, in Unicode normalization form C.
        header: as the file has it.
        field: ``FirstName`` or ``LastName``.
        longest: characters that Amazon Connect allows.
    """
    code = "first_name" if field == "FirstName" else "last_name"
    if not text:
        fix = "Salesforce does not ask for it, Amazon Connect does: fill it in in Salesforce"
        yield "error", f"{code}_missing", f"{header} is empty; {fix}"
    if len(text) > longest:
        yield "error", f"{code}_too_long", f"{header} has {len(text)} characters; allowed are {longest}: shorten it"
    if "\ufffd" in text:
        fix = "the letter was lost when the file was saved in another encoding: export again as UTF-8"
        yield "error", "name_damaged", f"{header} holds '\ufffd' (REPLACEMENT CHARACTER): {fix}"
    elif _twice_decoded(text):
        fix = "its letters look like UTF-8 that was read as Windows-1252: export again as UTF-8"
        yield "warning", "name_suspicious", f"is {header} right? {fix}"
    if "?" in text:
        fix = "a spreadsheet writes that for a letter that it cannot save: export again as UTF-8"
        yield "warning", "name_suspicious", f"{header} holds '?': {fix}"
    if not text.isprintable():
        invisible = [letter for letter in dict.fromkeys(text) if not letter.isprintable()]
        yield "warning", "name_suspicious", f"{header} holds {name_letters(invisible)}: correct it in Salesforce"


def _twice_decoded(text: str) -> bool:
    try:
        return not text.isascii() and text.encode("cp1252").decode("utf-8") != text
    except UnicodeError:
        return False


def name_letters(letters: list[str], *, most: int = 5) -> str:
    """Return letters as a message names them: a space as 'space', an invisible one by its Unicode name."""
    named = ", ".join(_name_letter(letter) for letter in letters[:most])
    return named + (f" and {len(letters) - most} more" if len(letters) > most else "")


def _name_letter(letter: str) -> str:
    if letter in _CONTROLS:
        return f"'{_CONTROLS[letter]}'"
    if letter.isascii() and letter.isprintable():
        return f"'{letter}'"
    name = unicodedata.name(letter, f"U+{ord(letter):04X}")
    return f"'{letter}' ({name})" if letter.isprintable() else f"'{name}'"


@dataclass(frozen=True, slots=True)
class UsernameTemplate:
    """`sign_on.username`, taken apart once.

    Attributes:
        columns: columns of its places, in their order; without ``OrganizationId``, which is not in an export.
        parts: literal texts, and an index into `columns` for each place.
        pattern: the same for the % operator.
    """

    columns: tuple[str, ...]
    parts: tuple[str | int, ...]
    pattern: str

    @classmethod
    def parse(cls, template: str, organization_id: str) -> UsernameTemplate:
        """Return the template's parts.

        Args:
            template: text with ``{Column}`` places.
            organization_id: 15 characters, for ``{OrganizationId}``.
        """
        columns: list[str] = []
        parts: list[str | int] = []
        # With one group, split() gives literal, place, literal, place, ... literal.
        for index, text in enumerate(_PLACE.split(template)):
            if index % 2 and text.casefold() != "organizationid":
                parts.append(len(columns))
                columns.append(text)
            elif literal := organization_id if index % 2 else text:
                parts.append(literal)
        pattern = "".join("%s" if isinstance(part, int) else part.replace("%", "%%") for part in parts)
        return cls(tuple(columns), tuple(parts), pattern)

    def faults(self, values: tuple[str, ...], headers: Mapping[int, str]) -> list[tuple[str | None, str, str]]:
        """Return column, code and message of everything that keeps these values from being a username.

        Args:
            values: one for each place, ids already cut.
            headers: place → header as the file has it.
        """
        found: list[tuple[str | None, str, str]] = []
        for part in self.parts:
            if isinstance(part, str):
                column, text = None, part
            else:
                column, text = headers[part], values[part]
                if not text:
                    message = f"{column} is empty, and the username needs it: fill it in in Salesforce"
                    found.append((column, "username_part_missing", message))
            if bad := list(dict.fromkeys(_BAD_LETTER.findall(text))):
                where = f"{column} holds" if column else "the template of the username holds"
                message = (
                    f"{where} {name_letters(bad)}; a Connect username allows {ALLOWED_LETTERS}: "
                    "correct it in Salesforce, or form the username from another column"
                )
                found.append((column, "username_letter", message))
        length = len(self.pattern % values)
        if length > LONGEST or (length < SHORTEST and all(values)):
            code = "username_too_long" if length > LONGEST else "username_too_short"
            longest = max(range(len(values)), key=lambda place: len(values[place]), default=None)
            message = (
                f"the username would have {length} characters; allowed are {SHORTEST} to {LONGEST}: "
                "form it from shorter columns"
            )
            found.append((None if longest is None else headers[longest], code, message))
        return list(dict.fromkeys(found))

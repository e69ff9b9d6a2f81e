"""`sign_on.username`: the one setting that a person's name in Amazon Connect comes from.

A format is a named one or a template: allowed letters with ``{Column}`` places, each a column of the
export by API name, or ``{OrganizationId}``. Must not form usernames: the sync engine does.
Amazon Connect and AWS STS both take ``^[A-Za-z0-9_.@-]{2,64}$``:
https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
"""

from __future__ import annotations

import re

from contact_center.nearest import did_you_mean, listed, shown

NAMED_FORMATS = {
    "salesforce_voice": "{Alias}@{Id}@{OrganizationId}",
    "salesforce_voice_government": "{Id}@{OrganizationId}",
    "salesforce_username": "{Username}",
    "email": "{Email}",
    "federation_id": "{FederationIdentifier}",
}
USERNAME = re.compile(r"[A-Za-z0-9_.@-]{2,64}")
ORGANIZATION_PLACE = "OrganizationId"
# Columns of which Salesforce says that no two people of an organization share a value.
UNIQUE_COLUMNS = frozenset({"Id", "Username", "FederationIdentifier"})

COLUMN = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)
_PART = re.compile(r"\{([^{}]*)\}|([^{}]+)|(.)", re.DOTALL)


def template(setting: str) -> str:
    """Return the template behind a setting: a named format's, or the setting itself."""
    return NAMED_FORMATS.get(setting, setting)


def places(setting: str) -> tuple[str, ...]:
    """Return the columns that the setting's template takes values from, in its order."""
    return tuple(re.findall(r"\{([^{}]*)\}", template(setting)))


def fault(setting: str) -> str | None:
    """Return what is wrong with the setting, or None.

    Args:
        setting: a named format or a template.

    Returns:
        A message that says what is allowed.
    """
    if setting in NAMED_FORMATS:
        return None
    if "{" not in setting and "}" not in setting:
        names = listed(NAMED_FORMATS)
        return (
            f"{shown(setting)} is no username format: allowed are {names}, or a template such as "
            f"{{Alias}}@{{Id}}{did_you_mean(setting, NAMED_FORMATS)}"
        )
    return _fault_of_template(setting)


def _fault_of_template(setting: str) -> str | None:
    columns: list[str] = []
    literal = ""
    for place, text, stray in (match.groups() for match in _PART.finditer(setting)):
        if stray is not None:
            return f'{shown(setting)} has a "{stray}" without its partner: write {{Column}}'
        if text is not None:
            literal += text
        elif COLUMN.fullmatch(place):
            columns.append(place)
        else:
            return f'{shown(setting)}: "{{{place}}}" names no column: write its API name, such as {{Alias}}'
    wrong = sorted(set(re.findall(r"[^A-Za-z0-9_.@-]", literal)))
    if wrong:
        letters = " and ".join("space" if letter == " " else f'"{letter}"' for letter in wrong)
        return f"{shown(setting)} holds {letters}: a username takes letters, digits and _ . @ - only"
    if not set(columns) - {ORGANIZATION_PLACE}:
        return f"{shown(setting)} is the same for everybody: name a column of the person, such as {{Id}}"
    if len(literal) > 64 - len(columns):
        return f"{shown(setting)} is longer than the 64 letters of a username before a column is filled in"
    return None

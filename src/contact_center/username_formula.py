"""The username as Salesforce sends it: `sign_on.username` as a formula for the RoleSessionName attribute.

The sync engine forms the same text out of the export; the two must agree to the letter, or people are
locked out. So what Salesforce's attribute formulas cannot give is refused, never approximated. Ids in
formulas have 15 characters, as the engine's. Must not know the export.
Source of the format: Salesforce Help, "Set Up Custom Name Format for the User" (voice_flex_custom_username).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contact_center import username
from contact_center.nearest import did_you_mean

_PLACE = re.compile(r"\{\s*([^{}]+?)\s*\}")
_CUSTOM_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*__c", re.ASCII | re.IGNORECASE)

# Text and id fields of the User object that the menu of merge fields has.
_USER_FIELDS = (
    *("Id", "Username", "Alias", "FirstName", "LastName", "Email", "FederationIdentifier", "EmployeeNumber"),
    *("CommunityNickname", "CompanyName", "Department", "Division", "Title", "Extension", "Phone", "MobilePhone"),
    *("City", "State", "PostalCode", "Country", "ContactId", "ManagerId"),
)
_FORMULA_FIELDS: Mapping[str, str] = MappingProxyType(
    {name.casefold(): f"$User.{name}" for name in _USER_FIELDS}
    | {
        "organizationid": "$Organization.Id",
        "profileid": "$Profile.Id",
        "profile.id": "$Profile.Id",
        "profile.name": "$Profile.Name",
        "userroleid": "$UserRole.Id",
        "userrole.id": "$UserRole.Id",
        "userrole.name": "$UserRole.Name",
        "userrole.developername": "$UserRole.DeveloperName",
    }
)
ID_COLUMNS = frozenset(
    {"id", "profileid", "profile.id", "userroleid", "userrole.id", "callcenterid", "contactid", "managerid"}
)


class NotExpressibleError(ValueError):
    """A column of the template has no counterpart on the identity provider's side.

    Args:
        column: as the template has it.
        message: what, and what to do.
    """

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the username: a text that is the same for everybody, or a column.

    Attributes:
        text: the literal text, or the column as the template has it.
    """

    text: str
    is_column: bool

    @property
    def is_organization(self) -> bool:
        """Return whether it is the organization's id, which is in no export."""
        return self.is_column and self.text.casefold() == username.ORGANIZATION_PLACE.casefold()

    @property
    def is_id(self) -> bool:
        """Return whether it is a person's or another record's id, which a username has with 15 characters."""
        return self.is_column and self.text.casefold() in ID_COLUMNS


def parts(setting: str) -> tuple[Part, ...]:
    """Return the pieces of the username in their order.

    Args:
        setting: `sign_on.username`: a named format or a template.
    """
    # With one group, split() gives literal, place, literal, place, ... literal.
    pieces = enumerate(_PLACE.split(username.template(setting)))
    return tuple(Part(text, bool(index % 2)) for index, text in pieces if text)


def salesforce_formula(setting: str) -> str:
    """Return the formula of the RoleSessionName attribute.

    Args:
        setting: `sign_on.username`.

    Raises:
        NotExpressibleError: Salesforce's attribute formulas do not have a column.
    """
    return " & ".join(_merge_field(part.text) if part.is_column else f"'{part.text}'" for part in parts(setting))


def _merge_field(column: str) -> str:
    field = _FORMULA_FIELDS.get(column.casefold())
    if field:
        return field
    if _CUSTOM_FIELD.fullmatch(column):
        return f"$User.{column}"
    known = [*_USER_FIELDS, "Profile.Name", "UserRole.Name", "OrganizationId"]
    raise NotExpressibleError(
        column,
        f"{{{column}}} is no field that Salesforce can put into RoleSessionName, so nobody could sign in through "
        f"Salesforce: allowed are {', '.join(known)} and custom text fields of User such as "
        f"ConnectName__c{did_you_mean(column, known)}",
    )

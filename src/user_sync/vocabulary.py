"""What the columns of an export are called: API names, English report labels, words for true and false.

Data, and how a header is compared with it. A header that is not known here keeps its own text as its
name, so that a rule may ask for any column. Sources: Salesforce object reference, User and
PermissionSetAssignment; the labels are those of the standard User report type.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Data Loader's spellings (Data Loader guide, "Data Types"), and those that a spreadsheet writes in
# the languages in which it translates TRUE and FALSE.
BOOLEANS = dict.fromkeys(
    ("true", "yes", "y", "on", "1", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar"), True
) | dict.fromkeys(("false", "no", "n", "off", "0", "falsch", "faux", "falso", "onwaar"), False)

# A Salesforce object has at most 900 fields; a wider row is not looked at.
MOST_COLUMNS = 2_000


def fold(name: str) -> str:
    """Return a column's name as it is compared: case, outer and repeated white space do not count."""
    return " ".join(unicodedata.normalize("NFC", name).strip("\ufeff").casefold().split())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The columns of one kind of export.

    Attributes:
        api_names: folded → API name.
        labels: folded English label of a report → API name.
    """

    api_names: Mapping[str, str]
    labels: Mapping[str, str]

    def recognize(self, header: str, mapping: Mapping[str, str]) -> tuple[str, str] | None:
        """Return the API name and the form in which the header has it, or None.

        Args:
            header: as the file has it.
            mapping: folded header → API name, from `users.columns`.
        """
        folded = fold(header)
        if folded in mapping:
            return mapping[folded], "mapped labels"
        if folded in self.api_names:
            return self.api_names[folded], "api names"
        folded = folded.removeprefix("user: ")
        if folded in self.labels:
            return self.labels[folded], "report labels"
        return None

    def count_known(self, cells: Sequence[str], mapping: Mapping[str, str]) -> int:
        """Return how many different columns are known, were these cells a header."""
        if len(cells) > MOST_COLUMNS:
            return 0
        return len({found[0] for cell in cells if len(cell) <= 255 and (found := self.recognize(cell, mapping))})


def _api_names(*names: str) -> dict[str, str]:
    return {fold(name): name for name in names}


USERS = Vocabulary(
    api_names=_api_names(
        *("Id", "Username", "Alias", "FirstName", "MiddleName", "LastName", "Suffix", "Name", "CommunityNickname"),
        *("Email", "IsActive", "ProfileId", "Profile.Id", "Profile.Name", "UserRoleId", "UserRole.Id"),
        *("UserRole.Name", "UserRole.DeveloperName", "Department", "Division", "CompanyName", "Title"),
        *("CallCenterId", "FederationIdentifier", "EmployeeNumber", "UserType", "ManagerId", "Manager.Name"),
        *("Manager.Username", "Extension", "Phone", "MobilePhone", "Street", "City", "State", "PostalCode"),
        *("Country", "ContactId", "AccountId", "TimeZoneSidKey", "LocaleSidKey", "LanguageLocaleKey"),
        *("CreatedDate", "LastLoginDate", "LastModifiedDate", "SystemModstamp", "UserPermissionsSupportUser"),
    ),
    labels={
        "user id": "Id",
        "first name": "FirstName",
        "middle name": "MiddleName",
        "last name": "LastName",
        "full name": "Name",
        "nickname": "CommunityNickname",
        "active": "IsActive",
        "profile": "Profile.Name",
        "profile name": "Profile.Name",
        "profile: name": "Profile.Name",
        "profile id": "ProfileId",
        "role": "UserRole.Name",
        "role name": "UserRole.Name",
        "role: name": "UserRole.Name",
        "role id": "UserRoleId",
        "company name": "CompanyName",
        "call center id": "CallCenterId",
        "federation id": "FederationIdentifier",
        "saml federation id": "FederationIdentifier",
        "employee number": "EmployeeNumber",
        "user type": "UserType",
        "manager id": "ManagerId",
        "manager": "Manager.Name",
        "mobile": "MobilePhone",
        "created date": "CreatedDate",
        "last login": "LastLoginDate",
    },
)

ASSIGNMENTS = Vocabulary(
    api_names=_api_names(
        *("Id", "AssigneeId", "Assignee.Username", "Assignee.Name", "Assignee.IsActive", "PermissionSetId"),
        *("PermissionSet.Name", "PermissionSet.Label", "PermissionSetGroupId", "PermissionSetGroup.DeveloperName"),
        *("ExpirationDate", "IsActive", "IsRevoked", "SystemModstamp"),
    )
    | {"assignee.id": "AssigneeId", "permissionset.id": "PermissionSetId"},
    labels={
        "assignee id": "AssigneeId",
        "assignee: user id": "AssigneeId",
        "assigned to: user id": "AssigneeId",
        "user id": "AssigneeId",
        "permission set name": "PermissionSet.Name",
        "permission set: name": "PermissionSet.Name",
        "permission set: permission set name": "PermissionSet.Name",
        "permission set: api name": "PermissionSet.Name",
        "expiration date": "ExpirationDate",
        "expires on": "ExpirationDate",
        "revoked": "IsRevoked",
        "active": "IsActive",
    },
)

# What the User report's labels are in other languages: only ever offered as a mapping to paste,
# never read silently, because some of these words mean another field in the next language.
_TRANSLATIONS = {
    "Id": "benutzer-id, id utilisateur, id de usuario, id. de usuario, id utente, id do usuário, gebruikers-id, "
    "gebruikers id, ユーザ id, ユーザー id, 用户 id, 사용자 id",
    "Username": "benutzername, nom d'utilisateur, nom d’utilisateur, nombre de usuario, nome utente, "
    "nome do usuário, gebruikersnaam, ユーザ名, ユーザー名, 用户名, 사용자 이름",
    "Alias": "apelido, 別名, 别名, 별칭",
    "FirstName": "vorname, prénom, nombre, nome, primeiro nome, voornaam, 名, 名字, 이름",
    "LastName": "nachname, nom, nom de famille, apellidos, apellido, cognome, sobrenome, achternaam, 姓, 姓氏, 성",
    "Email": "e-mail, adresse e-mail, adresse email, correo electrónico, メール, 电子邮件, 이메일",
    "IsActive": "aktiv, actif, activo, attivo, ativo, actief, 有効, 启用, 활성",
    "Profile.Name": "profil, perfil, profilo, profiel, プロファイル, 简档, 프로필",
    "UserRole.Name": "rolle, rôle, función, ruolo, função, rol, ロール, 角色, 역할",
    "Department": "abteilung, service, département, departamento, reparto, dipartimento, afdeling, 部署, 部门, 부서",
    "AssigneeId": "zugewiesen zu: benutzer-id, affecté à: id utilisateur, asignado a: id de usuario",
    "PermissionSet.Name": "berechtigungssatz: name, berechtigungssatzname, ensemble d'autorisations: nom, "
    "conjunto de permisos: nombre, 権限セット: 名前",
}
SUGGESTED = {label.strip(): name for name, labels in _TRANSLATIONS.items() for label in labels.split(",")}

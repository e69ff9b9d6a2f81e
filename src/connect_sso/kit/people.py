"""The files with people in them, for Salesforce's and the directory's importing tools.

Every cell is as the tool must get it: nothing is put before an ``=`` to calm a spreadsheet, because
Salesforce would take it for a part of the value. Instead, whoever has a cell that a spreadsheet would run
is left out and named, to be added by hand.
Sources: Salesforce Help, "Create or Update Contact Center Users in Bulk" and "Map Your Existing Salesforce
Users to Telephony Provider Users"; Object Reference, CallCenterRoutingMap.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connect_sso.kit.instance import Reading
from connect_sso.kit.values import Values
from user_sync import salesforce_id
from user_sync.columns import find
from user_sync.model import Desired, DesiredUser, Export, Problem
from user_sync.names import known

FOLDER = "people"
ADD_USERS = f"{FOLDER}/add-users.csv"
ROUTING_MAP = f"{FOLDER}/routing-map.csv"
ASSIGNMENTS = f"{FOLDER}/permission-set-assignments.csv"
USERNAMES = f"{FOLDER}/usernames.csv"
# The only security profiles that Salesforce takes; the one that may most goes first.
_PROFILES = ("Admin", "CallCenterManager", "Agent")
_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class People:
    """Who comes out as a Connect user, and the cells of their rows.

    Attributes:
        problems: people who are left out of a file, each with the reason.
    """

    export: Export
    desired: Desired
    cells: Mapping[int, Mapping[str, str]] = field(repr=False)

    @classmethod
    def of(cls, export: Export, desired: Desired) -> People:
        """Return the people of an export."""
        return cls(export, desired, {record.row: record.values for record in export.records})

    def cell(self, user: DesiredUser, column: str) -> str:
        """Return a cell of the person's row; empty where the export does not have the column."""
        name = find(self.export.headers, column)
        return self.cells[user.row].get(name, "") if name else ""

    def left_out(self, user: DesiredUser, column: str | None, code: str, message: str) -> Problem:
        """Return the warning that somebody is not in a file."""
        header = self.export.headers.get(find(self.export.headers, column) or "") if column else None
        return Problem("warning", self.export.file, user.row, header, code, message)


def people_files(people: People, reading: Reading, values: Values) -> tuple[dict[str, str], list[Problem]]:
    """Return the files by path, and who is left out of which.

    Args:
        people: of the export.
        reading: of the instance; files that need what it did not say are left out.
        values: what goes into the files.
    """
    files: dict[str, str] = {}
    problems: list[Problem] = []
    if reading.current:
        for path, table, found in (_add_users(people, reading, values), _routing_map(people, reading, values)):
            files[path] = table
            problems += found
    if values.salesforce_app and not values.salesforce_app.made_by_salesforce:
        set_id = values.known_or_mark("permission_set_id")
        rows = [[salesforce_id.extend(user.salesforce_id), set_id] for user in people.desired.users]
        files[ASSIGNMENTS] = _csv(["AssigneeId", "PermissionSetId"], rows)
    if values.third_party:
        files[USERNAMES], found = _usernames(people, values)
        problems += found
    if files:
        files[f"{FOLDER}/.gitignore"] = "*\n"
    return files, problems


def _add_users(people: People, reading: Reading, values: Values) -> tuple[str, str, list[Problem]]:
    """Return the bulk add-users file."""
    rows: list[list[str]] = []
    problems: list[Problem] = []
    routing = reading.current.routing_profiles if reading.current else {}
    for user in people.desired.users:
        email = people.cell(user, "Email") or people.cell(user, "Username")
        profile = next((name for name in _PROFILES if name in user.security_profiles), "")
        exists = known(user.routing_profile, routing)
        if email.startswith(_RUN_BY_SPREADSHEETS):
            problems.append(_would_run(people, user, "add-users.csv", "Email"))
        elif email and profile and exists:
            arn = f"{values.instance_arn}/routing-profile/{routing[exists]}"
            person = salesforce_id.extend(user.salesforce_id)
            rows.append([email, person, profile, arn, values.known_or_mark("call_center_id"), "AddUsers"])
        else:
            reason = _why_not_added(user, email=email, profile=profile)
            text = f"{user.username} is not in add-users.csv: {reason}"
            problems.append(people.left_out(user, None, "not_in_add_users", text))
    header = [*(f"Argument{number}" for number in range(1, 6)), "BulkAction"]
    return ADD_USERS, _csv(header, rows), problems


def _why_not_added(user: DesiredUser, *, email: str, profile: str) -> str:
    if not email:
        return "the export has neither e-mail address nor username: export Email too"
    if not profile:
        has = ", ".join(user.security_profiles)
        return f"Salesforce takes {', '.join(_PROFILES)} only, and the rule gives {has}; add the person by hand"
    return f'the instance has no routing profile "{user.routing_profile}": create it, or correct the rule'


def _routing_map(people: People, reading: Reading, values: Values) -> tuple[str, str, list[Problem]]:
    """Return the map of Salesforce users to Connect users: it has who is in the instance by now."""
    rows: list[list[str]] = []
    problems: list[Problem] = []
    call_center = values.known_or_mark("call_center_id")
    current = {user.username: user for user in reading.current.users} if reading.current else {}
    for user in people.desired.users:
        found = current.get(user.username)
        if found is None:
            text = f"{user.username} is not in routing-map.csv: no such user in Connect; sync, then write the kit again"
            problems.append(people.left_out(user, None, "not_in_routing_map", text))
            continue
        extended = salesforce_id.extend(user.salesforce_id)
        name = f"{extended}_{call_center}"
        rows.append([name, name, call_center, found.arn, extended, reading.quick_connects.get(found.user_id, "")])
    header = ["DeveloperName", "MasterLabel", "CallCenterId", "ExternalId", "ReferenceRecordId", "QuickConnect"]
    return ROUTING_MAP, _csv(header, rows), problems


def _usernames(people: People, values: Values) -> tuple[str, list[Problem]]:
    """Return what the third party's directory must hold for each person, and their Connect username."""
    claims = values.third_party.claims if values.third_party else ()
    asked = [column for claim in claims for _, column in claim.attributes if column]
    columns = list(dict.fromkeys(["Username", "Email", *asked]))
    rows: list[list[str]] = []
    problems: list[Problem] = []
    for user in people.desired.users:
        cells = [
            salesforce_id.extend(user.salesforce_id) if column.casefold() == "id" else people.cell(user, column)
            for column in columns
        ]
        running = [cell for cell in (*cells, user.username) if cell.startswith(_RUN_BY_SPREADSHEETS)]
        if running:
            problems.append(_would_run(people, user, "usernames.csv", None))
        else:
            rows.append([*cells, user.username])
    return _csv([*columns, "ConnectUsername"], rows), problems


def _would_run(people: People, user: DesiredUser, file: str, column: str | None) -> Problem:
    text = f"{user.username} is not in {file}: a cell starts with = + - or @, which a spreadsheet runs; add by hand"
    return people.left_out(user, column, "cell_would_run", text)


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return UTF-8 text with LF and quotes where they are needed, as Bulk API 2.0 takes it by default."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()

"""Reading a Salesforce export: from bytes to records by API name, before anything is judged.

Every form that Salesforce, its tools and a spreadsheet write is read into the same values. What can
be read in two ways is refused. Knows no rules and no policy. Forms: design section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from user_sync import columns as cols
from user_sync import salesforce_id
from user_sync.identity import id_fault
from user_sync.model import Dialect, Export, Problem, Record
from user_sync.records import ASSIGNMENT_EXPORT, USER_EXPORT, read_records
from user_sync.vocabulary import BOOLEANS, fold

_NONE: frozenset[str] = frozenset()
NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PermissionSets:
    """Who has which permission sets.

    Attributes:
        names: 15-character user id → names of the permission sets in force.
        unreadable: (row, user id as the file has it) of assignments that cannot be read.
        problems: those rows, each an error.
    """

    file: str
    dialect: Dialect
    names: Mapping[str, frozenset[str]]
    unreadable: tuple[tuple[int, str], ...] = ()
    problems: tuple[Problem, ...] = ()


def read_export(
    data: bytes, *, file: str, columns: Mapping[str, str] = NO_COLUMNS, only: Set[str] | None = None
) -> Export:
    """Return the people of a user export, in the order of its rows.

    Args:
        data: CSV in any dialect, XLSX, or the ZIP of a weekly export.
        file: name to show.
        columns: header as the file has it → API name, for labels in other languages.
        only: folded names of the columns that are needed; a weekly export has 200, and 50,000 people. None keeps
            all, for whoever may ask for any.

    Raises:
        ExportUnreadable: the file as a whole cannot be used; code, row and column say why.
    """
    return read_records(data, USER_EXPORT, columns, file=file, only=only)


def read_permission_sets(
    data: bytes, *, file: str, columns: Mapping[str, str] = NO_COLUMNS, now: datetime | None = None
) -> PermissionSets:
    """Return the permission sets of each user; revoked, inactive and (given a clock) expired ones left out.

    Args:
        data: an export of PermissionSetAssignment, in any form of `read_export`.
        file: name to show.
        columns: header → API name, for labels in other languages.
        now: with a zone; None takes no notice of ``ExpirationDate``.

    Raises:
        ExportUnreadable: the file as a whole cannot be used.
    """
    # The label of a user's id, which `users.columns` has for the first export, here says who is assigned.
    named = {header: "AssigneeId" if fold(name) == "id" else name for header, name in columns.items()}
    export = read_records(data, ASSIGNMENT_EXPORT, named, file=file)
    needed = {"AssigneeId": "who has it", "PermissionSet.Name": "what they have"}
    cols.require(export.headers, needed, file=file, samples=[r.values for r in export.records[:20]])
    limited = not {"IsActive", "IsRevoked", "ExpirationDate"}.isdisjoint(export.headers)
    names: dict[str, frozenset[str]] = {}
    shared: dict[frozenset[str], frozenset[str]] = {}  # most people have the same: one set for all of them
    unreadable: list[tuple[int, str]] = []
    problems: list[Problem] = []
    for record in export.records:
        raw = record.values["AssigneeId"]
        in_force, fault = _in_force(record.values, now) if limited else (True, None)
        person = salesforce_id.parse(raw)
        if not in_force:
            continue
        if fault or person is None:
            unreadable.append((record.row, raw))
            problems.extend(_faults(record, fault, export))
        if person is not None:
            has = names.get(person, _NONE) | {record.values["PermissionSet.Name"]}
            names[person] = shared.setdefault(has, has)
    return PermissionSets(file, export.dialect, names, tuple(unreadable), tuple(problems))


def _faults(record: Record, fault: str | None, export: Export) -> Iterator[Problem]:
    raw = record.values["AssigneeId"]
    if fault:
        message = (
            f"{export.headers[fault]} cannot be read; allowed are true or false, and times as 2026-12-31T00:00:00Z: "
            "export again by query"
        )
        yield Problem("error", export.file, record.row, export.headers[fault], "assignment_unreadable", message)
    if salesforce_id.parse(raw) is None:
        code, message = id_fault(raw)
        yield Problem("error", export.file, record.row, export.headers["AssigneeId"], code, message)


def _in_force(values: Mapping[str, str], now: datetime | None) -> tuple[bool, str | None]:
    """Return whether an assignment counts, and the column that cannot be read (then it counts)."""
    for column, wanted in (("IsActive", True), ("IsRevoked", False)):
        text = values.get(column, "").casefold()
        if text and text not in BOOLEANS:
            return True, column
        if text and BOOLEANS[text] is not wanted:
            return False, None
    expires = values.get("ExpirationDate", "")
    if not expires or now is None:
        return True, None
    try:
        end = datetime.fromisoformat(expires)
    except ValueError:
        return True, "ExpirationDate"
    return (end if end.tzinfo else end.replace(tzinfo=UTC)) > now, None

"""What flows through the engine, as frozen values: problems, records, users, changes.

Must not know how any of it is read, decided or written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it.

    Attributes:
        row: the line that a spreadsheet shows (the header is 1); None where the file as a whole is meant.
        column: the header as the file has it, or the API name, or the key path of the config.
        code: stable, snake_case.
        message: what, got, allowed, fix; lower case, no period.
    """

    severity: Severity
    file: str
    row: int | None
    column: str | None
    code: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form of design section 2, keys in its order."""
        return {
            "severity": self.severity,
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file was written: what ``check -v`` says about it.

    Attributes:
        encoding: such as ``utf-8``, ``utf-8-sig``, ``utf-16``, ``cp1252``.
        delimiter: one character; empty for XLSX.
        form: such as ``api names`` or ``report labels``.
    """

    encoding: str
    delimiter: str
    form: str


@dataclass(frozen=True, slots=True)
class Record:
    """One person (or one assignment) of an export.

    Attributes:
        row: the line that a spreadsheet shows.
        values: cell texts by API name (``Profile.Name``), stripped, NFC.
    """

    row: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Export:
    """A table as read, before anything in it is judged.

    Attributes:
        file: name to show.
        headers: API name → header as the file has it, in the order of the file.
    """

    file: str
    dialect: Dialect
    headers: Mapping[str, str]
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Phone:
    """The part of Connect's phone configuration that is managed.

    Attributes:
        after_contact_work_seconds: 0–2,000,000; 0 is without end (Salesforce runs after-contact work).
        auto_accept: whether a call is connected without a click.
    """

    after_contact_work_seconds: int = 0
    auto_accept: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the value as `fields` of the plan show it."""
        return {
            "after_contact_work_seconds": self.after_contact_work_seconds,
            "auto_accept": self.auto_accept,
        }


@dataclass(frozen=True, slots=True)
class DesiredUser:
    """A person as Connect should have them, in names (not ids).

    Attributes:
        salesforce_id: 15 characters, case kept.
        row: where in the export the person stands.
        security_profiles: sorted names.
        hierarchy_group: path such as ``EMEA/Support``, or None for none.
        rule: index into `users.rules` of the rule that decided, from 0; None where it is not known.
    """

    salesforce_id: str
    username: str
    first_name: str
    last_name: str
    security_profiles: tuple[str, ...]
    routing_profile: str
    hierarchy_group: str | None
    phone: Phone
    row: int
    rule: int | None = None


@dataclass(frozen=True, slots=True)
class HeldRow:
    """An active, matched row with an error: whoever it means stays as they are (`invalid_rows: skip`).

    Attributes:
        salesforce_id: 15 characters where the id could be read, else None.
        username: where it could be formed, else None.
    """

    row: int
    salesforce_id: str | None
    username: str | None
    first_name: str
    last_name: str
    raw_id: str


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything an export asks for.

    Attributes:
        users: those who come out as Connect users, sorted by username.
        held: rows that were rejected; who they mean is neither changed nor missing.
        problems: all of them, in the order of files and rows.
        records: rows judged in total.
        inactive, unmatched: row of those who are not active, and of those whom no rule matches, by the first
            15 characters of their id: why somebody is a leaver.
    """

    users: tuple[DesiredUser, ...]
    held: tuple[HeldRow, ...]
    problems: tuple[Problem, ...]
    records: int
    inactive: Mapping[str, int] = field(default_factory=dict)
    unmatched: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """A user as the instance has them, ids resolved to names.

    Attributes:
        salesforce_id: from our tag, cut to 15 characters; None without the tag.
        phone_type, desk_phone_number, persistent_connection: the person's own choice, kept when the
            managed part of the phone configuration is written.
        tags: all tags of the user.
    """

    user_id: str
    arn: str
    username: str
    first_name: str
    last_name: str
    security_profiles: tuple[str, ...]
    routing_profile: str
    hierarchy_group: str | None
    phone: Phone
    tags: Mapping[str, str]
    phone_type: str = "SOFT_PHONE"
    desk_phone_number: str = ""
    persistent_connection: bool | None = None


@dataclass(frozen=True, slots=True)
class Current:
    """What one reading of the instance gave.

    Attributes:
        instance_arn: ``arn:{partition}:connect:{region}:{account}:instance/{id}``.
        users: all users, sorted by username.
        security_profiles, routing_profiles, hierarchy_groups: name or path → id.
        user_quota: users per instance, where Service Quotas told it.
    """

    instance_arn: str
    users: tuple[CurrentUser, ...]
    security_profiles: Mapping[str, str]
    routing_profiles: Mapping[str, str]
    hierarchy_groups: Mapping[str, str]
    user_quota: int | None = None


class Action(StrEnum):
    """What a change does to one person's user."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    DISABLE = "disable"
    DELETE = "delete"
    REPLACE = "replace"


REMOVALS = frozenset({Action.DISABLE, Action.DELETE, Action.REPLACE})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One managed field, from what to what (JSON values; None where there was or will be nothing).

    An undo knows two more: `tags` and `own_phone`, the person's own choice of phone.
    """

    field: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form of design section 2."""
        return {"field": self.field, "from": self.before, "to": self.after}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the plan: everything that is needed to carry it out.

    Attributes:
        why: for a person, such as ``row 7 of users.csv, rule 2``.
        desired: None for disable and delete.
        current: None for create.
        again: of a create or replace that takes a run back: the user as it was, whose other tags and own choice of
            phone come back, too.
        keeps_old: of a replace: the old user is disabled, not deleted.
    """

    action: Action
    username: str
    salesforce_id: str
    fields: tuple[FieldChange, ...]
    why: str
    desired: DesiredUser | None = None
    current: CurrentUser | None = None
    again: CurrentUser | None = None
    keeps_old: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form of design section 2, with `why` added."""
        return {
            "action": self.action.value,
            "username": self.username,
            "salesforce_id": self.salesforce_id,
            "fields": [f.as_json() for f in self.fields],
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one change ended.

    Attributes:
        status: ``done`` means that the instance holds it.
        code: empty when done; else the service's error code or ours.
        message: for a person, with what to do.
    """

    username: str
    action: Action
    status: Literal["done", "failed", "skipped"]
    code: str = ""
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form of design section 2."""
        return {
            "username": self.username,
            "action": self.action.value,
            "status": self.status,
            "code": self.code,
            "message": self.message,
        }

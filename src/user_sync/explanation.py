"""Which rule decided about one person, and why the ones before it did not.

For `check --explain` and for whoever asks about one person. Holds what a person's row says, so it goes to
who asked and to no log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from user_sync import columns as cols
from user_sync import salesforce_id
from user_sync.desired import Judge
from user_sync.errors import ExportUnreadable
from user_sync.export import PermissionSets
from user_sync.model import Export, Record
from user_sync.policy import Policy
from user_sync.rules import Verdict
from user_sync.vocabulary import BOOLEANS

_MOST_COMPARED = 2_000  # usernames: likeness takes time


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of one row, and why.

    Attributes:
        row: as a spreadsheet shows it.
        username: that the person gets, or would get; None where it cannot be formed.
        active: None where the cell is neither.
        rule: index of the rule that decides, from 0; None where none matches.
        verdicts: of each rule, up to the one that decides.
        gives: what that rule gives.
    """

    row: int
    username: str | None
    active: bool | None
    rule: int | None
    verdicts: tuple[Verdict, ...]
    gives: Mapping[str, Any] | None

    @property
    def outcome(self) -> str:
        """Return what became of the person, for a person."""
        if self.active is False:
            return "inactive: not a Connect user, whatever the rules say"
        if self.verdicts and not self.verdicts[-1].sure:
            return f"users.rules[{self.rule}] might decide: the row is rejected until its id is mended"
        if self.rule is None:
            return "no rule matches: not a Connect user"
        return f"users.rules[{self.rule}] decides"

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form, under ``explained`` of `check`'s document."""
        return {
            "row": self.row,
            "username": self.username,
            "active": self.active,
            "rule": self.rule,
            "outcome": self.outcome,
            "rules": [{"rule": v.rule, "matched": v.matched, "reason": v.reason} for v in self.verdicts],
            "gives": dict(self.gives) if self.gives else None,
        }


def explain_person(
    export: Export, permission_sets: PermissionSets | None, policy: Policy, *, who: str
) -> tuple[Explanation, ...]:
    """Return what became of everybody whom a text means: more than one where it is not unique.

    Args:
        export, permission_sets, policy: as for `desired_users`.
        who: a row as a spreadsheet shows it, a Connect username, a Salesforce username, or an id of 15 or 18
            characters; case counts.

    Raises:
        ExportUnreadable: as `desired_users`, or it means nobody.
    """
    judge = Judge(export, permission_sets, policy)
    found = tuple(_explained(judge, record) for record in _meant(judge, export, who.strip()))
    if not found:
        raise _nobody(judge, export, who.strip())
    return found


def _meant(judge: Judge, export: Export, who: str) -> list[Record]:
    if _is_row(who) and (found := [record for record in export.records if record.row == int(who)]):
        return found
    person = salesforce_id.parse(who)
    username = cols.find(export.headers, "Username")
    return [
        record
        for record in export.records
        for values in [record.values]
        if (person is not None and salesforce_id.parse(values[judge.id]) == person)
        or (username is not None and values[username] == who)
        or judge.username_of(values) == who
    ]


def _is_row(who: str) -> bool:
    return who.isascii() and who.isdecimal() and len(who) < 10


def _explained(judge: Judge, record: Record) -> Explanation:
    values = record.values
    verdicts = judge.verdicts(values)
    index = verdicts[-1].rule if verdicts and verdicts[-1].matched else None
    gives = None
    if index is not None:
        rule = judge.policy.rules[index]
        gives = {
            "security_profiles": list(judge.profiles[index]),
            "routing_profile": rule.routing_profile,
            "hierarchy_group": rule.hierarchy_group,
            **rule.phone.as_json(),
        }
    active = BOOLEANS.get(values[judge.active].casefold())
    return Explanation(record.row, judge.username_of(values), active, index, verdicts, gives)


def _nobody(judge: Judge, export: Export, who: str) -> ExportUnreadable:
    if _is_row(who):
        rows = [record.row for record in export.records] or [0]
        text = f"no person stands in row {who}; the export has people in rows {rows[0]} to {rows[-1]}"
        return ExportUnreadable("row_unknown", text, file=export.file, row=int(who))
    names = {name for record in export.records if (name := judge.username_of(record.values))}
    near = [name for name in names if name.casefold() == who.casefold()]
    if not near and len(names) <= _MOST_COMPARED:
        near = get_close_matches(who, sorted(names), n=1)
    hint = f"; the nearest is {near[0]}" if near else ""
    text = f"nobody in the export has the Connect username, the Salesforce username or the id {who!r}{hint}"
    return ExportUnreadable("person_unknown", text, file=export.file)

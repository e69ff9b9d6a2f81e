"""Judging an export: who is to be a Connect user, as whom, and everything that is wrong with the rows.

A row that is inactive, or that no rule matches, is not judged further. Of the others every problem is
found at once; one with an error is held: whoever it means stays as they are. Knows nothing of the
instance: whether a rule's profile exists there is for the plan to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from user_sync import columns as cols
from user_sync import salesforce_id
from user_sync.collisions import Person, doubles, equal_but_for_case, suspicious
from user_sync.errors import ExportUnreadable
from user_sync.export import PermissionSets
from user_sync.identity import UsernameTemplate, id_fault, is_username, name_faults
from user_sync.model import Desired, DesiredUser, Export, HeldRow, Problem
from user_sync.policy import Policy
from user_sync.rule_advice import advise
from user_sync.rules import Rulebook, Verdict, first_with_permission_sets, needed_columns
from user_sync.vocabulary import BOOLEANS, fold

# Amazon Connect API reference, UserIdentityInfo.
LONGEST_FIRST_NAME, LONGEST_LAST_NAME = 255, 300
_NEEDED = {
    "Id": "whose user it is",
    "IsActive": "who has left",
    "FirstName": "for Amazon Connect",
    "LastName": "for Amazon Connect",
}
_NONE: frozenset[str] = frozenset()


def desired_users(export: Export, permission_sets: PermissionSets | None, policy: Policy) -> Desired:
    """Return what an export asks for, and everything that is wrong with it.

    Args:
        export: the people.
        permission_sets: the second export; None where the config names none.
        policy: rules and username template.

    Raises:
        ExportUnreadable: a column that the template or a rule needs is missing, or a rule asks for
            permission sets and there is no export of them.
    """
    return Judge(export, permission_sets, policy).result()


def columns_of(policy: Policy) -> frozenset[str]:
    """Return the folded names of the columns that judging and explaining a row need."""
    template = UsernameTemplate.parse(policy.username_template, policy.organization_id)
    names = (*_NEEDED, "Username", *template.columns, *needed_columns(policy.rules))
    return frozenset(map(fold, names))


def explain(export: Export, permission_sets: PermissionSets | None, policy: Policy, *, row: int) -> tuple[Verdict, ...]:
    """Return what each rule said about the person in a row, up to the one that decided.

    Args:
        row: as a spreadsheet shows it.

    Raises:
        ExportUnreadable: as `desired_users`, or no person stands in that row.
    """
    judge = Judge(export, permission_sets, policy)
    values = next((record.values for record in export.records if record.row == row), None)
    if values is None:
        rows = [record.row for record in export.records] or [0]
        text = f"no person stands in row {row}; the export has people in rows {rows[0]} to {rows[-1]}"
        raise ExportUnreadable("row_unknown", text, file=export.file, row=row)
    return judge.verdicts(values)


class Judge:
    """One judgement: what is needed for each row, prepared once."""

    def __init__(self, export: Export, permission_sets: PermissionSets | None, policy: Policy) -> None:
        self.export = export
        self.policy = policy
        self.template = UsernameTemplate.parse(policy.username_template, policy.organization_id)
        self._require(permission_sets)
        headers = export.headers
        self.book = Rulebook.compile(policy.rules, headers)
        self.places = tuple(cols.find(headers, name) or name for name in self.template.columns)
        self.place_headers = {place: headers[name] for place, name in enumerate(self.places)}
        self.id, self.active, self.first, self.last = (
            cols.find(headers, name) or name for name in ("Id", "IsActive", "FirstName", "LastName")
        )
        asks = first_with_permission_sets(policy.rules) is not None
        self.permission_sets = permission_sets if asks else None
        self.names = self.permission_sets.names if self.permission_sets else {}
        unreadable = self.permission_sets.unreadable if self.permission_sets else ()
        self.doubtful = frozenset(raw[:15].casefold() for _, raw in unreadable if raw)
        self.profiles = [tuple(sorted(set(rule.security_profiles))) for rule in policy.rules]
        self.problems: list[Problem] = []
        self.bad_rows: set[int] = set()
        self.inactive: dict[str, int] = {}
        self.unmatched: dict[str, int] = {}

    def result(self) -> Desired:
        """Return the judgement."""
        people, repeated = self._judge_rows()
        column = next(iter(self.place_headers.values()), None)
        self._add(doubles(people, repeated, self.export, column))
        self._add(equal_but_for_case(people, self.export, column))
        self._add(suspicious(people, self.export))
        users = sorted((self._user(p) for p in people if p.row not in self.bad_rows), key=lambda u: u.username)
        held = [
            HeldRow(p.row, p.salesforce_id, p.username, p.first_name, p.last_name, p.raw_id)
            for p in people
            if p.row in self.bad_rows
        ]
        everybody = ((r.values, self.permission_sets_of(r.values[self.id])) for r in self.export.records)
        deciding = {person.rule for person in people}
        self._add(advise(self.policy.rules, self.book, deciding, everybody, self.export, self._names()))
        problems = sorted(self.problems, key=lambda problem: problem.row or 0)
        if self.permission_sets:
            problems += self.permission_sets.problems
        return Desired(
            users=tuple(users),
            held=(*held, *self._held_assignments()),
            problems=tuple(problems),
            records=len(self.export.records),
            inactive=self.inactive,
            unmatched=self.unmatched,
        )

    def permission_sets_of(self, raw_id: str) -> frozenset[str] | None:
        """Return a person's permission sets, or None where nobody can know them."""
        person = salesforce_id.parse(raw_id)
        if person is None or (self.doubtful and raw_id[:15].casefold() in self.doubtful):
            return None
        return self.names.get(person, _NONE)

    def verdicts(self, values: Mapping[str, str]) -> tuple[Verdict, ...]:
        """Return what each rule says about a row, up to the one that decides."""
        return self.book.explain(values, self.permission_sets_of(values[self.id]))

    def username_of(self, values: Mapping[str, str]) -> str | None:
        """Return the username that a row's person gets, or None where it cannot be formed."""
        person = salesforce_id.parse(values[self.id])
        parts = self._parts(values, person)
        username = self.template.pattern % parts
        damaged = person is None and self.id in self.places
        return username if is_username(username) and all(parts) and not damaged else None

    def _parts(self, values: Mapping[str, str], person: str | None) -> tuple[str, ...]:
        return tuple([self._part(name, values[name], person) for name in self.places])

    def _require(self, permission_sets: PermissionSets | None) -> None:
        needed = dict(_NEEDED)
        for name in self.template.columns:
            needed.setdefault(name, "for sign_on.username")
        for name, why in needed_columns(self.policy.rules).items():
            needed.setdefault(name, why)
        samples = [record.values for record in self.export.records[:20]]
        cols.require(self.export.headers, needed, file=self.export.file, samples=samples)
        rule = first_with_permission_sets(self.policy.rules)
        if permission_sets is None and rule is not None:
            raise ExportUnreadable(
                "permission_sets_missing",
                f"users.rules[{rule}] matches permission_set, and there is no export of permission-set assignments: "
                "name one in users.permission_sets",
                file=self.export.file,
                column=f"users.rules[{rule}]",
            )

    def _judge_rows(self) -> tuple[list[Person], dict[str, list[int]]]:
        """Return the judged people, and id → rows of the ids that stand in several rows."""
        people: list[Person] = []
        first_rows: dict[str, int] = {}
        repeated: dict[str, list[int]] = {}
        decide, booleans = self.book.decide, BOOLEANS
        for record in self.export.records:
            row, values = record.row, record.values
            raw_id = values[self.id]
            if (first := first_rows.setdefault(raw_id[:15], row)) != row:
                repeated.setdefault(raw_id[:15], [first]).append(row)
            active = booleans.get(values[self.active].casefold())
            if active is False:
                self.inactive[raw_id[:15]] = row
                continue
            person = salesforce_id.parse(raw_id)
            if person is None or (self.doubtful and raw_id[:15].casefold() in self.doubtful):
                names = None
            else:
                names = self.names.get(person, _NONE)
            rule = decide(values, names)
            if rule is None:
                self.unmatched[raw_id[:15]] = row
                continue
            if active is None:
                self._unreadable_active(row, values[self.active])
            people.append(self._judge(row, values, raw_id, person, rule))
            if names is None:
                self.bad_rows.add(row)
        return people, repeated

    def _judge(self, row: int, values: Mapping[str, str], raw_id: str, person: str | None, rule: int) -> Person:
        """Return one person, the row's problems noted."""
        first, last = values[self.first], values[self.last]
        if person is None:
            self._error(row, self.export.headers[self.id], *id_fault(raw_id))
        parts = self._parts(values, person)
        username: str | None = self.template.pattern % parts
        if not is_username(username or "") or not all(parts):
            username = None
            for column, code, message in self.template.faults(parts, self.place_headers):
                # A damaged id has its own error already.
                if person is not None or column != self.export.headers[self.id]:
                    self._error(row, column, code, message)
        elif person is None and self.id in self.places:
            username = None
        for name, text, longest in ((self.first, first, LONGEST_FIRST_NAME), (self.last, last, LONGEST_LAST_NAME)):
            # A plain name, which nearly all are, is found in one step.
            if not (text and text.isascii() and text.isprintable() and len(text) <= longest and "?" not in text):
                header = self.export.headers[name]
                self._add(
                    Problem(severity, self.export.file, row, header, code, message)
                    for severity, code, message in name_faults(text, header=header, field=name, longest=longest)
                )
        return Person(row, raw_id, person, username, first, last, rule)

    def _part(self, name: str, value: str, person: str | None) -> str:
        """Return what a place of the template gets; Salesforce's formulas give any id with 15 characters."""
        if name == self.id:
            return person or value
        return (salesforce_id.parse(value) or value) if name.lower().endswith("id") else value

    def _user(self, person: Person) -> DesiredUser:
        rule = self.policy.rules[person.rule]
        return DesiredUser(
            salesforce_id=person.salesforce_id or "",
            username=person.username or "",
            first_name=person.first_name,
            last_name=person.last_name,
            security_profiles=self.profiles[person.rule],
            routing_profile=rule.routing_profile,
            hierarchy_group=rule.hierarchy_group,
            phone=rule.phone,
            row=person.row,
            rule=person.rule,
        )

    def _held_assignments(self) -> Iterator[HeldRow]:
        """Yield the unreadable assignments that fit nobody in the export: they could be anybody's."""
        unreadable = self.permission_sets.unreadable if self.permission_sets else ()
        if unreadable:
            present = {record.values[self.id][:15].casefold() for record in self.export.records}
            for row, raw in unreadable:
                if raw[:15].casefold() not in present:
                    yield HeldRow(row, salesforce_id.parse(raw), None, "", "", raw)

    def _names(self) -> frozenset[str]:
        return frozenset(chain.from_iterable(set(self.names.values())))

    def _unreadable_active(self, row: int, value: str) -> None:
        got = "neither true nor false" if value else "empty"
        text = (
            f"{self.export.headers[self.active]} is {got}; allowed are true, yes, y, on, 1 and false, no, n, off, 0, "
            "in any case: export again"
        )
        self._error(row, self.export.headers[self.active], "active_unreadable", text)

    def _error(self, row: int, column: str | None, code: str, text: str) -> None:
        self._add([Problem("error", self.export.file, row, column, code, text)])

    def _add(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.problems.append(problem)
            if problem.severity == "error" and problem.row is not None:
                self.bad_rows.add(problem.row)

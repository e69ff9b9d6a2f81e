"""What is wrong with rows only when they are seen side by side: doubles, lost case, a list that ends too soon.

Knows people as they were judged one by one, and no rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from user_sync.model import Export, Problem
from user_sync.records import NO_FOOTER

# Where the usual ways to export stop without an error: `sf data query` (its setting org-max-query-limit),
# a report on the screen, and a report's export.
_ROW_LIMITS = {"api names": (10_000,), "report labels": (2_000, 100_000)}
# So many ids without one small letter are no accident.
_TELLING_IDS = 10


class Person(NamedTuple):
    """A row that is judged: active, and matched by a rule.

    Attributes:
        raw_id: the cell; `salesforce_id` is its 15-character form, or None.
        username: None where it cannot be formed.
        rule: index of the rule that decides.
    """

    row: int
    raw_id: str
    salesforce_id: str | None
    username: str | None
    first_name: str
    last_name: str
    rule: int


def doubles(
    people: Sequence[Person], rows_of_id: Mapping[str, Sequence[int]], export: Export, username_column: str | None
) -> Iterator[Problem]:
    """Yield an error for each judged row whose person or username stands in another row too.

    Args:
        people: the judged rows.
        rows_of_id: id → rows, of the ids that stand in more than one row, judged or not: a person who is
            active in one row and inactive in another is neither.
        username_column: header of the first column that the username is formed from.
    """
    for person in people:
        rows = rows_of_id.get(person.salesforce_id or "", ())
        if len(rows) > 1:
            text = f"the same person stands in rows {_listed(rows)}; one row a person is allowed: remove the others"
            yield Problem("error", export.file, person.row, export.headers["Id"], "duplicate_id", text)
    for group in _groups(people, lambda person: person.username):
        if len({person.salesforce_id for person in group}) > 1:
            rows = [person.row for person in group]
            text = (
                f"rows {_listed(rows)} all give the username {group[0].username}; one person a username is allowed: "
                "form it from a column that is unique, such as Id"
            )
            for person in group:
                yield Problem("error", export.file, person.row, username_column, "duplicate_username", text)


def equal_but_for_case(people: Sequence[Person], export: Export, username_column: str | None) -> Iterator[Problem]:
    """Yield a warning for each row whose username or id equals another's but for case."""
    for group in _groups(people, lambda person: person.username and person.username.lower()):
        if len({person.username for person in group}) > 1:
            text = (
                f"the usernames in rows {_listed([person.row for person in group])} differ in case only; "
                "Amazon Connect may refuse the second, and people will mistake them"
            )
            for person in group:
                yield Problem("warning", export.file, person.row, username_column, "username_case", text)
    for group in _groups(people, lambda person: person.salesforce_id and person.salesforce_id.lower()):
        if len({person.salesforce_id for person in group}) > 1:
            text = (
                f"the ids in rows {_listed([person.row for person in group])} differ in case only: they are different "
                "people, but a spreadsheet's lookup takes them for one"
            )
            for person in group:
                yield Problem("warning", export.file, person.row, export.headers["Id"], "id_case", text)


def suspicious(people: Sequence[Person], export: Export) -> Iterator[Problem]:
    """Yield what makes the whole file doubtful: ids of another object, ids without case, a cut list."""
    column = export.headers["Id"]
    strangers = [p.row for p in people if p.salesforce_id and not p.salesforce_id.startswith("005")]
    if strangers:
        text = f"{len(strangers)} ids do not start with 005, as a user's does; is this the column of another object"
        yield Problem("warning", export.file, strangers[0], column, "id_not_user", text)
    ids = [person.raw_id for person in people if len(person.raw_id) == 15]
    if len(ids) >= _TELLING_IDS and all(raw == raw.upper() for raw in ids) and any(map(_has_letters, ids)):
        text = f"none of {len(ids)} ids has a small letter: if a spreadsheet made them large, they mean nobody"
        yield Problem("warning", export.file, people[0].row, column, "ids_upper_case", text)
    form = export.dialect.form.removesuffix(NO_FOOTER)
    if form != export.dialect.form:
        text = "the report has no footer, as Salesforce writes one: if nobody took it away, the file is cut off"
        yield Problem("warning", export.file, None, None, "no_footer", text)
    if len(export.records) in _ROW_LIMITS.get(form, ()):
        text = (
            f"the export has exactly {len(export.records):,} rows, which is a limit of exports: are there more people"
        )
        yield Problem("warning", export.file, None, None, "row_limit", text)


def _has_letters(raw: str) -> bool:
    return any(map(str.isalpha, raw))


def _groups(people: Iterable[Person], key: Callable[[Person], str | None]) -> list[list[Person]]:
    """Return those who share a key, where it is not None; a list is made for them only."""
    first: dict[str, Person] = {}
    groups: dict[str, list[Person]] = {}
    for person in people:
        value = key(person)
        if not value:
            continue
        other = first.setdefault(value, person)
        if other is not person:
            groups.setdefault(value, [other]).append(person)
    return list(groups.values())


def _listed(rows: Sequence[int], *, most: int = 10) -> str:
    return ", ".join(map(str, rows[:most])) + (f" and {len(rows) - most} more" if len(rows) > most else "")

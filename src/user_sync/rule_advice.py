"""What is likely wrong with the rules: nobody gets to one, one contradicts itself, one fits nobody who is there.

Only ever a warning: whoever means it may do it. Knows no people but as cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from difflib import get_close_matches
from itertools import combinations

from user_sync.columns import listed
from user_sync.model import Export, Problem
from user_sync.policy import Rule
from user_sync.rules import PERMISSION_SET, Condition, Names, Rulebook, Values, column_of, fits
from user_sync.vocabulary import fold

ADMIN = "admin"
# Where so many rows share a value, it is a kind of person (a profile, a department) and no person's own.
_ROWS_A_VALUE = 3
_MOST_VALUES = 200
_Match = list[tuple[str, tuple[str, ...]]]


def unreachable(rules: Sequence[Rule]) -> list[tuple[int, int]]:
    """Return (rule, earlier rule) for each rule that nobody gets to: whom it means, the earlier one takes."""
    matches = [_merged(rule) for rule in rules]
    return [
        (later, earlier)
        for later in range(len(matches))
        for earlier in [next((i for i in range(later) if _covers(matches[i], matches[later])), None)]
        if earlier is not None
    ]


def _merged(rule: Rule) -> _Match:
    return [(fold(column_of(key) or PERMISSION_SET), values) for key, values in rule.match]


def _covers(wide: _Match, narrow: _Match) -> bool:
    # A `*` of the narrow pattern is taken as a letter: only a `*` of the wide one can take it.
    return all(
        any(key == other and all(any(fits(w, n) for w in values) for n in others) for other, others in narrow)
        for key, values in wide
    )


def contradictory(rules: Sequence[Rule]) -> list[tuple[int, str]]:
    """Return (rule, message) for each rule that asks two things of one column that cannot both hold."""
    found: list[tuple[int, str]] = []
    for index, conditions in enumerate(Rulebook.compile(rules, {}).rules):
        for one, other in combinations(conditions, 2):
            same = one.column is not None and other.column is not None and fold(one.column) == fold(other.column)
            if same and not _agree(one, other):
                text = f"{one.key} and {other.key} are both {one.column}, and no value fits both: leave one out"
                found.append((index, text))
    return found


def _agree(one: Condition, other: Condition) -> bool:
    if one.texts & other.texts or (one.patterns and other.patterns):
        return True
    return any(fits(p, t) for a, b in ((one, other), (other, one)) for p in a.patterns for t in b.texts)


def misspelt(book: Rulebook, cells: Mapping[str | None, Set[str]]) -> list[tuple[int, str]]:
    """Return (rule, message) for each text that no row has, where a row has it but for case or punctuation.

    Args:
        cells: the different cells of each column that a rule asks for; the names of permission sets for None.
    """
    found: list[tuple[int, str]] = []
    for index, conditions in enumerate(book.rules):
        for condition in conditions:
            known = cells[condition.column]
            absent = [text for text in condition.values if "*" not in text and text not in known]
            letters = {_letters(cell): cell for cell in known} if absent else {}
            for text in absent:
                other = letters.get(_letters(text))
                if other and other not in condition.texts:
                    found.append((index, f'{condition.key} "{text}" is in no row, but "{other}" is: case counts'))
    return found


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def without_anybody(
    book: Rulebook,
    rules: Iterable[int],
    people: Sequence[tuple[Values, Names | None]],
    cells: Mapping[str | None, Set[str]],
) -> Iterator[tuple[int, str]]:
    """Yield (rule, message) for each of these rules that fits no row at all, active or not.

    Args:
        rules: indexes of those that decide about nobody.
        people: cells and permission sets of every row.
        cells: as for `misspelt`.
    """
    for index in rules:
        conditions = book.rules[index]
        if any(all(c.test(values, names) for c in conditions) for values, names in people):
            continue
        alone = next((c for c in conditions if not any(c.test(values, names) for values, names in people)), None)
        if alone is None:
            yield index, "no row fits all of its conditions together: nobody in this export can come out by it"
        else:
            wanted = " or ".join(f'"{value}"' for value in alone.values) or "nothing"
            yield index, f"{alone.key} {wanted} is in no row of the export{_there_is(alone, cells, len(people))}"


def _there_is(condition: Condition, cells: Mapping[str | None, Set[str]], rows: int) -> str:
    """Return what the column has instead, unless its values are single people's."""
    known = sorted(filter(None, cells[condition.column]))
    shared = condition.column in (None, "Profile.Name", "UserRole.Name") or len(known) * _ROWS_A_VALUE <= rows
    if not known or not shared or len(known) > _MOST_VALUES:
        return ""
    near = get_close_matches(condition.values[0], known, n=1, cutoff=0.7) if condition.values else []
    return f', the nearest is "{near[0]}"' if near else f"; there is {listed(known, most=10)}"


def advise(
    rules: Sequence[Rule],
    book: Rulebook,
    deciding: Set[int],
    everybody: Iterable[tuple[Values, Names | None]],
    export: Export,
    permission_sets: Set[str],
) -> Iterator[Problem]:
    """Yield a warning for each rule that fits nobody of an export, and where nobody comes out as an administrator.

    What is wrong with the rules whatever the export, whoever reads the config tells.

    Args:
        book: the rules made ready for the export.
        deciding: indexes of the rules that decide about somebody.
        everybody: cells and permission sets of every row; asked for where a rule decides about nobody.
        permission_sets: the names of all.
    """

    def about(rule: int, code: str, text: str) -> Problem:
        return Problem("warning", export.file, None, f"users.rules[{rule}]", code, text)

    columns = {condition.column for conditions in book.rules for condition in conditions}
    cells = {
        column: permission_sets if column is None else frozenset(r.values[column] for r in export.records)
        for column in columns
    }
    warned = misspelt(book, cells)
    for rule, text in warned:
        yield about(rule, "rule_misspelt", text)
    shadowed = {rule for rule, _ in unreachable(rules)} | {rule for rule, _ in warned}
    silent = [rule for rule in range(len(rules)) if rule not in deciding and rule not in shadowed]
    if silent and export.records:
        for rule, text in without_anybody(book, silent, tuple(everybody), cells):
            yield about(rule, "rule_without_anybody", text)
    text = "no rule gives the security profile Admin, and an instance with SAML has no other administrator"
    giving = [index for index, rule in enumerate(rules) if ADMIN in map(str.casefold, rule.security_profiles)]
    if giving:
        text = "nobody in the export comes out with the security profile Admin, to administer the instance"
    if not giving or (deciding and deciding.isdisjoint(giving)):
        yield Problem("warning", export.file, None, "users.rules", "no_admin", text)

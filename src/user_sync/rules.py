"""Which rule decides about a person: the first whose conditions all hold.

A value is a text, which must equal the cell, or a pattern, in which each ``*`` stands for any
letters, none included. Case counts, as it does in the names that Salesforce shows. Two exceptions,
because exports spell these differently: ``true`` and ``false`` fit every spelling of a boolean, and an
id in a column whose name ends with ``Id`` fits with 15 and with 18 characters. ``permission_set``
holds if any one of the person's permission sets fits. Knows no files and no usernames.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from user_sync import salesforce_id
from user_sync.columns import find, listed
from user_sync.policy import Rule
from user_sync.vocabulary import BOOLEANS, fold

PERMISSION_SET = "permission_set"
SHORT_NAMES = {"profile": "Profile.Name", "role": "UserRole.Name", "username": "Username"}

Values = Mapping[str, str]
Names = frozenset[str]
Test = Callable[[Values, Names | None], bool]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule said about one person.

    Attributes:
        rule: index into `users.rules`, from 0.
        reason: for a person: which condition failed, or that all hold.
        sure: False where the person's permission sets cannot be known, so that the rule might match.
    """

    rule: int
    matched: bool
    reason: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of one `match`, ready to be tested.

    Attributes:
        key: as the config has it.
        column: API name in the export; None for `permission_set`.
        values: as the config has them.
        texts, patterns: the values, sorted out; the texts with the other forms of a boolean and of an id.
        test: of the cells and the permission sets; None for these means that they are not known, and then
            the condition might hold.
    """

    key: str
    column: str | None
    values: tuple[str, ...]
    texts: frozenset[str]
    patterns: tuple[str, ...]
    test: Test


def column_of(key: str) -> str | None:
    """Return the API name that a key of `match` asks for; None for `permission_set`."""
    folded = fold(key)
    return None if folded == PERMISSION_SET else SHORT_NAMES.get(folded, key)


def needed_columns(rules: Sequence[Rule]) -> dict[str, str]:
    """Return API name → what needs it, for every column that a rule asks for."""
    needed: dict[str, str] = {}
    for index, rule in enumerate(rules):
        for key, _ in rule.match:
            if column := column_of(key):
                needed.setdefault(column, f"for users.rules[{index}].match.{key}")
    return needed


def first_with_permission_sets(rules: Sequence[Rule]) -> int | None:
    """Return the first rule that asks for permission sets, or None."""
    asking = (i for i, rule in enumerate(rules) if any(column_of(key) is None for key, _ in rule.match))
    return next(asking, None)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a config, made ready for an export's columns.

    Attributes:
        rules: conditions of each rule.
    """

    rules: tuple[tuple[Condition, ...], ...]

    @classmethod
    def compile(cls, rules: Sequence[Rule], headers: Mapping[str, str]) -> Rulebook:
        """Return the rules made ready.

        Args:
            headers: API name → header; has every column of :func:`needed_columns`.
        """
        return cls(tuple(tuple(_condition(k, v, headers) for k, v in rule.match) for rule in rules))

    def decide(self, values: Values, names: Names | None) -> int | None:
        """Return the index of the rule that decides, or None where the person is not a Connect user.

        Args:
            values: cells by API name.
            names: the person's permission sets; None where nobody can know them (the row's id is damaged):
                then the first rule that might match.
        """
        for index, conditions in enumerate(self.rules):
            for condition in conditions:
                if not condition.test(values, names):
                    break
            else:
                return index
        return None

    def explain(self, values: Values, names: Names | None) -> tuple[Verdict, ...]:
        """Return what each rule said, up to the one that decides."""
        verdicts: list[Verdict] = []
        for index, conditions in enumerate(self.rules):
            failed = next((c for c in conditions if not c.test(values, names)), None)
            if failed is None:
                sure = names is not None or all(condition.column for condition in conditions)
                reason = "it matches everyone" if not conditions else "all its conditions hold"
                return (*verdicts, Verdict(index, True, reason if sure else _PERHAPS, sure))
            verdicts.append(Verdict(index, False, _why_not(failed, values, names)))
        return tuple(verdicts)


def _condition(key: str, values: tuple[str, ...], headers: Mapping[str, str]) -> Condition:
    wanted = column_of(key)
    values = tuple(unicodedata.normalize("NFC", value.strip()) for value in values)  # as cells are
    column = None if wanted is None else find(headers, wanted) or wanted
    texts, patterns = _split(values, column)
    test = _of_column(column, texts, patterns) if column else _of_sets(texts, patterns)
    return Condition(key, column, values, texts, patterns, test)


def _split(values: Iterable[str], column: str | None) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the texts, with the other forms of a boolean and of an id, and the patterns."""
    texts: set[str] = set()
    patterns = []
    for value in values:
        if "*" in value:
            patterns.append(value)
            continue
        texts.add(value)
        if column and value.casefold() in ("true", "false"):
            texts.update(word for word, means in BOOLEANS.items() if means is (value.casefold() == "true"))
            texts.update(word.upper() for word in tuple(texts) if word in BOOLEANS)
        if column and column.casefold().endswith("id") and (short := salesforce_id.parse(value)):
            texts.update((short, salesforce_id.extend(short)))
    return frozenset(texts), tuple(patterns)


def _of_column(column: str, texts: frozenset[str], patterns: tuple[str, ...]) -> Test:
    if not patterns:
        return lambda values, _: values[column] in texts
    return lambda values, _: values[column] in texts or any(fits(p, values[column]) for p in patterns)


def _of_sets(texts: frozenset[str], patterns: tuple[str, ...]) -> Test:
    if not patterns:
        return lambda _, names: names is None or not texts.isdisjoint(names)
    return lambda _, names: (
        names is None or not texts.isdisjoint(names) or any(fits(p, name) for p in patterns for name in names)
    )


def fits(pattern: str, text: str) -> bool:
    """Return whether a text fits a pattern, in time that grows with their lengths only."""
    first, *middle = pattern.split("*")
    if not middle:
        return pattern == text
    last = middle.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


_PERHAPS = "it might match: whose permission sets count cannot be told, because the id or an assignment is damaged"


def _why_not(condition: Condition, values: Values, names: Names | None) -> str:
    wanted = " or ".join(f'"{value}"' for value in condition.values) or "nothing"
    if condition.column is None:
        has = listed(sorted(names)) if names else "none"
        return f"{condition.key} must be {wanted}, and the person's permission sets are: {has}"
    return f'{condition.key} must be {wanted}, and {condition.column} is "{values[condition.column]}"'

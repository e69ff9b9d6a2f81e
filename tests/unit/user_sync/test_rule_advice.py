"""Rules that nobody gets to, that contradict themselves, that fit nobody who is there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.user_sync.tables import HEADER, judge, person, policy, rule, table
from user_sync.policy import Rule
from user_sync.rule_advice import contradictory, misspelt, unreachable
from user_sync.rules import Rulebook, fits

HEADERS = {name: name for name in ("Profile.Name", "UserRole.Name", "Department")}
CELLS: Mapping[str | None, frozenset[str]] = {
    None: frozenset({"ContactCenterAgentExternalTelephony", "Reports"}),
    "Profile.Name": frozenset({"Support Rep"}),
}


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([rule(), rule(profile="A")], [(1, 0)]),
        ([rule(profile="A"), rule(Profile_Name="A")], [(1, 0)]),
        ([rule(profile=("A", "B")), rule(profile="B", role="X")], [(1, 0)]),
        ([rule(role="EMEA*"), rule(role="EMEA Support*")], [(1, 0)]),
        ([rule(role="*"), rule(role="E*A")], [(1, 0)]),
        ([rule(permission_set="A*"), rule(permission_set=("Ab", "Ac"))], [(1, 0)]),
        ([rule(profile="A"), rule(), rule()], [(2, 1)]),
        ([rule(profile="A"), rule(role="A")], []),
        ([rule(profile="A", role="X"), rule(profile="A")], []),
        ([rule(role="EMEA Support*"), rule(role="EMEA*")], []),
        ([rule(profile="A"), rule(profile=("A", "B"))], []),
        ([rule(role="E*A"), rule(role="E*")], []),
    ],
)
def test_rules_that_nobody_gets_to(rules: list[Rule], found: list[tuple[int, int]]) -> None:
    assert unreachable(rules) == found


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([Rule((("profile", ("A",)), ("Profile.Name", ("B",))), (), "")], [0]),
        ([Rule((("profile", ("A",)), ("Profile.Name", ("B*",))), (), "")], [0]),
        ([Rule((("profile", ("A", "B")), ("Profile.Name", ("B",))), (), "")], []),
        ([Rule((("profile", ("A",)), ("Profile.Name", ("A*",))), (), "")], []),
        ([Rule((("profile", ("A*",)), ("Profile.Name", ("B*",))), (), "")], []),
        ([Rule((("profile", ("A",)), ("role", ("B",))), (), "")], []),
        ([Rule((("CallCenterId", ("04v5e000000XyZ1",)), ("callcenterid", ("04v5e000000XyZ1AAK",))), (), "")], []),
        ([rule(permission_set="A")], []),
    ],
)
def test_rules_that_contradict_themselves(rules: list[Rule], found: list[int]) -> None:
    assert [index for index, _ in contradictory(rules)] == found


def test_a_text_that_only_differs_in_case_is_told() -> None:
    book = Rulebook.compile([rule(profile="support-rep"), rule(permission_set=("Report", "reports"))], HEADERS)
    found = misspelt(book, CELLS)
    assert [index for index, _ in found] == [0, 1]
    assert '"Support Rep"' in found[0][1]
    assert '"Reports"' in found[1][1]
    fine = Rulebook.compile([rule(profile=("Support Rep", "X")), rule(permission_set="ContactCenterAdmin")], HEADERS)
    assert misspelt(fine, CELLS) == []


def told(
    *rules: Rule, rows: list[list[str]] | None = None, header: tuple[str, ...] = HEADER
) -> list[tuple[str | None, str]]:
    desired = judge(table(*(rows or [person(n) for n in range(1, 4)]), header=header), policy(*rules))
    return [(p.column, p.message) for p in desired.problems if p.code == "rule_without_anybody"]


def test_a_rule_that_fits_no_row_is_told_with_the_nearest() -> None:
    assert told(rule(profile="Suport Rep"), rule()) == [
        ("users.rules[0]", 'profile "Suport Rep" is in no row of the export, the nearest is "Support Rep"')
    ]
    assert told(rule(profile="Bo*"), rule()) == [
        ("users.rules[0]", 'profile "Bo*" is in no row of the export; there is "Support Rep"')
    ]


def test_a_rule_whose_conditions_hold_for_different_people_is_told() -> None:
    rows = [person(1, Profile_Name="A"), person(2, Alias="x")]
    ((column, text),) = told(rule(profile="A", Alias="x"), rule(), rows=rows)
    assert column == "users.rules[0]"
    assert "all of its conditions together" in text


def test_a_rule_of_inactive_people_or_of_those_whom_an_earlier_one_takes_is_fine() -> None:
    rows = [person(1, Profile_Name="A", IsActive="false"), person(2)]
    assert told(rule(profile="A"), rule(), rows=rows) == []
    assert told(rule(), rule(profile="Support Rep")) == []


def test_what_single_people_have_is_not_shown() -> None:
    ((_, text),) = told(rule(LastName="Famly1"), rule())
    assert text == 'LastName "Famly1" is in no row of the export'


@given(st.text("ab*", max_size=6), st.text("ab*", max_size=6), st.lists(st.text("ab", max_size=6), max_size=20))
def test_a_covered_pattern_matches_nothing_that_the_other_does_not(wide: str, narrow: str, texts: list[str]) -> None:
    if unreachable([rule(role=wide), rule(role=narrow)]):
        assert all(fits(wide, text) for text in texts if fits(narrow, text))

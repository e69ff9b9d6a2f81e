"""First match wins; texts, lists and patterns; what can never match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.user_sync.tables import rule
from user_sync.policy import Rule
from user_sync.rules import Rulebook, column_of, fits, needed_columns

HEADERS = {
    name: name for name in ("Id", "Username", "Profile.Name", "UserRole.Name", "Department", "CallCenterId", "Flag__c")
}
CELLS = {
    "Id": "0055e000RQ4F5ZR",
    "Username": "chloe.krug@acme.example",
    "Profile.Name": "Support Rep",
    "UserRole.Name": "EMEA Support",
    "Department": "Support",
    "CallCenterId": "04v5e000000XyZ1AAK",
    "Flag__c": "1",
}
SETS = frozenset({"ContactCenterAgentExternalTelephony", "Reports"})


def _decide(*rules: Rule) -> int | None:
    return Rulebook.compile(rules, HEADERS).decide(CELLS, SETS)


@pytest.mark.parametrize(
    "matching",
    [
        rule(profile="Support Rep"),
        rule(Profile_Name="Support Rep"),
        rule(PROFILE_NAME="Support Rep"),
        rule(profile=("Standard User", "Support Rep")),
        rule(profile="Support*"),
        rule(profile="*Rep"),
        rule(profile="S*t R*p"),
        rule(profile="*"),
        rule(role="EMEA*"),
        rule(username="chloe.krug@acme.example"),
        rule(username="*@acme.example"),
        rule(department="Support"),
        rule(permission_set="Reports"),
        rule(permission_set="ContactCenter*"),
        rule(permission_set=("Nobody", "Reports")),
        rule(profile="Support Rep", role="EMEA*", permission_set="Reports"),
        rule(CallCenterId="04v5e000000XyZ1"),
        rule(CallCenterId="04v5e000000XyZ1AAK"),
        Rule((("Flag__c", ("true",)),), (), ""),
        Rule((("flag__C", ("True",)),), (), ""),
        rule(),
    ],
)
def test_a_rule_matches(matching: Rule) -> None:
    assert _decide(matching) == 0


@pytest.mark.parametrize(
    "other",
    [
        rule(profile="support rep"),
        rule(profile="Support"),
        rule(profile="Support Rep*X"),
        rule(profile=("A", "B")),
        rule(profile="*EU"),
        rule(profile="Support Rep", role="AMER*"),
        rule(permission_set="reports"),
        rule(permission_set="Report"),
        rule(permission_set="*Admin*"),
        rule(CallCenterId="04v5e000000XYZ1"),
        rule(department=""),
        Rule((("profile", ()),), (), ""),
        Rule((("Flag__c", ("false",)),), (), ""),
    ],
)
def test_a_rule_does_not_match(other: Rule) -> None:
    assert _decide(other) is None


def test_the_first_match_wins() -> None:
    assert _decide(rule(role="APAC*"), rule(role="EMEA*"), rule(profile="Support Rep"), rule()) == 1


def test_unknown_permission_sets_might_match() -> None:
    book = Rulebook.compile([rule(role="APAC*", permission_set="A"), rule(permission_set="B")], HEADERS)
    assert book.decide(CELLS, None) == 1
    assert book.decide(CELLS, SETS) is None
    *_, last = book.explain(CELLS, None)
    assert (last.rule, last.matched, last.sure) == (1, True, False)
    assert last.reason.startswith("it might match")


def test_explain_says_why_the_rules_before_did_not() -> None:
    book = Rulebook.compile(
        [
            rule(permission_set="ContactCenterAdmin*"),
            rule(profile=("Support Rep EU", "Standard User")),
            rule(role="EMEA*"),
            rule(),
        ],
        HEADERS,
    )
    first, second, third = book.explain(CELLS, SETS)
    assert (first.rule, first.matched) == (0, False)
    assert '"ContactCenterAdmin*"' in first.reason
    assert '"ContactCenterAgentExternalTelephony", "Reports"' in first.reason
    assert second.reason == 'profile must be "Support Rep EU" or "Standard User", and Profile.Name is "Support Rep"'
    assert (third.rule, third.matched) == (2, True)
    (only,) = Rulebook.compile([rule()], HEADERS).explain(CELLS, SETS)
    assert only.reason == "it matches everyone"
    assert not Rulebook.compile([rule(role="X")], HEADERS).explain(CELLS, SETS)[-1].matched


def test_needed_columns_name_the_rule_that_needs_them() -> None:
    needed = needed_columns([rule(permission_set="A"), rule(role="B", Department="C"), rule(role="D")])
    assert needed == {
        "UserRole.Name": "for users.rules[1].match.role",
        "Department": "for users.rules[1].match.Department",
    }
    assert column_of("PERMISSION_SET") is None


@given(st.lists(st.text("ab*", max_size=5), min_size=1, max_size=4), st.text("ab", max_size=8))
def test_a_pattern_is_what_a_regular_expression_says(parts: list[str], text: str) -> None:
    pattern = "*".join(parts)
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
    assert fits(pattern, text) is expected


def test_a_hostile_pattern_takes_no_time() -> None:
    assert not fits("*a" * 200 + "*b", "a" * 100_000)

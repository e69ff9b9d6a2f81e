"""What is wrong with rows only when they are seen side by side."""

from __future__ import annotations

import pytest

from tests.unit.user_sync.tables import (
    FOOTER,
    REPORT_HEADER,
    judge,
    people,
    person,
    policy,
    short_id,
    table,
    text,
    workbook,
)
from user_sync.model import Desired


def _codes(desired: Desired, severity: str = "error") -> list[tuple[int | None, str | None, str]]:
    return [(p.row, p.column, p.code) for p in desired.problems if p.severity == severity]


def test_ids_that_differ_in_case_only_are_two_people_and_a_warning() -> None:
    desired = judge(table(person(1, Id="0055e000RQ4F5ZR", Alias="a"), person(2, Id="0055e000rq4f5zr", Alias="b")))
    assert len(desired.users) == 2
    assert _codes(desired, "warning") == [(2, "Id", "id_case"), (3, "Id", "id_case")]


def test_usernames_that_differ_in_case_only_are_a_warning() -> None:
    desired = judge(table(person(1, Username="Ann@x"), person(2, Username="ann@x")), policy(template="{Username}"))
    assert len(desired.users) == 2
    assert _codes(desired, "warning") == [(2, "Username", "username_case"), (3, "Username", "username_case")]


def test_a_person_twice_is_an_error_in_both_rows_and_in_either_form_of_the_id() -> None:
    desired = judge(table(person(1), person(2), person(1, Id=short_id(1), IsActive="1")))
    assert _codes(desired) == [(2, "Id", "duplicate_id"), (4, "Id", "duplicate_id")]
    assert [user.row for user in desired.users] == [3]


def test_a_person_active_and_inactive_is_neither() -> None:
    desired = judge(table(person(1), person(1, IsActive="false")))
    assert _codes(desired) == [(2, "Id", "duplicate_id")]
    assert "rows 2, 3" in desired.problems[0].message


def test_two_people_of_one_username_are_an_error_in_both_rows() -> None:
    data = table(person(1, Email="a@x"), person(2, Email="a@x", LastName=""), person(3))
    desired = judge(data, policy(template="{Email}"))
    assert _codes(desired) == [
        (2, "Email", "duplicate_username"),
        (3, "LastName", "last_name_missing"),
        (3, "Email", "duplicate_username"),
    ]


def test_what_makes_the_whole_file_doubtful() -> None:
    upper = [person(n, Id=short_id(n).upper()) for n in range(1, 11)]
    assert (2, "Id", "ids_upper_case") in _codes(judge(table(*upper)), "warning")
    assert _codes(judge(table(*upper[:9])), "warning") == []
    strange = judge(table(person(1), person(2, Id="0035e000000AbCd")))
    assert _codes(strange, "warning") == [(3, "Id", "id_not_user")]
    cut = judge(text([REPORT_HEADER, *people(2)]).encode())
    assert _codes(cut, "warning") == [(None, None, "no_footer")]
    assert _codes(judge(workbook([REPORT_HEADER, *people(2)])), "warning") == []


@pytest.mark.parametrize(("count", "told"), [(1_999, False), (2_000, True), (2_001, False)])
def test_a_reports_row_limit(count: int, told: bool) -> None:
    desired = judge(text([REPORT_HEADER, *people(count), *FOOTER]).encode())
    assert _codes(desired, "warning") == ([(None, None, "row_limit")] if told else [])

"""Bad rows, each with the row, the column and the code that are expected."""

from __future__ import annotations

import pytest

from tests.unit.user_sync.tables import (
    FILE,
    judge,
    person,
    short_id,
    table,
)
from user_sync.errors import ExportUnreadable
from user_sync.export import read_permission_sets
from user_sync.salesforce_id import extend

ID = extend(short_id(1))
BAD_ROWS: list[tuple[str, dict[str, str], str, str]] = [
    ("no id", {"Id": ""}, "Id", "id_missing"),
    ("an id upper-cased", {"Id": ID.upper()}, "Id", "id_case_lost"),
    ("an id lower-cased", {"Id": ID.lower()}, "Id", "id_case_lost"),
    ("an id that fails its check", {"Id": ID.replace("Abc", "aBc")}, "Id", "id_check"),
    ("an id in scientific notation", {"Id": "5.50E+12"}, "Id", "id_scientific"),
    ("an id in scientific notation, with a comma", {"Id": "5,5E+12"}, "Id", "id_scientific"),
    ("an id without its zeros", {"Id": "5000000000123"}, "Id", "id_leading_zeros"),
    ("an id too short", {"Id": ID[:14]}, "Id", "id_length"),
    ("an id too long", {"Id": ID + "A"}, "Id", "id_length"),
    ("an id of 16", {"Id": ID[:16]}, "Id", "id_length"),
    ("an id with an apostrophe", {"Id": "'" + ID}, "Id", "id_letters"),
    ("an id as a formula", {"Id": f'="{ID}"'}, "Id", "id_letters"),
    ("no first name", {"FirstName": " "}, "FirstName", "first_name_missing"),
    ("no last name", {"LastName": ""}, "LastName", "last_name_missing"),
    ("a first name too long", {"FirstName": "x" * 256}, "FirstName", "first_name_too_long"),
    ("a last name too long", {"LastName": "x" * 301}, "LastName", "last_name_too_long"),
    ("a letter lost", {"LastName": "Kr\ufffdger"}, "LastName", "name_damaged"),
    ("no alias", {"Alias": ""}, "Alias", "username_part_missing"),
    ("an alias with a space", {"Alias": "c krug"}, "Alias", "username_letter"),
    ("an alias with an accent", {"Alias": "núñez"}, "Alias", "username_letter"),
    ("an alias too long", {"Alias": "x" * 33}, "Alias", "username_too_long"),
    ("active or not", {"IsActive": "perhaps"}, "IsActive", "active_unreadable"),
    ("not said whether active", {"IsActive": ""}, "IsActive", "active_unreadable"),
]


@pytest.mark.parametrize(("cells", "column", "code"), [c[1:] for c in BAD_ROWS], ids=[c[0] for c in BAD_ROWS])
def test_a_bad_row(cells: dict[str, str], column: str, code: str) -> None:
    desired = judge(table(person(7), person(1, **cells), person(8)))
    errors = [(p.file, p.row, p.column, p.code) for p in desired.problems if p.severity == "error"]
    assert errors == [(FILE, 3, column, code)]
    assert [user.row for user in desired.users] == [2, 4]
    assert [held.row for held in desired.held] == [3]


def test_the_id_that_the_check_tells_is_offered() -> None:
    (problem,) = judge(table(person(1, Id=ID.upper()))).problems
    assert f"its check means {ID}" in problem.message


def test_bad_assignments() -> None:
    rows = [("", "A"), (ID.upper(), "A"), (ID, "A")]
    sets = read_permission_sets(table(*rows, header=("AssigneeId", "PermissionSet.Name")), file="sets.csv")
    assert [(p.row, p.column, p.code) for p in sets.problems] == [
        (2, "AssigneeId", "id_missing"),
        (3, "AssigneeId", "id_case_lost"),
    ]
    assert sets.unreadable == ((2, ""), (3, ID.upper()))
    with pytest.raises(ExportUnreadable) as error:
        read_permission_sets(table((ID, "0PS"), header=("AssigneeId", "PermissionSetId")), file="sets.csv")
    assert (error.value.code, error.value.column) == ("missing_columns", "PermissionSet.Name")

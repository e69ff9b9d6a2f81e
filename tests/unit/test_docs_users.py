"""What docs/export.md and docs/safety.md promise: the queries have the columns, each refusal has its section."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.unit.user_sync.tables import HEADER, people, text
from user_sync.export import read_export, read_permission_sets
from user_sync.vocabulary import ASSIGNMENTS, USERS

DOCS = Path("docs")
EXPORT = (DOCS / "export.md").read_text(encoding="utf-8")
SAFETY = (DOCS / "safety.md").read_text(encoding="utf-8")
ENGINE = Path("src/user_sync")


def selected(table: str) -> list[list[str]]:
    """Return the columns of each query over a table."""
    found = re.findall(rf"SELECT\s+((?:(?!FROM)[^;\"])+?)\s+FROM\s+{table}\b", EXPORT)
    return [[column.strip() for column in columns.split(",")] for columns in found]


def refusals() -> set[str]:
    """Return every code with which the engine refuses."""
    codes: set[str] = set()
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    codes.add(str(code.value))
                else:
                    assert isinstance(code, ast.JoinedStr), ast.dump(code)
                    assert ast.unparse(code) == "f'too_many_{name}'"
                    codes |= {"too_many_removals", "too_many_updates", "too_many_creates"}
    return codes


def test_each_refusal_has_a_section_that_says_why_and_how_to_go_on() -> None:
    sections = dict(re.findall(r"^## ([a-z_]+)\n(.*?)(?=^## |\Z)", SAFETY, re.MULTILINE | re.DOTALL))
    assert set(sections) == refusals()
    for code, body in sections.items():
        assert "*Why:*" in body, code
        assert "*Go on:*" in body, code


def test_settings_that_the_page_names_exist() -> None:
    schema = Path("config/contact-center.schema.json").read_text(encoding="utf-8")
    for key in set(re.findall(r"`users\.([a-z_]+)", SAFETY + EXPORT)) - {"csv"}:
        assert f'"{key}"' in schema, key


@pytest.mark.parametrize("columns", selected("User"))
def test_the_query_of_users_has_all_columns(columns: list[str]) -> None:
    assert all(USERS.recognize(column, {}) == (column, "api names") for column in columns)
    assert {"Id", "Username", "Alias", "FirstName", "LastName", "Email", "IsActive"} <= set(columns)
    assert {"Profile.Name", "UserRole.Name", "Department", "CallCenterId", "FederationIdentifier"} <= set(columns)
    made = text([columns, ["x"] * len(columns)]).encode()
    assert list(read_export(made, file="users.csv").headers) == columns


@pytest.mark.parametrize("columns", selected("PermissionSetAssignment"))
def test_the_query_of_assignments_has_all_columns(columns: list[str]) -> None:
    assert all(ASSIGNMENTS.recognize(column, {}) == (column, "api names") for column in columns)
    made = text([columns, [people(1)[0][0], "A", "", "true"]]).encode()
    assert len(read_permission_sets(made, file="sets.csv").names) == 1


def test_the_queries_are_the_same_everywhere() -> None:
    assert [len(set(map(tuple, selected(table)))) for table in ("User", "PermissionSetAssignment")] == [1, 1]
    assert [len(selected(table)) for table in ("User", "PermissionSetAssignment")] == [2, 2]


def test_the_mapping_that_the_page_shows_is_read() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", EXPORT, re.DOTALL)
    columns = yaml.safe_load(block)["users"]["columns"]
    german = {api: label for label, api in columns.items()}
    header = [german.get(name, name) for name in HEADER]
    export = read_export(text([header, *people(2)]).encode(), file="users.csv", columns=columns)
    assert set(HEADER) <= set(export.headers)


def test_the_labels_that_the_page_names_are_known() -> None:
    rows = re.findall(r"^\| .* \| .* \| (.+) \|$", EXPORT, re.MULTILINE)[1:]
    for label in [label.strip() for row in rows for label in row.split(",") if not row.startswith("---")]:
        assert USERS.recognize(label, {}) is not None, label

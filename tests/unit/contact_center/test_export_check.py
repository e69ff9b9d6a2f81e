"""What the export says about one username, and that no cell is told."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from contact_center.checks import Check
from contact_center.export_check import People, judge_export
from user_sync import salesforce_id
from user_sync.export import read_export
from user_sync.policy import Policy, Rule

ID, ORGANIZATION = "0055e000RQ4F5ZR", "00D5e000000AbCd"
KIM = f"ckrug@{ID}@{ORGANIZATION}"
ROW = {
    "Id": salesforce_id.extend(ID),
    "Alias": "ckrug",
    "FirstName": "Casey",
    "LastName": "Krug",
    "IsActive": "true",
    "Profile.Name": "Support Rep",
    "Department": "Berlin",
}
RULES = (
    Rule((("Department", ("Paris",)), ("profile", ("Support Rep",))), ("Admin",), "Basic Routing Profile"),
    Rule((("profile", ("Support Rep",)),), ("Agent",), "Basic Routing Profile"),
)


def judge(*rows: dict[str, str], in_connect: bool | None = False, username: str = KIM, **policy: Any) -> Check:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROW))
    writer.writeheader()
    writer.writerows([{**ROW, "Id": salesforce_id.extend("0055e000RQ4F5ZS"), "Alias": "bob"}, *rows])
    made = Policy(
        **{
            "contact_center": "acmeservice",
            "organization_id": ORGANIZATION,
            "username_template": "{Alias}@{Id}@{OrganizationId}",
            "rules": RULES,
            **policy,
        }
    )
    people = People.of(read_export(out.getvalue().encode(), file="users.csv"), None, made)
    check = judge_export(username, people, in_connect=in_connect)
    assert check.ok or check.fix
    for cell in ("Casey", "Krug", "Support Rep", "Berlin", "Paris"):
        assert cell not in check.message + check.fix
    return check


def test_the_row_and_the_rule_are_named() -> None:
    check = judge(ROW)
    assert check.ok
    assert check.message == "row 3 of users.csv gives this username, by users.rules[1]: security profiles Agent"
    assert "apply makes the user" in check.fix
    assert not judge(ROW, in_connect=True).fix


@pytest.mark.parametrize(
    ("row", "part"),
    [
        (None, "no row of users.csv gives this username, active or not"),
        ({"IsActive": "false"}, "row 3 of users.csv is this person, and is inactive"),
        ({"Alias": "kim"}, f"row 3 of users.csv is the same person, and comes out as kim@{ID}@{ORGANIZATION}"),
        ({"FirstName": ""}, "row 3 of users.csv is this person, and has an error (first_name_missing)"),
        (
            {"Profile.Name": "Sales"},
            "no rule matches: users.rules[0] by Department and users.rules[1] by profile",
        ),
    ],
)
def test_why_nobody_comes_out(row: dict[str, str] | None, part: str) -> None:
    rows = [] if row is None else [{**ROW, **row}]
    check = judge(*rows)
    assert not check.ok
    assert part in check.message
    # Who is in Amazon Connect can sign in, whatever the export says.
    there = judge(*rows, in_connect=True)
    assert there.ok
    assert there.message.endswith("the user stays as it is, since users.missing_users is keep")
    assert judge(*rows, in_connect=None).ok


def test_with_delete_nobody_stays() -> None:
    assert "stays" not in judge(in_connect=True, missing_users="delete").message


def test_a_name_without_an_id_is_looked_for_as_it_is() -> None:
    assert "no row" in judge(ROW, username="ckrug").message


def test_only_a_few_of_many_rules_are_listed() -> None:
    check = judge({**ROW, "Profile.Name": "Sales"}, rules=(RULES[1],) * 8)
    assert "3 more" in check.message

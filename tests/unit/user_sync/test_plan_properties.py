"""From the file to the plan: no order of rows or columns makes a difference, and once is enough."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.user_sync.instance_model import carried_out
from tests.unit.user_sync.people import current, have
from tests.unit.user_sync.tables import FILE, HEADER, person, policy, rule, short_id, text
from user_sync.desired import desired_users
from user_sync.export import read_export
from user_sync.model import Current, Desired
from user_sync.plan import Plan
from user_sync.planner import make_plan
from user_sync.policy import Policy

RULES = (rule("Admin", profile="Boss"), rule("Agent", profile="Support Rep"))
NUMBERS = st.lists(st.integers(1, 12), unique=True, max_size=8)
CELLS = st.fixed_dictionaries(
    {
        "IsActive": st.sampled_from(["true", "false"]),
        "Profile_Name": st.sampled_from(["Boss", "Support Rep", "Other"]),
        "Alias": st.sampled_from(["", "ann", "b b"]),
        "LastName": st.sampled_from(["Krug", "N\u0303ez", ""]),
    }
)
POLICIES = st.builds(
    lambda missing, existing, renamed: policy(
        *RULES, missing_users=missing, existing_users=existing, renamed_users=renamed, invalid_rows="skip"
    ),
    st.sampled_from(["keep", "disable", "delete"]),
    st.sampled_from(["leave", "adopt"]),
    st.sampled_from(["refuse", "replace"]),
)


@st.composite
def instances(draw: st.DrawFn) -> Current:
    users = []
    for number in draw(NUMBERS):
        tags = policy().ownership_tags(short_id(number)) if draw(st.booleans()) else {}
        username = draw(st.sampled_from([f"ann@{short_id(number)}@00D5e000000AbCd", f"old{number}"]))
        profiles = draw(st.sampled_from([("Agent",), ("Admin",), ("acmeservice-disabled",)]))
        users.append(have(number, username=username, tags=tags, security_profiles=profiles))
    return current(*users)


def read(rows: list[list[str]], order: list[int], rules: Policy) -> Desired:
    table = [[row[place] for place in order] for row in (list(HEADER), *rows)]
    return desired_users(read_export(text(table).encode(), file=FILE), None, rules)


def without_rows(made: Plan) -> dict[str, Any]:
    """Return the plan's document without what names a row: it is another one in another order."""
    document = made.as_json()
    document["changes"] = [{**change, "why": ""} for change in document["changes"]]
    texts = [(problem["severity"], problem["code"], problem["column"]) for problem in document["problems"]]
    document["problems"] = sorted(texts, key=str)
    return document


@settings(deadline=None)
@given(NUMBERS, st.data(), instances(), POLICIES)
def test_no_order_of_rows_or_columns_makes_a_difference(
    numbers: list[int], data: st.DataObject, there: Current, rules: Policy
) -> None:
    rows = [person(number, **data.draw(CELLS)) for number in numbers]
    straight = list(range(len(HEADER)))
    first = make_plan(read(rows, straight, rules), there, rules, file=FILE)
    shuffled = data.draw(st.permutations(rows))
    columns = data.draw(st.permutations(straight))
    second = make_plan(read(shuffled, columns, rules), there, rules, file=FILE)
    assert without_rows(first) == without_rows(second)


@settings(deadline=None)
@given(NUMBERS, st.data(), instances(), POLICIES)
def test_what_is_carried_out_leaves_nothing_to_plan(
    numbers: list[int], data: st.DataObject, there: Current, rules: Policy
) -> None:
    rows = [person(number, **data.draw(CELLS)) for number in numbers]
    asked = read(rows, list(range(len(HEADER))), rules)
    first = make_plan(asked, there, rules, file=FILE)
    after = carried_out(first)
    assert make_plan(asked, after, rules, file=FILE).changes == ()
    # A mended row is a change, and only that person's.
    mended = replace(asked, held=())
    late = make_plan(mended, after, rules, file=FILE)
    held = {row.salesforce_id for row in asked.held}
    assert {change.salesforce_id for change in late.changes} <= held

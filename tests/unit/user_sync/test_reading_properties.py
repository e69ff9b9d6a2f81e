"""Properties of reading and judging: nothing but our own error, and no dialect makes a difference."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.user_sync.tables import (
    FILE,
    FOOTER,
    HEADER,
    REPORT_HEADER,
    archive,
    judge,
    people,
    policy,
    rule,
    table,
    text,
    workbook,
)
from user_sync.desired import columns_of, desired_users
from user_sync.errors import ExportUnreadable
from user_sync.export import read_export, read_permission_sets
from user_sync.policy import Policy
from user_sync.salesforce_id import extend

# NUL is refused, and a lone surrogate is no letter.
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
WINDOWS = st.characters(codec="cp1252", exclude_characters="\0")
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
DELIMITERS = st.sampled_from([",", ";", "\t", "|"])
IDS = st.text("ABCDEFabcdef0123456789", min_size=10, max_size=10).map(lambda text: extend("0055e" + text))


def _tables(letters: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    row = st.tuples(IDS, st.lists(st.text(letters, max_size=6), min_size=7, max_size=7))
    return st.lists(row.map(lambda row: [row[0], *row[1]]), max_size=6)


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", cell.strip())


def _read_back(data: bytes) -> list[list[str]]:
    return [[r.values[name] for name in HEADER] for r in read_export(data, file=FILE).records]


@given(_tables(LETTERS), DELIMITERS, ENDS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
def test_any_table_in_any_dialect_is_read_back_equal(
    rows: list[list[str]], delimiter: str, end: str, encoding: str, quote_all: bool
) -> None:
    data = text([HEADER, *rows], delimiter=delimiter, end=end, quote_all=quote_all).encode(encoding)
    assert _read_back(data) == [[_clean(cell) for cell in row] for row in rows]


@given(_tables(WINDOWS), DELIMITERS, ENDS)
def test_any_table_in_windows_1252_is_read_back_equal_or_refused(
    rows: list[list[str]], delimiter: str, end: str
) -> None:
    data = text([HEADER, *rows], delimiter=delimiter, end=end, quote_all=True).encode("cp1252")
    try:
        data.decode()
    except UnicodeDecodeError:
        try:
            assert _read_back(data) == [[_clean(cell) for cell in row] for row in rows]
        except ExportUnreadable as error:
            # Half of its letters are UTF-8 too: in doubt it is refused, never misread.
            assert error.code == "encoding_mixed"


@settings(max_examples=30, deadline=None)
@given(_tables(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cn"))))
def test_any_table_in_a_workbook_is_read_back_equal(rows: list[list[str]]) -> None:
    # Excel reads a cell that begins with = as a formula.
    assume(not any(cell.lstrip().startswith("=") or "_x" in cell for row in rows for cell in row))
    assert _read_back(workbook([HEADER, *rows])) == [[_clean(cell) for cell in row] for row in rows]


@given(st.permutations(range(len(HEADER))), st.booleans(), DELIMITERS)
def test_the_order_of_columns_never_matters(order: list[int], labels: bool, delimiter: str) -> None:
    rows = people(5)
    rows[2][3] = ""
    rows[3][2] = "ñ"
    header = REPORT_HEADER if labels else HEADER
    footer = FOOTER if labels else ()
    shuffled = [[row[i] for i in order] for row in (header, *rows)]
    straight = judge(text([header, *rows, *footer]).encode())
    mixed = judge(text([*shuffled, *footer], delimiter=delimiter).encode())
    assert mixed == straight


@given(st.integers(0, 2**32), st.integers(0, 12))
def test_the_order_of_rows_never_matters(seed: int, count: int) -> None:
    rows = people(count)
    shuffled = Random(seed).sample(rows, count)
    first, second = judge(table(*rows)), judge(table(*shuffled))
    assert [replace(u, row=0) for u in first.users] == [replace(u, row=0) for u in second.users]


POLICIES = st.sampled_from(
    [
        policy(),
        policy(rule(profile="Support*"), template="{Username}"),
        policy(rule(Department="A"), rule("Agent", Note="x*"), template="{Alias}@{Id}"),
        policy(rule("Agent", **{"User ID": "*"}), rule(role="EMEA*")),
    ]
)


@settings(deadline=None)
@given(POLICIES, st.integers(0, 45), st.booleans(), st.booleans(), st.data())
def test_holding_only_the_columns_that_are_needed_changes_nothing(
    wanted: Policy, count: int, labels: bool, zipped: bool, data: st.DataObject
) -> None:
    wide = data.draw(st.permutations([*(REPORT_HEADER if labels else HEADER), "Note", "", "Region__c", "UserRoleId"]))
    rows = [[*row, "xy", "beside", "EU", "00E5e0000000001"] for row in people(count)]
    order = [*(REPORT_HEADER if labels else HEADER), "Note", "", "Region__c", "UserRoleId"]
    for row in rows:
        row[data.draw(st.integers(0, 7))] = data.draw(st.sampled_from(["", "ñ", " x ", "true", row[0], "Support Rep"]))
    shuffled = [wide, *([row[order.index(name)] for name in wide] for row in rows)]
    users = text([*shuffled, *(FOOTER if labels else ())]).encode()
    roles = text([("Id", "Name"), ("00E5e0000000001", "EMEA Support")]).encode()
    content = archive(User=users, UserRole=roles) if zipped else users
    outcomes: list[object] = []
    for only in (None, columns_of(wanted)):
        try:
            outcomes.append(desired_users(read_export(content, file=FILE, only=only), None, wanted))
        except ExportUnreadable as error:
            outcomes.append((error.code, error.message, error.row, error.column))
    assert outcomes[0] == outcomes[1]


GOOD = (
    text([HEADER, *people(3)]).encode(),
    text([REPORT_HEADER, *people(3), *FOOTER], quote_all=True).encode("cp1252"),
    text([HEADER, *people(3)], delimiter="\t").encode("utf-16"),
    workbook([HEADER, *people(3)]),
    archive(User=text([[*HEADER, "ProfileId"], *[[*row, "00e5e0000000001"] for row in people(2)]]).encode()),
)
CSV_LETTERS = st.text(st.sampled_from([*'Id,Username;\t|"\n\r=sep 0:', *"FirstName", "é", "\ufeff"]))
STARTS = st.sampled_from(
    [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"PK\x03\x04", b"sep=;\n", b"Id,Alias\n", b'"Id"\t"Email"\n']
)


def _try(data: bytes) -> None:
    with suppress(ExportUnreadable):
        read_permission_sets(data, file=FILE)
    with suppress(ExportUnreadable):
        judge(data, policy(rule(profile="*")))


@settings(max_examples=300)
@given(STARTS, st.binary(max_size=400))
def test_no_bytes_raise_anything_but_our_own_error(start: bytes, data: bytes) -> None:
    _try(start + data)


@settings(max_examples=300)
@given(STARTS, CSV_LETTERS)
def test_no_text_raises_anything_but_our_own_error(start: bytes, data: str) -> None:
    _try(start + data.encode())


@pytest.mark.parametrize("index", range(len(GOOD)))
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_raises_anything_but_our_own_error(index: int, data: st.DataObject) -> None:
    content = bytearray(GOOD[index])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not content:
            break
    _try(bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content))


@settings(max_examples=200)
@given(_tables(st.one_of(LETTERS, st.sampled_from("aA0@. ñ?\u200b\ufffd"))), st.data())
def test_any_table_is_judged(rows: list[list[str]], data: st.DataObject) -> None:
    for row in rows:
        row[6] = data.draw(st.sampled_from(["true", "1", "false", "", "x"]))
        if data.draw(st.booleans()):
            row[0] = data.draw(st.text(LETTERS, max_size=20))
    template = data.draw(st.sampled_from(["{Alias}", "{Username}@{Id}", "{Email}.{FirstName}", "x"]))
    desired = judge(table(*rows), policy(template=template))
    errors = {problem.row for problem in desired.problems if problem.severity == "error"}
    assert {held.row for held in desired.held} == errors
    assert not errors & {user.row for user in desired.users}
    assert len({user.username for user in desired.users}) == len(desired.users)
    assert list(desired.users) == sorted(desired.users, key=lambda user: user.username)
    assert [p.row or 0 for p in desired.problems] == sorted(p.row or 0 for p in desired.problems)

"""Bad exports, each with the row, the column and the code that are expected."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.unit.user_sync.tables import (
    FOOTER,
    HEADER,
    REPORT_HEADER,
    archive,
    judge,
    people,
    person,
    policy,
    rule,
    short_id,
    table,
    text,
    workbook,
)
from user_sync import workbook as workbook_module
from user_sync.errors import ExportUnreadable
from user_sync.policy import Policy
from user_sync.salesforce_id import extend

GOOD = text([HEADER, *people(3)])
ACCENTED = text([HEADER, person(1, FirstName="Chloé"), person(2, LastName="Núñez"), person(3)])
ID = extend(short_id(1))
PLAIN = policy()


def _line(number: int, changed: str) -> bytes:
    """Return the good export with one line, by its row, changed."""
    lines = GOOD.splitlines()
    lines[number - 1] = changed
    return "\n".join(lines).encode()


def _without(*columns: str) -> bytes:
    keep = [index for index, name in enumerate(HEADER) if name not in columns]
    return text([[row[index] for index in keep] for row in (HEADER, *people(3))]).encode()


def _zip(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members:
            zipped.writestr(name, data)
    return out.getvalue()


def _patched(data: bytes, member: str, change: tuple[bytes, bytes]) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(data))
    return _zip(*((n, source.read(n).replace(*change) if n == member else source.read(n)) for n in source.namelist()))


BOOK = workbook([HEADER, *people(2)])
SHEET = "xl/worksheets/sheet1.xml"

UNREADABLE: list[tuple[str, bytes, int | None, str | None, str]] = [
    ("nothing", b"", None, None, "empty_file"),
    ("only a mark", b"\xef\xbb\xbf", None, None, "empty_file"),
    ("only blank lines", b"\r\n \r\n\r\n", None, None, "empty_file"),
    ("only blank cells", b',,\n"",,\n', None, None, "no_header"),
    ("seventy blank lines", b"\n" * 70 + GOOD.encode(), None, None, "empty_file"),
    ("no header", GOOD.split("\n", 1)[1].encode(), None, None, "no_header"),
    ("one column", b"name\nKrug\n", None, None, "no_header"),
    ("a sentence", b"Your query returned no results.\n", None, None, "no_header"),
    ("labels of another language", "Prénom;Nom;Actif\nA;B;1\n".encode(), None, "Prénom", "unknown_columns"),
    ("two headers alike", table(header=[*HEADER, "alias"]), 1, "alias", "duplicate_header"),
    ("two unknown headers alike", table(header=[*HEADER, "Note", "NOTE"]), 1, "NOTE", "duplicate_header"),
    ("two columns for one field", table(header=[*HEADER, "Active"]), 1, "Active", "duplicate_column"),
    ("a label and an API name", table(header=[*REPORT_HEADER, "Profile.Name"]), 1, "Profile.Name", "duplicate_column"),
    ("two delimiters", b"Id,Username;Email,Alias;IsActive\n1,2;3,4;5\n", 1, None, "delimiter_ambiguous"),
    ("a delimiter of one's own", b"sep=^\n" + GOOD.replace(",", "^").encode(), None, None, "delimiter_unknown"),
    ("a last row cut in half", GOOD[: GOOD.rindex("Given") - 3].encode(), 4, None, "row_length"),
    ("a last row of one cell", GOOD.encode() + b"0055e000Abc", 5, None, "row_length"),
    ("a row too long", _line(3, ",".join([*person(2), "x"])), 3, None, "row_length"),
    ("an unquoted delimiter", _line(2, ",".join(person(1, LastName="Krug, Dr."))), 2, None, "row_length"),
    ("several short rows", b"Id,Alias,Email\n1,2,3\n4,5\n6\n7,8\n", 3, None, "row_length"),
    ("a note without a blank line", GOOD.encode() + b"checked by me\n", 5, None, "row_length"),
    ("a report cut in half", text([REPORT_HEADER, *people(2)]).encode() + b'"Given","Fam', 4, None, "unclosed_quote"),
    (
        "a person below the footer",
        text([REPORT_HEADER, *people(1), *FOOTER, person(2)]).encode(),
        4,
        None,
        "row_length",
    ),
    ("an id below a blank line", text([REPORT_HEADER, *people(1), (), (short_id(2),)]).encode(), 4, None, "row_length"),
    ("a quote that never closes", _line(3, '"' + ",".join(person(2))), 3, None, "unclosed_quote"),
    (
        "a quote that closes late",
        _line(3, ",".join(person(2)).replace("Given", '"Given"x')),
        3,
        None,
        "quote_inside_cell",
    ),
    ("a quote that never closes, for long", b'Id,Alias\n1,"' + b"x\n" * 100_000, 2, None, "cell_too_long"),
    ("a broken quote in the header", b'"Id","Username,"Alias"\n', 1, None, "quote_inside_cell"),
    ("a row count with line feeds in quotes", b'Id,Alias\n1,"a\nb\nc"\n2,3\n4\n', 4, None, "row_length"),
    ("NUL bytes", _line(3, ",".join(person(2)) + "\0"), 3, None, "nul_bytes"),
    ("UTF-16 without a mark", GOOD.encode("utf-16-le"), 1, None, "nul_bytes"),
    ("UTF-32", GOOD.encode("utf-32"), 1, None, "nul_bytes"),
    ("UTF-16 cut in half", GOOD.encode("utf-16")[:-1], 4, None, "encoding_unknown"),
    ("a mark and no UTF-8", b"\xef\xbb\xbf" + ACCENTED.encode("cp1252"), 2, None, "encoding_unknown"),
    (
        "a byte that Windows-1252 lacks",
        ACCENTED.encode("cp1252").replace(b"\xfa", b"\x81"),
        3,
        None,
        "encoding_unknown",
    ),
    ("UTF-8 with a Windows byte", ACCENTED.encode().replace(b"\xc3\xb1", b"\xf1"), 3, None, "encoding_mixed"),
    ("UTF-8 cut within a letter", ACCENTED[: ACCENTED.index("ñ") + 1].encode()[:-1], 3, None, "encoding_mixed"),
    ("two exports joined", text([HEADER, *people(2), HEADER, *people(1)]).encode(), 4, None, "header_repeated"),
    ("a page", b"<html><table><tr><td>Id</td></tr></table></html>", None, None, "unsupported_format"),
    ("JSON", b'[{"Id": "0055e"}]', None, None, "unsupported_format"),
    (
        "an Excel file of the old form",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100,
        None,
        None,
        "unsupported_format",
    ),
    ("gzip", b"\x1f\x8b\x08\0", None, None, "unsupported_format"),
    ("a cut workbook", BOOK[:-30], None, None, "archive_damaged"),
    ("a workbook with broken XML", _patched(BOOK, SHEET, (b"</sheetData>", b"")), None, None, "archive_damaged"),
    (
        "a workbook with a document type",
        _patched(BOOK, SHEET, (b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet')),
        None,
        None,
        "workbook_unsafe",
    ),
    ("a workbook in UTF-16", _zip(("xl/workbook.xml", "<a/>".encode("utf-16"))), None, None, "workbook_unsafe"),
    (
        "a workbook in UTF-7",
        _zip(("xl/a.xml", b'<?xml version="1.0" encoding="UTF-7"?><a/>')),
        None,
        None,
        "workbook_unsafe",
    ),
    ("a workbook without a header", workbook([["a", "b"], ["c", "d"]]), None, "a", "unknown_columns"),
    ("an empty workbook", workbook([]), None, None, "no_header"),
    ("two sheets of people", workbook([HEADER], more={"Copy": [HEADER]}), None, None, "sheets_ambiguous"),
    ("a workbook's header twice", workbook([HEADER, person(1), HEADER]), 3, None, "header_repeated"),
    ("a bomb", _zip(("User.csv", b" " * 30_000_000)), None, None, "archive_too_large"),
    ("a workbook's bomb", _zip(("xl/workbook.xml", b" " * 30_000_000)), None, None, "archive_too_large"),
    ("a ZIP of other things", archive(Account=b"x", Contact=b"y"), None, None, "archive_without_export"),
    ("two in a ZIP", _zip(("a/User.csv", b"x"), ("b/User.csv", b"y")), None, None, "archive_ambiguous"),
    (
        "a ZIP with a table cut",
        archive(User=b"Id,Alias,ProfileId\n1,2,3\n", Profile=b"Id,Name\n"),
        2,
        "ProfileId",
        "archive_incomplete",
    ),
]

MISSING: list[tuple[str, bytes, Policy, str, str]] = [
    ("no id", _without("Id"), PLAIN, "Id", "missing_columns"),
    ("no first name", _without("FirstName"), PLAIN, "FirstName", "missing_columns"),
    ("no last name", _without("LastName"), PLAIN, "LastName", "missing_columns"),
    ("nobody known to be active", _without("IsActive"), PLAIN, "IsActive", "missing_columns"),
    ("what the username needs", _without("Alias"), PLAIN, "Alias", "missing_columns"),
    ("what a rule needs", GOOD.encode(), policy(rule(role="EMEA*")), "UserRole.Name", "missing_columns"),
    (
        "no second export",
        GOOD.encode(),
        policy(rule(profile="X"), rule(permission_set="A")),
        "users.rules[1]",
        "permission_sets_missing",
    ),
]


@pytest.mark.parametrize(("data", "row", "column", "code"), [c[1:] for c in UNREADABLE], ids=[c[0] for c in UNREADABLE])
def test_an_unreadable_export(data: bytes, row: int | None, column: str | None, code: str) -> None:
    with pytest.raises(ExportUnreadable) as error:
        judge(data)
    found = error.value
    assert (found.code, found.row, found.column) == (code, row, column), found.message
    assert not found.message[0].isupper() or found.message.split()[0].isupper()
    assert not found.message.endswith(".")


@pytest.mark.parametrize(("data", "wanted", "column", "code"), [c[1:] for c in MISSING], ids=[c[0] for c in MISSING])
def test_an_export_that_lacks_what_the_config_needs(data: bytes, wanted: Policy, column: str, code: str) -> None:
    with pytest.raises(ExportUnreadable) as error:
        judge(data, wanted)
    assert (error.value.code, error.value.column, error.value.row) == (code, column, None)


def test_a_missing_column_names_what_was_found_and_the_nearest() -> None:
    header = ["Id", "Alais", "FirstName", "LastName", "IsActive"]
    with pytest.raises(ExportUnreadable) as error:
        judge(text([header]).encode(), policy(rule(role="X")))
    message = error.value.message
    assert message.startswith("2 columns are missing: Alias (for sign_on.username), UserRole.Name (for users.rules[0]")
    assert 'found are "Id", "Alais", "FirstName", "LastName", "IsActive", the nearest is "Alais"' in message


def test_the_weekly_exports_ids_are_no_names() -> None:
    with pytest.raises(ExportUnreadable) as error:
        judge(table(header=[*HEADER[:-1], "ProfileId"]), policy(rule(profile="Support Rep")))
    assert "Profile.csv and UserRole.csv" in error.value.message


def test_no_cell_of_a_person_is_in_a_message_about_the_header() -> None:
    with pytest.raises(ExportUnreadable) as error:
        judge(GOOD.split("\n", 1)[1].encode())
    assert "Family1" not in error.value.message
    assert "acme.example" not in error.value.message


@pytest.mark.parametrize(("over", "code"), [(0, None), (1, "file_too_large")])
def test_the_largest_file(over: int, code: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("user_sync.dialect.LARGEST_BYTES", len(GOOD) - over)
    if code is None:
        assert len(judge(GOOD.encode()).users) == 3
        return
    with pytest.raises(ExportUnreadable) as error:
        judge(GOOD.encode())
    assert error.value.code == code


@pytest.mark.parametrize(("limit", "members", "fine"), [("MOST_MEMBERS", 2, True), ("MOST_MEMBERS", 1, False)])
def test_the_most_files_in_an_archive(limit: str, members: int, fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_module, limit, members)
    data = archive(User=GOOD.encode(), Other=b"")
    if fine:
        assert len(judge(data).users) == 3
        return
    with pytest.raises(ExportUnreadable) as error:
        judge(data)
    assert error.value.code == "archive_too_large"


@pytest.mark.parametrize(("over", "fine"), [(0, True), (1, False)])
def test_the_most_that_an_archive_may_unpack_to(over: int, fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive(User=GOOD.encode())
    size = max(len(data), len(GOOD))
    monkeypatch.setattr(workbook_module, "LARGEST_BYTES", size - over)
    if fine:
        assert len(judge(data).users) == 3
        return
    with pytest.raises(ExportUnreadable) as error:
        judge(data)
    assert error.value.code == "archive_too_large"


@pytest.mark.parametrize(("ratio", "fine"), [(1_000, True), (10, False)])
def test_the_most_that_a_file_may_be_packed(ratio: int, fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_module, "LARGEST_RATIO", ratio)
    monkeypatch.setattr(workbook_module, "_RATIO_MATTERS_FROM_BYTES", 0)
    data = archive(User=(GOOD + "\n" * 100_000).encode())
    if fine:
        assert len(judge(data).users) == 3
        return
    with pytest.raises(ExportUnreadable) as error:
        judge(data)
    assert error.value.code == "archive_too_large"


@pytest.mark.parametrize(("above", "code"), [(59, None), (60, "no_header")])
def test_the_last_row_that_may_be_the_header(above: int, code: str | None) -> None:
    data = ("Contact center users,as of today\n" * above + GOOD).encode()
    if code is None:
        assert len(judge(data).users) == 3
        return
    with pytest.raises(ExportUnreadable) as error:
        judge(data)
    assert error.value.code in (code, "unknown_columns")


@pytest.mark.parametrize(("columns", "fine"), [(2_000, True), (2_001, False)])
def test_the_most_columns(columns: int, fine: bool) -> None:
    more = columns - len(HEADER)
    rows = [[*HEADER, *(f"F{n}" for n in range(more))], [*person(1), *[""] * more]]
    if fine:
        assert len(judge(text(rows).encode()).users) == 1
        return
    with pytest.raises(ExportUnreadable):
        judge(text(rows).encode())


def test_an_archive_with_a_password() -> None:
    data = bytearray(archive(User=GOOD.encode()))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ExportUnreadable) as error:
        judge(bytes(data))
    assert error.value.code == "archive_encrypted"

"""Encodings, delimiters and quoting: found without a doubt, or refused."""

from __future__ import annotations

import pytest

from tests.unit.user_sync.tables import FILE, HEADER, people, person, table, text
from user_sync.dialect import Table, decode, read_text
from user_sync.errors import ExportUnreadable

ACCENTED = person(1, FirstName="Chloé", LastName="Núñez")


def _read(data: bytes) -> Table:
    return read_text(data, file=FILE, count_known=lambda cells: len({"Id", "Username"} & set(cells)))


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_dialect_gives_the_same_rows(encoding: str, found: str, delimiter: str, end: str) -> None:
    data = text([HEADER, ACCENTED, *people(2)], delimiter=delimiter, end=end).encode(encoding)
    result = _read(data)
    assert (result.encoding, result.delimiter, result.header_row) == (found, delimiter, 1)
    assert list(result.rows) == [(2, ACCENTED), (3, people(2)[0]), (4, people(2)[1])]


def test_utf16_of_either_byte_order_needs_its_mark() -> None:
    rows = text([HEADER, ACCENTED])
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert list(_read(mark + rows.encode(encoding)).rows) == [(2, ACCENTED)]
        with pytest.raises(ExportUnreadable) as error:
            _read(rows.encode(encoding))
        assert error.value.code == "nul_bytes"


def test_a_quoted_line_feed_adds_no_row_and_an_empty_line_adds_one() -> None:
    data = text([HEADER, person(1, LastName="two\nlines\r\nthree"), (), person(2)]).encode()
    assert [row for row, cells in _read(data).rows if cells] == [2, 4]


def test_letters_that_only_python_takes_for_line_ends_stay_in_their_cell() -> None:
    odd = person(1, LastName="a\x0bb\x1cc\u2028d\x85e")
    assert list(_read(text([HEADER, odd]).encode()).rows) == [(2, odd)]


def test_excels_separator_line_decides_and_is_no_row() -> None:
    for line in ("sep=;\r\n", '"sep=;"\r\n', "SEP=;\n"):
        result = _read(line.encode() + text([HEADER, ACCENTED], delimiter=";").encode())
        assert (result.delimiter, result.header_row, list(result.rows)) == (";", 1, [(2, ACCENTED)])


def test_another_delimiter_may_stand_in_quotes() -> None:
    row = person(1, LastName="Krug; née Krüger, | Dr.\t")
    for delimiter in ",;\t|":
        assert list(_read(table(row, delimiter=delimiter)).rows) == [(2, row)]


def test_quotes_are_doubled_inside_a_quoted_cell_and_plain_in_others() -> None:
    assert next(_read(text([HEADER, person(1, LastName='the "Great"')]).encode()).rows)[1][4] == 'the "Great"'
    assert next(_read(",".join(HEADER).encode() + b'\na,b,c,d,5" pipe,f,g,h').rows)[1][4] == '5" pipe'


def test_a_windows_file_may_hold_what_looks_like_utf8_now_and_then() -> None:
    # "ß’" is a letter of UTF-8 too; the other letters are not, and they are more.
    rows = text([HEADER, person(1, FirstName="Chloé", LastName="Strauß’ Söhne"), ACCENTED])
    assert decode(rows.encode("cp1252"), file=FILE) == (rows, "cp1252")


def test_the_header_may_stand_below_a_reports_title_and_filters() -> None:
    title = [("Contact center users",), ("As of 2026-11-24",), (), ("Filtered By",), ("Active equals True",), ()]
    result = _read(text([*title, HEADER, ACCENTED]).encode())
    assert (result.header_row, list(result.rows)) == (7, [(8, ACCENTED)])


def test_without_a_header_the_widest_reading_is_shown() -> None:
    result = _read(b"Vorname;Nachname;Konto,alt\nA;B;C")
    assert (result.header_row, result.header) == (None, ("Vorname", "Nachname", "Konto,alt"))

"""ZIP containers: an XLSX workbook as rows of cells, and the tables inside a weekly export's ZIP.

Everything here comes from outside, so sizes are looked at before anything is unpacked, and no XML
with a document type is given to a parser. openpyxl is imported when the first workbook is read: a
deployment with CSV only never pays for it.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import IO, Any

from user_sync.dialect import HEADER_WITHIN_ROWS, KNOWN_IN_A_HEADER, LARGEST_BYTES, CountKnown, Row, Table
from user_sync.errors import ExportUnreadable

MARK = b"PK\x03\x04"
MOST_MEMBERS = 10_000
# Deflate shrinks at most 1:1032; real tables come to about 1:20.
LARGEST_RATIO = 250
_RATIO_MATTERS_FROM_BYTES = 4 * 1024 * 1024
_LAST_ROW, _LAST_COLUMN = 1_048_576, 1_024
# How XML begins in UTF-16, UTF-32 and EBCDIC: no spreadsheet writes these, and they would hide the rest.
_OTHER_XML = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff", b"\0<", b"\0\0\0<", b"<\0", b"\x4c\x6f\xa7\x94")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})""")
# What zipfile, the XML parser and openpyxl raise for a damaged file: a file that is wrong, not a program.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    OSError,
    RuntimeError,
)


def open_archive(data: bytes, *, file: str) -> zipfile.ZipFile:
    """Return the archive, its sizes within the limits.

    Raises:
        ExportUnreadable: it is damaged, encrypted or too large.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except _DAMAGE as error:
        raise _damaged(file) from error
    if len(data) > LARGEST_BYTES or len(members) > MOST_MEMBERS:
        raise ExportUnreadable(
            "archive_too_large",
            f"the archive has {len(data):,} bytes in {len(members):,} files; allowed are {LARGEST_BYTES:,} bytes in "
            f"{MOST_MEMBERS:,} files: take out the files that are needed",
            file=file,
        )
    if any(member.flag_bits & 1 for member in members):
        raise ExportUnreadable("archive_encrypted", "the archive has a password; save it without one", file=file)
    return archive


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Return whether the archive is an XLSX file."""
    return any(name.startswith("xl/") for name in archive.namelist())


def member(archive: zipfile.ZipFile, name: str, *, file: str) -> bytes | None:
    """Return the bytes of the file of that name in any folder of the archive, or None.

    Raises:
        ExportUnreadable: there are several, it is damaged, or it unpacks to too much.
    """
    wanted = name.casefold()
    found = [info for info in archive.infolist() if info.filename.rsplit("/", 1)[-1].casefold() == wanted]
    if not found:
        return None
    if len(found) > 1:
        raise ExportUnreadable(
            "archive_ambiguous",
            f"the archive holds {len(found)} files named {name}; one is allowed: take out the one that is meant",
            file=file,
        )
    _check_sizes(found, file=file)
    try:
        return archive.read(found[0])
    except _DAMAGE as error:
        raise _damaged(file) from error


def read_workbook(data: bytes, archive: zipfile.ZipFile, *, file: str, count_known: CountKnown) -> Table:
    """Return the rows of the one sheet that has a known header.

    Args:
        data: the file.
        archive: the same, opened by `open_archive`.
        file: name to show.
        count_known: how many columns the caller knows, were these cells a header.

    Raises:
        ExportUnreadable: damaged, too large, unsafe, or two sheets have such a header.
    """
    _check_sizes(archive.infolist(), file=file)
    try:
        for info in archive.infolist():
            with archive.open(info) as content:
                _check_xml(content, file=file)
        sheets = _sheets(data)
        found = [
            (sheet, row, cells)
            for sheet in sheets
            for row, cells in islice((r for r in _head(sheet) if count_known(r[1]) >= KNOWN_IN_A_HEADER), 1)
        ]
        guess = next((r for sheet in sheets for r in _head(sheet) if any(r[1])), (1, ()))
    except _DAMAGE as error:
        raise _damaged(file) from error
    if len(found) > 1:
        titles = ", ".join(repr(sheet.title) for sheet, _, _ in found)
        raise ExportUnreadable(
            "sheets_ambiguous",
            f"{len(found)} sheets have a header with known columns: {titles}; one is allowed: delete the others",
            file=file,
        )
    if not found:
        return Table("xlsx", "", None, tuple(guess[1]), iter(()))
    sheet, header_row, cells = found[0]
    return Table("xlsx", "", header_row, tuple(cells), _below(sheet, header_row, len(cells), file=file))


def _check_sizes(members: Sequence[zipfile.ZipInfo], *, file: str) -> None:
    # The declared size binds: zipfile reads no further, and its check sum then fails.
    total = sum(info.file_size for info in members)
    bomb = any(info.file_size > max(_RATIO_MATTERS_FROM_BYTES, LARGEST_RATIO * info.compress_size) for info in members)
    if total > LARGEST_BYTES or bomb:
        raise ExportUnreadable(
            "archive_too_large",
            f"the archive unpacks to {total:,} bytes; allowed are {LARGEST_BYTES:,}, and {LARGEST_RATIO} times "
            "what a file takes packed: save it as CSV",
            file=file,
        )


def _check_xml(content: IO[bytes], *, file: str) -> None:
    """Refuse a document type (entities that grow without end, or read other files) and rare encodings.

    Looks at every file that a parser could take for XML, whatever its name says.
    """
    chunk = content.read(4096)
    if chunk.startswith(_OTHER_XML):
        raise _unsafe("an encoding other than UTF-8", file=file)
    chunk = chunk.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not chunk.startswith(b"<"):
        return
    declared = _DECLARED.match(chunk)
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        raise _unsafe("an encoding other than UTF-8", file=file)
    tail = b""
    while chunk:
        window = tail + chunk
        if b"\0" in window or b"<!DOCTYPE" in window or b"<!ENTITY" in window:
            raise _unsafe("a document type", file=file)
        tail = window[-16:]
        chunk = content.read(1 << 20)


def _unsafe(what: str, *, file: str) -> ExportUnreadable:
    return ExportUnreadable(
        "workbook_unsafe",
        f"the workbook's XML has {what}, which no spreadsheet writes: open and save it again, or save it as CSV",
        file=file,
    )


def _damaged(file: str) -> ExportUnreadable:
    return ExportUnreadable(
        "archive_damaged",
        "the file begins like XLSX or ZIP but cannot be opened: it is damaged; export again, or save it as CSV",
        file=file,
    )


def _sheets(data: bytes) -> list[Any]:
    from openpyxl import load_workbook  # noqa: PLC0415  (lazily: see the module's docstring)

    with warnings.catch_warnings():
        # Salesforce's own files lack a default style, of which openpyxl warns.
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        return list(book.worksheets)


def _rows(sheet: Any, columns: int) -> Iterator[Row]:
    sheet.reset_dimensions()  # some writers declare a wrong size, and openpyxl would believe it
    cells = sheet.iter_rows(max_row=_LAST_ROW, max_col=columns, values_only=True)
    for row, values in enumerate(cells, start=1):
        yield row, [_text(value) for value in values]


def _head(sheet: Any) -> list[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        head = []
        for row, cells in islice(_rows(sheet, _LAST_COLUMN), HEADER_WITHIN_ROWS):
            filled = [index for index, cell in enumerate(cells) if cell.strip()]
            head.append((row, cells[: filled[-1] + 1 if filled else 0]))
        return head


def _below(sheet: Any, header_row: int, width: int, *, file: str) -> Iterator[Row]:
    """Return the rows below the header; cells beside the table are a person's notes and left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return iter(list(islice(_rows(sheet, width), header_row, None)))
    except _DAMAGE as error:
        raise _damaged(file) from error


def _text(value: object) -> str:
    """Return a cell as text: a whole number without a point, a date in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, (int, timedelta)) else ""

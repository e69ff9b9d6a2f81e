"""How a text export was written: encoding, delimiter, quoting; from bytes to rows of cells.

Each dialect is either found without a doubt or refused: nothing is guessed, because a name that is
read wrongly renames a person. Must not know what a column means; whether a row is the header is
asked of the caller.

The csv form is RFC 4180 with the delimiters that spreadsheets write. Cells are not cleaned here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from user_sync.errors import ExportUnreadable

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
LARGEST_BYTES = 256 * 1024 * 1024
# A report may start with its title and filters; no known one has more lines above its header.
HEADER_WITHIN_ROWS = 60

Row = tuple[int, Sequence[str]]
# How many different columns of a header are known; one may be chance, two make a header.
CountKnown = Callable[[Sequence[str]], int]
KNOWN_IN_A_HEADER = 2

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an Excel file of the old form, or one with a password"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
)
_FOREIGN_TEXT = (("<", "an HTML or XML document"), ("{", "a JSON document"), ("[", "a JSON document"))
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
# Windows-1252 has a letter for nearly every byte, so nearly everything "decodes": these are the
# bytes that only UTF-8 explains, and those that it does not.
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows of cells.

    Attributes:
        encoding: such as ``utf-8-sig`` or ``cp1252``; ``xlsx`` for a workbook.
        delimiter: one character; empty for a workbook.
        header_row: where the header stands; None where no row is one, then `header` is the first
            row that is not blank, for messages.
        rows: those below the header, read as they are asked for; may raise ExportUnreadable.
    """

    encoding: str
    delimiter: str
    header_row: int | None
    header: tuple[str, ...]
    rows: Iterator[Row]


def read_text(data: bytes, *, file: str, count_known: CountKnown) -> Table:
    """Return the rows of a text export.

    Args:
        data: the file.
        file: name to show.
        count_known: how many columns the caller knows, were these cells a header.

    Raises:
        ExportUnreadable: it is not text, or it can be read in two ways.
    """
    text, encoding = decode(data, file=file)
    text, named = _without_separator_line(text, file=file)
    if not text.strip():
        raise ExportUnreadable(
            "empty_file", "the file is empty; an export starts with a header row: export again", file=file
        )
    heads = {delimiter: _head(text, delimiter, file=file) for delimiter in named or DELIMITERS}
    found = _candidates(heads, lambda cells: count_known(cells) >= KNOWN_IN_A_HEADER)
    # Id,Username;Alias: neither reading gives a header, yet each gives some of it.
    doubtful = found or _candidates(heads, lambda cells: len(cells) > 1 and count_known(cells) > 0)
    if len(doubtful) > 1:
        names = " and ".join(DELIMITERS[delimiter] for delimiter, _, _ in doubtful)
        raise ExportUnreadable(
            "delimiter_ambiguous",
            f"the delimiter fits twice: {names} each give known columns; "
            "save the file with one delimiter and quote cells that hold another",
            file=file,
            row=doubtful[0][1],
        )
    delimiter, row, header = found[0] if found else _best_guess(heads, text, file=file)
    below = (r for r in _records(text, delimiter, file=file) if r[0] > row)
    return Table(encoding, delimiter, row if found else None, header, below)


def decode(data: bytes, *, file: str) -> tuple[str, str]:
    """Return the text and the encoding: a byte order mark decides, else UTF-8, else Windows-1252.

    Raises:
        ExportUnreadable: the bytes are not text in that encoding, or are a mixture.
    """
    if len(data) > LARGEST_BYTES:
        raise ExportUnreadable(
            "file_too_large",
            f"the file has {len(data):,} bytes; allowed are {LARGEST_BYTES:,}: export fewer columns",
            file=file,
        )
    for start, what in _FOREIGN:
        if data.startswith(start):
            raise _unsupported(what, file=file)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            # The error's position counts from the mark on in some codecs: good enough for a row.
            raise _undecodable(encoding, data[: error.start].decode(encoding, "ignore"), file=file) from error
        encoding = "cp1252"
        text = _decode_windows(data, file=file, error=error)
    if "\0" in text:
        raise ExportUnreadable(
            "nul_bytes",
            "the file holds NUL bytes: it is not text, or it is UTF-16 without a byte order mark; save it as UTF-8",
            file=file,
            row=_row_after(text[: text.index("\0")]),
        )
    start_of_text = text.lstrip()[:1]
    for sign, what in _FOREIGN_TEXT:
        if start_of_text == sign:
            raise _unsupported(what, file=file)
    return text, encoding


def _decode_windows(data: bytes, *, file: str, error: UnicodeDecodeError) -> str:
    """Return the text of a Windows-1252 file, unless it is a damaged UTF-8 file."""
    # Without this a UTF-8 file with one broken byte would be "read", every Chloé as ChloÃ©.
    in_utf8 = _UTF8_LETTER.findall(data)
    others = len(_NOT_ASCII.findall(data)) - sum(map(len, in_utf8))
    if in_utf8 and len(in_utf8) >= others:
        raise ExportUnreadable(
            "encoding_mixed",
            "most of the file is UTF-8, but here is a byte that is not (cut off, or two files joined?); "
            "export it again, or save it as UTF-8",
            file=file,
            row=_row_after(data[: error.start].decode("latin-1")),
        ) from error
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as windows_error:
        prefix = data[: windows_error.start].decode("latin-1")
        raise _undecodable("utf-8 or windows-1252", prefix, file=file) from windows_error


def _undecodable(encoding: str, prefix: str, *, file: str) -> ExportUnreadable:
    return ExportUnreadable(
        "encoding_unknown",
        f"the file does not decode as {encoding}; allowed are UTF-8, UTF-16 with a byte order mark and "
        "Windows-1252: save it as UTF-8",
        file=file,
        row=_row_after(prefix),
    )


def _unsupported(what: str, *, file: str) -> ExportUnreadable:
    return ExportUnreadable(
        "unsupported_format",
        f"the file is {what}; allowed are CSV in any delimiter, XLSX and the weekly export's ZIP: save it as CSV UTF-8",
        file=file,
    )


def _row_after(prefix: str) -> int:
    """Return the row in which the text after the prefix stands: line ends between quotes count for nothing."""
    return 1 + sum(len(_LINE_END.findall(part)) for part in prefix.split('"')[::2])


def _without_separator_line(text: str, *, file: str) -> tuple[str, str]:
    """Return the text below Excel's ``sep=;`` line and the delimiter that it names, or the text and nothing.

    The line is not counted as a row: a spreadsheet does not show it.
    """
    found = _SEPARATOR_LINE.match(text)
    if not found:
        return text, ""
    if found[1] not in DELIMITERS:
        allowed = ", ".join(DELIMITERS.values())
        raise ExportUnreadable(
            "delimiter_unknown",
            f"the first line names the delimiter {found[1]!r}; allowed are {allowed}: save the file with one of them",
            file=file,
        )
    return text[found.end() :], found[1]


def _head(text: str, delimiter: str, *, file: str) -> list[Row]:
    """Return the first rows, as far as the delimiter's quoting holds."""
    head: list[Row] = []
    try:
        head.extend(islice(_records(text, delimiter, file=file), HEADER_WITHIN_ROWS))
    except ExportUnreadable:
        # A wrong candidate breaks on the quotes of the right one; the right one is read again, with its error.
        return head
    return head


def _candidates(
    heads: Mapping[str, list[Row]], fits: Callable[[Sequence[str]], bool]
) -> list[tuple[str, int, tuple[str, ...]]]:
    """Return delimiter, row number and cells of the first row that fits, for each delimiter that has one."""
    return [
        (delimiter, row, tuple(cells))
        for delimiter, head in heads.items()
        for row, cells in islice((r for r in head if fits(r[1])), 1)
    ]


def _best_guess(heads: Mapping[str, list[Row]], text: str, *, file: str) -> tuple[str, int, tuple[str, ...]]:
    """Return the delimiter that gives the most cells in the first row that is not blank."""
    first_rows = _candidates(heads, lambda cells: any(map(str.strip, cells)))
    if not first_rows:
        # Either no candidate survives the first row's quotes, which this says, or all of it is blank.
        list(islice(_records(text, next(iter(heads)), file=file), HEADER_WITHIN_ROWS))
        raise ExportUnreadable(
            "empty_file",
            f"the first {HEADER_WITHIN_ROWS} rows are blank; an export starts with a header row: export again",
            file=file,
        )
    return max(first_rows, key=lambda found: len(found[2]))


def _records(text: str, delimiter: str, *, file: str) -> Iterator[Row]:
    """Yield row numbers and cells; a quoted line feed adds no row, an empty line adds one."""
    # Not splitlines(): it also breaks at letters that a name may hold, such as U+2028 and U+0085.
    lines = (line[0] for line in _LINE.finditer(text))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _bad_quotes(str(error), row, file=file) from error
        yield row, cells


def _bad_quotes(reason: str, row: int, *, file: str) -> ExportUnreadable:
    if "expected after" in reason:
        return ExportUnreadable(
            "quote_inside_cell",
            "text follows a closing quote; a quote inside a quoted cell is written twice, "
            "and a missing quote swallows the next cell: export again",
            file=file,
            row=row,
        )
    if "field limit" in reason:
        return ExportUnreadable(
            "cell_too_long",
            f"a cell has more than {csv.field_size_limit():,} characters: a quote never closes, or the file "
            "is no table; export again",
            file=file,
            row=row,
        )
    return ExportUnreadable(
        "unclosed_quote",
        "a quote opens a cell and never closes: the file is cut off, or a quote is missing; export again",
        file=file,
        row=row,
    )

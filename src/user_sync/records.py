"""From the rows of a table to records by API name: footers, cells in number, the tables of a weekly export.

What a row is, :mod:`user_sync.cells` knows; this puts together what the file is: which table, which columns,
where the people end. Nothing of a person is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from zipfile import ZipFile

from user_sync import columns as cols
from user_sync import salesforce_id, workbook
from user_sync.cells import Cells, Collector, is_footer, is_nobody
from user_sync.dialect import HEADER_WITHIN_ROWS, Row, Table, read_text
from user_sync.errors import ExportUnreadable
from user_sync.model import Dialect, Export, Record
from user_sync.vocabulary import ASSIGNMENTS, USERS, Vocabulary, fold

NO_FOOTER = ", no footer"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of export.

    Attributes:
        vocabulary: what its columns are called.
        wanted: the columns that a config mostly needs, for messages.
        labels: some labels of an English report, for messages.
        main: its table in a weekly export.
        joins: (id column, table, API name of a column to add) of the tables that name its ids.
    """

    vocabulary: Vocabulary
    wanted: tuple[str, ...]
    labels: str = ""
    main: str = ""
    joins: tuple[tuple[str, str, str], ...] = ()


USER_EXPORT = Kind(
    USERS,
    (
        *("Id", "Username", "Alias", "FirstName", "LastName", "Email", "IsActive"),
        *("Profile.Name", "UserRole.Name", "Department"),
    ),
    "User ID, First Name, Last Name, Active, Profile, Role",
    "User.csv",
    (("ProfileId", "Profile.csv", "Profile.Name"), ("UserRoleId", "UserRole.csv", "UserRole.Name")),
)
ASSIGNMENT_EXPORT = Kind(
    ASSIGNMENTS,
    ("AssigneeId", "PermissionSet.Name"),
    "Assigned To: User ID, Permission Set: Name",
    "PermissionSetAssignment.csv",
    (("PermissionSetId", "PermissionSet.csv", "PermissionSet.Name"),),
)
_NAMED = Kind(Vocabulary({"id": "Id", "name": "Name"}, {}), ("Id", "Name"))


def read_records(
    data: bytes, kind: Kind, columns: Mapping[str, str], *, file: str, only: Set[str] | None = None
) -> Export:
    """Return the records of an export of this kind.

    Args:
        data: CSV in any dialect, XLSX, or the ZIP of a weekly export.
        kind: what its columns are called.
        columns: header as the file has it → API name.
        file: name to show.
        only: folded names or headers of the columns to keep, beside those of the first records; None keeps all.

    Raises:
        ExportUnreadable: the file as a whole cannot be used.
    """
    mapping = {fold(header): kind.vocabulary.api_names.get(fold(name), name) for header, name in columns.items()}
    archive = workbook.open_archive(data, file=file) if data.startswith(workbook.MARK) else None
    if only is not None:
        only = only | {fold(column) for column, _, _ in kind.joins}
    if archive is None or workbook.is_workbook(archive):
        return _read_table(_open(data, archive, kind, mapping, file=file), kind, mapping, file=file, only=only)
    main = workbook.member(archive, kind.main, file=file)
    tables = [name for name in archive.namelist() if name.casefold().endswith(".csv")]
    if main is None and len(tables) == 1:
        main = workbook.member(archive, tables[0].rsplit("/", 1)[-1], file=file)
    if main is None:
        raise ExportUnreadable(
            "archive_without_export",
            f"the ZIP holds no {kind.main} but {cols.listed(tables, most=10) or 'no CSV'}; give the weekly "
            "export's ZIP as downloaded, or the CSV itself",
            file=file,
        )
    export = _read_table(_open(main, None, kind, mapping, file=file), kind, mapping, file=file, only=only)
    return _joined(export, archive, kind)


def _open(data: bytes, archive: ZipFile | None, kind: Kind, mapping: Mapping[str, str], *, file: str) -> Table:
    def count_known(cells: Sequence[str]) -> int:
        return kind.vocabulary.count_known(cells, mapping)

    if archive is not None:
        return workbook.read_workbook(data, archive, file=file, count_known=count_known)
    return read_text(data, file=file, count_known=count_known)


def _read_table(
    table: Table, kind: Kind, mapping: Mapping[str, str], *, file: str, only: Set[str] | None = None
) -> Export:
    if table.header_row is None:
        raise _no_header(table, kind, file=file)
    header = cols.resolve(table.header, kind.vocabulary, mapping, file=file, row=table.header_row)
    is_report = header.form != "api names"
    records = Collector(table, header, only, file=file)
    last: list[Row] = []  # rows that are a footer if nobody comes below them
    for row, cells in table.rows:
        values = records.clean(cells)
        if is_nobody(values):
            last.append((row, cells))
            continue
        for above in last:
            records.add(*above, records.clean(above[1]))
        last.clear()
        records.add(row, cells, values)
    footer = is_footer([records.clean(cells) for _, cells in last], is_report=is_report)
    for below in () if footer else last:
        records.add(*below, records.clean(below[1]))
    form = header.form + (NO_FOOTER if is_report and not footer and table.delimiter else "")
    return Export(file, Dialect(table.encoding, table.delimiter, form), header.headers, records.all())


def _no_header(table: Table, kind: Kind, *, file: str) -> ExportUnreadable:
    header = [cell.strip() for cell in table.header if cell.strip()]
    known = ", ".join(kind.wanted)
    if len(header) < 2 or any("@" in cell or cell.isdecimal() or salesforce_id.parse(cell) for cell in header):
        # The cells are not shown: they may be a person's.
        return ExportUnreadable(
            "no_header",
            f"none of the first {HEADER_WITHIN_ROWS} rows is a header with known columns; needed are API names "
            f"({known}) or a report's labels: export with the header row",
            file=file,
            row=None,
        )
    samples = list(islice(table.rows, 20))
    values = {
        cell.strip(): [cells[place].strip() for _, cells in samples if len(cells) > place]
        for place, cell in enumerate(table.header)
        if cell.strip() and not kind.vocabulary.recognize(cell, {})
    }
    return ExportUnreadable(
        "unknown_columns",
        f"the columns are not known: found are {cols.listed(header)}; allowed are API names ({known}) or labels of "
        f"an English report ({kind.labels}){cols.offer(values, kind.wanted)}",
        file=file,
        column=cols.shortened(header[0]),
    )


def _joined(export: Export, archive: ZipFile, kind: Kind) -> Export:
    """Return the export with the names that its ids stand for, from the tables beside it."""
    dialect = Dialect(export.dialect.encoding, export.dialect.delimiter, "weekly export")
    headers, records = dict(export.headers), export.records
    for id_column, table, target in kind.joins:
        data = workbook.member(archive, table, file=export.file)
        if data is None or id_column not in headers or target in headers:
            continue
        named = _read_table(_open(data, None, _NAMED, {}, file=table), _NAMED, {}, file=table)
        cols.require(named.headers, {"Id": "to join by", "Name": "to show"}, file=table)
        names = {salesforce_id.parse(r.values["Id"]): r.values["Name"] for r in named.records}
        names[None] = ""
        headers[target] = headers[id_column]
        records = tuple(_with_names(records, id_column, target, names, table, export.file))
    return Export(export.file, dialect, headers, records)


def _with_names(
    records: Sequence[Record], id_column: str, target: str, names: Mapping[str | None, str], table: str, file: str
) -> Iterator[Record]:
    grown: dict[int, dict[str, int]] = {}
    for record in records:
        values = record.values
        if not isinstance(values, Cells):
            raise TypeError("records that were read hold cells")  # pragma: no cover
        positions = grown.get(id(values.positions))
        if positions is None:
            positions = grown[id(values.positions)] = {**values.positions, target: len(values.cells)}
        name = _name_of(record, id_column, names, table, file)
        yield Record(record.row, Cells(positions, (*values.cells, name)))


def _name_of(record: Record, column: str, names: Mapping[str | None, str], table: str, file: str) -> str:
    given = record.values[column]
    person = salesforce_id.parse(given) if given else None
    if given and (person is None or person not in names):
        # Left blank, the person would match no rule and would be taken for a leaver.
        raise ExportUnreadable(
            "archive_incomplete",
            f"{cols.shortened(given)!r} is not in {table} of the same ZIP: give the weekly export's ZIP as downloaded",
            file=file,
            row=record.row,
            column=column,
        )
    return names[person]

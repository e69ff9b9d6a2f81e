"""Every form in which people get at their users is read into the same records."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from tests.unit.user_sync.tables import (
    FILE,
    FOOTER,
    HEADER,
    REPORT_HEADER,
    SAMPLES,
    archive,
    people,
    person,
    short_id,
    table,
    text,
    workbook,
)
from user_sync.errors import ExportUnreadable
from user_sync.export import read_export, read_permission_sets
from user_sync.model import Export
from user_sync.salesforce_id import extend

FORMS = ("users-data-loader.csv", "users-sf-cli.csv", "users-report.csv")
COMMON = ("Username", "Alias", "FirstName", "LastName", "Email", "Profile.Name", "UserRole.Name")


def _read(data: bytes, **columns: str) -> Export:
    return read_export(data, file=FILE, columns=columns)


def _rows(export: Export) -> list[tuple[int, tuple[str, ...]]]:
    return [(r.row, tuple(r.values[name] for name in HEADER)) for r in export.records]


def test_the_samples_hold_the_same_people() -> None:
    exports = [_read((SAMPLES / name).read_bytes()) for name in FORMS]
    assert [(e.dialect.encoding, e.dialect.form) for e in exports] == [
        ("utf-8-sig", "api names"),
        ("utf-8", "api names"),
        ("cp1252", "report labels"),
    ]
    tables = [[(r.row, *(r.values[name] for name in COMMON)) for r in e.records] for e in exports]
    assert tables[0] == tables[1] == tables[2]
    assert len(tables[0]) == 24
    assert tables[0][3][3:5] == ("Tomás", "Núñez")
    assert [len(e.records[0].values["Id"]) for e in exports] == [18, 18, 15]
    assert exports[2].headers["Profile.Name"] == "Profile"


@pytest.mark.parametrize("name", FORMS)
def test_a_sample_saved_again_by_a_spreadsheet_is_the_same(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    encoding = "cp1252" if "report" in name else "utf-8-sig"
    rows = list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
    width = len(rows[0])
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    upper = [[{"true": "TRUE", "false": "FALSE"}.get(cell, cell) for cell in row] for row in padded]
    first = [(r.row, {**r.values, "IsActive": ""}) for r in _read(data).records]
    typed = [[{"true": True, "false": False, "1": 1, "0": 0, "": None}.get(cell, cell) for cell in row] for row in rows]
    saved = (
        text(upper, delimiter=";", end="\r\n").encode("cp1252"),
        text(upper, delimiter="\t", end="\r\n").encode("utf-16"),
        text(upper, end="\r").encode("utf-8-sig"),
        b"sep=|\n" + text(upper, delimiter="|").encode(),
        workbook(typed),
    )
    for again in saved:
        assert [(r.row, {**r.values, "IsActive": ""}) for r in _read(again).records] == first


def test_headers_in_any_case_and_order_with_others_between() -> None:
    rows = people(3)
    order = [3, 0, 7, 6, 1, 5, 2, 4]
    header = ["Notes ", *(f" {HEADER[i].upper()}" for i in order), "Région__c"]
    mixed = [["x", *(row[i] for i in order), "y"] for row in rows]
    export = _read(text([header, *mixed]).encode())
    assert _rows(export) == _rows(_read(table(*rows)))
    assert export.headers["Profile.Name"] == "PROFILE.NAME"
    assert export.records[0].values["Région__c"] == "y"


def test_cells_are_stripped_and_in_normal_form() -> None:
    export = _read(table(person(1, FirstName="  Chloe\u0301\u00a0", LastName="\u3000Krug\t")))
    assert (export.records[0].values["FirstName"], export.records[0].values["LastName"]) == ("Chloé", "Krug")


def test_a_semicolon_that_only_looks_like_one_stays_in_its_cell() -> None:
    # U+037E becomes ; in normal form C, and must not become a delimiter.
    export = _read(table(person(1, LastName="Krug\u037e"), delimiter=";"))
    assert export.records[0].values["LastName"] == "Krug;"


@pytest.mark.parametrize("quote_all", [True, False])
def test_a_reports_footer_is_nobody(quote_all: bool) -> None:
    data = text([REPORT_HEADER, *people(2), *FOOTER], quote_all=quote_all).encode("cp1252")
    export = _read(data)
    assert [r.row for r in export.records] == [2, 3]
    assert export.dialect.form == "report labels"


@pytest.mark.parametrize(
    ("footer", "form"),
    [
        ([], "report labels, no footer"),
        ([(), ()], "report labels, no footer"),
        ([(), ("Rapport",), ("Tous droits réservés",)], "report labels"),
        ([("Grand Totals (2 records)",), (), ("Contact center users",)], "report labels"),
        ([("", "", "", "", "", "", "", ""), ("Contact center users", "", "", "", "", "", "", "")], "report labels"),
        ([("Copyright (c) 2000-2026 salesforce.com", " inc. All rights reserved.")], "report labels"),
    ],
)
def test_forms_of_a_footer(footer: list[tuple[str, ...]], form: str) -> None:
    export = _read(text([REPORT_HEADER, *people(2), *footer]).encode())
    assert ([r.row for r in export.records], export.dialect.form) == ([2, 3], form)


def test_blank_lines_are_nobody_and_count_as_rows() -> None:
    export = _read(text([HEADER, person(1), (), [""] * 8, ["   "], person(2), ()]).encode())
    assert [r.row for r in export.records] == [2, 6]


def test_a_column_without_a_header_is_left_out() -> None:
    export = _read(text([[*HEADER, "", ""], [*person(1), "", "note"]]).encode())
    assert dict(export.records[0].values) == dict(zip(HEADER, person(1), strict=True))
    assert repr(export.records[0].values).startswith("Cells({'Id'")


def test_labels_in_another_language_by_the_mapping_that_the_error_offers() -> None:
    header = ["Benutzer-ID", "Benutzername", "Konto", "Vorname", "Nachname", "E-Mail", "Aktiv", "Profil"]
    data = text([header, *people(2), *FOOTER], delimiter=";").encode("cp1252")
    with pytest.raises(ExportUnreadable) as error:
        _read(data)
    assert (error.value.code, error.value.column) == ("unknown_columns", "Benutzer-ID")
    offered = error.value.message.split("columns: {")[1].split("}")[0]
    mapping = {k.strip('" '): v.strip() for k, v in (pair.split(":") for pair in offered.split(","))}
    assert mapping == {
        "Benutzer-ID": "Id",
        "Benutzername": "Username",
        "Vorname": "FirstName",
        "Nachname": "LastName",
        "E-Mail": "Email",
        "Aktiv": "IsActive",
        "Profil": "Profile.Name",
    }
    export = _read(data, **mapping, konto="alias")
    assert _rows(export) == _rows(_read(table(*people(2))))
    assert export.dialect.form == "mapped labels"


def test_unknown_labels_are_told_by_their_cells() -> None:
    header = ["ID uživatele", "Jméno uživatele", "A", "Křestní", "Příjmení", "E", "Je aktivní", "P"]
    with pytest.raises(ExportUnreadable) as error:
        _read(text([header, *people(2)]).encode())
    assert 'columns: {"ID uživatele": Id, "Je aktivní": IsActive}' in error.value.message
    assert 'likewise what is needed of "Jméno uživatele"' in error.value.message


def test_a_workbook_like_its_csv() -> None:
    rows: list[list[object]] = [[*row[:6], row[6] == "true", row[7]] for row in people(3)]
    export = _read(workbook([HEADER, *rows], more={"Notes": [["made by", "hand"]]}))
    assert _rows(export) == _rows(_read(table(*people(3))))
    assert (export.dialect.encoding, export.dialect.delimiter) == ("xlsx", "")


def test_a_formatted_reports_workbook() -> None:
    indented = [[None, *row] for row in (REPORT_HEADER, *people(2))]
    title: list[list[object]] = [[None, "Contact center users"], [None, "As of", datetime(2026, 11, 24, 9, 14)], []]
    footer: list[list[object]] = [[], [None, "Confidential Information - Do Not Distribute"]]
    export = _read(workbook([*title, *indented, *footer]))
    assert [r.row for r in export.records] == [5, 6]
    assert export.dialect.form == "report labels"


def test_a_workbooks_numbers_are_text() -> None:
    export = _read(workbook([HEADER, [5.5e12, 7, 0.5, "a", "b", "c", 1, None], [1e20, *"abcdefg"]]))
    assert [r.values["Id"] for r in export.records] == ["5500000000000", "1e+20"]
    assert [export.records[0].values[name] for name in ("Username", "Alias", "IsActive")] == ["7", "0.5", "1"]


def test_a_weekly_exports_archive_names_profiles_and_roles() -> None:
    header = ["Id", "Username", "Alias", "FirstName", "LastName", "Email", "IsActive", "ProfileId", "UserRoleId"]
    rows = [
        [*row[:6], "1", extend("00e5e0000000001"), role]
        for row, role in zip(people(2), ("00E5e0000000001", ""), strict=True)
    ]
    data = archive(
        Account=b"x",
        User=text([header, *rows], quote_all=True).encode("cp1252"),
        Profile=text([("Id", "Name"), (extend("00e5e0000000001"), "Support Rep")]).encode(),
        UserRole=text([("Id", "Name"), (extend("00E5e0000000001"), "EMEA Support")]).encode(),
    )
    export = _read(data)
    assert [(r.values["Profile.Name"], r.values["UserRole.Name"]) for r in export.records] == [
        ("Support Rep", "EMEA Support"),
        ("Support Rep", ""),
    ]
    assert export.dialect.form == "weekly export"
    assert export.headers["Profile.Name"] == "ProfileId"


def test_an_archive_of_one_file_is_that_file() -> None:
    assert _rows(_read(archive(report=table(*people(2))))) == _rows(_read(table(*people(2))))


def test_permission_sets_by_either_length_of_id() -> None:
    sets = read_permission_sets((SAMPLES / "permission-set-assignments.csv").read_bytes(), file="sets.csv")
    assert len(sets.names) == 22
    assert sets.names["0055e000RQ4F5ZR"] == {"ContactCenterAdminExternalTelephony"}
    both = table((short_id(1), "A"), (extend(short_id(1)), "B"), header=("Assignee ID", "Permission Set: Name"))
    assert read_permission_sets(both, file="sets.csv").names == {short_id(1): {"A", "B"}}


def test_assignments_out_of_force_do_not_count() -> None:
    header = ("AssigneeId", "PermissionSet.Name", "IsActive", "IsRevoked", "ExpirationDate")
    rows = [
        (short_id(1), "A", "true", "false", ""),
        (short_id(2), "B", "false", "false", ""),
        (short_id(3), "C", "", "1", ""),
        (short_id(4), "D", "", "", "2026-11-24T00:00:00.000+0000"),
        (short_id(5), "E", "TRUE", "no", "2026-11-25T00:00:00.000Z"),
        (short_id(6), "F", "maybe", "", ""),
        (short_id(7), "G", "", "", "24/11/2026"),
        ("broken", "H", "false", "", ""),
    ]
    data = table(*rows, header=header)
    timeless = read_permission_sets(data, file="sets.csv")
    assert sorted(timeless.names) == [short_id(n) for n in (1, 4, 5, 6, 7)]
    assert [(p.row, p.column, p.code) for p in timeless.problems] == [(7, "IsActive", "assignment_unreadable")]
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    timely = read_permission_sets(data, file="sets.csv", now=now)
    assert sorted(timely.names) == [short_id(n) for n in (1, 5, 6, 7)]
    assert [(p.row, p.column) for p in timely.problems] == [(7, "IsActive"), (8, "ExpirationDate")]
    assert timely.unreadable == ((7, short_id(6)), (8, short_id(7)))


def test_an_archives_assignments_name_their_permission_sets() -> None:
    rows = text([("AssigneeId", "PermissionSetId"), (short_id(1), "0PS5e0000000001")]).encode()
    names = text([("ID", "NAME"), (extend("0PS5e0000000001"), "ContactCenterAdmin")]).encode()
    sets = read_permission_sets(archive(PermissionSetAssignment=rows, PermissionSet=names), file="sets.zip")
    assert sets.names == {short_id(1): {"ContactCenterAdmin"}}

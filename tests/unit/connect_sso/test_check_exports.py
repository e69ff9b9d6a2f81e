"""`check` with the exports that people really have, and `check --explain`."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.unit.connect_sso.conftest import AGENT, Folder, row
from tests.unit.user_sync.tables import FOOTER, archive, text, workbook
from user_sync.salesforce_id import extend

ADMIN = {**AGENT, "match": {"permission_set": "CCAdmin"}, "security_profiles": ["Admin"]}
SETS = "permission-sets.csv"
LABELS = ["Benutzer-ID", "Benutzername", "Alias", "Vorname", "Nachname", "Email", "Aktiv", "Profil", "Rolle"]


def check(folder: Folder, *more: str) -> tuple[int, dict[str, Any]]:
    return folder.json("check", str(folder.config), *more)


def codes(document: dict[str, Any], severity: str = "error") -> list[str]:
    return [problem["code"] for problem in document["problems"] if problem["severity"] == severity]


def assignments(folder: Folder, *lines: str) -> None:
    header = "AssigneeId,PermissionSet.Name,ExpirationDate"
    (folder.path / SETS).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def test_an_offline_command_never_loads_what_talks_to_aws() -> None:
    loaded = "import sys, connect_sso.check; print([m for m in ('boto3', 'botocore', 'openpyxl') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_dialect_of_both_exports_is_said(folder: Folder) -> None:
    folder.write(row(1), row(2), rules=[ADMIN, AGENT], permission_sets=SETS)
    assignments(folder, f"{row(1)['Id']},CCAdmin,")
    code, _ = folder.run("check", str(folder.config), "-v")
    assert code == 0
    assert "users.csv: api names, UTF-8, delimiter ',' (comma)" in folder.stderr
    assert f"{SETS}: api names, UTF-8, delimiter ',' (comma)" in folder.stderr
    folder.run("check", str(folder.config))
    assert "delimiter" not in folder.stderr
    folder.json("check", str(folder.config), "-v")
    assert "delimiter" in folder.stderr


@pytest.mark.parametrize(("label", "wrong"), [("E-Mail", "unknown_columns"), ("Email", "missing_columns")])
def test_labels_in_another_language_are_read_once_what_the_error_offers_is_pasted(
    folder: Folder, label: str, wrong: str
) -> None:
    folder.write(rules=[{**AGENT, "match": {"profile": "Support Rep"}}])
    rows = [list(row(n).values()) for n in (1, 2)]
    labels = [label if each == "Email" else each for each in LABELS]
    german = text([labels, *rows, *FOOTER], delimiter=";", quote_all=True)
    (folder.path / "users.csv").write_bytes(german.encode("cp1252"))
    code, document = check(folder)
    assert (code, codes(document)) == (1, [wrong])
    (message,) = (p["message"] for p in document["problems"] if p["code"] == wrong)
    pasted = yaml.safe_load(message[message.index("columns: {") : message.index("}") + 1])
    assert set(pasted["columns"].values()) >= {"Id", "FirstName", "LastName", "IsActive", "Profile.Name"}
    config = yaml.safe_load(folder.config.read_text())
    config["users"] |= pasted
    folder.config.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    code, document = check(folder)
    assert (code, document["users"], codes(document)) == (0, 2, [])
    folder.run("check", str(folder.config), "-v")
    assert "users.csv: mapped labels, Windows-1252, delimiter ';' (semicolon)" in folder.stderr


def test_a_mapped_user_id_names_the_assignee_of_the_second_export(folder: Folder) -> None:
    columns = {"Benutzer-ID": "Id", "Berechtigungssatz": "PermissionSet.Name"}
    folder.write(row(1), row(2), rules=[ADMIN, AGENT], permission_sets=SETS, columns=columns)
    (folder.path / SETS).write_text(f"Benutzer-ID,Berechtigungssatz\n{row(2)['Id'][:15]},CCAdmin\n", encoding="utf-8")
    code, document = check(folder, "--explain", "3")
    assert (code, document["explained"][0]["rule"]) == (0, 0)


def test_unknown_labels_of_the_second_export_are_offered_too(folder: Folder) -> None:
    folder.write(row(1), rules=[ADMIN, AGENT], permission_sets=SETS)
    (folder.path / SETS).write_text(f"Wer,Was\n{row(1)['Id']},CCAdmin\n", encoding="utf-8")
    code, document = check(folder)
    assert (code, codes(document)) == (1, ["unknown_columns"])
    assert 'columns: {"Wer": AssigneeId}' in document["problems"][-1]["message"]


def test_the_weekly_zip_as_downloaded(folder: Folder) -> None:
    rule = {**AGENT, "match": {"profile": "Support Rep"}}
    folder.write(rules=[rule], export="WE_00D5e000000AbCdEAK_1.ZIP")
    profile = extend("00e5e0000000001")
    header = ["Id", "Username", "Alias", "FirstName", "LastName", "Email", "IsActive", "ProfileId"]
    rows = [[*list(row(n).values())[:6], "1", profile] for n in (1, 2)]
    users = text([header, *rows], quote_all=True).encode()
    names = text([("Id", "Name"), (profile, "Support Rep")], quote_all=True).encode()
    where = folder.path / "WE_00D5e000000AbCdEAK_1.ZIP"
    where.write_bytes(archive(Account=b"x", User=users, Profile=names))
    code, document = check(folder)
    assert (code, document["users"]) == (0, 2)
    folder.run("check", str(folder.config), "-v")
    assert "weekly export, UTF-8, delimiter ',' (comma)" in folder.stderr
    where.write_bytes(archive(Account=b"x", User=users))
    code, document = check(folder)
    assert (code, codes(document)) == (1, ["missing_columns"])
    assert "Profile.csv and UserRole.csv" in document["problems"][-1]["message"]


def test_a_workbook_is_read(folder: Folder) -> None:
    folder.write(export="users.xlsx")
    rows = [list(row(n).values()) for n in (1, 2)]
    (folder.path / "users.xlsx").write_bytes(workbook([list(row(1)), *rows]))
    code, document = check(folder)
    assert (code, document["users"]) == (0, 2)
    folder.run("check", str(folder.config), "-v")
    assert "users.xlsx: api names, XLSX" in folder.stderr


def test_a_permission_set_that_expired_does_not_count(folder: Folder) -> None:
    folder.write(row(1), row(2), rules=[ADMIN], permission_sets=SETS)
    past, future = "2020-01-01T00:00:00.000+0000", "2199-01-01T00:00:00.000+0000"
    assignments(folder, f"{row(1)['Id']},CCAdmin,{past}", f"{row(2)['Id'][:15]},CCAdmin,{future}")
    code, document = check(folder)
    assert (code, document["users"]) == (0, 1)


def test_what_is_wrong_with_a_rule_has_its_line_of_the_config(folder: Folder) -> None:
    folder.write(row(1), rules=[{**AGENT, "match": {"profile": "Suport Rep"}}, AGENT, AGENT])
    _, document = check(folder)
    found = {p["code"]: p for p in document["problems"]}
    assert found["rule_without_anybody"]["file"] == str(folder.config)
    line = folder.config.read_text().splitlines()[found["rule_without_anybody"]["row"] - 1]
    assert "match" in line
    assert sorted(codes(document, "warning")) == sorted(["rule_without_anybody", "rule_unreachable", "no_admin"])
    folder.write(row(1), rules=[ADMIN])
    _, document = check(folder)
    assert codes(document) == ["permission_sets_missing"]
    assert "permission_sets_not_given" not in codes(document, "warning")
    assert document["problems"][-1]["row"]


def test_explain_says_which_rule_decided_and_why_the_others_did_not(folder: Folder) -> None:
    rules = [{**AGENT, "match": {"profile": ["Boss", "Chief*"]}}, {**AGENT, "match": {"role": "EMEA*"}}, AGENT]
    folder.write(row(1), row(2, UserRole_Name="AMER"), row(3, IsActive="false"), rules=rules)
    username = "user1@0055e0000000001@00D5e000000AbCd"
    whos = (username, "2", "user1@acme.example", row(1)["Id"], row(1)["Id"][:15])
    for who in whos:
        code, document = check(folder, "--explain", who)
        assert (code, list(document)) == (0, ["ok", "problems", "users", "explained"])
        (explained,) = document["explained"]
        assert (explained["row"], explained["username"], explained["rule"]) == (2, username, 1)
        assert [(r["rule"], r["matched"]) for r in explained["rules"]] == [(0, False), (1, True)]
        assert explained["rules"][0]["reason"] == (
            'profile must be "Boss" or "Chief*", and Profile.Name is "Support Rep"'
        )
        assert explained["gives"]["security_profiles"] == ["Agent"]
    code, out = folder.run("check", str(folder.config), "--explain", "3")
    assert code == 0
    assert "row 3, user2@0055e0000000002@00D5e000000AbCd: users.rules[2] decides" in out
    assert 'no  users.rules[1]: role must be "EMEA*", and UserRole.Name is "AMER"' in out
    assert "yes users.rules[2]: it matches everyone" in out
    code, out = folder.run("check", str(folder.config), "--explain", "4")
    assert "inactive: not a Connect user, whatever the rules say" in out


def test_explain_tells_whom_no_rule_matches_and_who_is_not_there(folder: Folder) -> None:
    folder.write(row(1), rules=[{**AGENT, "match": {"profile": "Boss"}}])
    _, document = check(folder, "--explain", "2")
    assert (document["explained"][0]["rule"], document["explained"][0]["gives"]) == (None, None)
    assert document["explained"][0]["outcome"] == "no rule matches: not a Connect user"
    for who, code in (("9", "row_unknown"), ("USER1@0055e0000000001@00D5e000000AbCd", "person_unknown")):
        exit_code, document = check(folder, "--explain", who)
        assert (exit_code, document["explained"], codes(document)) == (1, [], [code])
    assert "the nearest is user1@0055e0000000001@00D5e000000AbCd" in document["problems"][-1]["message"]


def test_explain_finds_everybody_whom_a_text_means(folder: Folder) -> None:
    folder.write(row(1), {**row(2), "Id": row(1)["Id"]})
    code, document = check(folder, "--explain", row(1)["Id"])
    assert code == 1
    assert [explained["row"] for explained in document["explained"]] == [2, 3]


def test_explain_does_not_pretend_to_know_whose_permission_sets_count(folder: Folder) -> None:
    folder.write(row(1, Id="0055E0000000001AAA"), rules=[ADMIN, AGENT], permission_sets=SETS)
    assignments(folder, f"{row(2)['Id']},CCAdmin,")
    code, out = folder.run("check", str(folder.config), "--explain", "2")
    assert code == 1
    assert "users.rules[0] might decide: the row is rejected until its id is mended" in out
    assert "?   users.rules[0]: it might match" in out

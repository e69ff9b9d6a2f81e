"""`check`: offline, every problem at once, JSON at every exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.connect_sso.conftest import AGENT, Folder, row

EXAMPLE = "config/acmeservice/contact-center.yaml"


def test_the_example_is_clean(folder: Folder) -> None:
    code, document = folder.json("check", EXAMPLE)
    assert (code, document["ok"], document["users"]) == (0, True, 20)
    assert all(problem["severity"] == "warning" for problem in document["problems"])


def test_problems_have_row_and_column(folder: Folder) -> None:
    folder.write(row(1, FirstName=""), row(2, Alias="a b"), row(3))
    code, document = folder.json("check", str(folder.config))
    assert list(document) == ["ok", "problems", "users"]
    assert (code, document["ok"], document["users"]) == (1, False, 1)
    errors = [p for p in document["problems"] if p["severity"] == "error"]
    assert [(p["row"], p["column"]) for p in errors] == [(2, "FirstName"), (3, "Alias")]
    assert "space" in errors[1]["message"]
    assert list(errors[0]) == ["severity", "file", "row", "column", "code", "message"]


def test_problems_of_config_and_export_come_together(folder: Folder) -> None:
    folder.write(row(1, FirstName=""))
    text = folder.config.read_text().replace("metadata: salesforce-idp.xml", "metadata: nowhere.xml")
    folder.config.write_text(text)
    code, document = folder.json("check", str(folder.config))
    assert code == 1
    assert any("nowhere.xml" in problem["message"] for problem in document["problems"])


def test_warnings_alone_are_clean(folder: Folder) -> None:
    folder.write(row(1), rules=[AGENT, AGENT])
    code, document = folder.json("check", str(folder.config))
    assert (code, document["ok"]) == (0, True)
    assert any(problem["severity"] == "warning" for problem in document["problems"])


@pytest.mark.parametrize("arguments", [("check",), ("check", EXAMPLE, "--nonsense"), ("nonsense",), ()])
def test_usage_errors_are_1_with_a_document(folder: Folder, arguments: tuple[str, ...]) -> None:
    code, document = folder.json(*arguments)
    assert (code, document["ok"], document["users"]) == (1, False, 0)
    assert "usage:" in folder.stderr


def test_a_missing_config_or_export_is_told(folder: Folder, tmp_path: Path) -> None:
    folder.write(row(1))
    (tmp_path / "users.csv").unlink()
    for arguments in (("check", str(folder.config)), ("check", str(tmp_path / "no.yaml"))):
        code, document = folder.json(*arguments)
        assert (code, document["ok"]) == (1, False)


def test_another_export_can_be_given(folder: Folder, tmp_path: Path) -> None:
    folder.write(row(1))
    other = tmp_path / "other.csv"
    other.write_bytes((tmp_path / "users.csv").read_bytes())
    (tmp_path / "users.csv").unlink()
    code, document = folder.json("check", str(folder.config), "--export", str(other))
    assert (code, document["users"]) == (0, 1)


def test_text_for_a_person(folder: Folder) -> None:
    folder.write(row(1, FirstName=""), row(2))
    code, out = folder.run("check", str(folder.config), "-v")
    assert code == 1
    assert out.startswith("not ok: 1 Connect user come")
    assert "users.csv:2: error: FirstName" in folder.stderr
    assert "delimiter ','" in folder.stderr

"""The folder: whole or not at all, and nothing of anybody's is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connect_sso.kit import folder as kit_folder
from connect_sso.kit.folder import obstacles, write_kit
from tests.unit.connect_sso.kits import read

FILES = {"index.html": "page", "people/add-users.csv": "a,b\n", "salesforce-values.json": "{}\n"}


def codes(folder: Path) -> list[str]:
    return [problem.code for problem in obstacles(folder)]


def write(folder: Path, files: Mapping[str, str] = FILES) -> None:
    assert codes(folder) == []
    write_kit(folder, files, name="acmeservice")


@pytest.mark.parametrize("before", ["nothing", "an empty folder", "a kit"])
def test_writes(tmp_path: Path, before: str) -> None:
    out = tmp_path / "deep" / "kit"
    if before == "an empty folder":
        out.mkdir(parents=True)
    if before == "a kit":
        write(out, {"old.txt": "old"})
    write(out)
    assert {**read(out), "kit.json": ""} == {**FILES, "kit.json": ""}
    assert [path.name for path in out.parent.iterdir()] == ["kit"]


def test_refuses_a_folder_that_is_no_kit(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    (problem,) = obstacles(tmp_path)
    assert problem.code == "out_not_a_kit"
    assert "choose another --out" in problem.message


@pytest.mark.parametrize("manifest", ["", "{", "[]", '{"kind": "other", "files": {}}', '{"kind": "connect-sso kit"}'])
def test_a_manifest_of_others_is_none(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "kit.json").write_text(manifest)
    assert codes(tmp_path) == ["out_not_a_kit"]


def test_refuses_a_file_and_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    assert codes(tmp_path / "file") == ["out_unusable"]
    monkeypatch.chdir(tmp_path)
    assert codes(Path()) == ["out_unusable"]
    assert codes(tmp_path.parent) == ["out_unusable"]


def test_refuses_to_lose_what_somebody_changed_or_added(tmp_path: Path) -> None:
    out = tmp_path / "kit"
    write(out)
    (out / "index.html").write_text("mine")
    (out / "people" / "notes.txt").write_text("mine too")
    (problem,) = obstacles(out)
    assert problem.code == "out_edited"
    assert "changed: index.html; added: people/notes.txt" in problem.message


def test_filled_in_values_and_litter_are_no_edits(tmp_path: Path) -> None:
    out = tmp_path / "kit"
    write(out)
    (out / "salesforce-values.json").write_text('{"call_center_id": "x"}')
    (out / ".sf").mkdir()
    (out / ".sf" / "config.json").write_text("{}")
    (out / "Thumbs.db").write_text("")
    assert codes(out) == []


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "kit"
    write(out, {"old.txt": "old"})
    before = read(out)
    rename = Path.rename

    def failing(self: Path, target: Any) -> Path:
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(kit_folder.Path, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        write_kit(out, FILES, name="acmeservice")
    assert read(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["kit"]

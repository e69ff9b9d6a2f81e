"""A file is written whole or not at all, and who may read it does not depend on what was left lying about."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from connect_sso import report_files
from connect_sso.review import subject
from connect_sso.session import StoppedError


def test_a_part_that_was_left_readable_for_everybody_lends_its_mode_to_no_file_of_people(tmp_path: Path) -> None:
    for name, write in (
        ("report.json", report_files.write),
        ("page.html", lambda p, t: subject.write(p, t, private=True)),
    ):
        left = tmp_path / f".{name}.part"
        left.touch(mode=0o644)
        write(tmp_path / name, "people\r\n")
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert (tmp_path / name).read_bytes() == b"people\r\n"
        assert not left.exists()


def test_what_cannot_be_written_leaves_nothing_and_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoppedError):
        report_files.write(tmp_path / "folder", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]

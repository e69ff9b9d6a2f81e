"""The verbs of make that pipelines call: how they end, what an approver reads, and that a value is no command."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.delivery.workflows import ROOT

PAGE = "# What it does\n"


def verb(folder: Path, name: str, *values: str, does: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a verb of the Makefile in an empty folder, with a shell script in the place of connect-sso."""
    command = folder / "connect-sso"
    command.write_text(f"#!/bin/sh\n{does}\n")
    command.chmod(0o755)
    make = ["make", "--no-print-directory", "--file", str(ROOT / "Makefile"), "--old-file", "install"]
    # Not what `make test` was called with.
    around = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key != "MFLAGS"}
    return subprocess.run(
        [*make, name, f"CONNECT_SSO={command}", *values],
        cwd=folder,
        env={**around, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "page"), [("review", "build/review/review.md"), ("deliver-prepare", "build/delivery/review.md")]
)
@pytest.mark.parametrize(
    ("code", "ends_well", "told"), [(0, True, True), (2, True, True), (3, False, True), (1, False, False)]
)
def test_the_page_is_told_whenever_there_is_one(
    name: str, page: str, code: int, ends_well: bool, told: bool, tmp_path: Path
) -> None:
    written = tmp_path / page
    written.parent.mkdir(parents=True)
    written.write_text(PAGE)  # with code 1 it is of another time
    ended = verb(tmp_path, name, f"SUMMARY={tmp_path}/summary", does=f"exit {code}")
    assert (ended.returncode == 0) is ends_well, ended.stderr
    summary = tmp_path / "summary"
    assert (summary.read_text() if summary.exists() else "") == (PAGE if told else "")


@pytest.mark.parametrize("value", ['"; touch bad; "', "$(touch bad)", "`touch bad`", "$(shell touch bad)"])
def test_what_is_approved_is_a_value_and_never_a_command(value: str, tmp_path: Path) -> None:
    ended = verb(tmp_path, "deliver-execute", does='for last; do :; done; printf %s "$last"', APPROVED=value)
    assert (ended.returncode, ended.stdout) == (0, value), ended.stderr
    assert not (tmp_path / "bad").exists()


def test_a_person_gives_it_as_a_variable_of_make(tmp_path: Path) -> None:
    ended = verb(tmp_path, "deliver-execute", "APPROVED=abc", does='for last; do :; done; printf %s "$last"')
    assert (ended.returncode, ended.stdout) == (0, "abc"), ended.stderr

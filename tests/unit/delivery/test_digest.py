"""The line that a pipeline goes on with: the digest of what was prepared, or that nothing was."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tools.delivery_digest import main


def test_what_is_to_be_approved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = b'{"x": 1}\n'
    (tmp_path / "delivery.json").write_bytes(data)
    assert main(tmp_path) == 0
    assert capsys.readouterr().out == f"delivery_digest={hashlib.sha256(data).hexdigest()}\n"


def test_nothing_is_to_be_approved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path) == 0
    assert capsys.readouterr().out == "delivery_digest=none\n"

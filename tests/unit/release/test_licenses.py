"""THIRD_PARTY_LICENSES.md names every locked package at its version, with a license that goes with Apache-2.0."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "THIRD_PARTY_LICENSES.md").read_text("utf-8")
# `make docs` installs these, `make test` does not.
NOT_INSTALLED = "locks/docs.txt"


@pytest.fixture(scope="module")
def tools() -> Iterator[ModuleType]:
    """Return tools/licenses.py, which finds its neighbors as a script does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        yield importlib.import_module("licenses")


def rows(lock: str) -> list[tuple[str, str, str]]:
    """Return what the page says of a lock file: package, version, license."""
    (section,) = re.findall(rf"^`{re.escape(lock)}`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| (\S+) \| (\S+) \| (.+) \|$", section, re.MULTILINE)[2:]


def test_every_lock_file_has_its_section(tools: ModuleType) -> None:
    there = {f"locks/{path.name}" for path in (ROOT / "locks").iterdir()}
    there |= {
        str(path.relative_to(ROOT)) for path in (ROOT / "package-lock.json", ROOT / "tests/node/package-lock.json")
    }
    assert {section.lock for section in tools.SECTIONS} == there


def test_the_page_names_every_locked_package_at_its_version(tools: ModuleType) -> None:
    for section in tools.SECTIONS:
        assert [(name, version) for name, version, _ in rows(section.lock)] == tools.locked(section.lock), section.lock


def test_every_license_goes_with_apache(tools: ModuleType) -> None:
    found = {license_ for section in tools.SECTIONS for _, _, license_ in rows(section.lock)}
    assert [license_ for license_ in found if not tools.accepted(license_)] == []


def test_the_page_says_what_the_installed_packages_say(tools: ModuleType) -> None:
    for section in tools.SECTIONS:
        if section.lock != NOT_INSTALLED:
            assert tools.table(section) in PAGE, f"{section.lock}: run make licenses"


@pytest.mark.full
def test_the_page_is_what_would_be_written_now(tools: ModuleType) -> None:
    assert tools.page() == PAGE


@pytest.mark.parametrize(
    ("expression", "accepted"),
    [
        ("MIT", True),
        ("mit", True),
        ("GPL-3.0-only", False),
        ("(MIT OR GPL-3.0-or-later)", True),
        ("MIT AND GPL-3.0-or-later", False),
        ("(MIT AND Zlib)", True),
        ("AGPL-3.0-only OR SSPL-1.0", False),
        ("LGPL-3.0-or-later", False),
        ("UNLICENSED", False),
        ("", False),
    ],
)
def test_what_is_accepted(expression: str, accepted: bool, tools: ModuleType) -> None:
    assert tools.accepted(expression) is accepted


def test_a_license_that_does_not_go_with_apache_stops_it(tools: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tools.LOOKED_UP, "six", "GPL-2.0-only")
    (layer,) = (section for section in tools.SECTIONS if section.lock == "locks/lambda.txt")
    with pytest.raises(SystemExit, match=r"six .*GPL-2\.0-only.*allowed are"):
        tools.table(layer)


def test_each_package_of_the_layer_brings_its_license() -> None:
    brought = list((ROOT / "build/layer/python").glob("*.dist-info"))
    assert brought
    assert [folder.name for folder in brought if not list(folder.rglob("*[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*"))] == []

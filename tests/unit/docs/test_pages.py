"""The documentation hangs together: links lead somewhere, each page is in the site, what is generated says it all.

Without the site's tools, which `make test` does not install: `make docs` judges the site itself, `test_site.py` looks.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from connect_sso.main import parser
from contact_center.schema import schema
from tests.unit.docs.pages import DOCS, PAGES, ROOT, headings, links, name


@pytest.fixture(scope="module")
def tools() -> Iterator[ModuleType]:
    """Return tools/pages.py, which finds its neighbors as a script does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        yield importlib.import_module("pages")


@pytest.fixture(scope="module")
def site(tools: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the site is built from."""
    target = tmp_path_factory.mktemp("site") / "pages"
    tools.assemble(target)
    return target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere_in_the_checkout(page: Path) -> None:
    for file, heading in links(page):
        target = (page.parent / file).resolve() if file else page
        assert target.is_file(), f"{name(page)} links to {file}"
        assert not heading or heading in headings(target), f"{name(page)} links to #{heading} of {file or 'itself'}"


def test_links_lead_somewhere_in_the_site_too(site: Path) -> None:
    for page in site.rglob("*.md"):
        for file, heading in links(page):
            target = (page.parent / file).resolve() if file else page
            assert target.is_file(), f"{page.relative_to(site)} links to {file}"
            assert not heading or heading in headings(target), f"{page.relative_to(site)} links to #{heading}"


def test_a_link_out_of_docs_leads_to_a_copy_and_a_broken_one_stays_broken(tools: ModuleType, tmp_path: Path) -> None:
    page = DOCS / "review.md"
    pages = {page: Path("review.md"), ROOT / "README.md": Path("index.md")}
    assert tools._moved("../README.md", page, pages, tmp_path) == "index.md"
    assert tools._moved("../LICENSE", page, pages, tmp_path) == "files/LICENSE"
    assert (tmp_path / "files/LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert tools._moved("nowhere.md", page, pages, tmp_path) == "nowhere.md"


def test_every_page_is_in_the_navigation_once(site: Path) -> None:
    in_navigation = list(_navigation(_settings()["nav"]))
    assert sorted(in_navigation) == sorted(str(page.relative_to(site)) for page in site.rglob("*.md"))


def _settings() -> Any:
    class Loader(yaml.SafeLoader):
        """Leaves Python's own tags alone."""

    Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
    return yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Loader)  # noqa: S506 - a safe loader


def _navigation(node: Any) -> Iterator[str]:
    for item in node:
        (value,) = item.values()
        if isinstance(value, str):
            yield value
        else:
            yield from _navigation(value)


def test_the_site_is_strict_and_asks_nobody_for_fonts() -> None:
    settings = _settings()
    assert settings["theme"]["font"] is False
    assert {value for part in settings["validation"].values() for value in part.values()} == {"warn"}
    (build,) = re.findall(r"mkdocs build.*", (ROOT / "Makefile").read_text("utf-8"))
    assert build == "mkdocs build --strict"  # with --quiet, warnings would not fail it


def test_the_reference_has_every_key_of_the_config(site: Path) -> None:
    page = (site / "reference/config.md").read_text("utf-8")
    made = schema()
    for section in (made, *made["definitions"].values()):
        for key, about in section["properties"].items():
            (line, *_) = re.findall(rf"^- \*\*`{key}`\*\* \((.*)\): .+$", page, re.MULTILINE)
            assert line
            assert "default" not in about or json.dumps(about["default"], ensure_ascii=False) in page, key
    assert len(re.findall(r"^## ", page, re.MULTILINE)) == 1 + len(made["definitions"])


def test_the_reference_has_every_command_with_options_and_exit_codes(site: Path) -> None:
    page = (site / "reference/command-line.md").read_text("utf-8")
    sections = dict(re.findall(r"^## `connect-sso ([^`]+)`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    found = dict(_commands(parser()))
    assert sections.keys() == found.keys()
    for command, body in sections.items():
        assert "Exit code: 0" in body, f"{command} does not say how it ends: its epilog does, in main.py"
        for option in (option for action in found[command]._actions for option in action.option_strings):
            assert f"`{option}" in body or option in ("-h", "--help"), (command, option)


def test_the_readme_has_a_line_about_every_command() -> None:
    rows = re.findall(
        r"^\| `([a-z ]+?) CONFIG\b.*` \| .+ \| 0.+ \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(rows) == sorted(dict(_commands(parser())))


def test_the_readme_has_at_most_ten_steps_each_with_what_to_expect_and_how_to_go_back() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (section,) = re.findall(
        r"^## From demo to your first deployment\n(.*?)^From then on", text, re.MULTILINE | re.DOTALL
    )
    steps = re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]
    assert 1 < len(steps) <= 10
    for step in steps:
        assert "*Expect*" in step
        assert "*Back*" in step


def _commands(top: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    below = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield top.prog.partition(" ")[2], top
    for action in below:
        for choice in action.choices.values():
            yield from _commands(choice)


def test_the_reference_has_a_document_of_every_command(site: Path) -> None:
    page = (site / "reference/documents.md").read_text("utf-8")
    made = {
        command: json.loads(text)
        for command, text in re.findall(r"^## `connect-sso ([^`]+) --json`\n\n```json\n(.*?)^```$", page, re.M | re.S)
    }
    assert made.keys() == dict(_commands(parser())).keys()
    assert list(made["check"]) == ["ok", "problems", "users"]
    assert {"summary", "changes", "refused", "outcomes"} <= made["users apply"].keys()
    assert '"supported": "yes"' in page

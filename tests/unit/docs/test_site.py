"""The documentation site in a real browser, opened as files: `make docs` built it, `make test-full` makes it do so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.unit.connect_sso.browser import look_at
from tests.unit.docs.pages import ROOT

pytestmark = pytest.mark.full
BUILT, SOURCES = ROOT / "build/site", ROOT / "build/pages"
MKDOCS = ROOT / ".venv-docs/bin/python"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Return what the browser saw, by the page's path: on a phone, then on a screen."""
    assert (BUILT / "index.html").is_file(), "run make docs first"
    pages = [BUILT / page.relative_to(SOURCES).with_suffix(".html") for page in sorted(SOURCES.rglob("*.md"))]
    pages.sort(key=lambda page: page != BUILT / "index.html")
    found: dict[str, list[dict[str, Any]]] = {}
    script = Path(__file__).with_name("look_at_site.cjs")
    for view in look_at(pages, tmp_path_factory.mktemp("browser"), script=script, views=2):
        found.setdefault(str(Path(view["page"]).relative_to(BUILT)), []).append(view)
    return found


def test_it_loads_nothing_from_elsewhere_and_complains_of_nothing(seen: dict[str, list[dict[str, Any]]]) -> None:
    assert len(seen) > 20
    assert [(page, view["elsewhere"]) for page, views in seen.items() for view in views if view["elsewhere"]] == []
    assert [(page, view["complaints"]) for page, views in seen.items() for view in views if view["complaints"]] == []


def test_nothing_sticks_out_on_a_phone(seen: dict[str, list[dict[str, Any]]]) -> None:
    assert [(page, view["width"]) for page, views in seen.items() for view in views if view["overflow"] > 0] == []


def test_diagrams_are_drawn(seen: dict[str, list[dict[str, Any]]]) -> None:
    for view in seen["architecture.html"]:
        assert len(view["diagrams"]) == 1
        assert view["diagrams"][0] > 200


def test_the_search_finds_a_key_of_the_config(seen: dict[str, list[dict[str, Any]]]) -> None:
    assert "config file" in seen["index.html"][1]["found"]


def test_pages_have_the_lists_blocks_and_tables_that_they_have_on_github(seen: dict[str, list[dict[str, Any]]]) -> None:
    markdown = MarkdownIt("commonmark").enable("table")
    for page, (_, view) in seen.items():
        tokens = markdown.parse((SOURCES / page).with_suffix(".md").read_text("utf-8"))
        kinds = [(token.type, token.tag) for token in tokens]
        drawn = sum(token.type == "fence" and token.info == "mermaid" for token in tokens)
        assert view["counts"] == {
            "items": kinds.count(("list_item_open", "li")),
            "blocks": sum(kind == "fence" for kind, _ in kinds) - drawn,
            "tables": kinds.count(("table_open", "table")),
            "rows": kinds.count(("tr_open", "tr")),
            "headings": sum(kind == "heading_open" for kind, _ in kinds),
        }, page


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("[nowhere](nowhere.md)", "nowhere.md"),
        ("[no such heading](export.md#no-such-heading)", "no-such-heading"),
        (None, "not included in the"),
    ],
)
def test_a_broken_link_and_a_page_that_is_nowhere_fail_the_build(fault: str | None, told: str, tmp_path: Path) -> None:
    shutil.copytree(SOURCES, tmp_path / "build/pages")
    shutil.copytree(ROOT / "tools/site", tmp_path / "tools/site")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    page = tmp_path / "build/pages" / ("safety.md" if fault else "lost.md")
    page.write_text((page.read_text("utf-8") if fault else "# Lost") + f"\n{fault or ''}\n", encoding="utf-8")
    built = subprocess.run(
        [str(MKDOCS), "-m", "mkdocs", "build", "--strict"],
        cwd=tmp_path,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert built.returncode != 0
    assert told in built.stderr

"""Put the documentation site's pages together: `docs/`, the pages at the top, and the reference; `make docs` runs it.

Argument: the folder to write, which is made anew. README.md becomes the site's first page. Links keep working: one
that leaves `docs/` leads to the page that it became, or to a copy of the file. MkDocs, which reads the folder,
judges what is left.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from functools import partial
from pathlib import Path

import reference

ROOT = Path(__file__).resolve().parents[1]
# At the top of the checkout → in the site.
TOP = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "THIRD_PARTY_LICENSES.md": "third-party-licenses.md",
}
FILES = "files"
_LINK = re.compile(r"(?<=\]\()(?!#|[a-z]+:)([^)#\s]+)")
REFERENCE = {
    "config.md": reference.config,
    "command-line.md": reference.command_line,
    "documents.md": reference.documents,
}


def assemble(target: Path) -> None:
    """Write all pages, and the files that they link to."""
    shutil.rmtree(target, ignore_errors=True)
    pages = {path: path.relative_to(ROOT / "docs") for path in sorted((ROOT / "docs").rglob("*.md"))}
    pages |= {ROOT / name: Path(page) for name, page in TOP.items()}
    for source, page in pages.items():
        moved = partial(_moved, source=source, pages=pages, target=target)
        _write(target / page, _LINK.sub(lambda link, moved=moved: moved(link[1]), source.read_text("utf-8")))
    for name, made in REFERENCE.items():
        _write(target / "reference" / name, made())


def _moved(link: str, source: Path, pages: dict[Path, Path], target: Path) -> str:
    """Return where a link of a page leads in the site; as it is where it leads nowhere, for MkDocs to complain of."""
    linked = (source.parent / link).resolve()
    if linked in pages:
        place = pages[linked]
    elif linked.is_file() and linked.is_relative_to(ROOT):
        place = Path(FILES, linked.relative_to(ROOT))
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(linked, target / place)
    else:
        return link
    return os.path.relpath(place, pages[source].parent)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))

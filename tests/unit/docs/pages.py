"""The pages of the documentation, and what stands in them: blocks, single commands, links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = (*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *sorted(DOCS.rglob("*.md")))
# What may stand in front of a command, and what is none.
_KEYWORDS = frozenset(["if", "then", "else", "elif", "while", "until", "do", "!", "time"])
_NO_COMMAND = frozenset(["for", "fi", "done", "esac", "case", "{", "}"])
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


def name(page: Path) -> str:
    """Return a page's path below the checkout."""
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language, without the indentation that a list gives them."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", content, flags=re.MULTILINE) for indent, content in found]


def lines(page: Path) -> list[str]:
    """Return the lines of all shell blocks, those that end with a backslash joined."""
    return [
        line
        for block in blocks(page, "sh")
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]


def commands(page: Path) -> list[list[str]]:
    """Return every simple command of a page's shell blocks, as words."""
    return [words for line in lines(page) for words in _simple(line)]


def _simple(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    words: list[str] = []
    tokens = iter(lexer)
    for token in tokens:
        for inner in re.findall(r"\$\(([^()]*)\)", token):
            yield from _simple(inner)
        if set(token) <= set(";&|"):
            yield from _command(words)
            words = []
        elif set(token) <= set("<>&"):
            next(tokens, None)  # the file
        else:
            words.append(token)
    yield from _command(words)


def _command(words: list[str]) -> Iterator[list[str]]:
    while words and (words[0] in _KEYWORDS or _ASSIGNMENT.match(words[0])):
        words = words[1:]
    if words and words[0] not in _NO_COMMAND:
        yield words


def links(page: Path) -> list[tuple[str, str]]:
    """Return file and heading of each link that stays in the checkout."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", text)
    return [(target.partition("#")[0], target.partition("#")[2]) for target in targets]


def headings(page: Path) -> set[str]:
    """Return what links to a page's headings end with, as GitHub and the site have it."""
    found = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}

"""Writes a review as one HTML page that loads nothing, and as Markdown for a pull request.

Both are templates over the same value. Texts come from templates, metadata and configs: in HTML they are escaped
by Jinja, in Markdown by `_plain` and `_code`. No script, and a policy in the page's head that lets none run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from connect_sso.terminal import Part
from contact_center.review.model import Level, Review
from contact_center.review.words import many

_DECISIONS: Mapping[str, str] = {
    "nothing": "Nothing to decide",
    "decide": "To be decided",
    "refused": "Refused",
}
_LEVELS: Mapping[Level, str] = {"refused": "Refused", "danger": "Danger", "attention": "To know"}
_STYLES: Mapping[Level, str] = {"refused": "bold red", "danger": "red", "attention": "yellow"}
_MOST_DETAILS = 10  # of one finding, on a terminal
_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&!])")


def html(review: Review) -> str:
    """Return the page."""
    style = _source("style.css")
    return _environment().get_template("page.html.j2").render(style=style, **_values(review))


def markdown(review: Review) -> str:
    """Return the same as Markdown."""
    text = _environment().get_template("page.md.j2").render(**_values(review))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _values(review: Review) -> dict[str, object]:
    return {"review": review, "decision": _DECISIONS[review.decision], "levels": _LEVELS, "verdict": verdict(review)}


def verdict(review: Review) -> str:
    """Return how many findings there are, in a sentence."""
    counts = {level: len(review.at(level)) for level in _LEVELS}
    said = {
        "refused": f"{many(counts['refused'], 'change is', 'changes are')} refused by a guard",
        "danger": many(counts["danger"], "danger"),
        "attention": f"{many(counts['attention'], 'thing')} to know",
    }
    parts = [said[level] for level in _LEVELS if counts[level]]
    return ", ".join(parts) or "the templates say what is there already"


def lines(review: Review) -> Iterator[Sequence[Part]]:
    """Yield the findings for a terminal, with the words that let a guard pass, then the decision."""
    for one in review.findings:
        yield ((f"{_LEVELS[one.level].lower()}: ", _STYLES[one.level]), (f"{one.subject}: {one.message}", ""))
        for detail in one.details[:_MOST_DETAILS]:
            yield ((f"    {detail}", "dim"),)
        if len(one.details) > _MOST_DETAILS:
            yield ((f"    and {len(one.details) - _MOST_DETAILS} more, on the page", "dim"),)
        if one.acknowledge and not one.acknowledged:
            yield ((f"    if it is meant, add to acknowledge: {one.acknowledge}", ""),)
    yield ((f"{_DECISIONS[review.decision]}: ", "bold"), (f"{verdict(review)}; against {review.against}", ""))


def _plain(text: object) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def _code(text: object) -> str:
    """Return a text as code; a backtick in it cannot end it, and a table's bar stays in its cell."""
    line = " ".join(str(text).split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("connect_sso.review", "templates"),
        autoescape=select_autoescape(("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _plain
    environment.filters["code"] = _code
    return environment


def _source(name: str) -> str:
    loader = _environment().loader
    if loader is None:  # pragma: no cover - it was given above
        raise AssertionError
    return loader.get_source(_environment(), name)[0]

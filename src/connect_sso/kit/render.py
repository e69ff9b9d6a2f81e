"""Fills the templates: the same values give the same bytes.

Markup is escaped by the kind of file; a name that a template does not get is an error, never empty.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("connect_sso.kit", "templates"),
        autoescape=select_autoescape(("xml.j2", "html.j2"), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: Any) -> str:
    """Return a template filled in.

    Args:
        template: path below the templates' folder, such as ``salesforce/app.xml.j2``.
        values: what it names.
    """
    return _environment().get_template(template).render(**values)


def source(template: str) -> str:
    """Return a template's own text."""
    loader = _environment().loader
    if loader is None:  # pragma: no cover - it was given above
        raise AssertionError
    return loader.get_source(_environment(), template)[0]

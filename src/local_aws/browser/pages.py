"""The few pages, in HTML: short, readable without a style sheet, and the same to a person and to a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_STYLE = "body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}dt{font-weight:bold}"


def facts(title: str, known: Mapping[str, str]) -> str:
    """Return a page with a list; a test finds each value by its id.

    Args:
        known: id → value; the id, with spaces for underscores, is the label too.
    """
    rows = "".join(
        f'<dt>{escape(name.replace("_", " "))}</dt><dd id="{escape(name)}">{escape(value)}</dd>'
        for name, value in known.items()
    )
    return _page(title, f"<dl>{rows}</dl>")


def refusal(title: str, text: str) -> str:
    """Return a page that says why a person does not get in; the text has the id ``error``."""
    return _page(title, f'<p id="error">{escape(text)}</p>')


def role_chooser(action: str, fields: Mapping[str, str], roles: Sequence[str]) -> str:
    """Return the page on which a person chooses one of several roles.

    Args:
        action: where the choice is posted.
        fields: what is posted beside it.
        roles: ARNs, each once.
    """
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    choices = "".join(
        f'<p><label><input type="radio" name="roleIndex" value="{escape(role)}" required> {escape(role)}</label></p>'
        for role in roles
    )
    form = (
        f'<form id="saml_form" method="post" action="{escape(action)}">{hidden}<fieldset>'
        f'<legend>Select a role:</legend>{choices}</fieldset><button type="submit">Sign in</button></form>'
    )
    return _page("Amazon Web Services Sign-In", form)


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f"</head><body><main><h1>{escape(title)}</h1>{content}</main>"
        "<footer><p>This is the local AWS, a stand-in on this machine.</p></footer></body></html>"
    )

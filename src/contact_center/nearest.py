"""The nearest name to a mistyped one, as the end of a message.

Must not know what the names mean.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that the word most likely means, or None where nothing is near.

    Args:
        word: as it was written.
        choices: the names that are allowed.
    """
    by_fold: dict[str, str] = {}
    for choice in choices:
        by_fold.setdefault(choice.casefold(), choice)
    found = difflib.get_close_matches(word.casefold(), list(by_fold), n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return ``; did you mean X`` for the nearest choice, or nothing where none is near."""
    found = nearest(word, choices)
    return f"; did you mean {found}" if found else ""


def listed(choices: Iterable[str]) -> str:
    """Return the choices as a person would list them: ``a, b or c``."""
    names = list(choices)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def shown(value: object, limit: int = 60) -> str:
    """Return a value as a message quotes it: one line, cut, texts in double quotes.

    Args:
        limit: characters kept.
    """
    text = value if isinstance(value, str) else repr(value)
    text = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text

"""A guide as a value: steps in the order in which a person clicks, each with what to do and what to enter.

Page and Markdown are made from the same steps, so they cannot differ. Texts may have `ticks` around what
is read letter by letter. Must not know what the steps are about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TICKED = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value to copy.

    Attributes:
        label: what the field is called over there.
        is_command: whether it goes into a terminal.
    """

    label: str
    text: str
    is_command: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    Attributes:
        text: for a person.
        entries: what to enter or to run.
    """

    text: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Actions in one place.

    Attributes:
        where: the place, such as ``Salesforce``.
        intro: why, or what to know before; may be empty.
    """

    where: str
    title: str
    actions: tuple[Action, ...]
    intro: str = ""

    @property
    def anchor(self) -> str:
        """Return the step's id on the page."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.where} {self.title}".lower()).strip("-")


def command(text: str, label: str = "Run") -> Entry:
    """Return a command to copy."""
    return Entry(label, text, is_command=True)


def ticks(text: str) -> tuple[tuple[str, bool], ...]:
    """Return a text in pieces, each with whether ticks were around it."""
    return tuple((piece, bool(index % 2)) for index, piece in enumerate(_TICKED.split(text)) if piece)

"""What single values of the config are made of: strict texts and flags, and errors with a code.

Must not know any one value's rule: `identity_values` and `user_values` do.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from contact_center.nearest import shown

Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]


class Section(BaseModel):
    """A mapping of the config: frozen, unknown keys refused, attribute docstrings go into the JSON Schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def wrong(code: str, message: str) -> PydanticCustomError:
    """Return the error of a value.

    Args:
        code: stable, snake_case.
        message: for a person; braces in it are kept.
    """
    return PydanticCustomError(code, "{message}", {"message": message})


def text_schema(pattern: str | None = None, **more: Any) -> WithJsonSchema:
    """Return the JSON Schema of a text, for editors.

    Args:
        pattern: a regular expression that Python and ECMAScript read alike.
        more: further keywords.
    """
    return WithJsonSchema({"type": "string", **({"pattern": pattern} if pattern else {}), **more})


def matching(pattern: str, code: str, what: str) -> AfterValidator:
    """Return a check that a whole text fits a pattern.

    Args:
        pattern: a regular expression.
        code: of the error.
        what: how the message goes on after the text, such as ``is not an alias: …``.
    """
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise wrong(code, f"{shown(text)} {what}")
        return text

    return AfterValidator(check)


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list | dict) else [value]


OneOrMany = BeforeValidator(_one_or_many)
ONE_OR_MANY_TEXTS: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}


def unique(what: str, *, fold: bool = False) -> AfterValidator:
    """Return a check that no entry of a list comes twice.

    Args:
        what: an entry, for the message.
        fold: whether entries that differ in case only are the same.
    """

    def check(entries: tuple[str, ...]) -> tuple[str, ...]:
        seen: set[str] = set()
        for entry in entries:
            key = entry.casefold() if fold else entry
            if key in seen:
                raise wrong("duplicate_entry", f"the {what} {shown(entry)} is there twice: leave one out")
            seen.add(key)
        return entries

    return AfterValidator(check)


def between(what: str, least: int, most: int | None = None) -> AfterValidator:
    """Return a check of how many entries there are.

    Args:
        what: the entries, for the message.
        least, most: both allowed; None is any number.
    """
    allowed = f"at least {least}" if most is None else f"{least} to {most}"

    def check(entries: tuple[Any, ...]) -> tuple[Any, ...]:
        if not least <= len(entries) <= (most or len(entries)):
            code = "empty_list" if not entries else "too_many"
            raise wrong(code, f"{len(entries)} {what}: allowed are {allowed}")
        return entries

    return AfterValidator(check)

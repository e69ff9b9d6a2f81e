"""What pydantic says about a config, as problems with line, key path, code, and the nearest name.

Must not judge anything itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from contact_center.nearest import did_you_mean, listed, nearest, shown
from contact_center.source import KeyPath, Source, key_path
from user_sync.model import Problem

# Pydantic's error type → what was meant.
_MEANT = {
    "string_type": "a text",
    "bool_type": "true or false",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "tuple_type": "a list",
}


def complaints(error: ValidationError, model: type[BaseModel], source: Source, file: str) -> tuple[Problem, ...]:
    """Return pydantic's errors as problems.

    What the source has already complained about (a key without a value) is not said again.

    Args:
        error: of validating the source's data.
        model: the model that it was validated against.
        source: the file as read.
        file: its name, as problems show it.
    """
    said = {problem.column for problem in source.problems if problem.code in ("empty_value", "yaml_tag")}
    problems = []
    for detail in error.errors(include_url=False):
        path = tuple(part for part in detail["loc"] if part != "[key]")
        if path and isinstance(path[-1], int) and path not in source.marks:
            path = path[:-1]  # a single text that stands for a list of one
        if key_path(path) in said:
            continue
        code, message = _said(detail, path, model, source)
        problems.append(Problem("error", file, source.row(path), key_path(path), code, message))
    return tuple(problems)


def _said(detail: ErrorDetails, path: KeyPath, model: type[BaseModel], source: Source) -> tuple[str, str]:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind in _MEANT:
        return "wrong_type", _wrong_type(kind, path, value, source)
    match kind:
        case "missing":
            field = _fields(model, path[:-1]).get(str(path[-1]))
            found = "missing_key", f"{path[-1]} is missing{_described(field)}"
        case "extra_forbidden":
            found = "unknown_key", _unknown_key(path, model)
        case "literal_error":
            allowed = re.findall(r"'([^']*)'", context["expected"])
            got = _as_written(path, value, source)
            found = "not_allowed", f"{got} is not allowed: {listed(allowed)}{did_you_mean(str(value), allowed)}"
        case _ if "message" in context:
            found = kind, _in_the_files_words(context["message"], path, value, source)
        case _:
            message = detail["msg"]
            found = "invalid_value", f"{_as_written(path, value, source)}: {message[:1].lower()}{message[1:]}"
    return found


def _in_the_files_words(message: str, path: KeyPath, value: object, source: Source) -> str:
    """Return the message with the value as it stands in the file: 011122223333, not the octal number it is."""
    mark = source.marks.get(path)
    read_as = f"{value} "
    if mark and mark.plain is not None and not isinstance(value, str) and message.startswith(read_as):
        return f"{mark.plain} {message.removeprefix(read_as)}"
    return message


def _as_written(path: KeyPath, value: object, source: Source) -> str:
    mark = source.marks.get(path)
    if mark and mark.plain is not None:
        return shown(mark.plain)
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return shown(value)


def _wrong_type(kind: str, path: KeyPath, value: object, source: Source) -> str:
    meant, mark = _MEANT[kind], source.marks.get(path)
    plain = mark.plain if mark else None
    key = path[-1] if isinstance(path[-1], str) else "the entry"
    if kind == "string_type":
        if plain is not None:
            read_as = f"{str(value).lower()}" if isinstance(value, bool) else f"the {_kind_name(value)} {value}"
            return f'{key} is {plain}, which YAML reads as {read_as}: put it in quotes, "{plain}"'
        if isinstance(value, dict):
            return f"{key} is a mapping, not a text: a text that starts with {{ or holds a colon needs quotes"
        return f"{key} is a list, not a text: give one value"
    if kind == "bool_type" and isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
        return f"{key} is the text {shown(value)}: write it without quotes"
    hint = f": write [{shown(value)}]" if kind == "tuple_type" and isinstance(value, str) else ""
    return f"{key} is {_as_written(path, value, source)}, not {meant}{hint}"


def _kind_name(value: object) -> str:
    return "number" if isinstance(value, int | float) else "date"


def _described(field: FieldInfo | None) -> str:
    if field is None or not field.description:
        return ""
    text = re.sub(r"\s+", " ", field.description).rstrip(".")
    return f": {text[0].lower() if not text[:2].isupper() else text[0]}{text[1:]}"


def _unknown_key(path: KeyPath, model: type[BaseModel]) -> str:
    key, siblings = str(path[-1]), _fields(model, path[:-1])
    where = key_path(path[:-1])
    message = f"{shown(key)} is not a key {f'of {where}' if where else 'of the file'}"
    places = [place for place in _places(model).get(key, ()) if place != where]
    if nearest(key, siblings):
        return f"{message}{did_you_mean(key, siblings)}"
    if places:
        return f"{message}: it belongs under {' or '.join(place or 'nothing, at the top' for place in places)}"
    return f"{message}: allowed are {', '.join(siblings)}"


def _fields(model: type[BaseModel], path: KeyPath) -> Mapping[str, FieldInfo]:
    """Return the fields of the section at a path, or none where there is no section."""
    current: type[BaseModel] | None = model
    for part in path:
        if current is None:
            break
        if isinstance(part, str):
            field = current.model_fields.get(part)
            current = next(_models(field.annotation), None) if field else None
    return current.model_fields if current else {}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


@cache
def _places(model: type[BaseModel]) -> Mapping[str, tuple[str | None, ...]]:
    """Return for each key of the whole config the sections that have it (None is the file itself)."""
    places: dict[str, tuple[str | None, ...]] = {}

    def collect(section: type[BaseModel], where: str | None) -> None:
        for name, field in section.model_fields.items():
            places[name] = (*places.get(name, ()), where)
            for inner in _models(field.annotation):
                collect(inner, f"{where}.{name}" if where else name)

    collect(model, None)
    return places

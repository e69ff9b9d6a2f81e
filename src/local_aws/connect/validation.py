"""Whether parameters have the shape that the service model asks for.

botocore checks types, required members and minimum lengths on the client's side; the service checks the rest:
maximum lengths, ranges, patterns, enumerations, unknown members. Must not know any rule beyond the model's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from local_aws.connect.errors import invalid_parameter, invalid_request
from local_aws.connect.service_model import ServiceModel

_TYPES: Mapping[str, Any] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}
# The model escapes these patterns once too often, or in another dialect's notation.
_PATTERNS = {"PhoneNumber": r"^\+[1-9]\d{1,14}$"}


def check(model: ServiceModel, shape: str, parameters: Mapping[str, Any]) -> None:
    """Check the parameters of one request.

    Args:
        shape: name of the input shape; empty for an operation without one.

    Raises:
        ConnectError: InvalidRequestException for missing and unknown members and wrong types,
            InvalidParameterException for values; the message names the member.
    """
    if shape:
        _structure(model, model.shapes[shape], parameters, "")


def _structure(model: ServiceModel, shape: Mapping[str, Any], value: Mapping[str, Any], where: str) -> None:
    members = shape.get("members", {})
    for name in shape.get("required", ()):
        if value.get(name) is None:
            raise invalid_request(f"missing required parameter {where}{name}")
    for name, part in value.items():
        if name not in members:
            raise invalid_request(f"unknown parameter {where}{name}")
        if part is not None:
            _value(model, members[name]["shape"], part, f"{where}{name}")


def _value(model: ServiceModel, name: str, value: Any, where: str) -> None:
    shape = model.shapes[name]
    kind = shape["type"]
    if not isinstance(value, _TYPES.get(kind, object)) or (kind != "boolean" and isinstance(value, bool)):
        raise invalid_request(f"{where} must be of type {kind}")
    for problem in _limits(shape, value):
        raise invalid_parameter(f"{where} {problem}")
    if kind == "structure":
        _structure(model, shape, value, f"{where}.")
    elif kind == "list":
        for index, part in enumerate(value):
            _value(model, shape["member"]["shape"], part, f"{where}[{index}]")
    elif kind == "map":
        for key, part in value.items():
            _value(model, shape["key"]["shape"], key, f"{where} key {key}")
            _value(model, shape["value"]["shape"], part, f"{where}[{key}]")
    pattern = _PATTERNS.get(name, shape.get("pattern"))
    if pattern and not compiled(pattern).search(value):
        raise invalid_parameter(f"{where} must match {pattern}")


def _limits(shape: Mapping[str, Any], value: Any) -> Iterator[str]:
    sized = isinstance(value, (str, list, dict))
    measure = len(value) if sized else value
    what = "length" if sized else "value"
    if "min" in shape and measure < shape["min"]:
        yield f"{what} must be at least {shape['min']}, got {measure}"
    if "max" in shape and measure > shape["max"]:
        yield f"{what} must be at most {shape['max']}, got {measure}"
    if "enum" in shape and value not in shape["enum"]:
        yield f"must be one of {', '.join(shape['enum'])}"


@lru_cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of the model as Python reads it.

    Java's ``\\p{L}``, ``\\p{N}`` and ``\\p{Z}`` become ``\\w`` and ``\\s`` (a little wider: a tab passes).

    Raises:
        re.error: the pattern is in a notation that is not translated.
    """
    for java, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s")):
        pattern = pattern.replace(java, python)
    if pattern.startswith("/^"):
        pattern = pattern.strip("/")
    return re.compile(pattern)

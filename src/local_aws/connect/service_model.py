"""Connect's own service model (botocore's rest-json data): routes, shapes and error statuses.

The model is the newest at hand: the product's botocore, not the older one that MiniStack pins (which lacks
``DeleteAllEntitySessions``). Must not know any operation by name.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from local_aws.connect.errors import ConnectError, invalid_request

MODEL_FILE = Path("data/connect/2017-08-08/service-2.json.gz")
MODEL_VARIABLE = "LOCAL_AWS_CONNECT_MODEL"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the model.

    Attributes:
        template: the path with its labels, such as ``/users/{InstanceId}``.
        pattern: matches a percent-decoded path; a label that can hold an ARN matches across slashes.
        literal: characters of the template outside labels; of two matches the more literal one is meant.
        input: name of the input shape; empty for none.
    """

    name: str
    method: str
    template: str
    pattern: re.Pattern[str]
    literal: int
    input: str
    output: str


def default_model_path() -> Path:
    """Return the model to use: what the environment names, else this environment's botocore.

    Raises:
        FileNotFoundError: neither is there.
    """
    named = os.environ.get(MODEL_VARIABLE)
    if named:
        return Path(named)
    spec = importlib.util.find_spec("botocore")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"no botocore here, and {MODEL_VARIABLE} names no service model")
    return Path(spec.origin).parent / MODEL_FILE


class ServiceModel:
    """The model, indexed for routing.

    Args:
        document: the parsed ``service-2.json``.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.shapes: Mapping[str, Any] = document["shapes"]
        self.operations = {name: _operation(name, entry) for name, entry in document["operations"].items()}
        self._routes = sorted(self.operations.values(), key=lambda operation: -operation.literal)

    @classmethod
    def load(cls, path: Path | None = None) -> ServiceModel:
        """Return the model in a file, gzipped or not (default: :func:`default_model_path`)."""
        return cls(_document(path or default_model_path()))

    def route(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation that a request means and its path labels, or None.

        Args:
            path: percent-decoded, without query.
        """
        for operation in self._routes:
            match = operation.pattern.fullmatch(path) if operation.method == method else None
            if match:
                return operation, match.groupdict()
        return None

    def parameters(
        self, operation: Operation, labels: Mapping[str, str], query: Mapping[str, Sequence[str]], body: bytes
    ) -> dict[str, Any]:
        """Return a request's parameters by member name, from path, query and JSON body.

        Raises:
            ConnectError: the body is no JSON object, or a number in the query is none.
        """
        if not operation.input:
            return {}
        found = _json_object(body)
        members = self.shapes[operation.input].get("members", {})
        for name, member in members.items():
            location, key = member.get("location"), member.get("locationName", name)
            if location is None:
                continue
            found.pop(name, None)
            if location == "uri":
                found[name] = labels[key]
            elif location == "querystring" and key in query:
                found[name] = self._from_query(member["shape"], query[key], name)
        return found

    def error_status(self, code: str) -> int:
        """Return the HTTP status that the model gives an error code (400 where it gives none)."""
        status = self.shapes.get(code, {}).get("error", {}).get("httpStatusCode", 400)
        return int(status)

    def _from_query(self, shape: str, values: Sequence[str], name: str) -> Any:
        kind = self.shapes[shape]["type"]
        if kind == "list":
            return list(values)
        if kind in {"integer", "long"}:
            try:
                return int(values[-1])
            except ValueError:
                raise invalid_request(f"{name} is not a number: {values[-1]}") from None
        return values[-1]


@lru_cache(maxsize=2)
def _document(path: Path) -> Mapping[str, Any]:
    data = path.read_bytes()
    document: Mapping[str, Any] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return document


def _operation(name: str, entry: Mapping[str, Any]) -> Operation:
    template = entry["http"]["requestUri"]
    pieces = re.split(r"\{(\w+)\}", template)
    pattern = "".join(re.escape(piece) if index % 2 == 0 else _label(piece) for index, piece in enumerate(pieces))
    return Operation(
        name=name,
        method=entry["http"]["method"],
        template=template,
        pattern=re.compile(pattern),
        literal=sum(len(piece) for piece in pieces[::2]),
        input=entry.get("input", {}).get("shape", ""),
        output=entry.get("output", {}).get("shape", ""),
    )


def _label(name: str) -> str:
    # MiniStack hands on decoded paths, so an ARN in a label comes with its slashes.
    return f"(?P<{name}>.+?)" if name.lower().endswith("arn") else f"(?P<{name}>[^/]+)"


def _json_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        found = json.loads(body)
    except ValueError as error:
        raise ConnectError("SerializationException", "the body is not JSON", status=400) from error
    if not isinstance(found, dict):
        raise ConnectError("SerializationException", "the body is not a JSON object", status=400)
    return found

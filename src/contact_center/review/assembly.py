"""Reads a cloud assembly, the folder that `cdk synth` writes: its stacks, and the exports that it carries.

Reads nothing that the manifest does not name, and never what people are in an export.
Format: https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contact_center.config_digest import MARK
from contact_center.review.stacks import SYNC, Acknowledged, Side, Stack
from user_sync.errors import SyncError

_NAG = "aws:cdk:acknowledged-rules"
_STACK = "aws:cloudformation:stack"


class AssemblyUnusable(SyncError):
    """The folder is no cloud assembly, or not this contact center's as its files are now."""


@dataclass(frozen=True, slots=True)
class Export:
    """What the sync would read.

    Attributes:
        name: to show.
        data: of a file that the assembly carries; None of an object in S3, and of a missing file.
        version: of an object in S3.
    """

    name: str
    data: bytes | None
    version: str | None = None
    missing: bool = False


def read_assembly(folder: Path, again: str) -> Side:
    """Return the stacks of a cloud assembly.

    Args:
        folder: such as ``cdk.out``.
        again: how to make it, for messages.

    Raises:
        AssemblyUnusable: it is not there, or not readable.
    """
    manifest = _json(folder / "manifest.json", again)
    artifacts = manifest.get("artifacts")
    if not isinstance(artifacts, Mapping):
        raise AssemblyUnusable("assembly_unusable", f"{folder} is no cloud assembly; {again}")
    stacks = [
        _stack(folder, name, one, again)
        for name, one in artifacts.items()
        if isinstance(one, Mapping) and one.get("type") == _STACK
    ]
    # Its name alone: where it lies can say whose computer it is.
    return Side(folder.resolve().name, {stack.name: stack for stack in stacks})


def _stack(folder: Path, id_: str, artifact: Mapping[str, Any], again: str) -> Stack:
    properties = artifact.get("properties") or {}
    path = folder / str(properties.get("templateFile"))
    text = _text(path, again)
    name = str(properties.get("stackName") or id_)
    file = artifact.get("additionalMetadataFile")
    metadata = _json(folder / str(file), again) if file else artifact.get("metadata") or {}
    where = re.fullmatch(r"aws://([^/]+)/([^/]+)", str(artifact.get("environment")))
    account, region = where.groups() if where else ("", "")
    return Stack(
        name=name,
        template=_parsed(text, path, again),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        protected=bool(properties.get("terminationProtection")),
        account=account if re.fullmatch(r"\d{12}", account) else None,
        region=region if region and not region.startswith("unknown") else None,
        tags={str(key): str(value) for key, value in (properties.get("tags") or {}).items()},
        acknowledged=tuple(_acknowledged(name, metadata)),
        config_digest=next((str(data) for _, kind, data in _entries(metadata) if kind == MARK), None),
    )


def _entries(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for path, entries in metadata.items():
        for entry in entries if isinstance(entries, list) else ():
            yield path, str(entry.get("type")), entry.get("data")


def _acknowledged(stack: str, metadata: Mapping[str, Any]) -> Iterator[Acknowledged]:
    for path, kind, data in _entries(metadata):
        if kind == _NAG and isinstance(data, Mapping):
            for finding, reason in data.items():
                yield Acknowledged(stack, path.strip("/"), str(finding).removeprefix("Annotation::"), str(reason))


def exports(folder: Path, side: Side) -> Mapping[str, Export]:
    """Return what the sync would read, by the custom resource's property: ``Export``, ``PermissionSets``.

    Args:
        folder: of the assembly.
        side: its stacks.
    """
    return {
        key: _export(folder, given)
        for resource in side.of_type(SYNC)
        for key in ("Export", "PermissionSets")
        if isinstance(given := resource.properties.get(key), Mapping)
    }


def _export(folder: Path, given: Mapping[str, Any]) -> Export:
    name = str(given.get("Name", ""))
    if given.get("Missing") == "true":
        return Export(name, None, missing=True)
    asset = folder / f"asset.{given.get('Key')}"
    if isinstance(given.get("Key"), str) and asset.parent == folder and asset.is_file():
        return Export(name, asset.read_bytes())
    return Export(name, None, version=str(given.get("VersionId") or "not pinned"))


def _text(path: Path, again: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({type(error).__name__})"
        raise AssemblyUnusable("assembly_missing", f"{path} {what}; {again}") from error


def _json(path: Path, again: str) -> Mapping[str, Any]:
    return _parsed(_text(path, again), path, again)


def _parsed(text: str, path: Path, again: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise AssemblyUnusable("assembly_unusable", f"{path} is not JSON; {again}") from error
    if not isinstance(found, dict):
        raise AssemblyUnusable("assembly_unusable", f"{path} holds no mapping; {again}")
    return found

"""The files that a config names: metadata and exports, also where the config is invalid.

Sees whether they are there; must not open them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from contact_center.agreement import Tree
from contact_center.nearest import did_you_mean, shown
from contact_center.source import KeyPath, key_path
from user_sync.model import Problem


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a config names.

    Attributes:
        column: key path, such as ``users.export``.
        row: line of the config.
        text: as written: relative to the config's folder, or ``s3://…``.
        path: None for ``s3://…``.
    """

    column: str
    row: int | None
    text: str
    path: Path | None


def metadata_files(tree: Tree, config: Path) -> Mapping[str, tuple[NamedFile, ...]]:
    """Return the metadata files by identity provider (``salesforce``, ``third_party``).

    Args:
        tree: the config as read.
        config: its path.
    """
    return {key: _named(tree, ("sign_on", key, "metadata"), config) for key in ("salesforce", "third_party")}


def export_files(tree: Tree, config: Path) -> tuple[NamedFile, ...]:
    """Return `users.export` and `users.permission_sets`, as far as they are given.

    Args:
        tree: the config as read.
        config: its path.
    """
    return (*_named(tree, ("users", "export"), config), *_named(tree, ("users", "permission_sets"), config))


def missing(files: tuple[NamedFile, ...], config: str) -> Iterator[Problem]:
    """Yield an error for each file that is not there, with the nearest name in its folder.

    Args:
        files: ``s3://`` is not looked at.
        config: the config's name, as problems show it.
    """
    for named in files:
        if named.path is None or named.path.is_file():
            continue
        kind = named.column.rsplit(".", 1)[-1].split("[")[0]
        folder = named.path.parent
        if named.path.is_dir():
            message = f"{shown(named.text)} is a folder, not a file"
        elif not folder.is_dir():
            message = f"{shown(named.text)} does not exist: there is no folder {folder}"
        else:
            near = did_you_mean(named.path.name, sorted(entry.name for entry in folder.iterdir() if entry.is_file()))
            message = f"{shown(named.text)} does not exist in {folder}{near}"
        yield Problem("error", config, named.row, named.column, f"{kind}_missing", message)


def _named(tree: Tree, key: KeyPath, config: Path) -> tuple[NamedFile, ...]:
    named = []
    for index, text in enumerate(tree.items(*key)):
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            continue
        here = (*key, index) if (*key, index) in tree.source.marks else key
        local = not text.lower().startswith("s3:") and "://" not in text
        path = config.parent / text if local else None
        named.append(NamedFile(key_path(here) or "", tree.source.row(here), text, path))
    return tuple(named)

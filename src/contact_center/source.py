"""Reads a YAML file safely, and remembers on which line every key and value stands.

Beyond the syntax it refuses what goes wrong quietly in configs: keys that are there twice, keys without
a value, tags, aliases that contain themselves or blow up. Must not know which keys a config has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from contact_center.nearest import shown
from contact_center.text_file import read_text
from contact_center.yaml_faults import syntax_fault
from user_sync.model import Problem

KeyPath = tuple[str | int, ...]

MAX_NODES = 20_000
_SCALARS = {
    "bool": yaml.constructor.SafeConstructor.construct_yaml_bool,
    "int": yaml.constructor.SafeConstructor.construct_yaml_int,
    "float": yaml.constructor.SafeConstructor.construct_yaml_float,
    "timestamp": yaml.constructor.SafeConstructor.construct_yaml_timestamp,
}
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something stands.

    Attributes:
        row: line, the first is 1; of the key where there is one, else of the list's entry.
        plain: a value without quotes as it was written; None for everything else.
    """

    row: int
    plain: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML file as read.

    Attributes:
        data: the mapping; empty where the file could not be read as one. Keys without a value are left out.
        marks: by path of keys and indices.
        problems: all of them errors.
        readable: whether `data` is what the file says, so that judging it makes sense.
    """

    data: Mapping[str, Any]
    marks: Mapping[KeyPath, Mark]
    problems: tuple[Problem, ...]
    readable: bool

    def row(self, path: KeyPath) -> int | None:
        """Return the line of a key, or of the nearest mapping or list around it that has one."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks[path].row if path else None


def key_path(path: KeyPath) -> str | None:
    """Return a path as messages and problems write it, such as ``users.rules[1].match``; None for the file."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or None


def read_source(path: Path, file: str) -> Source:
    """Return the YAML file with its marks and problems.

    Args:
        path: the file.
        file: its name, as problems show it.
    """
    reader = _Reader(file)
    root = reader.compose(path)
    if root is None:
        return Source({}, {}, tuple(reader.problems), readable=False)
    if not isinstance(root, yaml.MappingNode):
        reader.problem(
            "not_a_mapping", "the file is a list or a text, not a mapping: it starts with a key, such as name:"
        )
        return Source({}, {}, tuple(reader.problems), readable=False)
    try:
        data = reader.value(root, ())
    except _GiveUpError:
        return Source({}, {}, tuple(reader.problems), readable=False)
    return Source(data, reader.marks, tuple(reader.problems), readable=True)


class _GiveUpError(Exception):
    """The file is hostile or broken beyond what can be judged; the problem is noted."""


@dataclass(slots=True)
class _Reader:
    file: str
    problems: list[Problem] = field(default_factory=list)
    marks: dict[KeyPath, Mark] = field(default_factory=dict)
    nodes: int = 0
    open_nodes: set[int] = field(default_factory=set)

    def problem(self, code: str, message: str, row: int | None = None, path: KeyPath = ()) -> None:
        """Note an error."""
        self.problems.append(Problem("error", self.file, row, key_path(path), code, message))

    def compose(self, path: Path) -> yaml.Node | None:
        """Return the root node, or None with the problem noted."""
        text = read_text(path, self.file)
        if isinstance(text, Problem):
            self.problems.append(text)
            return None
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except RecursionError:
            self.problem("yaml_nested_too_deep", "the file is nested too deeply to be a contact center's config")
            return None
        except yaml.YAMLError as error:
            row, message = syntax_fault(error, text)
            self.problem("yaml_syntax", message, row)
            return None
        if root is None or (root.tag == f"{_TAG}null" and isinstance(root, yaml.ScalarNode)):
            self.problem("file_empty", "the file is empty: begin with a copy of config/acmeservice/contact-center.yaml")
            return None
        return root

    def count(self) -> None:
        """Count a value, and give up where aliases make too many."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.problem("yaml_too_large", f"the file has more than {MAX_NODES} values once its aliases are filled in")
            raise _GiveUpError

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        """Return a node as plain data, with the lines of what is in it noted."""
        self.count()
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        row = node.start_mark.line + 1
        if id(node) in self.open_nodes:
            self.problem("yaml_alias", "an alias stands inside the very thing that it repeats", row, path)
            raise _GiveUpError
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            self.problem("yaml_tag", f"the tag {shown(node.tag)} is not allowed: write plain YAML", row, path)
            return None
        self.open_nodes.add(id(node))
        data = self.sequence(node, path) if isinstance(node, yaml.SequenceNode) else self.mapping(node, path)
        self.open_nodes.discard(id(node))
        return data

    def sequence(self, node: yaml.SequenceNode, path: KeyPath) -> list[Any]:
        """Return a list; an entry without a value stays, so that the others keep their index."""
        entries = []
        for index, child in enumerate(node.value):
            here = (*path, index)
            self.note(child, here, child.start_mark.line + 1)
            entries.append(self.value(child, here))
        return entries

    def mapping(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        """Return a mapping; keys that are there twice or have no value are noted and left out."""
        data: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key_node, child, merged in self.pairs(node, path):
            row = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem("key_not_text", "a key must be a text", row, path)
                continue
            key = key_node.value
            here = (*path, key)
            if key in seen:
                if not merged:
                    self.problem(
                        "yaml_duplicate_key",
                        f"{key} is there twice, first on line {seen[key]}: leave one out",
                        row,
                        here,
                    )
                continue
            seen[key] = row
            self.note(child, here, row)
            value = self.value(child, here)
            if value is not None:
                data[key] = value
        return data

    def pairs(self, node: yaml.Node, path: KeyPath) -> Iterator[tuple[yaml.Node, yaml.Node, bool]]:
        """Yield the keys and values of a mapping: its own first, then those that ``<<`` brings."""
        merges = []
        for key_node, child in node.value:
            if key_node.tag == f"{_TAG}merge":
                merges.append(child)
            else:
                yield key_node, child, False
        for merge in merges:
            for source in merge.value if isinstance(merge, yaml.SequenceNode) else [merge]:
                if not isinstance(source, yaml.MappingNode) or id(source) in self.open_nodes:
                    self.problem(
                        "yaml_alias", "<< takes a mapping elsewhere in the file", merge.start_mark.line + 1, path
                    )
                    continue
                self.open_nodes.add(id(source))
                for key_node, child, _ in self.pairs(source, path):
                    self.count()
                    yield key_node, child, True
                self.open_nodes.discard(id(source))

    def scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        """Return a single value."""
        row = node.start_mark.line + 1
        kind = node.tag.removeprefix(_TAG)
        if kind in ("str", "value"):
            return node.value
        if kind == "null":
            self.problem("empty_value", f"{_last(path)} has no value: give it one, or leave it out", row, path)
            return None
        if kind not in _SCALARS:
            self.problem("yaml_tag", f"the tag {shown(node.tag)} is not allowed: write plain YAML", row, path)
            return None
        try:
            return _SCALARS[kind](yaml.constructor.SafeConstructor(), node)
        except (ValueError, KeyError, OverflowError, AttributeError, IndexError, yaml.YAMLError):
            return node.value

    def note(self, node: yaml.Node, path: KeyPath, row: int) -> None:
        """Note where a value stands, and how it was written."""
        plain = node.value if isinstance(node, yaml.ScalarNode) and node.style is None else None
        self.marks[path] = Mark(row, plain)


def _last(path: KeyPath) -> str:
    return str(path[-1]) if isinstance(path[-1], str) else "the entry"

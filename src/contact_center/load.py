"""Reads a contact center's config file: `load` for those who need a valid one, `examine` for `check`.

Looks at the file and at whether the metadata files that it names are there; it opens neither them nor an
export, so that a broken export never stops a sign-on deployment. No clock, no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from contact_center.advice import advice
from contact_center.agreement import Tree, disagreements, trusted
from contact_center.complaints import complaints
from contact_center.config import Config
from contact_center.named_files import NamedFile, export_files, metadata_files, missing
from contact_center.source import Source, key_path, read_source
from contact_center.users_policy import users_policy
from user_sync.model import Problem
from user_sync.policy import Policy


class ConfigInvalid(Exception):
    """The config cannot be used; its text has a line for each problem.

    Args:
        problems: all of them, errors and warnings, in the order of the file; at least one error.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(_line(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ContactCenter:
    """A valid config, and what belongs to it.

    Attributes:
        path: the config file, as it was given.
        warnings: what is allowed, and likely not meant.
        policy: what the config says about users, for the engine.
        metadata: metadata files by identity provider (``salesforce``, ``third_party``); they exist.
        exports: `users.export` and `users.permission_sets`, as far as they are given; they need not exist.
        rows: line of each key of the file, by key path such as ``users.export``.
    """

    path: Path
    config: Config
    warnings: tuple[Problem, ...]
    policy: Policy
    metadata: Mapping[str, tuple[NamedFile, ...]]
    exports: tuple[NamedFile, ...]
    rows: Mapping[str, int] = field(repr=False)

    def resolve(self, relative: str) -> Path:
        """Return the path of a file that the config names: beside the config."""
        return self.path.parent / relative


@dataclass(frozen=True, slots=True)
class Examination:
    """All that can be said about a config file.

    Attributes:
        contact_center: None where there is an error.
        problems: all of them, errors and warnings, in the order of the file.
        metadata: as the contact center's, as far as it can be read out.
        exports: likewise.
    """

    contact_center: ContactCenter | None
    problems: tuple[Problem, ...]
    metadata: Mapping[str, tuple[NamedFile, ...]]
    exports: tuple[NamedFile, ...]


def load(path: Path) -> ContactCenter:
    """Return the contact center of a config file.

    Args:
        path: ``contact-center.yaml``.

    Raises:
        ConfigInvalid: with every problem at once.
    """
    examination = examine(path)
    if examination.contact_center is None:
        raise ConfigInvalid(examination.problems)
    return examination.contact_center


def examine(path: Path) -> Examination:
    """Return everything that can be said about a config file; never raises about what is in it.

    Args:
        path: ``contact-center.yaml``.
    """
    file = str(path)
    source = read_source(path, file)
    tree = Tree(source, file)
    metadata, exports = metadata_files(tree, path), export_files(tree, path)
    problems = list(source.problems)
    config: Config | None = None
    if source.readable:
        try:
            config = Config.model_validate(source.data)
        except ValidationError as error:
            said = complaints(error, Config, source, file)
            problems = [problem for problem in problems if not _inside(problem, said)] + [*said]
        problems += [*disagreements(tree), *advice(tree)]
        for provider in trusted(tree):
            problems += missing(metadata[provider], file)
    found = tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.row or 0, problem.column or "")))
    center = None
    if config is not None and all(problem.severity == "warning" for problem in found):
        center = ContactCenter(path, config, found, users_policy(config), metadata, exports, _rows(source))
    return Examination(center, found, metadata, exports)


def missing_exports(center: ContactCenter) -> tuple[Problem, ...]:
    """Return an error for each export file that the config names and that is not there.

    Args:
        center: whose ``s3://`` exports are not looked at.
    """
    return tuple(missing(center.exports, str(center.path)))


def _inside(problem: Problem, said: tuple[Problem, ...]) -> bool:
    """Return whether a key without a value is only part of a mapping that should have been a text."""
    return problem.code == "empty_value" and any(
        (problem.column or "").startswith(f"{other.column}.") for other in said if other.code == "wrong_type"
    )


def _rows(source: Source) -> dict[str, int]:
    return {text: mark.row for key, mark in source.marks.items() if (text := key_path(key)) is not None}


def _line(problem: Problem) -> str:
    where = f"{problem.file}:{problem.row}" if problem.row else problem.file
    column = f"{problem.column}: " if problem.column else ""
    return f"{where}: {problem.severity}: {column}{problem.message} [{problem.code}]"

"""``connect-sso check``: offline, every problem at once; with ``--explain``, which rule decides about one person."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connect_sso import documents
from connect_sso.plan_text import explanation_lines
from connect_sso.sources import InputsUnusableError, read_inputs
from connect_sso.terminal import Screen
from contact_center.load import ContactCenter, Examination, examine
from contact_center.metadata import judge_times, read_metadata
from user_sync.dialect import DELIMITERS
from user_sync.errors import ExportUnreadable
from user_sync.explanation import Explanation, explain_person
from user_sync.inputs import Inputs, in_its_file, judge, read_assignments, read_people
from user_sync.model import Desired, Dialect, Problem


@dataclass(slots=True)
class _Found:
    """What the exports gave, as far as they could be read.

    Attributes:
        users: people who come out as Connect users.
        dialects: file and how it was written.
    """

    problems: list[Problem] = field(default_factory=list)
    users: int = 0
    dialects: list[tuple[str, Dialect]] = field(default_factory=list)
    explained: tuple[Explanation, ...] = ()


def run(options: argparse.Namespace) -> int:
    """Check everything that a contact center's files say.

    Returns:
        0 when there is no error (warnings alone are clean), else 1.
    """
    screen = Screen(quiet=options.quiet, verbose=options.verbose, json=options.json)
    examined = examine(options.config)
    problems = [*examined.problems, *_metadata_problems(examined)]
    found = _Found()
    if examined.contact_center is not None:
        _look(examined.contact_center, options, found)
        told = {problem.code for problem in found.problems}
        problems = [p for p in problems if not (p.code == _NOT_GIVEN and _MISSING in told)] + found.problems
    document = documents.check(problems, found.users)
    if options.explain is not None:
        document["explained"] = [explanation.as_json() for explanation in found.explained]
    for file, dialect in found.dialects if options.verbose else ():
        screen.say(f"{file}: {_written(dialect)}")
    screen.problems(problems)
    if options.json:
        documents.emit(document)
    for explanation in found.explained:
        screen.lines(explanation_lines(explanation))
    screen.verdict(ok=document["ok"], problems=problems, users=found.users)
    return 0 if document["ok"] else 1


# The same thing seen from the config alone, and from the run that cannot be made.
_NOT_GIVEN, _MISSING = "permission_sets_not_given", "permission_sets_missing"


def _metadata_problems(examined: Examination) -> list[Problem]:
    """Return what is wrong with the metadata files that are there, the time included."""
    problems: list[Problem] = []
    for named in examined.metadata.values():
        files = [file.path for file in named if file.path is not None and file.path.is_file()]
        if files:
            reading = read_metadata(files)
            problems += [*reading.problems, *judge_times(reading, datetime.now(UTC))]
    return problems


def _look(center: ContactCenter, options: argparse.Namespace, found: _Found) -> None:
    """Read the exports, judge them, and explain whom `--explain` means."""
    inputs: Inputs | None = None
    try:
        inputs = read_inputs(center, options.export, offline=True)
        export = read_people(inputs)
        found.dialects.append((export.file, export.dialect))
        assignments = read_assignments(inputs)
        if assignments is not None:
            found.dialects.append((assignments.file, assignments.dialect))
        _note(judge(inputs, export, assignments), inputs, found)
        if options.explain is not None:
            found.explained = explain_person(export, assignments, inputs.policy, who=options.explain)
    except InputsUnusableError as error:
        found.problems.append(error.problem)
    except ExportUnreadable as error:
        problem = Problem("error", error.file, error.row, error.column, error.code, error.message)
        found.problems.append(in_its_file(problem, inputs) if inputs else problem)


def _note(desired: Desired, inputs: Inputs, found: _Found) -> None:
    found.users = len(desired.users)
    found.problems += desired.problems
    if not desired.users:
        text = "no row is active, matched by a rule and without an error: no Connect user would come out"
        found.problems.append(Problem("warning", inputs.export.name, None, None, "empty_export", text))


def _written(dialect: Dialect) -> str:
    """Return how a file was written, for a person."""
    encodings = {"utf-8-sig": "UTF-8 with a byte order mark", "utf-8": "UTF-8", "utf-16": "UTF-16"}
    if not dialect.delimiter:
        return f"{dialect.form}, XLSX"
    encoding = encodings.get(dialect.encoding, "Windows-1252")
    return f"{dialect.form}, {encoding}, delimiter {dialect.delimiter!r} ({DELIMITERS[dialect.delimiter]})"

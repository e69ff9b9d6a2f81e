"""``connect-sso kit``: read, make, write.

Exit codes: 0 the kit is written (warnings and open values are in the checklist), 1 it is not.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from connect_sso import documents, terminal
from connect_sso.kit.contents import Contents, make_contents
from connect_sso.kit.folder import obstacles, write_kit
from connect_sso.kit.instance import Reading, read_instance
from connect_sso.kit.known import FILE as VALUES_FILE
from connect_sso.kit.known import read_known
from connect_sso.kit.open_values import WHO_IN_WORDS
from connect_sso.kit.outputs import Outputs, read_outputs
from connect_sso.kit.people import People
from connect_sso.kit.values import make_values
from connect_sso.sources import InputsUnusableError, read_inputs
from contact_center.load import ConfigInvalid, ContactCenter, load
from contact_center.providers import identity_providers, provider_problems
from contact_center.username_formula import NotExpressibleError
from user_sync.errors import ExportUnreadable
from user_sync.model import Problem
from user_sync.run import read_desired, read_tables

OK, ERROR = 0, 1


class _StoppedError(Exception):
    """There is no kit: what is wrong."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


def run(options: argparse.Namespace) -> int:
    """Write the kit of a contact center.

    Returns:
        0 it is written, 1 it is not.
    """
    screen = terminal.Screen(quiet=options.quiet or options.json, verbose=options.verbose)
    try:
        center, contents, problems = _make(options, screen)
        try:
            write_kit(options.out, contents.files, name=center.config.name)
        except OSError as error:
            text = f"cannot write {options.out}: {error.strerror or error}; choose another --out"
            raise _StoppedError([Problem("error", str(options.out), None, "--out", "out_unusable", text)]) from error
    except _StoppedError as stop:
        if options.json:
            documents.emit(_document(options.out, None, stop.problems))
        screen.problems(stop.problems)
        return ERROR
    if options.json:
        documents.emit(_document(options.out, contents, problems))
    else:
        screen.problems(problems)
        _say(screen, options.out, contents)
    return OK


def _make(options: argparse.Namespace, screen: terminal.Screen) -> tuple[ContactCenter, Contents, list[Problem]]:
    """Return the kit's contents, and warnings.

    Raises:
        _StoppedError: something that the kit is made from is wrong.
    """
    try:
        center = load(options.config)
    except ConfigInvalid as invalid:
        raise _StoppedError(invalid.problems) from invalid
    providers = identity_providers(center)
    problems = [*center.warnings, *provider_problems(center, providers)]
    outputs = Outputs()
    if options.outputs:
        outputs, found = read_outputs(options.outputs, center.config)
        problems += found
    known, found = read_known(options.out / VALUES_FILE)
    problems += [*found, *obstacles(options.out)]
    arn = outputs.instance_arn or center.config.instance.existing
    _stop_at_errors(problems)
    reading = _read_instance(arn, center, screen, offline=options.offline)
    crowd, no_people, found = _people(center, options)
    problems += found
    try:
        values = make_values(center, providers, outputs, known, reading.alias)
    except NotExpressibleError as error:
        column = "sign_on.username"
        row = center.rows.get(column)
        wrong = Problem("error", str(center.path), row, column, "username_not_expressible", str(error))
        raise _StoppedError([*problems, wrong]) from error
    contents = make_contents(values, crowd, reading, no_people)
    return center, contents, [*problems, *contents.problems]


def _stop_at_errors(problems: Sequence[Problem]) -> None:
    if any(problem.severity == "error" for problem in problems):
        raise _StoppedError(problems)


def _read_instance(arn: str | None, center: ContactCenter, screen: terminal.Screen, *, offline: bool) -> Reading:
    again = "then write the kit again"
    if arn is None:
        return Reading(reason=f"the instance is not known yet: give --outputs, {again}")
    if offline:
        return Reading(reason=f"the instance was not asked, because of --offline: leave that out, {again}")
    screen.say(f"asking the instance for its users: {arn}")
    reading = read_instance(arn, center.policy)
    if reading.current is None:
        return Reading(alias=reading.alias, reason=f"the instance could not be asked ({reading.reason}); {again}")
    return reading


def _people(center: ContactCenter, options: argparse.Namespace) -> tuple[People | None, str, list[Problem]]:
    """Return who comes out as a Connect user, or why nobody is known; a bad export stops no kit."""
    try:
        inputs = read_inputs(center, options.export, offline=options.offline)
        (export,) = read_tables(inputs)
        desired = read_desired(inputs)
    except InputsUnusableError as error:
        problem = error.problem
    except ExportUnreadable as error:
        problem = Problem("warning", error.file, error.row, error.column, error.code, error.message)
    else:
        rejected = [problem for problem in desired.problems if problem.severity == "error"]
        warnings = []
        if rejected:
            rows = len({problem.row for problem in rejected})
            text = f"{rows} rows are rejected, so these people are in no file: run connect-sso check"
            warnings = [Problem("warning", export.file, None, None, "rows_rejected", text)]
        return People.of(export, desired), "", warnings
    warning = Problem("warning", problem.file, problem.row, problem.column, problem.code, problem.message)
    return None, f"the export could not be read: {problem.message}", [warning]


def _document(out: Path, contents: Contents | None, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the JSON document, with all its keys also where there is no kit."""
    return {
        "ok": contents is not None,
        "out": str(out),
        "files": sorted(contents.files) if contents else [],
        "checklist": [
            {
                "value": item.value.key,
                "known_by": item.value.who,
                "what": item.value.what,
                "where": item.where,
                "files": list(item.files),
            }
            for item in (contents.missing if contents else ())
        ],
        "left_out": [{"file": item.path, "reason": item.reason} for item in (contents.left_out if contents else ())],
        "problems": [problem.as_json() for problem in problems],
    }


def _say(screen: terminal.Screen, out: Path, contents: Contents) -> None:
    for file in contents.left_out:
        screen.say(f"left out: {file.path}: {file.reason}")
    for item in contents.missing:
        screen.say(f"to fill in ({WHO_IN_WORDS[item.value.who]}): {item.value.key}: {item.where}")
    if not screen.quiet:
        screen.out.print(f"{len(contents.files)} files in {out}; open {out / 'index.html'}", markup=False)

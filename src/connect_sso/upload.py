"""``connect-sso users upload``: put a checked export where a deployment can pin it, and start nothing."""

from __future__ import annotations

import argparse
from pathlib import Path, PurePath

from connect_sso import documents, terminal
from connect_sso.deployed import buckets
from connect_sso.sources import InputsUnusableError, read_inputs
from contact_center.load import ConfigInvalid, ContactCenter, load
from user_sync.errors import ExportUnreadable, SyncError
from user_sync.model import Problem
from user_sync.run import Inputs, read_desired

UPLOADS = "upload/"  # drops go to drop/, which starts a run


def run(options: argparse.Namespace) -> int:
    """Check the export, put it into the export bucket, print the version to pin.

    Returns:
        0 when it is there, else 1.
    """
    screen = terminal.Screen(quiet=options.quiet or options.json, verbose=options.verbose)
    placed: dict[str, str] = {}
    users = 0
    try:
        center = load(options.config)
        inputs, problems, users = _checked(center, options.export)
        if not any(problem.severity == "error" for problem in problems) or center.policy.invalid_rows == "skip":
            placed = _put(center, inputs)
    except ConfigInvalid as invalid:
        problems = list(invalid.problems)
    except InputsUnusableError as error:
        problems = [error.problem]
    except ExportUnreadable as error:
        problems = [Problem("error", error.file, error.row, error.column, error.code, error.message)]
    except SyncError as error:
        problems = [Problem("error", str(options.config), None, None, error.code, error.message)]
    screen.problems(problems)
    if options.json:
        documents.emit({**documents.check(problems, users), "ok": bool(placed), **placed})
    else:
        for key, address in placed.items():
            screen.out.print(f"users.{key}: {address}", markup=False)
    return 0 if placed else 1


def _checked(center: ContactCenter, export: Path | None) -> tuple[Inputs, list[Problem], int]:
    """Return the inputs, what is wrong with them, and how many Connect users come out.

    Raises:
        SyncError: there is nothing to put anywhere.
    """
    if export is None and center.config.users.export.startswith("s3://"):
        raise SyncError("no_file", "users.export is in S3 already: name the new file with --export FILE")
    inputs = read_inputs(center, export, offline=False)
    desired = read_desired(inputs)
    problems = list(desired.problems)
    if not desired.users:
        text = "no row is active, matched by a rule and without an error: a deployment of it would be refused"
        problems.append(Problem("error", inputs.export.name, None, None, "empty_export", text))
    return inputs, problems, len(desired.users)


def _put(center: ContactCenter, inputs: Inputs) -> dict[str, str]:
    store = buckets(center).exports
    placed = {"export": store.put_bytes(f"{UPLOADS}{PurePath(inputs.export.name).name}", inputs.export.data)}
    sets = inputs.permission_sets
    if sets is not None and not sets.name.startswith("s3://"):
        placed["permission_sets"] = store.put_bytes(f"{UPLOADS}{PurePath(sets.name).name}", sets.data)
    return placed

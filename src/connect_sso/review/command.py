"""``connect-sso review``: read both sides, compare, write the page.

Exit codes: 0 nothing to decide, 2 something to decide, 3 something that a guard refuses, 1 error.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connect_sso import documents, terminal
from connect_sso.review import page
from connect_sso.review.deployed_stacks import NotReadableError, read_deployed
from connect_sso.review.subject import (
    Files,
    StoppedError,
    digests,
    own,
    read_files,
    read_synthesized,
    stack_names,
    write,
)
from contact_center.load import ContactCenter
from contact_center.review.assembly import AssemblyUnusable, Export, read_assembly
from contact_center.review.compare import Subject, review
from contact_center.review.freshness import stale_plan
from contact_center.review.model import Review
from contact_center.review.stacks import Side
from user_sync.errors import SyncError
from user_sync.model import Problem
from user_sync.run import PLAN_VERSION

OK, ERROR, DECIDE, REFUSED = 0, 1, 2, 3
_EXIT = {"nothing": OK, "decide": DECIDE, "refused": REFUSED}


def run(options: argparse.Namespace) -> int:
    """Review a change.

    Returns:
        0 nothing to decide, 2 something, 3 something that a guard refuses, 1 error.
    """
    screen = terminal.Screen(quiet=options.quiet, verbose=options.verbose, json=options.json)
    try:
        found, problems = _review(options, screen)
        for path, render in ((options.html, page.html), (options.markdown, page.markdown)):
            if path:
                write(path, render(found), private=options.with_people)
    except StoppedError as stop:
        if options.json:
            documents.emit(documents.no_review(stop.problems))
        screen.problems(stop.problems)
        return ERROR
    if options.json:
        documents.emit({**found.as_json(), "problems": [problem.as_json() for problem in problems]})
    screen.problems(problems)
    screen.lines(page.lines(found))  # the findings, the way to acknowledge included, then the verdict
    return _EXIT[found.decision]


def _review(options: argparse.Namespace, screen: terminal.Screen) -> tuple[Review, Sequence[Problem]]:
    files = read_files(options.config)
    center = files.center
    try:
        after, carried = read_synthesized(files, options.assembly)
        before, account = _before(options, files, after, screen)
        plan = _plan(options.plan, center, carried, before)
    except SyncError as error:
        raise files.stopped(error, options.assembly if isinstance(error, AssemblyUnusable) else None) from error
    subject = Subject(
        config=center.config,
        policy=center.policy,
        before=before,
        after=after,
        account=account or center.config.account or "of whoever deploys (the config names none)",
        plan=plan,
        people=options.with_people,
        digests=digests(center, after, carried, plan),
    )
    return review(subject, options.at or datetime.now(UTC)), files.warnings


def _before(options: argparse.Namespace, files: Files, after: Side, screen: terminal.Screen) -> tuple[Side, str]:
    config = files.center.config
    if options.against:
        return own(config, read_assembly(options.against, "give the folder that cdk synth wrote")), ""
    screen.say(f"reading what is deployed in {config.region}")
    try:
        return read_deployed(config, dict.fromkeys((*stack_names(config), *after.stacks)))
    except NotReadableError as error:
        raise NotReadableError(error.code, f"{error.message}, or give --against DIR") from error


def _plan(
    path: Path | None, center: ContactCenter, carried: Mapping[str, Export], before: Side
) -> Mapping[str, Any] | None:
    """Return a kept plan."""
    if path is None:
        return None
    again = f"make it with connect-sso users plan {center.path} --out FILE"
    try:
        plan = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SyncError(
            "plan_unusable", f"cannot read the kept plan {path} ({type(error).__name__}); {again}"
        ) from error
    if not isinstance(plan, dict):
        raise SyncError("plan_unusable", f"{path} is not a kept plan; {again}")
    deployed = before.stacks.get(center.config.instance_stack_name)
    instance = center.config.instance.existing or (deployed.values.get("InstanceArn") if deployed else None)
    stale = "; ".join(stale_plan(plan, center, carried, version=PLAN_VERSION, instance=instance))
    if stale:
        raise SyncError("plan_stale", f"{path} is not a plan of this change: {stale}; {again}")
    return plan

"""``connect-sso users plan`` and ``users apply``: read, plan, show, check, write, report."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from connect_sso import documents, terminal
from connect_sso.cut_off import CutOffRun, cut_off_runs, end_sessions
from connect_sso.report_files import ReportFiles, write
from connect_sso.session import Session, StoppedError, usage
from user_sync import report, run
from user_sync.errors import Refused, SyncError
from user_sync.model import Outcome, Problem
from user_sync.plan_page import plan_html

OK, CHANGES, REFUSED, SOME_FAILED = 0, 2, 3, 4


def plan(options: argparse.Namespace) -> int:
    """Print what would change; write nothing.

    Returns:
        0 nothing to do, 2 changes, 3 refused, 1 error.
    """
    session = Session(options)
    try:
        reviewed = session.review()
        if options.out:
            write(options.out, report.as_json(reviewed.as_file()))
        if options.html:
            write(options.html, plan_html(reviewed.plan, reviewed.refused, reviewed.digests))
    except StoppedError as stop:
        return session.stopped(stop, applying=False)
    if options.json:
        documents.emit(reviewed.as_json())
    session.show(reviewed)
    if reviewed.refused:
        return REFUSED
    return CHANGES if reviewed.plan.changes else OK


def apply(options: argparse.Namespace) -> int:
    """Plan, show, confirm, apply, report.

    Returns:
        0 all applied, 3 refused before the first write, 4 some users failed, 1 error.
    """
    session = Session(options)

    def reviewed() -> run.Reviewed:
        kept = _kept_plan(options.plan) if options.plan else None
        made = session.review(applying=True)
        return replace(made, refused=made.refused or _staleness(made, kept))

    return carry_out(session, reviewed)


def carry_out(session: Session, review: Callable[[], run.Reviewed]) -> int:
    """Show, confirm, apply and report what is planned.

    Args:
        session: of the command.
        review: plans, and raises StoppedError where there is no plan.

    Returns:
        As `apply`.
    """
    begun = time.monotonic()
    kept: ReportFiles | None = None
    try:
        reviewed = review()
        session.show(reviewed, asking=not session.options.yes and sys.stdin.isatty())
        refused = reviewed.refused
        if not refused and reviewed.plan.changes:
            _permitted(session, reviewed)
            kept = ReportFiles(session, reviewed)
        cut_off = [] if refused else cut_off_runs(session, reviewed.plan)
        outcomes = _write(session, reviewed, kept, cut_off) if kept or cut_off else ()
    except StoppedError as stop:
        return session.stopped(stop, applying=True)
    except Refused as late:
        refused, outcomes = (late,), ()
        session.say_refused(refused)
    document = run.apply_document(reviewed, outcomes, session.connect, elapsed_seconds=time.monotonic() - begun)
    if refused:
        document["refused"] = run.refusal_json(refused)
    if kept and outcomes:
        kept.end(document)
    if session.options.json:
        documents.emit(document)
    if refused:
        return REFUSED
    session.screen.outcomes(outcomes)
    return OK if all(outcome.status == "done" for outcome in outcomes) else SOME_FAILED


def _write(
    session: Session, reviewed: run.Reviewed, kept: ReportFiles | None, cut_off: Iterable[CutOffRun]
) -> tuple[Outcome, ...]:
    with session.lease.held() as lost:
        end_sessions(session, cut_off)
        return _apply(session, reviewed, kept, lost) if kept else ()


def _apply(
    session: Session, reviewed: run.Reviewed, kept: ReportFiles, lost: Callable[[], str | None]
) -> tuple[Outcome, ...]:
    with (
        _interruptible(session.screen) as stop,
        session.screen.progress(reviewed.plan, session.connect.traffic) as progress,
    ):

        def why_stop() -> str | None:
            progress.look()
            return stop() or lost()

        try:
            kept.begin()
            if session.export:
                session.lease.note_applied(session.export)
            return run.apply(reviewed, session.connect, stop=why_stop, progress=progress)
        except Refused:
            kept.forget()
            raise
        except SyncError as error:
            kept.forget()
            problem = Problem("error", str(session.options.config), None, None, error.code, error.message)
            raise StoppedError([*reviewed.plan.problems, problem], session.connect) from error


def _permitted(session: Session, reviewed: run.Reviewed) -> None:
    """Make sure that a person agrees and that the report can be kept, before anything is written."""
    options = session.options
    if not options.yes:
        if not sys.stdin.isatty():
            raise StoppedError(
                [usage("there is no terminal to ask on: review `users plan`, then give --yes")], session.connect
            )
        if not session.screen.confirm(f"Apply {len(reviewed.plan.changes)} changes?"):
            raise StoppedError([usage("not confirmed: nothing was written")], session.connect)
    try:
        options.report.mkdir(parents=True, exist_ok=True)
        probe = options.report / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        text = f"cannot write reports to {options.report}: {error.strerror}; choose another folder with --report DIR"
        raise StoppedError([usage(text)], session.connect) from error


def _staleness(reviewed: run.Reviewed, kept: Mapping[str, Any] | None) -> tuple[Refused, ...]:
    refused = run.stale(reviewed, kept) if kept is not None else None
    return (refused,) if refused else ()


def _kept_plan(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoppedError(
            [usage(f"cannot read the kept plan {path}: {error}; make it with users plan --out")]
        ) from error
    if not isinstance(document, dict) or not _is_plan(document):
        raise StoppedError([usage(f"{path} is not a kept plan; make it with users plan --out")])
    return document


def _is_plan(document: Mapping[str, Any]) -> bool:
    """Return whether a document has what a kept plan is compared by; the rest may be anything: it is stale then."""
    changes = document.get("changes")
    return (
        isinstance(document.get("digests"), dict)
        and isinstance(changes, list)
        and all(isinstance(c, dict) and _texts(c.get("username"), c.get("action")) for c in changes)
    )


def _texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


@contextmanager
def _interruptible(screen: terminal.Screen) -> Iterator[Callable[[], str | None]]:
    """Let the first Ctrl-C (or a pipeline's request to end) end the run in order, and the second at once."""
    asked: list[str] = []
    told: list[str] = []
    both = (signal.SIGINT, signal.SIGTERM)

    def first(_number: int, _frame: object) -> None:
        # No more than this: whatever the program was doing just now, printing included, goes on afterwards.
        asked.append("interrupted")
        for number in both:
            signal.signal(number, signal.SIG_DFL)

    def why_stop() -> str | None:
        if asked and not told:
            told.append("")
            screen.err.show_cursor()
            screen.err.print(
                "stopping: what is under way ends, the rest is left and reported; "
                "Ctrl-C again stops at once, and then the report cannot say what was made"
            )
        return asked[0] if asked else None

    previous = {number: signal.signal(number, first) for number in both}
    try:
        yield why_stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)

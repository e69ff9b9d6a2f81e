"""``connect-sso users undo``: plan and apply what takes a run back, and say what cannot come back."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from connect_sso import documents
from connect_sso.deployed import buckets
from connect_sso.session import Session, StoppedError
from connect_sso.users import REFUSED, carry_out
from contact_center.export_location import S3Object, parse_location
from contact_center.load import ContactCenter
from user_sync import run
from user_sync.errors import Refused
from user_sync.model import Action, Problem
from user_sync.past_run import PastRun, read_past_run
from user_sync.past_values import ReportUnusable
from user_sync.safety import refusals
from user_sync.undo import objection, plan_undo

_PAGES = (".html", ".csv")


def undo(options: argparse.Namespace) -> int:
    """Read a run's report, plan what takes the run back, show, confirm, apply, report.

    Returns:
        0 all taken back, or nothing to do; 3 refused before the first write, 4 some users failed, 1 error.
    """
    session = Session(options)
    try:
        session.open(applying=True)
        with session.stopping():
            past = _past_run(session)
        refused = objection(past, session.center.policy, session.connect.instance.text)
        if refused:
            raise refused
    except StoppedError as stop:
        return session.stopped(stop, applying=True)
    except Refused as refusal:
        if options.json:
            documents.emit({**documents.no_plan((), applying=True), "refused": run.refusal_json((refusal,))})
        session.say_refused((refusal,))
        return REFUSED
    return carry_out(session, lambda: _review(session, past))


def _past_run(session: Session) -> PastRun:
    name = session.options.of
    try:
        return read_past_run(_read(session.center, name))
    except ReportUnusable as error:
        raise StoppedError([Problem("error", name, None, None, error.code, error.message)], session.connect) from error


def _review(session: Session, past: PastRun) -> run.Reviewed:
    policy = session.center.policy
    groups = any(change.before and change.before.hierarchy_group for change in past.changes)
    with session.stopping(), session.reading() as progress:
        current = session.connect.read_current(groups=groups, progress=progress)
    plan = plan_undo(past, current, policy, file=PurePosixPath(session.options.of).name)
    if plan.count(Action.CREATE, Action.REPLACE):
        plan = replace(plan, current=replace(current, user_quota=session.quota()))
    return run.Reviewed(plan, refusals(plan, way_in="terminal", undoes=True), {})


def _read(center: ContactCenter, name: str) -> Any:
    """Return the report's JSON, also where its page or its table is named.

    Raises:
        ReportUnusable: it cannot be read.
        SyncError: there is no stack, so no report bucket; or it cannot be read.
    """
    try:
        place = parse_location(name)
        if place:
            return _object(center, place)
        path = Path(name)
        return json.loads((path.with_suffix(".json") if path.suffix in _PAGES else path).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        text = f"cannot read the report: {getattr(error, 'strerror', None) or error}"
        raise ReportUnusable("report_unusable", f"{text}; give the report.json of a run") from error


def _object(center: ContactCenter, place: S3Object) -> Any:
    store = buckets(center).reports
    if place.bucket != store.bucket:
        text = f"{place.bucket} is not this contact center's report bucket, which is {store.bucket}"
        raise ReportUnusable("report_unusable", f"{text}; give the report of one of its own runs")
    key, version = PurePosixPath(place.key), place.version_id
    if key.suffix in _PAGES:
        key, version = key.with_suffix(".json"), None
    stored = store.get(str(key), version=version)
    if stored is None:
        raise ReportUnusable(
            "report_unusable", f"s3://{store.bucket}/{key} is not there; give the report.json of a run"
        )
    return stored.data

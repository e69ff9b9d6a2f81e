"""People whom a run at this terminal had disabled when it was cut off: their live sessions may be open still.

No plan shows that: what the instance tells is that they have no permissions. But a run's report lies in the report
folder from before its first write on, alone until the run has ended, and says of whom nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_sso.report_files import write
from connect_sso.session import Session
from user_sync.engine import remedy
from user_sync.errors import ServiceRefused
from user_sync.model import Action
from user_sync.plan import Plan, owned_id
from user_sync.report import as_json
from user_sync.state_before import NOT_KNOWN


@dataclass(frozen=True, slots=True)
class CutOffRun:
    """A run that was cut off: its report, and the outcomes of people who may be signed in still, with their user ids.

    The outcomes are the report's own, so that what becomes of them stands in it.
    """

    path: Path
    report: dict[str, Any]
    people: tuple[tuple[dict[str, Any], str], ...]


def cut_off_runs(session: Session, plan: Plan) -> list[CutOffRun]:
    """Return the runs that may have left people signed in whom they had disabled.

    Args:
        session: of the command.
        plan: made now, for the users as they are.
    """
    found = []
    for path in sorted(session.options.report.glob(f"{session.center.config.name}-*.json")):
        report = {} if path.with_suffix(".html").exists() else _read(path)
        people = [(outcome, _still_disabled(outcome, report, plan)) for outcome in report.get("outcomes", ())]
        disabled = tuple((outcome, user_id) for outcome, user_id in people if user_id)
        found += [CutOffRun(path, report, disabled)] if disabled else []
    return found


def end_sessions(session: Session, runs: Iterable[CutOffRun]) -> None:
    """End the sessions of whoever such runs may have left signed in, and note it in their reports.

    To be called with the lock held: a run that is going on just now looks like one that was cut off.
    """
    for run in runs:
        ended = [outcome for outcome, user_id in run.people if _ended(session, outcome["username"], user_id)]
        for one in ended:
            one |= {"status": "done", "code": "", "message": "sessions were ended by the next run"}
        if ended:
            said = f"{run.path.name} was cut off: ended the live sessions of {len(ended)} whom it had disabled"
            session.screen.say(said)
            write(run.path, as_json(run.report))


def _read(path: Path) -> dict[str, Any]:
    """Return a report, or nothing where it is none."""
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        parts = (report["run"], *report["outcomes"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return report if all(isinstance(part, dict) for part in parts) else {}


def _still_disabled(outcome: dict[str, Any], report: dict[str, Any], plan: Plan) -> str | None:
    """Return the id of the user whom an outcome is about, where it is a disabled one that nobody knows of."""
    if (outcome.get("action"), outcome.get("code")) != (Action.DISABLE, NOT_KNOWN):
        return None
    if report["run"].get("instance") != plan.current.instance_arn:
        return None
    for user in plan.current.users:
        if user.username == outcome.get("username") and owned_id(user, plan.policy):
            return user.user_id if user.security_profiles == (plan.policy.disabled_profile,) else None
    return None


def _ended(session: Session, username: str, user_id: str) -> bool:
    try:
        session.connect.read("DeleteAllEntitySessions", {"EntityId": user_id, "EntityType": "USER"})
    except ServiceRefused as refused:
        if refused.code == "ResourceNotFoundException":
            return True
        session.screen.error(f"live sessions of {username}, disabled by a run that was cut off: {remedy(refused)}")
        return False
    return True

"""The last step of a run in the cloud: a true outcome for each change, the report, metrics, the answer.

Users come first: a report, a metric or a message that cannot be written is logged and changes nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from user_sync import answer
from user_sync.approved import Key, key_of, remaining
from user_sync.cloud import RECORD, Run, connect_to
from user_sync.drift import hours_since, note_drift
from user_sync.errors import SyncError
from user_sync.notices import outcome_metrics, put_metrics, tell
from user_sync.plan import no_plan_json
from user_sync.planning import State, plan_again
from user_sync.report import as_csv, as_html, as_json
from user_sync.state_before import NOT_KNOWN, with_state_before
from user_sync.stored import StoreUnusable

log = logging.getLogger("user_sync")

_OPEN = ("stopped", NOT_KNOWN)  # codes of changes that the run did not get to, or does not know of


@dataclass(frozen=True, slots=True)
class Ended:
    """What the slices of a run have kept."""

    outcomes: tuple[dict[str, Any], ...]
    calls: Mapping[str, int]
    throttled: int

    @property
    def keys(self) -> frozenset[Key]:
        """Return the keys of the changes that have ended."""
        return frozenset(key_of(outcome) for outcome in self.outcomes)


def ended_outcomes(run: Run) -> Ended:
    """Return what the slices so far have kept; where two tell of one change, the one that made it.

    Raises:
        StoreUnusable: the bucket cannot be read.
    """
    outcomes: dict[Key, dict[str, Any]] = {}
    calls: dict[str, int] = {}
    throttled = 0
    for item in sorted(run.store.objects(run.key("outcomes/")), key=lambda item: (item["LastModified"], item["Key"])):
        stored = run.store.get(item["Key"])
        for outcome in stored.data["outcomes"] if stored else ():
            known = outcomes.get(key_of(outcome))
            if known is None or known["status"] != "done":
                outcomes[key_of(outcome)] = outcome
        for operation, count in (stored.data["calls"] if stored else {}).items():
            calls[operation] = calls.get(operation, 0) + count
        throttled += stored.data["throttled"] if stored else 0
    return Ended(tuple(outcomes.values()), calls, throttled)


def report(run: Run) -> State:
    """End a run: report, metrics, message, answer; give the lock back."""
    record = run.record()
    stored = run.store.get(run.key("plan.json"))
    kept = stored.data if stored else None
    refused = record["state"] == "refused"
    if "error" in run.state:
        record["stopped"] = f"a step failed ({_cause(run)})"
    ended = ended_outcomes(run)
    outcomes = _all_outcomes(run, kept, ended, record) if kept and run.writes and not refused else []
    document = _document(run, record, kept, outcomes, ended)
    where = _keep(run, document)
    state = _state(run, record, outcomes)
    counts = _counts(document, outcomes)
    record |= {"state": state, "ended": _now().isoformat(timespec="seconds"), "counts": counts, "report": where}
    _keep_record(run, record)
    metrics = _metrics(run, record, kept, outcomes)
    contact_center = _contact_center(run)
    put_metrics(metrics, contact_center=contact_center)
    if _worth_telling(run, state):
        tell(run.settings.topic, subject=f"Connect users of {contact_center}: {state}", lines=_lines(record))
    _release(run)
    error = _failure(run, record, outcomes, where)
    _answer(run, error, outcomes, document, where)
    # A run that stopped half-way is to be looked at, also where the deployment need not fail for it.
    failed = error is not None or state == "stopped"
    return {"next": "failed" if failed else "done", "code": error.code if error else "", "state": state}


def broken(run: Run) -> State:
    """End a run whose steps failed for a reason that nobody foresaw: answer, note, free the lock."""
    name = _cause(run)
    error = SyncError("run_broken", f"a step of run {run.name} failed ({name}): see the log of the users function")
    try:
        run.record(state="broken", code=error.code, message=error.message, ended=_now().isoformat(timespec="seconds"))
    except StoreUnusable as unusable:
        log.error("the record was not kept: %s", unusable.message)
    _release(run)
    if "made" in run.state and run.deployment:
        # The plan was approved, so users may be written, by a slice that could not tell, too: a failed deployment
        # would be followed by one with the old properties.
        made = int(run.state["made"])
        log.error("the run broke after %d changes or more", made)
        status = f"the run broke ({name}) after {made} changes or more: deploy or run again to go on from there"
        _send(run, None, answer.attributes((), status=status))
    else:
        _send(run, error, {})
    return {"next": "failed", "code": error.code}


def _cause(run: Run) -> str:
    """Return why a step failed: what `handler.on_step` raised, or Lambda's own word for it."""
    error = run.state.get("error", {})
    try:
        return str(json.loads(error["Cause"])["errorMessage"])
    except (KeyError, TypeError, ValueError):
        return str(error.get("Error", "unknown"))


def _all_outcomes(run: Run, kept: Mapping[str, Any], ended: Ended, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one outcome a change, in the plan's order; of those that no slice told, the instance is asked."""
    known = {key_of(outcome): outcome for outcome in ended.outcomes}
    changes = kept["plan"]["changes"]
    code, why = "stopped", f"{record.get('stopped') or 'it was not reached'}: run again to go on from here"
    if len(known) < len(changes):
        try:
            rest = remaining(plan_again(run, kept, connect_to(run.deployed())).plan, changes, known)
            known |= {key_of(outcome.as_json()): outcome.as_json() for outcome in rest.settled}
        except SyncError as error:
            why = f"whether it was made is not known ({error.code}): run again"
            code = NOT_KNOWN
    open_ = {"status": "skipped", "code": code, "message": why}
    return [
        known.get(key_of(change), {"username": change["username"], "action": change["action"], **open_})
        for change in changes
    ]


def _document(
    run: Run, record: Mapping[str, Any], kept: Mapping[str, Any] | None, outcomes: list[dict[str, Any]], ended: Ended
) -> dict[str, Any]:
    plan = kept["plan"] if kept else {**no_plan_json(()), "problems": record["problems"]}
    calls = dict(kept["calls"]) if kept else {}
    for operation, count in ended.calls.items():
        calls[operation] = calls.get(operation, 0) + count
    if record["state"] == "refused":
        plan = {**plan, "refused": {"code": record["code"], "message": record["message"]}}
    document = {
        **plan,
        "outcomes": outcomes,
        "elapsed_seconds": round(run.waited_seconds, 3),
        "calls": dict(sorted(calls.items())),
        "throttled": ended.throttled + (kept["throttled"] if kept else 0),
        "run": {
            "contact_center": _contact_center(run),
            "instance": plan.get("instance", ""),
            "started": record["started"],
            "way_in": run.way_in,
            "name": run.name,
            "dry_run": record["dry_run"],
        },
    }
    return with_state_before(document, kept["undo"]) if kept and kept.get("undo") else document


def _state(run: Run, record: Mapping[str, Any], outcomes: list[dict[str, Any]]) -> str:
    if record["state"] == "refused":
        return "refused"
    if not run.writes:
        return "compared"
    if any(outcome["status"] == "failed" for outcome in outcomes):
        return "some failed"
    if any(outcome["code"] in _OPEN for outcome in outcomes):
        return "stopped"
    return "done" if outcomes else "nothing to do"


def _counts(document: Mapping[str, Any], outcomes: list[dict[str, Any]]) -> dict[str, int]:
    statuses = {"done": 0, "failed": 0, "skipped": 0}
    for outcome in outcomes:
        statuses[outcome["status"]] += 1
    return {**document["summary"], **statuses}


def _metrics(
    run: Run, record: dict[str, Any], kept: Mapping[str, Any] | None, outcomes: list[dict[str, Any]]
) -> dict[str, float]:
    """Return what CloudWatch is told, and note the drift; hours count from when it was first seen."""
    metrics = outcome_metrics(outcomes) if run.writes and record["state"] != "refused" else {}
    if kept is None:
        return metrics
    metrics["ExportAgeHours"] = hours_since(datetime.fromisoformat(kept["export_modified"]), now=_now())
    if record["state"] == "refused" or record["dry_run"]:
        return metrics
    open_ = sum(outcome["status"] != "done" for outcome in outcomes) if run.writes else len(kept["plan"]["changes"])
    return {**metrics, "Drift": float(open_), "DriftHours": note_drift(run.store, open_, now=_now())}


def _failure(run: Run, record: Mapping[str, Any], outcomes: list[dict[str, Any]], where: str) -> SyncError | None:
    """Return why the run as a whole counts as failed: it was refused, or the config wants failures to fail it."""
    if record["state"] == "refused":
        return SyncError(record["code"], record["message"])
    undone = [outcome for outcome in outcomes if outcome["status"] == "failed" or outcome["code"] in _OPEN]
    if not undone:
        return None
    if run.deployed().policy.failed_users != "fail" and len(undone) < len(outcomes):
        return None
    codes = sorted({outcome["code"] for outcome in undone})
    text = f"{len(undone)} of {len(outcomes)} changes were not made ({', '.join(codes)}); report: {where or 'none'}"
    return SyncError("users_failed", f"{text}; first: {undone[0]['message']}")


def _answer(
    run: Run, error: SyncError | None, outcomes: list[dict[str, Any]], document: Mapping[str, Any], where: str
) -> None:
    unchanged = int(document["summary"]["unchanged"])
    _send(run, error, answer.attributes(outcomes, unchanged=unchanged, report=where))


def _send(run: Run, error: SyncError | None, data: Mapping[str, str]) -> None:
    if run.deployment is None or run.state.get("answered"):
        return
    try:
        answer.send(run.deployment, error=error, data=data)
    except SyncError as failed:
        log.error("answer: %s", failed.message)


def _keep(run: Run, document: Mapping[str, Any]) -> str:
    texts = (("json", as_json, "application/json"), ("csv", as_csv, "text/csv"), ("html", as_html, "text/html"))
    where = ""
    try:
        for suffix, write, kind in texts:
            where = run.store.put_text(run.key(f"report.{suffix}"), write(document), kind)
    except StoreUnusable as error:
        log.error("the report was not kept: %s", error.message)
        return ""
    return where


def _keep_record(run: Run, record: Mapping[str, Any]) -> None:
    try:
        run.store.put(run.key(RECORD), record)
    except StoreUnusable as error:
        log.error("the record was not kept: %s", error.message)


def _release(run: Run) -> None:
    if not run.writes:
        return
    lock = run.lock()
    try:
        if lock.take() is None:
            lock.release()
    except SyncError as error:
        log.error("the lock was not given back, its lease ends by itself: %s", error.message)


def _worth_telling(run: Run, state: str) -> bool:
    return run.writes and state != "nothing to do"


def _lines(record: Mapping[str, Any]) -> list[str]:
    counts = ", ".join(f"{count} {name}" for name, count in record["counts"].items() if count)
    return [
        f"A run ({record['way_in']}, started {record['started']}) ended: {record['state']}.",
        *([f"Reason: {record['code']}."] if record["code"] else []),
        f"Counts: {counts or 'none'}.",
        f"Report: {record['report'] or 'none'}",
        f"Execution: {record['execution']}",
    ]


def _contact_center(run: Run) -> str:
    try:
        return run.deployed().policy.contact_center
    except SyncError:
        return "unknown"


def _now() -> datetime:
    return datetime.now(UTC)

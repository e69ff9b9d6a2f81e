"""One slice of a run in the cloud: go on from what the instance says, until the time is nearly up.

A slice that is killed, times out or is started twice does no harm: its outcomes so far lie in the bucket,
and the next one reads the instance and carries on with what of the approved plan is not there yet.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from user_sync import answer
from user_sync.apply import apply_plan
from user_sync.approved import Key, remaining
from user_sync.cloud import Run, connect_to
from user_sync.connect import Connect
from user_sync.ending import Ended, ended_outcomes, report
from user_sync.errors import SyncError
from user_sync.lock import Lock
from user_sync.model import Outcome
from user_sync.planning import State, plan_again
from user_sync.stored import StoreUnusable

log = logging.getLogger("user_sync")

_IDLE_SLICES = 3  # slices in a row that ended no change: what is left does not go on by itself
_STOPPED_HERE = "stopped"  # the engine's code for changes that it did not get to


class Watch:
    """Asked before each request of a slice: why to stop now, or None.

    Every few seconds it renews the lock, keeps the outcomes so far, and looks whether a person stopped the
    run or CloudFormation takes the stack back.

    Attributes:
        final: why the whole run stops; empty while only the slice does.
    """

    def __init__(self, run: Run, lock: Lock, notes: Notes) -> None:
        self.final = ""
        self.aborted = False
        self._run, self._lock, self._notes = run, lock, notes
        self._looked = time.monotonic()

    def __call__(self) -> str | None:
        now = time.monotonic()
        if not self.final and now - self._looked >= self._run.settings.beat_seconds:
            self._looked = now
            self.look()
        if self.final:
            return self.final
        return "the slice's time is up" if now >= self._run.deadline else None

    def look(self) -> None:
        """Renew the lock and look around."""
        if not self._lock.keep():
            self.final = "the lock went to another run"
            return
        if _aborted(self._run.execution):
            self.final, self.aborted = "a person stopped the run", True
        try:
            if self._run.deployment and answer.taken_back(self._run.deployment["StackId"]):
                self.final = "the stack is being rolled back or deleted"
        except SyncError as error:
            self.final = error.message
        self._notes.keep()
        seconds = self._run.answer_seconds
        if seconds is not None and seconds <= 0 and not self.final:
            self._notes.answer_early()


class Notes:
    """The outcomes of one slice, in memory and in the bucket."""

    def __init__(self, run: Run, connect: Connect, before: Ended) -> None:
        self.outcomes: list[Outcome] = []
        self.answered = bool(run.state.get("answered"))
        self._run, self._connect, self._before = run, connect, before
        self._begun = time.monotonic()
        self._key = run.key(f"outcomes/{uuid.uuid4().hex}.json")

    def keep(self) -> None:
        """Write what has ended so far; a bucket that cannot be written now is tried again later."""
        try:
            self.save()
        except StoreUnusable as error:
            log.error("outcomes were not kept: %s", error.message)

    def save(self) -> None:
        """Write what has ended.

        Raises:
            StoreUnusable: the bucket cannot be written.
        """
        traffic = self._connect.traffic
        self._run.store.put(
            self._key,
            {
                "outcomes": [outcome.as_json() for outcome in self.ended],
                "calls": dict(traffic.calls),
                "throttled": traffic.throttled,
                "seconds": round(time.monotonic() - self._begun, 3),
            },
        )

    @property
    def ended(self) -> list[Outcome]:
        """Return the outcomes that stand; a change that was not got to is open still."""
        return [outcome for outcome in self.outcomes if outcome.code != _STOPPED_HERE]

    def answer_early(self) -> None:
        """Let the deployment end while the run goes on, and say so."""
        if self.answered or not self._run.deployment:
            return
        outcomes = [*self._before.outcomes, *(outcome.as_json() for outcome in self.ended)]
        left = int(self._run.state.get("changes", 0)) - len(outcomes)
        status = f"going on: {left} changes are left after the wait of this deployment (users.deployment_wait)"
        where = f"s3://{self._run.settings.report_bucket}/{self._run.key('report.html')}"
        data = answer.attributes(outcomes, report=where, status=status)
        try:
            answer.send(self._run.deployment, data=data)
        except SyncError as error:
            log.error("early answer: %s", error.message)
        self.answered = True
        log.info("the deployment was answered before the run has ended")


def apply(run: Run) -> State:
    """Carry out a slice of the approved plan."""
    lock = run.lock()
    if lock.take() is not None:
        return _over(run, "the lock went to another run", made=int(run.state.get("made", 0)))
    stored = run.store.get(run.key("plan.json"))
    if stored is None:
        raise SyncError("no_plan", "the run's approved plan is not in the report bucket")
    approved: list[dict[str, Any]] = stored.data["plan"]["changes"]
    before = ended_outcomes(run)
    connect = connect_to(run.deployed())
    notes = Notes(run, connect, before)
    watch = Watch(run, lock, notes)
    watch.look()
    code = ""
    if not watch.final:
        code = _apply(run, stored.data, connect, notes=notes, watch=watch, before=before.keys)
    notes.save()
    made = len(before.keys) + len(notes.ended)
    answered = {"answered": True} if notes.answered else {}
    if watch.final or code:
        state = {**_over(run, watch.final or code, made=made), **answered}
        return report(_as(run, state)) if watch.aborted else state
    idle = 0 if notes.ended else int(run.state.get("idle", 0)) + 1
    left = len(approved) - made
    traffic = connect.traffic
    log.info("slice: %d ended, %d left", len(notes.ended), left)
    log.info("calls: %s throttled: %d", json.dumps(dict(sorted(traffic.calls.items()))), traffic.throttled)
    following = "apply" if left > 0 and idle < _IDLE_SLICES else "report"
    return {"next": following, "changes": len(approved), "made": made, "left": left, "idle": idle, **answered}


def _apply(
    run: Run,
    kept: Mapping[str, Any],
    connect: Connect,
    *,
    notes: Notes,
    watch: Watch,
    before: frozenset[Key],
) -> str:
    """Plan anew and carry out what is approved; return why the run cannot go on, or ""."""
    try:
        rest = remaining(plan_again(run, kept, connect).plan, kept["plan"]["changes"], before)
        notes.outcomes += rest.settled
        apply_plan(
            rest.plan, connect, stop=watch, progress=lambda outcome: notes.outcomes.append(rest.outcome(outcome))
        )
    except SyncError as error:
        log.error("the slice cannot go on: %s", error.code)
        run.record(code=error.code, message=error.message)
        return f"{error.code}: {error.message}"
    return ""


def _over(run: Run, why: str, *, made: int) -> State:
    """Return the state of a run that goes no further; the reason, which may hold a username, stays in the bucket."""
    run.record(stopped=why)
    changes = int(run.state.get("changes", 0))
    return {"next": "report", "changes": changes, "made": made, "code": "stopped"}


def _as(run: Run, state: State) -> Run:
    run.state = state
    return run


def _aborted(execution: str) -> bool:
    try:
        client: Any = boto3.client("stepfunctions", region_name=execution.split(":")[3])
        return str(client.describe_execution(executionArn=execution)["status"]) == "ABORTED"
    except (ClientError, BotoCoreError) as error:
        log.error("the execution cannot be seen: %s", getattr(error, "response", {}).get("Error", type(error).__name__))
        return False

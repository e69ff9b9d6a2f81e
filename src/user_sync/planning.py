"""The first two steps of a run in the cloud: get the lock, then plan and have the plan approved.

Everything that says no says it here, before the first write.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from user_sync.answer import taken_back
from user_sync.applied import note_applied
from user_sync.apply import user_quick_connects
from user_sync.cloud import APPLIED_KEY, Deployed, Run, connect_to
from user_sync.connect import Connect, user_quota
from user_sync.errors import ExportUnreadable, Refused, SyncError
from user_sync.inputs import Inputs
from user_sync.intake import Taken
from user_sync.lock import holder
from user_sync.model import Problem
from user_sync.run import NotPlannedError, Reviewed, review, stale
from user_sync.state_before import state_before
from user_sync.stored import Stored

log = logging.getLogger("user_sync")

State = dict[str, Any]

_WAIT_SECONDS = 20  # between two looks at a lock that somebody else holds
_LAST_CALL_SECONDS = 120.0  # CloudFormation is told no rather than kept waiting to the end
POLICY_FILE = "contact-center.yaml"


def lock(run: Run) -> State:
    """Get the lock, or say to wait for it; a run that writes nothing needs none."""
    run.record(state="running")
    if not run.writes:
        return {"next": "plan"}
    other = run.lock().take()
    if other is None:
        return {"next": "plan"}
    answer_seconds = run.answer_seconds
    out_of_time = answer_seconds is not None and answer_seconds < _LAST_CALL_SECONDS
    if run.waited_seconds < run.settings.patience_seconds and not out_of_time:
        return {"next": "wait", "seconds": min(_WAIT_SECONDS, max(1, int(run.settings.patience_seconds / 10)))}
    return refused(
        run,
        Refused(
            "locked",
            f"another run ({other.way_in}, since {other.since}) writes users of this contact center, and did not end "
            f"in {run.waited_seconds:.0f} s: wait for it (connect-sso users status), then start this one again",
        ),
    )


def plan(run: Run) -> State:
    """Read both sides, plan, and keep the plan as what this run may do; or say why there is nothing to do."""
    try:
        return _plan(run)
    except NotPlannedError as error:
        return refused(run, error, problems=[problem.as_json() for problem in error.problems])
    except ExportUnreadable as error:
        problem = Problem("error", error.file, error.row, error.column, error.code, error.message)
        return refused(run, error, problems=[problem.as_json()])
    except SyncError as error:
        return refused(run, error)


def refused(run: Run, error: SyncError, *, problems: list[dict[str, Any]] | None = None) -> State:
    """Note why a run goes no further; people stay in the bucket, the state machine gets the code."""
    log.warning("refused: %s", error.code)
    run.record(state="refused", code=error.code, message=error.message, problems=problems or [])
    return {**_carried(run), "next": "report", "code": error.code}


def _plan(run: Run) -> State:
    if run.deployment and taken_back(run.deployment["StackId"]):
        raise Refused("taken_back", "the stack is being rolled back or deleted: nothing was written")
    if run.writes and run.lock().take() is not None:
        raise Refused("locked", "the lock went to another run before this one had planned: start it again")
    if not run.writes and holder(run.store) is not None:
        raise Refused("locked", "a run is writing users just now, so a comparison would say nothing: start it later")
    deployed = run.deployed()
    export, sets = _exports(run, deployed)
    inputs = _inputs(run, deployed, export, sets)
    connect = connect_to(deployed)
    reviewed = review(inputs, connect, way_in=run.way_in, quota=lambda: user_quota(deployed.instance))
    log.info("plan: %s", json.dumps(reviewed.plan.summary))
    refusals = (_older(run, export), _not_as_reviewed(run, deployed, reviewed), *reviewed.refused) if run.writes else ()
    refusal = next((one for one in refusals if one is not None), None)
    # What is refused may need readings that the policy grants to nobody.
    will_write = run.writes and refusal is None
    undo = state_before(reviewed.plan, user_quick_connects(reviewed.plan, connect)) if will_write else None
    traffic = {"calls": dict(connect.traffic.calls), "throttled": connect.traffic.throttled}
    _keep(run, reviewed, export, sets, more={"undo": undo, **traffic})
    if not run.writes:
        return {"next": "report", "changes": len(reviewed.plan.changes)}
    if refusal is not None:
        raise refusal
    # Slices and report list what slices kept: what would fail there fails here, before the first write.
    next(run.store.objects(run.key("outcomes/")), None)
    note_applied(
        run.store,
        export.source,
        modified=export.modified,
        way_in=run.way_in,
        run=run.name,
        location=export.location,
    )
    following = "apply" if reviewed.plan.changes else "report"
    return {**_carried(run), "next": following, "changes": len(reviewed.plan.changes), "made": 0, "idle": 0}


def plan_again(run: Run, kept: Mapping[str, Any], connect: Connect) -> Reviewed:
    """Plan from the very exports that the approved plan was made from, and from the instance as it is now.

    Args:
        kept: the run's ``plan.json``.
        connect: the instance.

    Raises:
        NotPlannedError: there is no plan.
        ExportUnreadable: an export is gone or is another now.
    """
    found: dict[str, Taken] = {}
    for name, one in kept["exports"].items():
        found[name] = run.intake.named(one["location"], name.replace("_", "-"))
        if found[name].digest != one["digest"]:
            file = one["location"]["Name"]
            raise ExportUnreadable(
                "export_changed", f"{file} was overwritten while the run was going on: run again", file=file
            )
    inputs = _inputs(run, run.deployed(), found["export"], found.get("permission_sets"))
    return review(inputs, connect, way_in=run.way_in)


def _inputs(run: Run, deployed: Deployed, export: Taken, sets: Taken | None) -> Inputs:
    source = sets.source if sets else None
    # The same moment in every slice: assignments that expire while a run goes on do not change it.
    return Inputs(export.source, source, deployed.policy, POLICY_FILE, now=run.started)


def _exports(run: Run, deployed: Deployed) -> tuple[Taken, Taken | None]:
    properties = deployed.properties
    second = properties.get("PermissionSets")
    if run.way_in == "deploy":
        export = run.intake.named(properties["Export"], "export")
        return export, run.intake.named(second, "permission-set export") if second else None
    export = run.intake.newest(properties["Export"], "export")
    if not second:
        return export, None
    return export, run.intake.newest(second, "permission-set export", permission_sets=True)


def _keep(run: Run, reviewed: Reviewed, export: Taken, sets: Taken | None, *, more: Mapping[str, Any]) -> None:
    taken = {"export": export, **({"permission_sets": sets} if sets else {})}
    run.store.put(
        run.key("plan.json"),
        {
            "plan": reviewed.as_file(),
            "exports": {name: {"location": dict(one.location), "digest": one.digest} for name, one in taken.items()},
            "export_modified": export.modified.isoformat(),
            **more,
        },
    )


def _older(run: Run, export: Taken) -> Refused | None:
    """Refuse a deployment that would take back what a newer export brought.

    A file of a deployment has no age of its own (a staging bucket keeps the time of its first upload), so
    going back from one deployed file to another is a decision of whoever deploys.
    """
    stored = run.store.get(APPLIED_KEY)
    if run.way_in != "deploy" or stored is None:
        return None
    last = stored.data
    if last["digest"] == export.digest or datetime.fromisoformat(last["modified"]) <= export.modified:
        return None
    if last["way_in"] == "deploy" and not export.pinned:
        return None
    return Refused(
        "older_export",
        f"the export of this deployment is of {export.modified:%Y-%m-%d %H:%M} UTC, and the last one applied "
        f"({last['way_in']}) is of {last['modified'][:16].replace('T', ' ')} UTC: deploy with a newer export, so that "
        "joiners and leavers who came in between are not taken back",
    )


def _not_as_reviewed(run: Run, deployed: Deployed, reviewed: Reviewed) -> Refused | None:
    """Refuse where a deployment names a reviewed plan, and what would be done now is not exactly that."""
    named = deployed.properties.get("Plan")
    if run.way_in != "deploy" or not named:
        return None
    stored: Stored | None = run.store.get(named["Key"])
    if stored is None:
        return Refused("stale_plan", f"the reviewed plan {named['Key']} is not in the report bucket: review again")
    if plan_digest(stored.data) != named["Sha256"]:
        return Refused("stale_plan", f"the plan {named['Key']} is not the one that was reviewed: review again")
    refusal = stale(reviewed, stored.data)
    if refusal is None:
        return None
    # A plain deployment keeps the parameters of the one before, and with them its plan.
    without = "or deploy without a reviewed plan: cdk deploy --no-previous-parameters, as make deploy does"
    return Refused("stale_plan", f"{refusal.message}; {without}")


def plan_digest(kept: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a kept plan in canonical JSON: what a deployment names as reviewed."""
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _carried(run: Run) -> State:
    return {"answered": True} if run.state.get("answered") else {}

"""One run, whatever its way in: export → desired → plan → safety → apply → report.

Strings the other modules together; the command line and the Lambda handler are its only callers. Must not
know argparse, CloudFormation events or files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from user_sync.apply import apply_plan
from user_sync.connect import Connect, Reading
from user_sync.engine import WORKERS, Progress
from user_sync.errors import ExportUnreadable, Refused, SyncError
from user_sync.inputs import Inputs, Source, in_its_file, read_desired, read_tables
from user_sync.model import Action, Current, Outcome, Problem
from user_sync.names import unknown_names, unknown_protected
from user_sync.plan import Plan
from user_sync.planner import make_plan
from user_sync.safety import WayIn, refusals

# What callers of a run need, from one place.
__all__ = [
    "Inputs",
    "NotPlannedError",
    "Reviewed",
    "Source",
    "apply",
    "apply_document",
    "read_desired",
    "read_tables",
    "refusal_json",
    "review",
    "stale",
]
PLAN_VERSION = 1
# Digests of a plan, as a person calls what they are of.
_MADE_FROM = {
    "export": "the export",
    "permission_sets": "the permission-set export",
    "config": "the config",
    "state": "the state of the instance",
}


class NotPlannedError(SyncError):
    """There is no plan: the export or the instance cannot be used, or the rules name what does not exist.

    Attributes:
        problems: everything that is wrong, for the JSON and for the person.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = [problem for problem in problems if problem.severity == "error"]
        super().__init__(errors[0].code, "; ".join(problem.message for problem in errors))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A plan with what safety says of it and what it was made from."""

    plan: Plan
    refused: tuple[Refused, ...]
    digests: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON document of `users plan`."""
        document = self.plan.as_json()
        if self.refused:
            document["refused"] = refusal_json(self.refused)
        return document

    def as_file(self) -> dict[str, Any]:
        """Return what `--out` keeps: the document with version, instance and digests, and what a review asks."""
        return {
            "version": PLAN_VERSION,
            "instance": self.plan.current.instance_arn,
            "digests": dict(self.digests),
            # What a reviewer needs and the changes do not show: what percentages refer to, and who gets what is
            # privileged, a replaced user included.
            "managed": self.plan.managed,
            "privileged": self.plan.grants,
            **self.as_json(),
        }


def refusal_json(refused: Sequence[Refused]) -> dict[str, Any]:
    """Return `refused` of the JSON document: the weightiest reason, the others under `also`."""
    also = [{"code": refusal.code, "message": refusal.message} for refusal in refused[1:]]
    return {"code": refused[0].code, "message": refused[0].message, **({"also": also} if also else {})}


def review(
    inputs: Inputs,
    connect: Connect,
    *,
    way_in: WayIn,
    quota: Callable[[], int | None] = lambda: None,
    progress: Reading = lambda _read, _total: None,
) -> Reviewed:
    """Read both sides, plan, and check the plan. Writes nothing.

    Args:
        inputs: export and policy.
        connect: the instance.
        way_in: how the run was started.
        quota: asks for the quota of users per instance; called only where users would be made.
        progress: told how many users of the instance are read.

    Raises:
        NotPlannedError: there is no plan.
    """
    try:
        desired = read_desired(inputs)
        groups = any(rule.hierarchy_group for rule in inputs.policy.rules)
        current = connect.read_current(groups=groups, progress=progress)
    except ExportUnreadable as error:
        problem = Problem("error", error.file, error.row, error.column, error.code, error.message)
        raise NotPlannedError([in_its_file(problem, inputs)]) from error
    except SyncError as error:
        problem = Problem("error", inputs.policy_file, None, None, error.code, error.message)
        raise NotPlannedError([problem]) from error
    unknown = unknown_names(inputs.policy, current, file=inputs.policy_file)
    if unknown:
        raise NotPlannedError([*desired.problems, *(in_its_file(problem, inputs) for problem in unknown)])
    plan = make_plan(desired, current, inputs.policy, file=inputs.export.name)
    protected = unknown_protected(inputs.policy, current, desired, file=inputs.policy_file)
    plan = replace(plan, problems=(*plan.problems, *(in_its_file(problem, inputs) for problem in protected)))
    if plan.count(Action.CREATE, Action.REPLACE):
        plan = replace(plan, current=replace(current, user_quota=quota()))
    return Reviewed(plan, refusals(plan, way_in=way_in), _digests(inputs, plan))


def stale(reviewed: Reviewed, kept: Mapping[str, Any]) -> Refused | None:
    """Return why a kept plan may not be applied, or None when it is exactly what would be planned now.

    Args:
        reviewed: the plan as it comes out now.
        kept: what `--out` wrote.
    """
    now = reviewed.as_file()
    if kept.get("version") != PLAN_VERSION:
        return Refused(
            "stale_plan", f"the kept plan has version {kept.get('version')!r}, this is {PLAN_VERSION}: plan again"
        )
    changed = [
        _MADE_FROM[name] for name, digest in now["digests"].items() if kept.get("digests", {}).get(name) != digest
    ]
    if kept.get("instance") != now["instance"]:
        changed.append("the instance's ARN")
    # `why` names the file, which may lie elsewhere now; its content has a digest.
    before, after = (
        {(c["username"], c["action"]): {**c, "why": ""} for c in document.get("changes", ())}
        for document in (kept, now)
    )
    if before == after and not changed:
        return None
    differing = sorted({name for name, action in before.keys() ^ after.keys()})
    differing += sorted({key[0] for key in before.keys() & after.keys() if before[key] != after[key]})
    users = f"; changes differ for {', '.join(differing[:20])}" if differing else ""
    what = ", ".join(changed) or "the plan"
    return Refused("stale_plan", f"the kept plan is stale: {what} changed since{users}; plan again and review that")


def apply_document(
    reviewed: Reviewed, outcomes: Sequence[Outcome], connect: Connect, *, elapsed_seconds: float
) -> dict[str, Any]:
    """Return the JSON document of `users apply`."""
    return {
        **reviewed.as_json(),
        "outcomes": [outcome.as_json() for outcome in outcomes],
        "elapsed_seconds": round(elapsed_seconds, 3),
        "calls": dict(sorted(connect.traffic.calls.items())),
        "throttled": connect.traffic.throttled,
    }


def apply(
    reviewed: Reviewed,
    connect: Connect,
    *,
    stop: Callable[[], str | None] = lambda: None,
    progress: Progress = lambda _: None,
    workers: int = WORKERS,
) -> tuple[Outcome, ...]:
    """Carry out a plan that was reviewed.

    Raises:
        Refused: safety says no; nothing was written.
        SyncError: what removals need could not be read; nothing was written.
    """
    if reviewed.refused:
        raise reviewed.refused[0]
    return apply_plan(reviewed.plan, connect, stop=stop, progress=progress, workers=workers)


def _digests(inputs: Inputs, plan: Plan) -> dict[str, str]:
    return {
        "export": _sha256(inputs.export.data),
        "permission_sets": _sha256(inputs.permission_sets.data) if inputs.permission_sets else "",
        "config": _sha256(inputs.policy.to_json().encode()),
        "state": _state_digest(plan.current, plan.policy.disabled_profile),
    }


def _state_digest(current: Current, disabled_profile: str) -> str:
    """Return the digest of all that planning sees of the instance: not of a person's own choice of phone.

    Nor of the profile of disabled people: the first deployment makes it just before it applies the plan.
    """
    digest = hashlib.sha256()
    profiles = {name: id_ for name, id_ in current.security_profiles.items() if name != disabled_profile}
    names = (profiles, current.routing_profiles, current.hierarchy_groups)
    digest.update(json.dumps(names, sort_keys=True).encode())
    for start in range(0, len(current.users), 500):
        rows = [
            (
                *(user.username, user.user_id, user.first_name, user.last_name, user.security_profiles),
                *(user.routing_profile, user.hierarchy_group, user.phone.after_contact_work_seconds),
                *(user.phone.auto_accept, sorted(user.tags.items())),
            )
            for user in current.users[start : start + 500]
        ]
        digest.update(json.dumps(rows).encode())
    return digest.hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

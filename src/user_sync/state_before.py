"""What is kept of a run so that it can be taken back: each changed user as it was before the first write.

It goes into the report, which holds people; the run in the cloud keeps it beside its approved plan, so that no
slice's later reading takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from user_sync.model import Action, Change
from user_sync.plan import Plan

UNDO_VERSION = 1
NOT_KNOWN = "not_known"  # code of an outcome: the run was cut off, so only the instance knows

QuickConnects = Mapping[str, Mapping[str, str]]  # user id → id → name


def state_before(plan: Plan, quick_connects: QuickConnects) -> dict[str, Any]:
    """Return what an undo needs beside the report: whose users these are, and each changed user as it is now.

    Args:
        plan: that is about to be applied.
        quick_connects: that deletes will take along.
    """
    there = {user.username for user in plan.current.users}
    return {
        "version": UNDO_VERSION,
        "contact_center": plan.policy.contact_center,
        "organization_id": plan.policy.organization_id,
        "before": [_as_json(change, quick_connects, there) for change in plan.changes],
    }


def with_state_before(document: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report that can be undone: each change with the user as it was before the run.

    Args:
        document: of the run.
        state: what `state_before` returned for its plan.
    """
    changes = zip(document["changes"], state["before"], strict=True)
    return {
        **document,
        "changes": [{**change, "before": before} for change, before in changes],
        "undo": {key: value for key, value in state.items() if key != "before"},
    }


def _as_json(change: Change, quick_connects: QuickConnects, there: Set[str]) -> dict[str, Any] | None:
    user = change.current
    if user is None:
        return None
    # A replacement that was cut off and is ended by this run finds the new user there.
    successor = {"successor_was_there": change.username in there} if change.action is Action.REPLACE else {}
    return {
        **successor,
        "user_id": user.user_id,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "security_profiles": list(user.security_profiles),
        "routing_profile": user.routing_profile,
        "hierarchy_group": user.hierarchy_group,
        "phone": user.phone.as_json(),
        "phone_type": user.phone_type,
        "desk_phone_number": user.desk_phone_number,
        "persistent_connection": user.persistent_connection,
        "tags": dict(user.tags),
        "quick_connects": list(quick_connects.get(user.user_id, {}).values()),
    }

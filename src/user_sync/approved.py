"""What a run may do: the plan that was approved when it began, against the plan that a slice makes anew.

A slice reads the instance and plans again, since only the instance says what is done; of that plan it
carries out what the approved one holds and nothing else. Pure functions of both plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from user_sync.model import Action, Change, CurrentUser, Outcome
from user_sync.plan import Plan, owned_id
from user_sync.policy import Policy

Key = tuple[str, str]  # username and action, as reports know a change

# A change that was cut off half-way comes back as another: an adopted user is ours from its first request on.
_GOES_ON = {Action.UPDATE: (Action.ADOPT, Action.CREATE)}


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of an approved plan.

    Attributes:
        plan: the plan made now, with the changes that are approved and not ended.
        approved_as: a change's own key → key of the approved change that it carries out.
        settled: outcomes of approved changes that need no request any more.
    """

    plan: Plan
    approved_as: Mapping[Key, Key]
    settled: tuple[Outcome, ...]

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return an outcome under the name of the change that was approved."""
        _, action = self.approved_as.get((outcome.username, outcome.action.value), ("", outcome.action.value))
        return replace(outcome, action=Action(action))


def remaining(plan: Plan, approved: Sequence[Mapping[str, Any]], ended: Iterable[Key]) -> Remaining:
    """Return what of an approved plan is still to be done.

    Args:
        plan: made now.
        approved: changes of the approved plan, as JSON.
        ended: keys of approved changes that have ended.
    """
    over = set(ended)
    open_ = {key_of(entry): entry for entry in approved if key_of(entry) not in over}
    users = {user.username: user for user in plan.current.users}
    changes, names, others = [], {}, set()
    for change in plan.changes:
        key = _approval(change, open_)
        if key is None:
            others.add(change.salesforce_id)
        else:
            changes.append(change)
            names[change.username, change.action.value] = key
    settled = []
    for key in open_.keys() - set(names.values()):
        entry, user = open_[key], users.get(key[0])
        unfinished = _signed_in_still(entry, user, plan.policy)
        if unfinished is not None:
            changes.append(unfinished)
            names[key] = key
            continue
        holds = entry["salesforce_id"] not in others and _holds(entry, users, plan.policy)
        settled.append(Outcome(key[0], Action(key[1]), "done") if holds else _changed_meanwhile(key))
    return Remaining(replace(plan, changes=tuple(changes)), names, tuple(sorted(settled, key=_by_name)))


def key_of(entry: Mapping[str, Any]) -> Key:
    """Return the key of a change or outcome in JSON."""
    return str(entry["username"]), str(entry["action"])


def _approval(change: Change, open_: Mapping[Key, Mapping[str, Any]]) -> Key | None:
    """Return the approved change that allows this one, which may be the rest of it."""
    for action in (change.action, *_GOES_ON.get(change.action, ())):
        entry = open_.get((change.username, action.value))
        if entry is None or entry["salesforce_id"] != change.salesforce_id:
            continue
        allowed = {field["field"]: field["to"] for field in entry["fields"]}
        now = [field.as_json() for field in change.fields]
        if all(field["field"] in allowed and allowed[field["field"]] == field["to"] for field in now):
            return change.username, action.value
    return None


def _signed_in_still(entry: Mapping[str, Any], user: CurrentUser | None, policy: Policy) -> Change | None:
    """Return the rest of a disable whose permissions are gone, and whose sessions may not have been ended."""
    if entry["action"] != Action.DISABLE or user is None or user.security_profiles != (policy.disabled_profile,):
        return None
    if owned_id(user, policy) != entry["salesforce_id"]:
        return None
    return Change(Action.DISABLE, user.username, entry["salesforce_id"], (), str(entry["why"]), None, user)


def _holds(entry: Mapping[str, Any], users: Mapping[str, CurrentUser], policy: Policy) -> bool:
    """Return whether the instance holds a change that the plan made now does not ask for."""
    user = users.get(str(entry["username"]))
    if entry["action"] in (Action.DELETE, Action.DISABLE):
        return user is None
    old = [field["from"] for field in entry["fields"] if field["field"] == "username"]
    return (
        user is not None
        and owned_id(user, policy) == entry["salesforce_id"]
        and not any(username in users for username in old)
    )


def _changed_meanwhile(key: Key) -> Outcome:
    message = "export or instance changed after the plan was made, so this is not the change that was approved"
    return Outcome(key[0], Action(key[1]), "skipped", "changed_meanwhile", f"{message}: run again to plan anew")


def _by_name(outcome: Outcome) -> Key:
    return outcome.username, outcome.action.value

"""What a kept user plan does with people, as numbers; who they are only where that was asked for.

Reads the document that `users plan --out` wrote. Must not plan, nor ask the instance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contact_center.review.model import Finding, LimitUse, PersonChange, Users
from contact_center.review.words import many
from user_sync.policy import Policy
from user_sync.report import changed_text

Json = Mapping[str, Any]

_ADMIN = "Admin"  # alone can hand out access, whatever `users.privileged` says
_REMOVALS = ("disable", "delete", "replace")


def users_of(plan: Json, policy: Policy, *, people: bool) -> Users:
    """Return a plan as numbers.

    Args:
        plan: what `users plan --out` wrote.
        policy: what it was made with.
        people: whether to say who they are.
    """
    changes: Sequence[Json] = plan["changes"]
    privileged = dict.fromkeys((_ADMIN, *policy.privileged))
    counted = Counter(name for change in changes for name in privileged if name in _given(change))
    # The engine knows better: a new user under another username gets its profiles anew, and the plan's fields
    # do not show it.
    grants: Mapping[str, int] = plan.get("privileged", counted)
    refused = plan.get("refused")
    return Users(
        counts=dict(plan["summary"]),
        managed=plan.get("managed"),
        limits=tuple(_limits(changes, policy, plan.get("managed"))),
        grants={name: count for name, count in grants.items() if count},
        losing_access=sum(change["action"] in _REMOVALS for change in changes),
        losing_profiles=sum(bool(_taken(change)) for change in changes),
        refused=tuple(one["code"] for one in (refused, *refused.get("also", ()))) if refused else (),
        problems=dict(Counter(str(problem["severity"]) for problem in plan["problems"])),
        estimated_seconds=int(plan.get("estimated_seconds") or 0),
        people=tuple(map(_person, changes)) if people else None,
    )


def user_findings(users: Users) -> Iterator[Finding]:
    """Yield what is to be decided about people."""
    if users.refused:
        message = "a safety limit refuses the plan, so nothing would be written: users plan says why"
        yield Finding("refused", "plan_refused", "users", message, users.refused)
    for profile, count in users.grants.items():
        message = f"{many(count, 'user gets', 'users get')} the security profile {profile}: {_so(profile)}"
        names = [one.username for one in users.people or () if profile in one.gets]
        yield Finding("danger", "privileged", "users", message, tuple(names))
    if users.losing_access:
        counts = users.counts
        parts = [f"{many(counts.get('remove', 0), 'user is', 'users are')} disabled or deleted"] * bool(
            counts.get("remove")
        )
        parts += [f"{many(counts.get('replace', 0), 'user is', 'users are')} replaced under another username"] * bool(
            counts.get("replace")
        )
        parts += [one.username for one in users.people or () if one.action in _REMOVALS]
        who = many(users.losing_access, "person loses", "people lose")
        yield Finding("danger", "access_lost", "users", f"{who} access under the present username", tuple(parts))
    rest = {key: users.counts.get(key, 0) for key in ("create", "update", "adopt", "rejected", "missing")}
    said = {
        "create": "created",
        "update": "changed",
        "adopt": "taken over from somebody else's hand",
        "rejected": "of the export rejected",
        "missing": "missing in the export and left as they are",
    }
    details = [f"{many(count, 'user')} {said[key]}" for key, count in rest.items() if count]
    details += [f"{many(users.losing_profiles, 'user loses', 'users lose')} a security profile"] * bool(
        users.losing_profiles
    )
    if details:
        yield Finding("attention", "users_change", "users", "the plan changes users", tuple(details))


def _so(profile: str) -> str:
    return "may change everything in the instance" if profile == _ADMIN else "is privileged by users.privileged"


def _given(change: Json) -> set[str]:
    """Return the security profiles that somebody gets and did not have."""
    if change["action"] in ("disable", "delete"):
        return set()
    return {
        name
        for field in change["fields"]
        if field["field"] == "security_profiles"
        for name in set(field["to"] or ()) - set(field["from"] or ())
    }


def _taken(change: Json) -> set[str]:
    """Return the security profiles that somebody who keeps their access loses."""
    if change["action"] not in ("update", "adopt"):
        return set()
    return {
        name
        for field in change["fields"]
        if field["field"] == "security_profiles"
        for name in set(field["from"] or ()) - set(field["to"] or ())
    }


def _limits(changes: Sequence[Json], policy: Policy, managed: int | None) -> Iterator[LimitUse]:
    limits = policy.limits
    asked = (
        ("removals", limits.removals, _REMOVALS),
        ("updates", limits.updates, ("update", "adopt")),
        ("creates", limits.creates, ("create",)),
    )
    for name, limit, actions in asked:
        known = managed is not None or not limit.text.endswith("%")
        allowed = limit.allowed(managed or 0) if known else None
        yield LimitUse(name, limit.text, allowed, sum(change["action"] in actions for change in changes))


def _person(change: Json) -> PersonChange:
    what = changed_text(change["fields"])
    return PersonChange(
        change["username"], change["action"], what, change.get("why", ""), tuple(sorted(_given(change)))
    )

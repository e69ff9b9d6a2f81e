"""Applying a plan: what must be known before the first write, and which changes wait for others.

How fast and in which order requests go out is :mod:`user_sync.engine`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from user_sync.connect import Connect
from user_sync.engine import WORKERS, Engine, Progress, remedy
from user_sync.errors import Refused, ServiceRefused
from user_sync.model import Action, Change, Outcome
from user_sync.plan import ADMIN, Plan, deletes, disables, profiles_after, takes_privilege
from user_sync.policy import TAG_CONTACT_CENTER, TAG_ORGANIZATION
from user_sync.steps import Instance


def apply_plan(
    plan: Plan,
    connect: Connect,
    *,
    stop: Callable[[], str | None] = lambda: None,
    progress: Progress = lambda _: None,
    workers: int = WORKERS,
) -> tuple[Outcome, ...]:
    """Carry out a plan that safety has passed; return one outcome for each change, in the plan's order.

    Who would lose the security profile Admin comes last, and only once somebody has it afterwards.

    Raises:
        Refused: before the first write, where what leavers need is not as it must be.
        ServiceRefused: a request that removals need failed; no user was written.
    """
    if not plan.changes:
        return ()
    instance = _prepare(plan, connect)
    engine = Engine(connect, instance, stop=stop, progress=progress, workers=workers)
    last = [change for change in plan.changes if takes_privilege(change, ADMIN)]
    first = [change for change in plan.changes if not takes_privilege(change, ADMIN)]
    outcomes = [*engine.run(first)]
    if _somebody_administers(plan, last, outcomes):
        outcomes += engine.run(last)
    else:
        for change in last:
            text = "nobody else has the security profile Admin yet: run again once that is mended"
            outcomes.append(Outcome(change.username, change.action, "skipped", "last_admin", text))
            progress(outcomes[-1])
    position = {(change.username, change.action): index for index, change in enumerate(plan.changes)}
    return tuple(sorted(outcomes, key=lambda outcome: position[outcome.username, outcome.action]))


def _somebody_administers(plan: Plan, last: Sequence[Change], outcomes: Iterable[Outcome]) -> bool:
    losing = {change.current.username for change in last if change.current}
    if any(ADMIN in user.security_profiles and user.username not in losing for user in plan.current.users):
        return True
    done = {(outcome.username, outcome.action) for outcome in outcomes if outcome.status == "done"}
    if any((change.username, change.action) in done and ADMIN in profiles_after(change) for change in plan.changes):
        return True
    # A replaced Admin gets a new user before the old one goes.
    return any(change.action is Action.REPLACE and ADMIN in profiles_after(change) for change in last)


def _prepare(plan: Plan, connect: Connect) -> Instance:
    """Read what removals need."""
    current = plan.current
    if any(map(disables, plan.changes)):
        profile = {plan.policy.disabled_profile: _disabled_profile(plan, connect)}
        current = replace(current, security_profiles={**current.security_profiles, **profile})
    return Instance(current, plan.policy, user_quick_connects(plan, connect))


@contextmanager
def _saying_what_to_do() -> Iterator[None]:
    try:
        yield
    except ServiceRefused as refused:
        raise ServiceRefused(refused.code, remedy(refused), operation=refused.operation) from refused


@_saying_what_to_do()
def _disabled_profile(plan: Plan, connect: Connect) -> str:
    """Return the id of the profile of disabled people, made where it is missing; being disabled is no permission."""
    name = plan.policy.disabled_profile
    profile = plan.current.security_profiles.get(name) or _make_disabled_profile(plan, connect)
    for _ in connect.pages("ListSecurityProfilePermissions", "Permissions", 1000, SecurityProfileId=profile):
        raise Refused(
            "disabled_profile",
            f"the security profile {name!r} has permissions, so people who left would keep access: "
            "remove them in Amazon Connect, then run again",
        )
    return profile


@_saying_what_to_do()
def user_quick_connects(plan: Plan, connect: Connect) -> dict[str, dict[str, str]]:
    """Return user id → id → name of the quick connects that point at a user; not read where nobody is deleted.

    Raises:
        ServiceRefused: they cannot be read.
    """
    quick_connects: dict[str, dict[str, str]] = {}
    for item in connect.pages("SearchQuickConnects", "QuickConnects", 100) if any(map(deletes, plan.changes)) else ():
        user_id = item.get("QuickConnectConfig", {}).get("UserConfig", {}).get("UserId")
        if user_id:
            quick_connects.setdefault(user_id, {})[item["QuickConnectId"]] = item.get("Name", item["QuickConnectId"])
    return quick_connects


def _make_disabled_profile(plan: Plan, connect: Connect) -> str:
    policy = plan.policy
    profile = {
        "SecurityProfileName": policy.disabled_profile,
        "Description": "No permissions: people who left. Made by connect-sso; given by no rule.",
        "Tags": {TAG_CONTACT_CENTER: policy.contact_center, TAG_ORGANIZATION: policy.organization_id},
    }
    try:
        return str(connect.read("CreateSecurityProfile", profile)["SecurityProfileId"])
    except ServiceRefused as refused:
        if refused.code != "DuplicateResourceException":
            raise
        # It was made after all, and the answer was lost; or by somebody else since the instance was read.
        for item in connect.pages("ListSecurityProfiles", "SecurityProfileSummaryList", 1000):
            if item["Name"] == policy.disabled_profile:
                return str(item["Id"])
        raise

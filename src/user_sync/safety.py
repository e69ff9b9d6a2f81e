"""Safety: whether a plan may be carried out at all.

Every limit always holds; none can be switched off by one word on a command line: a limit is raised by
writing the number that is needed into the config. A message has the numbers, the users (up to twenty) and
the setting that would allow it. Checked after the plan is shown and before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import Literal

from user_sync.errors import Refused
from user_sync.model import REMOVALS, Action, Change, Problem
from user_sync.plan import ADMIN, Plan, gives_privilege, owned_id, profiles_after, takes_privilege

# How a run was started. A deployment is reviewed; a drop or a schedule runs with nobody watching.
WayIn = Literal["terminal", "deploy", "drop", "schedule", "manual"]
UNATTENDED: frozenset[WayIn] = frozenset({"drop", "schedule", "manual"})

_Check = Callable[[Plan, WayIn], Iterator[Refused]]


def refusals(plan: Plan, *, way_in: WayIn, undoes: bool = False) -> tuple[Refused, ...]:
    """Return every reason not to carry out the plan, the weightiest first; empty when it is safe.

    Args:
        plan: as it would be carried out.
        way_in: how the run was started.
        undoes: whether the plan takes a run back, so that there is no export that could be the wrong one.
    """
    of_exports: tuple[_Check, ...] = (_invalid_rows, _no_people, _everybody_removed)
    checks: tuple[_Check, ...] = (
        _invalid_rows,
        _no_people,
        _renamed,
        _everybody_removed,
        _limits,
        _protected,
        _last_admin,
        _privileged,
        _quota,
    )
    left_out = of_exports if undoes else ()
    return tuple(refusal for check in checks if check not in left_out for refusal in check(plan, way_in))


def _invalid_rows(plan: Plan, _: WayIn) -> Iterator[Refused]:
    if plan.rejected and plan.policy.invalid_rows == "refuse":
        faults = [_fault(problem) for problem in plan.problems if problem.severity == "error"]
        yield Refused(
            "invalid_rows",
            f"{_many(plan.rejected, 'row')} with an error, and users.invalid_rows is refuse: correct them, or set "
            f"users.invalid_rows: skip to leave these people as they are: {_some(faults)}",
        )


def _fault(problem: Problem) -> str:
    row = f" row {problem.row}" if problem.row is not None else ""
    column = f" {problem.column}" if problem.column else ""
    return f"{PurePath(problem.file).name}{row}{column} ({problem.code})"


def _no_people(plan: Plan, _: WayIn) -> Iterator[Refused]:
    if plan.people == 0:
        yield Refused(
            "empty_export",
            f"the export asks for no user at all (the instance has {_many(plan.managed, 'managed user')}): no row is "
            "active, matched by a rule and without an error; check the export, its filter and users.rules",
        )


def _renamed(plan: Plan, _: WayIn) -> Iterator[Refused]:
    renamed = [change for change in plan.changes if change.action is Action.REPLACE]
    if renamed and plan.policy.renamed_users == "refuse":
        yield Refused(
            "renamed_users",
            f"{_many(len(renamed), 'user')} with another username now, and users.renamed_users is refuse: Connect "
            "cannot rename; set users.renamed_users: replace to make new users and delete the old ones (their history "
            f"is not joined), or put the old value back in Salesforce: {_renames(renamed)}",
        )


def _everybody_removed(plan: Plan, _: WayIn) -> Iterator[Refused]:
    removed = [change for change in plan.changes if change.action in (Action.DISABLE, Action.DELETE)]
    if removed and len(removed) + _disabled_for_good(plan) == plan.managed:
        yield Refused(
            "all_removed",
            f"the plan removes every managed user that is left ({len(removed)}): {_names(removed)}; no setting allows "
            "this: check that this is the right export for this contact center; if it is, set users.missing_users: "
            "keep, and remove them in Amazon Connect",
        )


def _disabled_for_good(plan: Plan) -> int:
    """Return how many managed users are disabled already and do not come back."""
    changed = {_old_username(change) for change in plan.changes}
    disabled = (plan.policy.disabled_profile,)
    return sum(
        user.security_profiles == disabled and user.username not in changed and owned_id(user, plan.policy) is not None
        for user in plan.current.users
    )


def _limits(plan: Plan, _: WayIn) -> Iterator[Refused]:
    limits = plan.policy.limits
    asked = (
        ("removals", limits.removals, REMOVALS),
        ("updates", limits.updates, frozenset({Action.UPDATE, Action.ADOPT})),
        ("creates", limits.creates, frozenset({Action.CREATE})),
    )
    for name, limit, actions in asked:
        concerned = [change for change in plan.changes if change.action in actions]
        allowed = limit.allowed(plan.managed)
        if allowed is not None and len(concerned) > allowed:
            yield Refused(
                f"too_many_{name}",
                f"the plan has {_many(len(concerned), name[:-1])}, and users.limits.{name}: {limit.text} allows "
                f"{allowed} ({_many(plan.managed, 'managed user')}): {_names(concerned)}; if this is meant, "
                f"write users.limits.{name}: {len(concerned)}",
            )


def _protected(plan: Plan, _: WayIn) -> Iterator[Refused]:
    protected = set(plan.policy.protected)
    hit = [change for change in plan.changes if _old_username(change) in protected and _strips(change)]
    if hit:
        yield Refused(
            "protected_user",
            f"the plan removes, strips or replaces {_many(len(hit), 'user')} named in users.protected: {_names(hit)}; "
            "correct the export or the rules, or take them out of users.protected",
        )


def _last_admin(plan: Plan, way_in: WayIn) -> Iterator[Refused]:
    before = {user.username for user in plan.current.users if ADMIN in user.security_profiles}
    lost = [change for change in plan.changes if takes_privilege(change, ADMIN)]
    given = [change for change in plan.changes if ADMIN in profiles_after(change)]
    if before - {_old_username(change) for change in lost} or given:
        return
    if before:
        yield Refused(
            "last_admin",
            f"the plan takes the security profile Admin from the last who have it: {_names(lost)}; nobody could manage "
            "the instance any more: give Admin to somebody by a rule, or keep these users",
        )
    elif way_in == "deploy":
        yield Refused(
            "no_admin",
            f"none of {_many(plan.people, 'user')} would have the security profile Admin, and the instance has no "
            "administrator yet: add a rule in users.rules that gives Admin to at least one active person",
        )


def _privileged(plan: Plan, way_in: WayIn) -> Iterator[Refused]:
    if way_in not in UNATTENDED:
        return
    # The config may spell a profile in another case than the instance, as a rule may.
    names = {name.casefold() for name in plan.policy.privileged}
    profiles = [name for name in plan.current.security_profiles if name.casefold() in names]
    given = [change for change in plan.changes if any(gives_privilege(change, profile) for profile in profiles)]
    if given:
        yield Refused(
            "privileged_unattended",
            f"an unattended run would give a privileged security profile ({', '.join(plan.policy.privileged)}) to "
            f"{_many(len(given), 'user')}: {_names(given)}; carry this out with cdk deploy or connect-sso users "
            "apply, or take the profile out of users.privileged",
        )


def _quota(plan: Plan, _: WayIn) -> Iterator[Refused]:
    quota = plan.current.user_quota
    # A replacement makes the new user before the old one is deleted.
    made = [change for change in plan.changes if change.action in (Action.CREATE, Action.REPLACE)]
    needed = len(plan.current.users) + len(made)
    if quota is not None and needed > quota and made:
        yield Refused(
            "user_quota",
            f"the instance would need room for {needed} users, and the quota 'Users per instance' is {quota}: "
            f"raise it in Service Quotas (Amazon Connect) first; it has {_many(len(plan.current.users), 'user')}, and "
            f"{len(made)} would be made: {_some(change.username for change in made)}",
        )


def _strips(change: Change) -> bool:
    if change.action in REMOVALS:
        return True
    had = change.current.security_profiles if change.current else ()
    return bool(set(had) - set(profiles_after(change)))


def _old_username(change: Change) -> str:
    return change.current.username if change.current else change.username


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _names(changes: Iterable[Change]) -> str:
    return _some([_old_username(change) for change in changes])


def _renames(changes: Iterable[Change]) -> str:
    return _some([f"{_old_username(change)} → {change.username}" for change in changes])


def _some(things: Iterable[object]) -> str:
    shown = [str(thing) for thing in things]
    more = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
    return ", ".join(shown[:20]) + more

"""Names of the instance: security profiles, routing profiles, hierarchy groups.

Rules say names, the API takes ids; AWS spells its own defaults in more than one way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from difflib import get_close_matches

from user_sync.model import Current, Desired, Problem
from user_sync.policy import Policy

_MOST_COMPARED = 2_000  # usernames: likeness takes time


def known(name: str, names: Mapping[str, str]) -> str | None:
    """Return the instance's spelling of a name: exact, or the only one that differs in case.

    AWS spells its own default both "Basic Routing Profile" and "Basic routing profile".
    """
    if name in names:
        return name
    folded = name.casefold()
    near = [other for other in names if other.casefold() == folded]
    return near[0] if len(near) == 1 else None


def unknown_names(policy: Policy, current: Current, *, file: str) -> tuple[Problem, ...]:
    """Return what the rules name and the instance does not have, with the nearest name.

    Args:
        policy: the rules.
        current: the names that exist.
        file: the config's name.
    """
    problems: list[Problem] = []
    for index, rule in enumerate(policy.rules):
        asked: tuple[tuple[str, str, Iterable[str], Mapping[str, str]], ...] = (
            ("security_profiles", "security profile", rule.security_profiles, current.security_profiles),
            ("routing_profile", "routing profile", (rule.routing_profile,), current.routing_profiles),
            (
                "hierarchy_group",
                "hierarchy group",
                filter(None, (rule.hierarchy_group,)),
                current.hierarchy_groups,
            ),
        )
        for key, kind, names, existing in asked:
            column = f"users.rules[{index}].{key}"
            problems += [
                Problem(
                    "error",
                    file,
                    None,
                    column,
                    f"unknown_{kind.replace(' ', '_')}",
                    _unknown(kind, name, existing),
                )
                for name in names
                if known(name, existing) is None
            ]
        if policy.disabled_profile in rule.security_profiles:
            problems.append(
                Problem(
                    "error",
                    file,
                    None,
                    f"users.rules[{index}].security_profiles",
                    "disabled_profile",
                    f"{policy.disabled_profile!r} marks people who left and is given by no rule: remove it here",
                )
            )
    return tuple(problems)


def unknown_protected(policy: Policy, current: Current, desired: Desired, *, file: str) -> tuple[Problem, ...]:
    """Return a warning for each protected username that is neither in the instance nor in the export.

    One letter wrong, and the person whom it should protect is not.
    """
    if not policy.protected:
        return ()
    names = {user.username for user in current.users} | {user.username for user in desired.users}
    return tuple(
        Problem("warning", file, None, f"users.protected[{index}]", "protected_unknown", _nobody(username, names))
        for index, username in enumerate(policy.protected)
        if username not in names
    )


def _nobody(username: str, names: Set[str]) -> str:
    folded = username.casefold()
    near = sorted(name for name in names if name.casefold() == folded)
    if not near and len(names) <= _MOST_COMPARED:
        near = get_close_matches(username, sorted(names), n=1)
    hint = f"; did you mean {near[0]}" if near else ""
    return f"{username} protects nobody: neither the instance nor the export has a user of this name{hint}"


def _unknown(kind: str, name: str, existing: Mapping[str, str]) -> str:
    near = get_close_matches(name.casefold(), [other.casefold() for other in existing], n=1, cutoff=0.5)
    spelled = next((other for other in existing if near and other.casefold() == near[0]), None)
    hint = f"did you mean {spelled!r}? " if spelled else ""
    shown = ", ".join(repr(other) for other in sorted(existing)[:20]) or "none"
    return f"the instance has no {kind} {name!r}: {hint}it has {shown}; create it in Amazon Connect or correct the rule"

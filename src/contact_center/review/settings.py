"""How the sync behaves towards people: its settings in the templates, before and after, and what got looser.

The policy that the custom resource carries names people (protected users, usernames in rules): here they are
counted, never named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contact_center.review.model import Finding, SyncSetting
from contact_center.review.stacks import SYNC, Side
from contact_center.review.words import many

Json = Mapping[str, Any]

# Columns whose values say what somebody is, not who.
_SHOWN_COLUMNS = {"callcenterid", "department", "division", "isactive", "permission_set", "profile", "profile.name"}
_SHOWN_COLUMNS |= {"role", "userrole.name", "usertype"}
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "existing_users": ("leave", "adopt"),
    "failed_users": ("fail", "report"),
    "invalid_rows": ("refuse", "skip"),
    "missing_users": ("keep", "disable", "delete"),
    "renamed_users": ("refuse", "replace"),
}
_COUNTED: Mapping[str, Callable[[int], str]] = {
    "protected": lambda count: many(count, "protected user"),
    "columns": lambda count: many(count, "renamed column"),
}


def sync_policy(side: Side) -> Json | None:
    """Return the sync's policy as a side's templates carry it, or None where there is no sync."""
    for resource in side.of_type(SYNC):
        try:
            policy = json.loads(resource.properties.get("Policy", ""))
        except (TypeError, ValueError):
            return None
        return policy if isinstance(policy, dict) else None
    return None


def sync_settings(before: Json | None, after: Json | None) -> tuple[SyncSetting, ...]:
    """Return the settings that change; none where one of the sides has no sync."""
    return tuple(_changed(before, after)) if before is not None and after is not None else ()


def setting_findings(settings: tuple[SyncSetting, ...]) -> Iterator[Finding]:
    """Yield what is to be decided: one finding for what got looser, one for the rest."""
    for looser in (True, False):
        details = tuple(f"{one.name}: {one.before} → {one.after}" for one in settings if one.looser is looser)
        if details and looser:
            message = "the sync becomes less careful with people: a run may do more than before"
            yield Finding("danger", "sync_looser", "user sync", message, details)
        elif details:
            yield Finding("attention", "sync_changed", "user sync", "the sync's settings change", details)


def _changed(before: Json, after: Json) -> Iterator[SyncSetting]:
    for key in sorted({*before, *after} - {"limits", "rules"}):
        if before.get(key) != after.get(key):
            yield SyncSetting(key, _said(before, key), _said(after, key), _looser(key, before, after))
    for name in ("removals", "updates", "creates"):
        old, new = (str(((one.get("limits") or {}).get(name) or {}).get("text", "none")) for one in (before, after))
        if old != new:
            yield SyncSetting(f"limits.{name}", old, new, _wider(old, new))
    yield from _rules(before, after)


def _said(policy: Json, key: str) -> str:
    value = policy.get(key)
    if key in _COUNTED:
        return _COUNTED[key](len(value or ()))
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else json.dumps(value).strip('"')


def _looser(key: str, before: Json, after: Json) -> bool:
    old, new = before.get(key), after.get(key)
    if key in _ORDERS:
        order = _ORDERS[key]
        return new in order and old in order and order.index(new) > order.index(old)
    if key in ("protected", "privileged"):
        return bool({*(old or ())} - {*(new or ())})
    return key in ("contact_center", "organization_id", "username_template") or (key == "provisioned" and not new)


def _wider(old: str, new: str) -> bool:
    """Return whether a limit lets more through; a count against a percentage could."""
    if old == "none" or new == "none":
        return new == "none"
    if old.endswith("%") != new.endswith("%"):
        return True
    return float(new.rstrip("% ")) > float(old.rstrip("% "))


def _rules(before: Json, after: Json) -> Iterator[SyncSetting]:
    old, new = before.get("rules") or [], after.get("rules") or []
    for index in range(max(len(old), len(new))):
        was, will = (rules[index] if index < len(rules) else None for rules in (old, new))
        if was != will:
            gave, gives = (_privileged(rule, after) for rule in (was, will))
            looser = bool(gives) and (gives != gave or (was or {}).get("match") != (will or {}).get("match"))
            yield SyncSetting(f"rules[{index}]", rule_in_words(was), rule_in_words(will), looser)


def _privileged(rule: Json | None, policy: Json) -> set[str]:
    """Return the privileged profiles that a rule gives; names of profiles know no case."""
    names = {str(name).casefold() for name in ("Admin", *(policy.get("privileged") or ()))}
    return names & {str(name).casefold() for name in (rule or {}).get("security_profiles", ())}


def rule_in_words(rule: Json | None) -> str:
    """Return a rule as a sentence; what could say who somebody is, is counted only."""
    if rule is None:
        return "none"
    parts = [f"{column} is {_patterns(column, patterns)}" for column, patterns in rule.get("match") or ()]
    who = " and ".join(parts) or "everybody"
    group = f", group {rule['hierarchy_group']}" if rule.get("hierarchy_group") else ""
    phone = rule.get("phone") or {}
    work = f", {phone['after_contact_work_seconds']} s after-contact work" * bool(
        phone.get("after_contact_work_seconds")
    )
    accept = ", auto-accept" * bool(phone.get("auto_accept"))
    gets = ", ".join(rule.get("security_profiles", ()))
    return f"{who}: {gets}, routed by {rule.get('routing_profile')}{group}{work}{accept}"


def _patterns(column: str, patterns: list[str]) -> str:
    if str(column).lower() in _SHOWN_COLUMNS:
        return " or ".join(map(str, patterns))
    return f"one of {many(len(patterns), 'value')}"

"""Warnings about a config that is allowed, and likely not what was meant.

Works on the file as read, beside `agreement`. Must not raise an error: whoever means it may do it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contact_center import username
from contact_center.agreement import Tree, arrangement
from contact_center.export_location import parse_location
from contact_center.source import KeyPath
from user_sync.model import Problem
from user_sync.policy import Rule
from user_sync.rule_advice import contradictory, unreachable


def advice(tree: Tree) -> Iterator[Problem]:
    """Yield the warnings."""
    yield from _sign_on(tree)
    yield from _rules(tree)
    yield from _exports(tree)


def _sign_on(tree: Tree) -> Iterator[Problem]:
    provisioned = tree.text("sign_on", "salesforce", "contact_center") == "provisioned"
    if provisioned and ("sign_on", "role") not in tree.source.marks:
        message = (
            f"Salesforce has made a role {tree.text('name')}-SAMLRole for a provisioned contact center, and a second "
            "one by that name fails: give that role's ARN as sign_on.role"
        )
        yield tree.problem(("sign_on", "salesforce", "contact_center"), "role_exists", message, "warning")
    setting = tree.text("sign_on", "username")
    if setting and not username.fault(setting) and not username.UNIQUE_COLUMNS & set(username.places(setting)):
        message = (
            f"{setting} is neither unique nor stable: two people may share it, and who changes it is locked out; "
            "salesforce_voice names the person's id"
        )
        yield tree.problem(("sign_on", "username"), "username_not_unique", message, "warning")
    third_party = tree.section("sign_on", "third_party")
    if third_party is not None and arrangement(tree) not in ("salesforce", None) and "login_url" not in third_party:
        message = "login_url is missing: without it there are no sign-in links through the third party"
        yield tree.problem(("sign_on", "third_party", "login_url"), "login_url_missing", message, "warning")


def _rules(tree: Tree) -> Iterator[Problem]:
    given: dict[int, Rule] = {}
    for index, rule in enumerate(tree.items("users", "rules")):
        here: KeyPath = ("users", "rules", index)
        match = rule.get("match") if isinstance(rule, dict) else None
        if not isinstance(match, dict):
            continue
        pairs = ((str(key), tuple(map(str, tree.items(*here, "match", key)))) for key in match)
        given[index] = Rule(tuple(pairs), (), "")
        if "permission_set" in match and ("users", "permission_sets") not in tree.source.marks:
            message = "permission_set is matched, and users.permission_sets names no second export"
            yield tree.problem((*here, "match", "permission_set"), "permission_sets_not_given", message, "warning")
        disabled = f"{tree.text('name')}-disabled".casefold()
        for position, profile in enumerate(tree.items(*here, "security_profiles")):
            if isinstance(profile, str) and profile.casefold() == disabled:
                message = f"{profile} is the profile of people who lost their access: a rule should not give it"
                yield tree.problem((*here, "security_profiles", position), "profile_reserved", message, "warning")
    yield from _of_no_use(tree, given)


def _of_no_use(tree: Tree, given: Mapping[int, Rule]) -> Iterator[Problem]:
    """Yield rules that can never decide about anybody, whatever the export."""
    indexes, rules = list(given), list(given.values())
    for later, earlier in unreachable(rules):
        before = f"users.rules[{indexes[earlier]}]"
        message = f"nobody gets to this rule: {before} takes all whom it means; move it up or delete it"
        yield tree.problem(("users", "rules", indexes[later], "match"), "rule_unreachable", message, "warning")
    for index, text in contradictory(rules):
        yield tree.problem(("users", "rules", indexes[index], "match"), "rule_contradictory", text, "warning")


def _exports(tree: Tree) -> Iterator[Problem]:
    for key in ("export", "permission_sets"):
        text = tree.text("users", key)
        try:
            location = parse_location(text) if text else None
        except ValueError:
            continue
        if location and location.version_id is None:
            message = "no version is pinned, so a deployment cannot see that the object changed: add ?versionId=…"
            yield tree.problem(("users", key), "export_not_pinned", message, "warning")

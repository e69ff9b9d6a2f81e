"""The plan as one page for whoever reviews it: removals and privileges first, limits against actual, digests.

A pure function of the plan, without a clock: the same plan gives the same bytes. It holds people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from user_sync.errors import Refused
from user_sync.model import REMOVALS, Action, Change
from user_sync.page import heading, note, page, table, verdict
from user_sync.plan import Plan, gives_privilege, takes_privilege
from user_sync.policy import Limit
from user_sync.report import changed_text, problem_table

# Whoever reviews reads what cannot be undone first.
_ORDER = (Action.DELETE, Action.REPLACE, Action.DISABLE, Action.ADOPT, Action.UPDATE, Action.CREATE)
_MOST_UNMANAGED = 500


def plan_html(plan: Plan, refused: Sequence[Refused], digests: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        plan: as planned.
        refused: what safety says against it.
        digests: of what it was made from.
    """
    return page(f"User plan of {plan.policy.contact_center}", _parts(plan, refused, digests))


def _parts(plan: Plan, refused: Sequence[Refused], digests: Mapping[str, str]) -> Iterator[str]:
    yield _verdict(plan, refused)
    yield table(("", ""), _facts(plan))
    yield heading("Limits against actual")
    yield table(("Kind", "Users", "Limit", "Allowed", "Result"), _limits(plan))
    yield heading("Privileged security profiles")
    yield table(("Username", "Security profile", "Gets or loses", "By"), _privileges(plan))
    for action in _ORDER:
        changes = [change for change in plan.changes if change.action is action]
        if changes:
            yield heading(f"{action.value.capitalize()} {len(changes)}")
            yield table(("Username", "What", "Why"), map(_change, changes))
    yield heading("Left as they are")
    yield from _bystanders(plan)
    yield heading("Rules")
    yield table(("Rule", "Who", "Gets"), _rules(plan))
    yield heading("Problems")
    yield problem_table(problem.as_json() for problem in plan.problems)
    yield heading("Made from")
    yield table(("", ""), [(name.replace("_", " "), digest or "none") for name, digest in digests.items()])


def _verdict(plan: Plan, refused: Sequence[Refused]) -> str:
    if refused:
        reasons = [f"{refusal.code}: {refusal.message}" for refusal in refused]
        return verdict("Refused: nothing of this will be written", kind="bad", reasons=reasons)
    if plan.changes:
        return verdict(f"Within all limits: {len(plan.changes)} changes to apply", kind="change")
    return verdict("Nothing to do", kind="good")


def _facts(plan: Plan) -> list[tuple[str, object]]:
    total, seconds = plan.operations.total(), max(1, plan.estimated_seconds)
    rate = f"{plan.policy.requests_per_second:g} a second for each operation"
    return [
        ("Instance", plan.current.instance_arn),
        ("Users in the export", plan.people),
        ("Managed users in the instance", plan.managed),
        ("Unchanged", plan.unchanged),
        ("Rows left out for an error", plan.rejected),
        ("Requests", f"{total}, about {seconds} s at {rate}" if total else "none"),
    ]


def _limits(plan: Plan) -> Iterator[tuple[object, ...]]:
    limits = plan.policy.limits
    kinds: tuple[tuple[str, int, Limit], ...] = (
        ("Removals (disable, delete, replace)", plan.count(*REMOVALS), limits.removals),
        ("Updates (update, adopt)", plan.count(Action.UPDATE, Action.ADOPT), limits.updates),
        ("Creates", plan.count(Action.CREATE), limits.creates),
    )
    for name, actual, limit in kinds:
        allowed = limit.allowed(plan.managed)
        within = allowed is None or actual <= allowed
        yield name, actual, limit.text, "any" if allowed is None else allowed, "within" if within else "ABOVE"


def _privileges(plan: Plan) -> Iterator[tuple[str, ...]]:
    for change in plan.changes:
        for profile in plan.privileged_profiles:
            if takes_privilege(change, profile) and change.current:
                yield change.current.username, profile, "loses", change.action.value
            if gives_privilege(change, profile):
                yield change.username, profile, "gets", change.action.value


def _change(change: Change) -> tuple[str, str, str]:
    what = changed_text([field.as_json() for field in change.fields])
    return change.username, what or "only our tags are added", change.why


def _rules(plan: Plan) -> Iterator[tuple[str, str, str]]:
    for index, rule in enumerate(plan.policy.rules):
        who = "; ".join(f"{key}: {' or '.join(values)}" for key, values in rule.match) or "everyone"
        groups = [rule.hierarchy_group] if rule.hierarchy_group else []
        yield (
            f"users.rules[{index}]",
            who,
            "; ".join([", ".join(rule.security_profiles), rule.routing_profile, *groups]),
        )


def _bystanders(plan: Plan) -> Iterator[str]:
    if plan.kept:
        yield note(f"{len(plan.kept)} managed users are not among the export's and stay (users.missing_users):")
        yield table(("Username", "Why"), plan.kept)
    if plan.unmanaged:
        people = list(plan.unmanaged_users())
        more = f"; the first {_MOST_UNMANAGED} of them" if len(people) > _MOST_UNMANAGED else ""
        yield note(f"{plan.unmanaged} users of the instance are not this owner's and never changed{more}:")
        yield table(("Username", "Why"), people[:_MOST_UNMANAGED])
    if not plan.kept and not plan.unmanaged:
        yield note("Nobody beside those who are unchanged.")

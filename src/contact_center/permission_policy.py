"""Whether the federation role lets its sessions sign in to the instance, and do nothing else.

Service control policies of the organization are not among a role's policies: nobody but the organization's
management account can read them, so what they refuse shows in CloudTrail only. The three documented forms of
the grant: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contact_center.checks import Check, failed, not_judged, passed
from contact_center.deployed import Absent, Policy, Unread
from contact_center.iam_policy import Statement, read_statements, requirements
from contact_center.nearest import shown
from contact_center.places import Places

FEDERATE = "connect:GetFederationToken"
# In a session of a role: "{role id}:{RoleSessionName}".
_CALLER = "${aws:userid}"
_ON_SCREEN = "the screen says 'Please contact your AWS account administrator for assistance'"


def judge_permissions(policies: Sequence[Policy], instance_arn: str, places: Places) -> tuple[Check, Check]:
    """Return whether the role's policies allow the sign-in, and whether they allow more.

    Args:
        policies: inline and attached ones.
        instance_arn: of the instance to sign in to.
    """
    return _grant(policies, instance_arn, places), _nothing_else(policies, instance_arn, places)


def judge_boundary(boundary: Policy | Absent | Unread | None, instance_arn: str, places: Places) -> Check:
    """Return whether the role's permissions boundary lets the sign-in through.

    Args:
        boundary: None where the role has none.
    """
    name, page = "role_boundary", places.role_page("Permissions boundary")
    if boundary is None:
        return passed(name, "the role has no permissions boundary")
    if isinstance(boundary, Unread):
        return not_judged(name, boundary.why, boundary.fix)
    if isinstance(boundary, Absent):
        message = "the policy that is the role's permissions boundary does not exist: nothing is allowed"
        return failed(name, message, f"{page}: take it off, or make the policy again")
    says = _Verdict.of([boundary], instance_arn)
    if says.allowed and not says.refuses:
        return passed(name, f"the permissions boundary {boundary.name} lets {FEDERATE} through")
    message = f"the permissions boundary {boundary.name} does not let {FEDERATE} on this instance through"
    return failed(name, f"{message}; {_ON_SCREEN}", f"{page}: add it to the boundary, or take the boundary off")


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What policies say of the sign-in.

    Attributes:
        allowed: some statement allows it, by what can be known beforehand.
        perhaps: one would, under a condition that is known only when somebody signs in.
        refuses: names of policies that deny it.
    """

    allowed: bool
    perhaps: bool
    refuses: tuple[str, ...]

    @classmethod
    def of(cls, policies: Sequence[Policy], instance_arn: str) -> _Verdict:
        user = f"{instance_arn}/user/{_CALLER}"
        allowed = perhaps = False
        refuses: dict[str, None] = {}
        for policy in policies:
            for one in read_statements(policy.document):
                if not one.takes_action(FEDERATE) or not one.takes_resource(user):
                    continue
                met = _holds(one, instance_arn)
                if not one.allows and met is not False:
                    refuses[policy.name] = None
                allowed |= one.allows and met is True
                perhaps |= one.allows and met is None
        return cls(allowed, perhaps, tuple(refuses))


def _holds(statement: Statement, instance_arn: str) -> bool | None:
    """Return whether a statement's conditions hold for a sign-in; None where that is not known beforehand."""
    known = {"connect:instanceid": instance_arn.rpartition("/")[2]}
    answers: list[bool | None] = []
    for test in requirements(statement.conditions):
        value = known.get(test.key.lower())
        answers.append(test.takes(value) if value is not None and test.is_about(test.key) else None)
    return False if False in answers else None if None in answers else True


def _grant(policies: Sequence[Policy], instance_arn: str, places: Places) -> Check:
    name, says = "role_permissions", _Verdict.of(policies, instance_arn)
    if says.refuses:
        message = f"{' and '.join(says.refuses)} denies {FEDERATE} on this instance; {_ON_SCREEN}"
        return failed(name, message, _fix(places, "take the Deny statement out"))
    if says.allowed:
        return passed(name, f"the role allows {FEDERATE} on this instance")
    if says.perhaps:
        message = f"the role allows {FEDERATE} under conditions that are known only when somebody signs in"
        return _more(name, message, "take the conditions out", places)
    message = f"the role's {len(policies)} policies do not allow {FEDERATE} on this instance; {_ON_SCREEN}"
    return failed(name, message, _fix(places, f"allow {FEDERATE} on {instance_arn}/user/{_CALLER}"))


def _nothing_else(policies: Sequence[Policy], instance_arn: str, places: Places) -> Check:
    name = "role_allows_nothing_else"
    beyond = sorted({text for policy in policies for text in _beyond(policy, instance_arn)})
    if not beyond:
        return passed(name, "the role's sessions may do nothing else")
    more = f" and {len(beyond) - 5} more" if len(beyond) > 5 else ""
    message = f"the role's sessions may do more than sign in: {', '.join(beyond[:5])}{more}"
    return _more(name, message, "take that out: every agent may do it", places)


def _beyond(policy: Policy, instance_arn: str) -> Iterator[str]:
    """Yield what a policy allows beyond the sign-in to this instance."""
    for one in read_statements(policy.document):
        if not one.allows:
            continue
        if one.except_actions:
            yield f"all but a few actions ({policy.name})"
            continue
        yield from (f"{shown(action)} ({policy.name})" for action in one.actions if action.lower() != FEDERATE.lower())
        if any(action.lower() == FEDERATE.lower() for action in one.actions) and not _this_only(one, instance_arn):
            yield f"{FEDERATE} beyond this instance ({policy.name})"


def _this_only(statement: Statement, instance_arn: str) -> bool:
    instance_id = instance_arn.rpartition("/")[2]
    bound = any(
        test.is_about("connect:InstanceId") and set(test.values) == {instance_id}
        for test in requirements(statement.conditions)
    )
    # Salesforce's own template leaves the Region open.
    form = re.compile(rf"arn:[^:]+:connect:[^:]*:[^:]*:instance/{re.escape(instance_id)}/user/{re.escape(_CALLER)}")
    by_resource = not statement.except_resources and all(form.fullmatch(one) for one in statement.resources)
    return bound or by_resource


def _fix(places: Places, what: str) -> str:
    page = places.role_page("Permissions")
    return places.undo(page, what) if places.role_is_ours else f"{page}: {what}"


def _more(name: str, message: str, what: str, places: Places) -> Check:
    if places.role_is_ours:
        return failed(name, message, _fix(places, what))
    return passed(name, message, f"if that is not meant, {_fix(places, what)}")

"""Whether the federation role is there, and gives sessions as long as the config says.

Its trust is judged in `trust_policy`, what it allows in `permission_policy`.
"""

from __future__ import annotations

from contact_center.checks import Check, failed, not_judged, passed
from contact_center.deployed import Absent, Role, Unread
from contact_center.places import Places


def judge_role(found: Role | Absent | Unread, places: Places) -> Check:
    """Return whether the role is there."""
    if isinstance(found, Unread):
        return not_judged("role", found.why, found.fix)
    if isinstance(found, Absent):
        message = f"IAM has no role {places.role_name}: nobody can sign in"
        if not places.role_is_ours:
            return failed("role", message, f"correct sign_on.role in {places.file}, or make the role again")
        fix = (
            f"where the stack was never deployed: {places.deploy_sign_on}; where somebody deleted it: make it again "
            "with its name, trust and policy, which is a new role to Amazon Connect (docs/sign-in-fails.md)"
        )
        return failed("role", message, fix)
    given = places.config.sign_on.role
    if given and found.arn != given:
        message = f"the role of this name in IAM is {found.arn}, and sign_on.role is {given}: they must be equal"
        return failed("role", message, f"correct sign_on.role in {places.file}: the app's Role attribute comes from it")
    return passed("role", f"IAM has the role {found.arn}")


def judge_session_hours(role: Role, places: Places) -> Check:
    """Return whether the role's sessions may last as long as `sign_on.session_hours`."""
    name, hours = "role_session_hours", places.config.sign_on.session_hours
    has = role.longest_session_seconds
    page = places.role_page("Maximum session duration")
    if has < hours * 3600:
        message = (
            f"the role's sessions last at most {_hours(has)}, and sign_on.session_hours is {hours}: a response "
            f"that asks for {hours * 3600} seconds is refused"
        )
        return failed(name, message, places.undo(page, f"{hours} hours"))
    longer = has > hours * 3600 and places.role_is_ours
    advice = places.undo(page, f"{hours} hours, as the config says") if longer else ""
    return passed(name, f"the role's sessions last at most {_hours(has)}", advice)


def _hours(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours} hours" if not rest else f"{seconds} seconds"

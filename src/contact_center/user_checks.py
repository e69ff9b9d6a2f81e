"""Whether Amazon Connect has the user that a response names, and lets them see the page.

The instance's users and profiles are given. Sources: Amazon Connect administrator guide, "Troubleshoot SAML
with Amazon Connect" (the texts on the screen) and "List of security profile permissions".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from contact_center.checks import Check, failed, not_judged, passed
from contact_center.expected import Expected
from contact_center.nearest import listed, shown
from contact_center.username_difference import Difference, Held, fits_template, nearest_user
from user_sync.policy import Policy

# "Access Contact Control Panel"; the agent workspace has the panel in it.
PANEL = "BasicAgentAccess"
_PANEL_PAGES = re.compile(r"(/connect)?/(ccp(-v2)?|agent-app(-v2)?)(/.*)?")


def judge_user(sent: str, users: Sequence[Held], expected: Expected, policy: Policy, *, row: int | None) -> Check:
    """Return whether the instance has a user of exactly this name.

    Args:
        sent: the RoleSessionName.
        users: those of the instance; the one alone where it was found.
        policy: template and organization of the username.
        row: where the export has a person with exactly this username; None where it has none, or was not read.
    """
    if any(user.username == sent for user in users):
        return passed("user", f"Amazon Connect has the user {sent}, to the letter")
    near = nearest_user(sent, users, policy.username_template)
    other = f"; {near.message}" if near else f", nor one like it among its {len(users)}"
    message = f"Amazon Connect has no user {sent}{other}"
    fixes = [_fix(near, expected)] if near else []
    if row is not None:
        fixes.insert(0, f"the export has this username in row {row}: connect-sso users plan, then apply")
    elif not near and not fits_template(sent, policy.username_template, policy.organization_id):
        message += f"; it has not the form {policy.username_template} of organization {policy.organization_id}"
        fixes.append(f"correct the RoleSessionName of {expected.app}, or sign_on.username")
    elif not near:
        fixes.append("see in connect-sso users plan whether the person is in the export, active, and matched by a rule")
    screen = "the screen says 'authenticated, but has not been onboarded to this application'"
    return failed("user", f"{message}; {screen}", "; or ".join(fixes))


def _fix(near: Difference, expected: Expected) -> str:
    if near.how == "case":
        return (
            f"correct the case where the name is formed ({expected.app}); ids that differ in case are two people's, "
            "and then this person has no user yet: connect-sso users plan"
        )
    if near.how == "id_length":
        return (
            f"let the RoleSessionName of {expected.app} have 15-character ids (formulas give $User.Id with 15; "
            "LEFT(…, 15) cuts a field); a Connect user with 18 was made by hand: connect-sso users plan"
        )
    if near.place == "OrganizationId":
        return "the ids are of another organization (a refreshed sandbox?): see sign_on.salesforce.organization_id"
    if near.how == "part":
        return (
            "it was changed in Salesforce after the Connect user was made, and Connect cannot rename: change it back, "
            "or set users.renamed_users: replace and see connect-sso users plan"
        )
    return "compare the two letter by letter, and correct the one that is wrong"


def judge_security_profile(
    profiles: Sequence[str], permissions: frozenset[str] | None, page: str | None, policy: Policy
) -> Check:
    """Return whether the user's security profiles let them see where the relay state leads.

    Args:
        profiles: names of the user's.
        permissions: of all of them together; None where they could not be read.
        page: destination of the relay state; None where there is none.
        policy: for the name of the profile without permissions.
    """
    name = "security_profile"
    have = listed([shown(profile) for profile in profiles]) if profiles else "none"
    if set(profiles) == {policy.disabled_profile}:
        message = f"the user is disabled: {policy.disabled_profile} is their only security profile"
        fix = "make the person active in Salesforce, export again, then connect-sso users plan and apply"
        return failed(name, message, fix)
    if page is None or not _PANEL_PAGES.fullmatch(page):
        where = f"what {shown(page)} needs is not known here" if page else "no page was captured"
        fix = "AWS lists what a page needs under 'security profile permissions'" if page else ""
        return not_judged(name, f"{where}; the user's security profiles: {have}", fix)
    if permissions is None:
        fix = "grant connect:ListSecurityProfilePermissions on the instance's security profiles"
        return not_judged(name, f"the permissions of the security profiles ({have}) could not be read", fix)
    if PANEL not in permissions:
        message = f"none of the user's security profiles ({have}) has the permission {PANEL}, which {shown(page)} needs"
        fix = (
            "give 'Access Contact Control Panel' to the profile (Amazon Connect, Users, Security profiles), or another "
            "profile in users.rules, then connect-sso users plan and apply"
        )
        return failed(name, message, fix)
    return passed(name, f"the user's security profiles ({have}) grant {shown(page)}")

"""Why AWS refuses a sign-in, in words, and what to do: by the error of the step that refused.

Texts: IAM user guide, "Troubleshoot SAML federation with IAM"; Amazon Connect administrator guide,
"Troubleshoot SAML with Amazon Connect"; STS and Connect API references.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contact_center.nearest import shown

# An error that is not known here is quoted, and could quote the NameID.
_EMAIL = re.compile(r"\S+@\S+")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why AWS refuses, and what to do.

    Attributes:
        event: name of the step that says so.
        code, text: patterns of the error's code and message.
        means: in words.
    """

    event: str
    code: str
    text: str
    means: str
    fix: str


_ROLE, _CONNECT = "AssumeRoleWithSAML", "GetFederationToken"
_REASONS = (
    Reason(
        _ROLE,
        "InvalidIdentityToken",
        "Issuer not present",
        "the response is of another identity provider than the SAML provider's metadata",
        "see the checks …_issuer; correct the provider's ARN in the app's Role attribute, or the config's metadata",
    ),
    Reason(
        _ROLE,
        "InvalidIdentityToken",
        "signature",
        "the response is signed with a certificate that the SAML provider does not have",
        "download the identity provider's metadata again, name it beside the old one in the config and deploy "
        "(docs/certificate-rollover.md)",
    ),
    Reason(
        _ROLE,
        "InvalidIdentityToken",
        "provider doesn't exist|provider does not exist",
        "the response names a SAML provider that does not exist",
        "see the checks …_provider, and the provider's ARN in the app's Role attribute",
    ),
    Reason(
        _ROLE,
        "InvalidIdentityToken",
        "audience",
        "the response is for another audience",
        "AWS documents urn:amazon:webservices as the app's audience (entity id of the service provider)",
    ),
    Reason(
        _ROLE,
        "ExpiredToken",
        "",
        "the response was older than five minutes, or a clock is wrong",
        "sign in again, not with the browser's back button or a bookmark of the sign-in page; if new responses are "
        "refused too, set the identity provider's clock",
    ),
    Reason(
        _ROLE,
        "AccessDenied",
        "TagSession",
        "the response has session tags, and the role does not take them",
        "set sign_on.session_tags: true and deploy, or take the PrincipalTag attributes out of the app",
    ),
    Reason(
        _ROLE,
        "AccessDenied",
        "",
        "the role does not trust this response: its provider, its recipient, or the pair in its Role attribute",
        "see the checks …_trust and …_audience; then compare the app's Role attribute and its ACS URL with the kit's; "
        "with all of that right, a service control policy of the organization may refuse it",
    ),
    Reason(
        _ROLE,
        "ValidationError",
        "DurationSeconds|MaxSessionDuration",
        "the response asks for a longer session than the role gives",
        "see the check role_session_hours; send SessionDuration = 3600 × sign_on.session_hours at most",
    ),
    Reason(
        _ROLE,
        "ValidationError|InvalidIdentityToken",
        "RoleSessionName",
        "the RoleSessionName is missing, too long, or holds a letter that AWS does not take",
        "correct the app's RoleSessionName: 2 to 64 of A-Z a-z 0-9 _ . @ -",
    ),
    Reason(
        _ROLE,
        "RegionDisabled",
        "",
        "STS is not activated in the Region of the sign-in address",
        "IAM, Account settings: activate the Region's endpoint, or let the app post to the global address",
    ),
    Reason(
        _CONNECT,
        "UserNotFound",
        "",
        "Amazon Connect has no user of exactly this name ('has not been onboarded to this application')",
        "connect-sso doctor --user with this username says which is the nearest, and why",
    ),
    Reason(
        _CONNECT,
        "AccessDenied",
        "",
        "the role may not sign in to this instance ('contact your AWS account administrator')",
        "see the checks role_permissions and role_boundary, and the instance's id in the relay state",
    ),
    Reason(
        _CONNECT,
        "DuplicateResource",
        "",
        "the user came in through another role before, and stays bound to it",
        "use one role for the instance: the one that the user first came in with, as sign_on.role",
    ),
)


def reason(event: str, code: str, message: str, username: str | None) -> tuple[str, str]:
    """Return what a refusal means, and what to do.

    Args:
        event: name of the step, such as ``AssumeRoleWithSAML``.
        code, message: of its error.
        username: of whoever was refused, the only address that may be told.
    """
    for one in _REASONS:
        if one.event == event and re.search(one.code, code) and re.search(one.text, message, re.IGNORECASE):
            return one.means, one.fix
    said = _EMAIL.sub(lambda match: match[0] if match[0].strip(".,;:'\"") == username else "…", message)
    text = f"AWS says {code}" + (f": {shown(said, 160)}" if said else "")
    return text, "capture the response in the browser and give it to connect-sso explain"

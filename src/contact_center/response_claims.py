"""What an assertion claims for AWS: role and provider, the session's name, tags and length.

Each function judges one claim against the config. Must not know the signature, nor the instance's users.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

from __future__ import annotations

import re
from datetime import datetime

from contact_center.checks import Check, failed, passed
from contact_center.expected import Expected
from contact_center.metadata_entity import parse_moment
from contact_center.nearest import shown
from contact_center.saml_response import Statement
from user_sync.identity import ALLOWED_LETTERS, is_username, name_letters

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
ROLE, SESSION_NAME, DURATION = (f"{ATTRIBUTES}{name}" for name in ("Role", "RoleSessionName", "SessionDuration"))
_TAG, _TRANSITIVE, _SOURCE = (
    f"{ATTRIBUTES}{name}" for name in ("PrincipalTag:", "TransitiveTagKeys", "SourceIdentity")
)
# AssumeRoleWithSAML: DurationSeconds, in seconds; tags of a session.
SHORTEST, LONGEST = 900, 43_200
MOST_TAGS, LONGEST_TAG_KEY, LONGEST_TAG_VALUE = 50, 128, 256


def session_name(statement: Statement) -> str | None:
    """Return the RoleSessionName, or None where there is not exactly one."""
    values = statement.attributes.get(SESSION_NAME, ())
    return values[0] if len(values) == 1 else None


def role_pairs(statement: Statement) -> tuple[tuple[str, str], ...]:
    """Return the (role ARN, provider ARN) pairs that are claimed, whatever their order in the value."""
    pairs = []
    for value in statement.attributes.get(ROLE, ()):
        first, comma, second = value.partition(",")
        if comma and "," not in second:
            pairs.append((second, first) if ":saml-provider/" in first else (first, second))
    return tuple(pairs)


def judge_role(statement: Statement, expected: Expected) -> Check:
    """Return whether one of the claimed pairs is the config's role and the issuer's provider.

    Args:
        expected: whose account may be unknown; any account is taken then.
    """
    values = statement.attributes.get(ROLE, ())
    fix = f"send Role = {expected.provider_arn},{expected.role_arn} from {expected.app}"
    if not values:
        return failed("role", _missing(statement, ROLE), fix)
    pairs = role_pairs(statement)
    if any(expected.is_pair(role, provider) for role, provider in pairs):
        if len(values) > 1:
            message = f"the config's role is among {len(values)} that are claimed: AWS shows a page to choose from"
            return passed("role", message, f"send one Role only from {expected.app}: a softphone cannot choose")
        return passed("role", f"the pair is the config's: {shown(','.join(pairs[0]), 200)}")
    if not pairs:
        return failed("role", f"Role is {shown(values[0], 200)}, and not role ARN and provider ARN with a comma", fix)
    role, provider = next((pair for pair in pairs if expected.is_role(pair[0])), pairs[0])
    if not expected.is_role(role):
        message = _difference("role", role, expected.role_arn)
    elif expected.is_any_provider(provider):
        message = f"Role names the SAML provider {shown(provider, 150)}, and the issuer is the one of another"
    else:
        message = _difference("SAML provider", provider, expected.provider_arn)
    return failed("role", message, fix)


def _difference(what: str, got: str, wanted: str) -> str:
    if got.strip() != got or got.strip() == wanted:
        how = "has a space or line break beside it"
    elif got.casefold() == wanted.casefold():
        how = "differs in upper and lower case, which IAM tells apart"
    elif got.split(":")[4:5] != wanted.split(":")[4:5] and got.split(":")[5:] == wanted.split(":")[5:]:
        how = "is in another account"
    else:
        how = "is another one"
    return f"the {what} {how}: got {shown(got, 150)}, the config's is {wanted}"


def judge_session_name(statement: Statement, expected: Expected) -> Check:
    """Return whether the RoleSessionName can be the name of a Connect user at all."""
    name = "role_session_name"
    values = statement.attributes.get(SESSION_NAME, ())
    formula = (
        f"the RoleSessionName of {expected.app}, which must come out as {expected.config.sign_on.username_template}"
    )
    if not values:
        return failed(name, _missing(statement, SESSION_NAME), f"add {formula}")
    if len(values) > 1:
        return failed(
            name, f"RoleSessionName has {len(values)} values, and AWS takes exactly one", f"correct {formula}"
        )
    text = values[0]
    if bad := list(dict.fromkeys(re.findall(r"[^A-Za-z0-9_.@-]", text))):
        message = f"RoleSessionName holds {name_letters(bad)}; allowed are {ALLOWED_LETTERS}"
        return failed(name, message, f"correct {formula}, or the person's own data behind it")
    if not is_username(text):
        message = f"RoleSessionName has {len(text)} characters, and AWS takes 2 to 64"
        return failed(name, message, f"correct {formula}")
    return passed(name, f"RoleSessionName is {text}")


def judge_session_tags(statement: Statement, expected: Expected) -> Check:
    """Return whether the role's trust lets the claimed session tags and source identity in."""
    name, sign_on = "session_tags", expected.config.sign_on
    tags = {key: values for key, values in statement.attributes.items() if key.startswith(_TAG)}
    transitive = _TRANSITIVE in statement.attributes
    if _SOURCE in statement.attributes:
        message = "SourceIdentity is sent, and the role does not trust sts:SetSourceIdentity: AWS refuses the sign-in"
        return failed(name, message, f"take SourceIdentity out of {expected.app}")
    if not tags and not transitive:
        return passed(name, "no session tags are sent")
    keys = ", ".join(shown(key.removeprefix(_TAG)) for key in sorted(tags)[:5]) or "TransitiveTagKeys"
    if not sign_on.session_tags:
        message = f"session tags are sent ({keys}), and the role does not trust sts:TagSession: AWS refuses the sign-in"
        fix = f"take the PrincipalTag attributes out of {expected.app}, or set sign_on.session_tags: true and deploy"
        return failed(name, message, fix)
    for key, values in tags.items():
        bare = key.removeprefix(_TAG)
        if len(values) != 1 or not 1 <= len(bare) <= LONGEST_TAG_KEY or len(values[0]) > LONGEST_TAG_VALUE:
            message = (
                f"the session tag {shown(bare)} has not one value of at most {LONGEST_TAG_VALUE} characters, "
                f"or its key is longer than {LONGEST_TAG_KEY}"
            )
            return failed(name, message, f"correct it in {expected.app}")
    if len(tags) > MOST_TAGS:
        return failed(
            name, f"{len(tags)} session tags are sent, and AWS takes {MOST_TAGS}", f"send fewer: {expected.app}"
        )
    return passed(name, f"session tags are sent ({keys}), and sign_on.session_tags lets the role trust them")


def judge_duration(statement: Statement, expected: Expected, now: datetime) -> Check:
    """Return whether the role gives a session as long as is asked for.

    Args:
        now: with time zone.
    """
    name, hours = "duration", expected.config.sign_on.session_hours
    values = statement.attributes.get(DURATION, ())
    right = f"send SessionDuration = {3600 * hours} from {expected.app}"
    if len(values) > 1 or (values and not re.fullmatch(r"\d{1,9}", values[0], re.ASCII)):
        return failed(name, "SessionDuration is not one whole number of seconds", right)
    seconds = int(values[0]) if values else 3600
    if not SHORTEST <= seconds <= LONGEST:
        return failed(name, f"SessionDuration is {seconds}, and AWS takes {SHORTEST} to {LONGEST} seconds", right)
    if seconds > 3600 * hours and expected.config.sign_on.role is None:
        message = f"SessionDuration is {seconds} seconds, longer than the role's maximum of {hours} hours"
        return failed(name, message, f"{right}, or raise sign_on.session_hours and deploy")
    capped = _session_end(statement, seconds, expected, now)
    if capped is not None or values:
        return capped or passed(name, f"the session has {seconds} seconds")
    return passed(name, "SessionDuration is not sent: the AWS session has 1 hour", right if hours > 1 else "")


def _session_end(statement: Statement, seconds: int, expected: Expected, now: datetime) -> Check | None:
    """Return what SessionNotOnOrAfter makes of the session's length, or None where it changes nothing."""
    name = "duration"
    ends = [parse_moment(text) for text in statement.session_ends]
    end = min((moment for moment in ends if moment is not None), default=None)
    if None in ends:
        return failed(name, "SessionNotOnOrAfter is no moment in time", f"correct it in {expected.app}")
    if end is not None and end <= now:
        message = "SessionNotOnOrAfter has passed: the identity provider's own session is over"
        return failed(name, message, "sign in again")
    if end is None or (end - now).total_seconds() >= seconds:
        return None
    minutes = int((end - now).total_seconds() // 60)
    message = f"{seconds} seconds are asked for, and SessionNotOnOrAfter caps the session at {minutes} minutes"
    return passed(name, message, f"if that is too short, lengthen the identity provider's session ({expected.app})")


def _missing(statement: Statement, wanted: str) -> str:
    short = wanted.removeprefix(ATTRIBUTES)
    near = next((name for name in statement.attributes if _end(name) == short.casefold()), None)
    if near is not None and statement.attributes.get(wanted) is None:
        return f"the attribute is named {shown(near, 100)}, and must be {wanted} to the letter"
    return f"the attribute {short} is missing, or has no value: its full name is {wanted}"


def _end(name: str) -> str:
    return re.split(r"[/:#]", name)[-1].strip().casefold()

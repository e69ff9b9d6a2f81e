"""What AWS checks of a SAML response, in its order, and where it breaks.

Pure: the response, the config, the metadata and the moment are given; the user in Amazon Connect is for
the caller to look up. An earlier failure does not hide a later one; what cannot be judged without the earlier
one is told as not judged. Must not print the response: names of people beyond the username, keys, values
of attributes that AWS does not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from contact_center.checks import Check, failed, not_judged, passed
from contact_center.config import Config
from contact_center.expected import Expected, provider_name
from contact_center.metadata_entity import parse_moment
from contact_center.nearest import shown
from contact_center.providers import IdentityProvider
from contact_center.response_address import judge_audience, judge_recipient, judge_relay_state
from contact_center.response_claims import (
    judge_duration,
    judge_role,
    judge_session_name,
    judge_session_tags,
    role_pairs,
    session_name,
)
from contact_center.response_times import SKEW, judge_times
from contact_center.saml_capture import Capture
from contact_center.saml_response import (
    ENCRYPTED,
    NAMESPACES,
    Statement,
    parse_response,
    read_statement,
    status_codes,
    text_of,
)
from contact_center.saml_signature import judge_signature

# AssumeRoleWithSAML takes so many characters of base64.
MOST_CHARACTERS = 100_000
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_CLAIMS = ("times", "recipient", "audience", "role", "role_session_name", "session_tags", "duration")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What can be said of a response without asking the instance.

    Attributes:
        username: the RoleSessionName; None where there is not exactly one that could be read.
        provider: name of the configured SAML provider that issued it; None for a stranger.
        role: ARN of the role that is asked for.
        checks: in AWS's order.
    """

    username: str | None
    provider: str | None
    role: str | None
    checks: tuple[Check, ...]
    expected: Expected


def judge_response(
    capture: Capture,
    config: Config,
    providers: Sequence[IdentityProvider],
    *,
    account: str | None,
    instance_id: str | None,
    now: datetime,
    live: bool = True,
) -> Judgement:
    """Return what AWS makes of a captured response.

    Args:
        providers: those of the config, with their metadata.
        account: AWS account of the role, where it is known.
        instance_id: of the Connect instance, where it is known.
        now: the moment to judge at, with time zone.
        live: whether that is the clock's time; a HAR's own time of the post is taken instead, then.

    Raises:
        ResponseUnusable: the document is not a SAML response.
    """
    root = parse_response(capture.document)
    expected = Expected(config, providers, None, account, instance_id)
    relay_state = judge_relay_state(capture.relay_state, expected, whole_post=capture.whole_post)
    characters = 4 * ((len(capture.document) + 2) // 3)
    if characters > MOST_CHARACTERS:
        message = f"the response has {characters:,} characters, and AWS takes {MOST_CHARACTERS:,}"
        fix = f"send fewer attributes (groups, most often) from {expected.app}"
        rest = _not_read(("status", "assertion", "issuer", "signature", *_CLAIMS), "the response is too long")
        return Judgement(None, None, None, (failed("parse", message, fix), *rest, relay_state), expected)
    before = (passed("parse", "a SAML 2.0 response"), _status(root), _assertion(root, expected))
    if root.find(".//saml:Assertion", NAMESPACES) is None:
        rest = _not_read(("issuer", "signature", *_CLAIMS), "there is no assertion to read")
        return Judgement(None, None, None, (*before, *rest, relay_state), expected)
    if live and capture.posted_at is not None and _plausible(root, capture.posted_at, now):
        now, live = capture.posted_at, False
    found = _judge_assertion(root, expected, now=now, live=live)
    return replace(found, checks=(*before, *found.checks, relay_state))


def _judge_assertion(root: etree._Element, expected: Expected, *, now: datetime, live: bool) -> Judgement:
    issuer, provider = _issuer(root, expected)
    expected = replace(expected, issuer=provider)
    certificates = provider.reading.certificates if provider and provider.reading else None
    verdict = judge_signature(root, certificates, now, expected.app)
    signature = verdict.check
    if provider is None and signature.ok:
        signature = not_judged("signature", "the issuer is not known, so neither is its key")
    name = provider_name(provider) if provider else None
    if verdict.assertion is None:
        rest = _not_read(_CLAIMS, "nobody can say which assertion AWS would read")
        return Judgement(None, name, None, (issuer, signature, *rest), expected)
    statement = read_statement(verdict.assertion)
    pairs = role_pairs(statement)
    role = next((pair[0] for pair in pairs if expected.is_role(pair[0])), pairs[0][0] if pairs else None)
    claims = _claims(statement, expected, now=now, live=live)
    return Judgement(session_name(statement), name, role, (issuer, signature, *claims), expected)


def _claims(statement: Statement, expected: Expected, *, now: datetime, live: bool) -> Iterator[Check]:
    yield judge_times(statement, now, expected.app, live=live)
    yield judge_recipient(statement, expected)
    yield judge_audience(statement, expected)
    yield judge_role(statement, expected)
    yield judge_session_name(statement, expected)
    yield judge_session_tags(statement, expected)
    yield judge_duration(statement, expected, now)


def _status(root: etree._Element) -> Check:
    codes = status_codes(root)
    if codes[:1] == (_SUCCESS,):
        return passed("status", "the identity provider says Success")
    said = " / ".join(shown(code.rpartition(":")[2], 40) for code in codes) or "nothing"
    fix = "see the identity provider's sign-in log: the person may lack the app (Salesforce: its permission set)"
    return failed("status", f"the identity provider itself refused the sign-in; its status is {said}", fix)


def _assertion(root: etree._Element, expected: Expected) -> Check:
    name = "assertion"
    if next(root.iter(ENCRYPTED), None) is not None:
        method = root.find(f".//{ENCRYPTED}//{{http://www.w3.org/2001/04/xmlenc#}}EncryptionMethod")
        algorithm = "" if method is None else (method.get("Algorithm") or "").rpartition("#")[2]
        message = (
            f"the assertion is encrypted ({shown(algorithm, 30)}): it cannot be read here, and AWS reads it only by a "
            "private key at the SAML provider, which this config does not put there"
        )
        return failed(name, message, f"switch assertion encryption off in {expected.app}, and keep signing on")
    assertion = root.find(".//saml:Assertion", NAMESPACES)
    if assertion is None:
        fix = f"see the status, and whether {expected.app} are those of SAML 2.0"
        return failed(name, "the response holds no assertion", fix)
    if not text_of(assertion.find("saml:Subject/saml:NameID", NAMESPACES)).strip():
        fix = f"choose a NameID (persistent is recommended) in {expected.app}"
        return failed(name, "the assertion's subject has no NameID, which AWS asks for", fix)
    return passed(name, "there is an assertion, not encrypted")


def _issuer(root: etree._Element, expected: Expected) -> tuple[Check, IdentityProvider | None]:
    """Return the check and the configured provider that the issuer is."""
    name = "issuer"
    got = text_of(root.find(".//saml:Assertion/saml:Issuer", NAMESPACES)).strip()
    outer = text_of(root.find("saml:Issuer", NAMESPACES)).strip()
    known = {item.reading.entity_id: item for item in expected.providers if item.reading and item.reading.entity_id}
    provider = known.get(got)
    if provider and outer and outer != got:
        message = "the response and its assertion name different issuers"
        return failed(name, message, "capture it again; no identity provider writes that"), provider
    if provider:
        return passed(name, f"the issuer {shown(got, 100)} is {provider_name(provider)}'s"), provider
    silent = [item for item in expected.providers if item.reading is None or item.reading.entity_id is None]
    if silent and got:
        names = " and ".join(provider_name(item) for item in silent)
        why = f"the issuer is {shown(got, 100)}, and there is no readable metadata of {names} to compare with"
        fix = "name the identity provider's metadata in the config (beside `provider`), and see connect-sso check"
        return not_judged(name, why, fix), silent[0] if len(silent) == 1 else None
    if not got:
        return failed(name, "the assertion names no issuer", f"correct it in {expected.app}"), None
    near = next((item for item in known if item and item.rstrip("/").casefold() == got.rstrip("/").casefold()), None)
    wanted = " or ".join(shown(item, 100) for item in known)
    how = "differs in case or at its end from" if near else "is none of the configured ones:"
    message = f"the issuer {shown(got, 100)} {how} {shown(near, 100) if near else wanted}"
    fix = (
        "download the metadata of this very identity provider (a sandbox and another My Domain have their own), name "
        f"it in sign_on, and deploy; or set the issuer to {shown(near or next(iter(known)), 100)} in {expected.app}"
    )
    return failed(name, message, fix), None


def _plausible(root: etree._Element, posted: datetime, now: datetime) -> bool:
    """Return whether a HAR's clock fits: nothing is posted before it is issued, or after it is looked at."""
    issued = parse_moment(root.get("IssueInstant") or "")
    return issued is not None and max(issued - posted, posted - now) < 5 * SKEW


def _not_read(names: Sequence[str], why: str) -> Iterator[Check]:
    return (not_judged(name, why) for name in names)

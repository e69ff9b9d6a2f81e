"""Whom a response is meant for, and where the person lands: recipient, audience, relay state.

Sources: IAM user guide, "Configure SAML assertions for the authentication response" and the condition key
`SAML:aud`, which is compared with the Recipient; Amazon Connect administrator guide, "Configure SAML".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from contact_center.checks import Check, failed, not_judged, passed
from contact_center.expected import Expected, provider_name
from contact_center.nearest import shown
from contact_center.saml_response import Statement
from contact_center.sign_in import assertion_consumer_url, audiences, relay_state

# AWS documents the URN; that its global sign-in address is taken as well is what identity providers rely on.
# Published set-ups of Salesforce have names instead: see _published_name.
_AUDIENCES = {
    "aws": ("urn:amazon:webservices", "https://signin.aws.amazon.com/saml"),
    "aws-us-gov": (
        "urn:amazon:webservices:govcloud",
        "urn:amazon:webservices",
        "https://signin.amazonaws-us-gov.com/saml",
    ),
}
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SIGN_IN = re.compile(r"https://(?:([a-z0-9-]+)\.)?signin\.(?:aws\.amazon|amazonaws-us-gov|amazonaws)\.(?:com|cn)/.*")


@dataclass(frozen=True, slots=True)
class RelayState:
    """A relay state, taken apart.

    Attributes:
        region: None where the address has none (GovCloud).
        destination: the page, None for the home page.
    """

    region: str | None
    instance_id: str
    destination: str | None


def judge_recipient(statement: Statement, expected: Expected) -> Check:
    """Return whether the response is meant for a sign-in address that the role trusts."""
    name, config = "recipient", expected.config
    accepted, best = audiences(config.region), assertion_consumer_url(config.region)
    fix = f"set the ACS URL (Single sign-on URL, Reply URL) to {best} in {expected.app}"
    if len(statement.confirmations) != 1:
        return not_judged(name, "there is not exactly one SubjectConfirmation")
    confirmation = statement.confirmations[0]
    if confirmation.method != _BEARER:
        return failed(name, "the SubjectConfirmation's method is not bearer", f"correct it in {expected.app}")
    got = confirmation.recipient
    if not got:
        return failed(name, "SubjectConfirmationData has no Recipient, which AWS asks for", fix)
    if got in accepted:
        return passed(name, f"the response is meant for {got}, which the role trusts (SAML:aud)")
    near = next((address for address in accepted if address.casefold() == got.strip().rstrip("/").casefold()), None)
    address = _SIGN_IN.fullmatch(got)
    if config.sign_on.role and address:
        why = f"{shown(got, 100)} is for the trust policy of {config.sign_on.role} to decide, which is not the config's"
        return not_judged(name, why, "see to it that SAML:aud in its trust policy lists the address")
    if near:
        how = f"differs from {near} in case or at its end, and SAML:aud is compared to the letter"
    elif "/saml/acs/" in got:
        how = "is for encrypted assertions, and the role does not trust it"
    elif got.startswith("https://") and ".sign-in.connect.aws/" in got:
        how = "is Global Resiliency's, and the role does not trust it"
    elif address:
        how = f"is AWS's, but the role trusts {' and '.join(accepted)} only"
    else:
        how = "is not AWS's: the response is for another service, and was perhaps replayed"
    return failed(name, f"the recipient {shown(got, 100)} {how}", fix)


def judge_audience(statement: Statement, expected: Expected) -> Check:
    """Return whether AWS is the audience; every restriction must name it."""
    name = "audience"
    accepted = _AUDIENCES[expected.config.partition]
    fix = f"set the entity id (Entity ID, Audience URI, Identifier) to {accepted[0]} in {expected.app}"
    if not statement.audiences:
        return failed(name, "the assertion names no audience", fix)
    told = ""
    for restriction in statement.audiences:
        if any(audience in accepted for audience in restriction):
            continue
        published = next(filter(None, (_published_name(audience, expected) for audience in restriction)), None)
        if published is None:
            got = shown(restriction[0], 100) if restriction else "empty"
            return failed(name, f"the audience is {got}, and AWS takes {' or '.join(accepted)}", fix)
        told = published
    if told:
        message = f"{told}; AWS documents {accepted[0]}, and that it takes the name is not verified"
        return passed(name, message, f"if AWS says 'Response does not contain the required audience', {fix}")
    return passed(name, f"the audience is {next(item for item in statement.audiences[0] if item in accepted)}")


def _published_name(audience: str, expected: Expected) -> str | None:
    """Return whose published set-up has an audience that is a mere name, or None.

    The entity id of Salesforce's app becomes the audience of its responses.
    """
    if audience == expected.config.name:
        # Salesforce Help, "Create Connected App" of Voice.
        return f"the audience is {audience}, the contact center's name, as Salesforce's set-up page has it"
    if expected.issuer and audience == provider_name(expected.issuer):
        # amazon-connect-salesforce-cti, "Configuring Salesforce as Your Identity Provider".
        return f"the audience is {audience}, the SAML provider's name, as AWS's guide to its Salesforce adapter has it"
    return None


def read_relay_state(text: str) -> RelayState | None:
    """Return the parts of a relay state, or None where it is not the address of a Connect instance."""
    try:
        parts = urlsplit(text)
        host, path, query = parts.hostname or "", parts.path, parse_qs(parts.query)
    except ValueError:
        return None
    region = re.fullmatch(r"([a-z0-9-]+)\.console\.aws\.amazon\.com", host)
    place = re.fullmatch(r"/connect/federate/([A-Za-z0-9-]{1,64})/?", path)
    if parts.scheme != "https" or place is None or not (region or host == "console.amazonaws-us-gov.com"):
        return None
    destination = next(iter(query.get("destination", ())), None)
    return RelayState(region[1] if region else None, place[1], destination)


def judge_relay_state(text: str | None, expected: Expected, *, whole_post: bool) -> Check:
    """Return whether the person lands at the config's instance.

    Args:
        text: as captured beside the response.
        whole_post: whether the post was captured as a whole, so that a missing one was not sent.
    """
    name, config = "relay_state", expected.config
    right = relay_state(config.region, expected.instance_id or "INSTANCE_ID")
    fix = f"set the relay state to {right} (Salesforce: the contact center's Relay State; others: {expected.app})"
    if not text and not whole_post:
        return not_judged(name, "no relay state was captured beside the response", "capture the whole form, or a HAR")
    found = read_relay_state(text or "")
    if not text:
        wrong = "no relay state is posted, so the browser lands in the AWS console"
    elif found is None:
        twice = "%" in text and read_relay_state(unquote(text)) is not None
        wrong = f"the relay state {'is percent-encoded twice' if twice else 'is not the address of a Connect instance'}"
    else:
        wrong = _wrong_place(found, expected)
        if not wrong:
            known = "" if expected.instance_id else " (which instance is right is not known here)"
            page = shown(found.destination) if found.destination else "the home page"
            return passed(name, f"the relay state leads to {page} of instance {found.instance_id}{known}")
    return failed(name, wrong, fix)


def _wrong_place(found: RelayState, expected: Expected) -> str:
    config = expected.config
    region = None if config.partition == "aws-us-gov" else config.region
    if found.region != region:
        return f"the relay state is in {found.region or 'GovCloud'}, the instance in {config.region}"
    if expected.instance_id and found.instance_id != expected.instance_id:
        return f"the relay state leads to instance {found.instance_id}, the config's is {expected.instance_id}"
    if found.destination and re.match(r"/connect(/|$)", found.destination) and config.instance.alias:
        return f"the page {shown(found.destination)} is of the old domain: a new instance has it without /connect"
    return ""

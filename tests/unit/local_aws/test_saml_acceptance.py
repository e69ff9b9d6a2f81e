"""What the emulated sign-in takes and what it refuses, with the reason that AWS gives."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from local_aws.identity_provider import Claims, IdentityProvider, _response, tampered
from local_aws.saml.metadata import NAMESPACES, MetadataRefused, Provider
from local_aws.saml.metadata import read as read_metadata
from local_aws.saml.response import ATTRIBUTES, ResponseRefused, claimed_roles, read

ROLE = "arn:aws:iam::111122223333:role/acme-SAMLRole"
PROVIDER = "arn:aws:iam::111122223333:saml-provider/acme-salesforce"
CLAIMS = Claims(role=ROLE, provider=PROVIDER, session_name="ckrug@0055e000RQ4F5ZR@00D5e000000AbCd")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
IDP = IdentityProvider.fresh(now=NOW - timedelta(days=1))
OTHER = IdentityProvider.fresh(now=NOW - timedelta(days=1))
DECLARED = read_metadata(IDP.metadata())
INVALID = "InvalidIdentityToken: Request included an invalid SAML response"
BAD_SIGNATURE = "InvalidIdentityToken: Response signature invalid"
NO_AUDIENCE = "InvalidIdentityToken: Response does not contain the required audience"


def refusal(response: str, now: datetime = NOW, provider: Provider = DECLARED) -> str:
    with pytest.raises(ResponseRefused) as refused:
        read(response, provider, now)
    return f"{refused.value.code}: {refused.value.message}"


@pytest.mark.parametrize("sign", [("assertion",), ("assertion", "response")])
def test_a_right_response_states_what_it_says(sign: tuple[str, ...]) -> None:
    claims = replace(CLAIMS, session_tags={"team": "x"}, recipient="https://us-west-2.signin.aws.amazon.com/saml")
    statement = read(IDP.respond(claims, now=NOW, sign=sign), DECLARED, NOW)
    assert statement.roles == ((ROLE, PROVIDER),)
    assert statement.session_name == CLAIMS.session_name
    assert statement.recipient == "https://us-west-2.signin.aws.amazon.com/saml"
    assert statement.issuer == "https://acme.my.salesforce.com"
    assert statement.subject_type == "persistent"
    assert statement.session_tags == {"team": "x"}
    assert statement.duration == 12 * 3600


def test_every_signing_certificate_of_the_metadata_is_tried() -> None:
    rollover = Provider(DECLARED.entity_id, (OTHER.certificate, IDP.certificate), None)
    assert read(IDP.respond(CLAIMS, now=NOW), rollover, NOW)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (IDP.respond(CLAIMS, now=NOW, sign=()), "Response signature invalid"),
        (IDP.respond(CLAIMS, now=NOW, sign=("response",)), "Response signature invalid"),
        (tampered(IDP.respond(CLAIMS, now=NOW), "ckrug@", "admin@"), "Response signature invalid"),
        # Signed by a key that only KeyInfo vouches for.
        (OTHER.respond(CLAIMS, now=NOW), "Response signature invalid"),
        (IDP.respond(CLAIMS, now=NOW, issuer="https://evil.example"), "Issuer not present in specified provider"),
        (IDP.respond(replace(CLAIMS, audience="urn:other"), now=NOW), "required audience"),
        (IDP.respond(replace(CLAIMS, session_name="o'neil"), now=NOW), "RoleSessionName in AuthnResponse must match"),
        (IDP.respond(replace(CLAIMS, session_name="x"), now=NOW), "RoleSessionName in AuthnResponse must match"),
        (IDP.respond(replace(CLAIMS, session_name="x" * 65), now=NOW), "RoleSessionName in AuthnResponse must match"),
        (
            IDP.respond(replace(CLAIMS, more_attributes={f"{ATTRIBUTES}RoleSessionName": []}), now=NOW),
            "RoleSessionName is required",
        ),
        (IDP.respond(replace(CLAIMS, session_hours=13), now=NOW), "SessionDuration"),
        (base64.b64encode(b"<not-xml").decode(), "invalid SAML response"),
        ("%%%", "invalid SAML response"),
        (
            base64.b64encode(b'<!DOCTYPE x [<!ENTITY e "v">]><x>&e;</x>').decode(),
            "invalid SAML response",
        ),
    ],
)
def test_a_wrong_response_is_refused_with_the_reason(response: str, reason: str) -> None:
    assert reason in refusal(response)


def test_a_response_is_good_for_five_minutes_from_its_issue() -> None:
    response = IDP.respond(CLAIMS, now=NOW, valid_for=timedelta(hours=1))
    assert read(response, DECLARED, NOW + timedelta(minutes=5))
    late = refusal(response, NOW + timedelta(minutes=5, seconds=1))
    assert late == "ExpiredTokenException: Token must be redeemed within 5 minutes of issuance"
    short = IDP.respond(CLAIMS, now=NOW, valid_for=timedelta(minutes=2))
    assert refusal(short, NOW + timedelta(minutes=2)).startswith("ExpiredTokenException")
    assert "not valid yet" in refusal(response, NOW - timedelta(seconds=1))


def test_a_certificate_outside_its_validity_and_old_metadata_vouch_for_nobody() -> None:
    later = NOW + timedelta(days=400)
    assert "signature invalid" in refusal(IDP.respond(CLAIMS, now=later), later)
    old = read_metadata(IDP.metadata(valid_until=NOW - timedelta(seconds=1)))
    assert "not valid any more" in refusal(IDP.respond(CLAIMS, now=NOW), NOW, old)


def signed_with(change: Callable[[str], str]) -> str:
    """A response of which the text was changed before it was signed."""
    text = change(_response(CLAIMS, IDP.entity_id, NOW, NOW + timedelta(minutes=5)))
    document = etree.fromstring(text.encode())
    for assertion in document.findall("saml:Assertion", NAMESPACES):
        document.replace(assertion, IDP._signed(assertion))
    return base64.b64encode(etree.tostring(document)).decode()


def doubled(text: str) -> str:
    start, end = text.index("<saml:SubjectConfirmation "), text.index("</saml:Subject>")
    return text[:end] + text[start:end] + text[end:]


@pytest.mark.parametrize(
    "change",
    [
        doubled,
        lambda text: text.replace("cm:bearer", "cm:holder-of-key"),
        lambda text: text.replace(" Recipient=", " Address="),
        lambda text: re.sub(r"(SubjectConfirmationData) NotOnOrAfter=\S+", r"\1", text),
        lambda text: text.replace("saml:Conditions", "saml:Advice"),
        lambda text: text.replace("status:Success", "status:Responder"),
        lambda text: re.sub(r"<saml:NameID.*</saml:NameID>", "", text),
        lambda text: text.replace("saml:Assertion", "saml:EncryptedAssertion"),
        lambda text: text.replace("samlp:Response", "samlp:ArtifactResponse"),
    ],
)
def test_a_signed_response_that_is_not_whole_is_refused(change: Callable[[str], str]) -> None:
    assert read(signed_with(lambda text: text), DECLARED, NOW)
    assert signed_with(change) != signed_with(lambda text: text)
    assert "InvalidIdentityToken" in refusal(signed_with(change))


def wrapped(signed: str, how: str) -> str:
    """A signed response into which a forged assertion was put, as signature wrapping does it."""
    document = etree.fromstring(base64.b64decode(signed))
    (real,) = document.findall("saml:Assertion", NAMESPACES)
    forged = etree.fromstring(etree.tostring(real).replace(b"ckrug@", b"admin@"))
    signature = forged.find("ds:Signature", NAMESPACES)
    if how == "beside":
        document.insert(2, forged)
    elif how == "real one inside the forged one's signature":
        forged.set("ID", "_forged")
        document.replace(real, forged)
        if signature is not None:
            signature.append(real)
    else:
        forged.set("ID", "_forged")
        document.replace(real, forged)
        etree.SubElement(document, f"{{{NAMESPACES['samlp']}}}Extensions").append(real)
    return base64.b64encode(etree.tostring(document)).decode()


@pytest.mark.parametrize("how", ["beside", "real one inside the forged one's signature", "real one in extensions"])
def test_signature_wrapping_gets_nobody_in(how: str) -> None:
    assert "InvalidIdentityToken" in refusal(wrapped(IDP.respond(CLAIMS, now=NOW), how))


@pytest.mark.parametrize("split", ["<!-- -->", "<!---->", "<?x?>"])
@pytest.mark.parametrize("before", ["ckrug", "acme-SAMLRole", "urn:amazon"])
def test_a_comment_inside_a_value_is_refused(before: str, split: str) -> None:
    """Canonicalization drops it, so the signature holds; a careless reader would see half of the value."""
    response = tampered(IDP.respond(CLAIMS, now=NOW), before, f"{before}{split}")
    assert refusal(response) == INVALID


def test_a_comment_between_elements_hides_nothing() -> None:
    response = tampered(IDP.respond(CLAIMS, now=NOW), "<saml:Conditions", "<!-- by idp --><saml:Conditions")
    assert read(response, DECLARED, NOW).session_name == CLAIMS.session_name


def signatures(response: str, change: Callable[[etree._Element, etree._Element], object]) -> str:
    """A signed response after `change` had its document and the assertion's signature."""
    document = etree.fromstring(base64.b64decode(response))
    (signature,) = document.findall("saml:Assertion/ds:Signature", NAMESPACES)
    change(document, signature)
    return base64.b64encode(etree.tostring(document)).decode()


def emptied(_document: etree._Element, signature: etree._Element) -> None:
    signature[:] = []


def without_value(_document: etree._Element, signature: etree._Element) -> None:
    signature.find("ds:SignatureValue", NAMESPACES).text = None


def without_digest(_document: etree._Element, signature: etree._Element) -> None:
    signature.find("ds:SignedInfo/ds:Reference/ds:DigestValue", NAMESPACES).text = None


def of_an_unknown_kind(_document: etree._Element, signature: etree._Element) -> None:
    signature.find("ds:SignedInfo/ds:SignatureMethod", NAMESPACES).set("Algorithm", "urn:x")


def beside_the_status(document: etree._Element, signature: etree._Element) -> None:
    document.find("samlp:Status", NAMESPACES).append(copy.deepcopy(signature))


def of_the_response_copied(document: etree._Element, signature: etree._Element) -> None:
    document.insert(1, copy.deepcopy(signature))


def twice(_document: etree._Element, signature: etree._Element) -> None:
    signature.addnext(copy.deepcopy(signature))


@pytest.mark.parametrize("change", [emptied, without_value, without_digest, of_an_unknown_kind])
def test_a_signature_that_is_none_is_refused_cleanly(change: Callable[..., None]) -> None:
    assert refusal(signatures(IDP.respond(CLAIMS, now=NOW), change)) == BAD_SIGNATURE


@pytest.mark.parametrize("change", [beside_the_status, of_the_response_copied, twice])
def test_a_signature_out_of_place_is_refused(change: Callable[..., None]) -> None:
    assert refusal(signatures(IDP.respond(CLAIMS, now=NOW), change)) in (INVALID, BAD_SIGNATURE)


def test_the_outer_signature_must_hold_as_well() -> None:
    response = IDP.respond(CLAIMS, now=NOW, sign=("assertion", "response"))
    assert read(response, DECLARED, NOW)
    changed = tampered(response, f'Destination="{CLAIMS.recipient}"', 'Destination="https://evil.example"')
    assert refusal(changed) == BAD_SIGNATURE


def test_every_audience_restriction_must_be_met() -> None:
    second = "<saml:AudienceRestriction><saml:Audience>{}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
    met, other, none = (
        signed_with(lambda text, more=more: text.replace("</saml:Conditions>", more))
        for more in (
            second.format("urn:amazon:webservices"),
            second.format("urn:other"),
            "<saml:AudienceRestriction/></saml:Conditions>",
        )
    )
    assert read(met, DECLARED, NOW)
    assert refusal(other) == refusal(none) == NO_AUDIENCE


@pytest.mark.parametrize("name", ["acmeservice", "acme-salesforce"])
def test_a_name_that_is_published_as_entity_id_is_an_audience_where_it_is_given(name: str) -> None:
    response = IDP.respond(replace(CLAIMS, audience=name), now=NOW)
    assert refusal(response) == NO_AUDIENCE
    assert read(response, DECLARED, NOW, also_addressed_as=frozenset({name}))


def test_an_audience_is_one_of_the_partition() -> None:
    government = IDP.respond(replace(CLAIMS, audience="urn:amazon:webservices:govcloud"), now=NOW)
    assert refusal(government) == NO_AUDIENCE
    assert read(government, DECLARED, NOW, partition="aws-us-gov")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text[:900], "at least|1000"),
        (lambda text: "\ufeff" + text, "byte order mark"),
        (lambda text: text.replace("IDPSSODescriptor", "SPSSODescriptor"), "no IDPSSODescriptor"),
        (lambda text: text.replace('use="signing"', 'use="encryption"'), "no signing certificate"),
        (lambda text: text.replace("MII", "XXX", 1), "not X.509"),
        (lambda text: text.replace("</md:EntityDescriptor>", ""), "not well-formed"),
        (lambda text: text.replace("?>", "?><!DOCTYPE md:EntityDescriptor [<!ENTITY a 'b'>]>", 1), "document type"),
        (lambda text: text.replace("md:EntityDescriptor", "md:EntitiesDescriptor"), "EntityDescriptor"),
    ],
)
def test_metadata_that_iam_would_not_take(change: Callable[[str], str], reason: str) -> None:
    with pytest.raises(MetadataRefused, match=reason):
        read_metadata(change(IDP.metadata()))


def test_metadata_has_its_certificates_in_order_and_no_encryption_keys() -> None:
    text = IDP.metadata()
    block = text[text.index("      <md:KeyDescriptor") : text.index("      <md:NameIDFormat")]
    other = OTHER.metadata()
    second = other[other.index("      <md:KeyDescriptor") : other.index("      <md:NameIDFormat")]
    encryption = second.replace("signing", "encryption")
    merged = text.replace(block, encryption + block + second)
    assert read_metadata(merged).certificates == (IDP.certificate, OTHER.certificate)
    assert len(text) >= 1000


XML_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=70)


@settings(max_examples=100, deadline=None)
@given(
    name=st.one_of(st.just("kim@acme"), XML_TEXT),
    role=XML_TEXT,
    duration=st.one_of(st.sampled_from(["²", "٣٦٠٠", "-1", "1e4", "3600"]), XML_TEXT),
    tag=XML_TEXT,
)
def test_whatever_is_signed_is_read_or_refused_cleanly(name: str, role: str, duration: str, tag: str) -> None:
    said = {"Role": role, "SessionDuration": duration, "PrincipalTag:x": tag, "SourceIdentity": tag}
    more = {f"{ATTRIBUTES}{key}": [value] for key, value in said.items()}
    response = IDP.respond(replace(CLAIMS, session_name=name, more_attributes=more), now=NOW)
    assert len(claimed_roles(response)) == 1
    try:
        statement = read(response, DECLARED, NOW)
    except ResponseRefused as refused:
        assert refused.code == "InvalidIdentityToken"
    else:
        assert (statement.session_name, statement.needs) == (name, ("TagSession", "SetSourceIdentity"))


@settings(max_examples=200, deadline=None)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_whatever_is_posted_is_refused_cleanly(data: bytes) -> None:
    for text in (data.decode("latin-1"), base64.b64encode(data).decode(), base64.b64encode(b"<x>" + data).decode()):
        assert refusal(text) == INVALID
        with pytest.raises(ResponseRefused):
            claimed_roles(text)

"""Every form in which a person brings a response gives the same document; other things say what they are."""

from __future__ import annotations

import base64
import html
import json
import textwrap
import zlib
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest

from contact_center import saml_capture
from contact_center.saml_capture import Capture, CaptureUnusable, read_capture
from contact_center.saml_response import ResponseUnusable, parse_response
from tests.unit.contact_center.saml_cases import GOOD

XML = GOOD.xml()
BASE64 = base64.b64encode(XML).decode()
STATE = "https://us-west-2.console.aws.amazon.com/connect/federate/0f6e5c2a?destination=%2Fccp-v2&new_domain=true"
LINES = "\n".join(textwrap.wrap(BASE64, 76))
FORM = urlencode({"SAMLResponse": BASE64, "RelayState": STATE})


def har(*entries: dict[str, object]) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def post(url: str, **data: object) -> dict[str, object]:
    return {"startedDateTime": "2026-11-24T13:00:01.500+01:00", "request": {"url": url, "postData": data}}


AWS = "https://us-west-2.signin.aws.amazon.com/saml"
OTHER = urlencode({"SAMLResponse": base64.b64encode(b"<other/>").decode(), "RelayState": "x"})

ALONE = {
    "xml": XML,
    "xml with a byte order mark": b"\xef\xbb\xbf" + XML,
    "xml in UTF-16, as PowerShell redirects": ('<?xml version="1.0" encoding="UTF-16"?>' + XML.decode()).encode(
        "utf-16"
    ),
    "base64": BASE64.encode(),
    "base64 in lines": LINES.encode(),
    "base64 in lines of DOS": LINES.replace("\n", "\r\n").encode(),
    "base64 with a byte order mark": b"\xef\xbb\xbf" + BASE64.encode(),
    "base64 in UTF-16": BASE64.encode("utf-16"),
    "base64 percent-encoded": quote(BASE64, safe="").encode(),
    "base64 percent-encoded twice": quote(quote(BASE64, safe=""), safe="").encode(),
    "base64 in lines percent-encoded": quote(LINES.replace("\n", "\r\n"), safe="").encode(),
    "base64 with spaces for plus": BASE64.replace("+", " ").encode(),
    "base64 with spaces for line breaks": LINES.replace("\n", " ").encode(),
    "base64 without padding": BASE64.rstrip("=").encode(),
    "base64 of addresses": BASE64.replace("+", "-").replace("/", "_").encode(),
    "a field alone": f"SAMLResponse={BASE64}".encode(),
    "a field as developer tools show it": f"SAMLResponse: {BASE64}\n".encode(),
    "xml in a field": f"SAMLResponse={quote(XML.decode(), safe='')}".encode(),
}
BESIDE = {
    "a form": FORM.encode(),
    "a form, relay state first": urlencode({"RelayState": STATE, "SAMLResponse": BASE64}).encode(),
    "a form, fields as developer tools show them": f"SAMLResponse: {BASE64}\nRelayState: {STATE}\n".encode(),
    "a form in lines": f"SAMLResponse={quote(LINES, safe='')}&RelayState={quote(STATE, safe='')}".encode(),
    "curl": f"curl '{AWS}' --data-raw '{FORM}' -H 'x: y'".encode(),
    "json": json.dumps({"SAMLResponse": BASE64, "RelayState": STATE}).encode(),
    "a page": (
        f'<html><body><form><input type="hidden" name="SAMLResponse" value="{html.escape(LINES)}"/>'
        f'<INPUT value="{html.escape(STATE)}" name=RelayState></form></body></html>'
    ).encode(),
    "har of Chrome": har(
        post("https://acme.my.salesforce.com/x", text=OTHER),
        post(AWS, text=FORM, params=[{"name": "SAMLResponse", "value": quote(BASE64, safe="")}]),
        post("https://acme.example/x", text=OTHER),
    ).encode(),
    "har of Firefox": har(
        post(AWS, params=[{"name": "SAMLResponse", "value": BASE64}, {"name": "RelayState", "value": STATE}])
    ).encode(),
    "har with parameters encoded": har(
        post(
            AWS,
            params=[
                {"name": "SAMLResponse", "value": quote(BASE64)},
                {"name": "RelayState", "value": quote(STATE, safe="")},
            ],
        )
    ).encode(),
    "har with other things": har(
        {}, {"request": None}, {"request": {"postData": {"params": [1, {"name": 2}]}}}, post(AWS, text=FORM)
    ).encode(),
    "har that breaks off": har(post(AWS, text=FORM))[:-5].encode(),
}  # fmt: skip


@pytest.mark.parametrize("data", ALONE.values(), ids=ALONE)
def test_a_response_alone(data: bytes) -> None:
    capture = read_capture(data)
    assert parse_response(capture.document).get("ID") == "_r1"
    assert capture == Capture(capture.document)


@pytest.mark.parametrize("data", BESIDE.values(), ids=BESIDE)
def test_a_response_and_its_relay_state(data: bytes) -> None:
    capture = read_capture(data)
    assert (capture.document, capture.relay_state) == (XML, STATE)


def test_a_har_tells_when_it_was_posted_and_that_it_is_all() -> None:
    capture = read_capture(BESIDE["har of Chrome"])
    assert (capture.whole_post, capture.posted_at) == (True, datetime(2026, 11, 24, 12, 0, 1, 500_000, UTC))
    assert not read_capture(BESIDE["a form"]).whole_post


def test_a_har_with_a_response_to_somebody_else_alone() -> None:
    assert read_capture(har(post("https://acme.example/x", text=OTHER)).encode()).document == b"<other/>"


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"hello", "neither base64 nor XML"),
        (b"%PDF-1.7 \x00\x01", "neither base64 nor XML"),
        (b"\x89PNG\r\n\x1a\n\x00", "neither base64 nor XML"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "neither base64 nor XML"),
        (base64.b64encode(b"PK\x03\x04 a zip"), "neither base64 nor XML"),
        (b"SAMLResponse=&RelayState=x", "empty"),
        (b"SAMLResponse=%%%&RelayState=x", "neither base64 nor XML"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML page"),
        (b"<html><form><input name='other' value='x'></form></html>", "HTML page"),
        (b'{"some": "json"}', "neither a HAR file"),
        (b'{"log": {"entries": []}}', "no post with a SAMLResponse"),
        (har(post(AWS, text="a=b"), post(AWS)).encode(), "no post with a SAMLResponse"),
        (base64.b64encode(zlib.compress(XML)[2:-4]), "deflated"),
    ],
    ids=range(15),
)
def test_what_holds_no_response_says_what_it_is(data: bytes, part: str) -> None:
    with pytest.raises(CaptureUnusable) as unusable:
        read_capture(data)
    assert part in unusable.value.message
    assert unusable.value.fix


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (b"<x/>", "not a SAML response"),
        (b'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>', "AuthnRequest"),
        (b'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>', "metadata"),
        (b'<Response xmlns="urn:oasis:names:tc:SAML:1.0:protocol"/>', "not a SAML 2.0 response"),
        (b'<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/>', "without the response around it"),
        (XML[:-20], "breaks off"),
        (base64.b64encode(XML)[:1000], "not well-formed"),
    ],
    ids=range(7),
)
def test_what_is_no_response_says_what_it_is(document: bytes, part: str) -> None:
    with pytest.raises(ResponseUnusable) as unusable:
        parse_response(read_capture(document).document)
    assert part in unusable.value.message
    assert unusable.value.fix


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("MOST_BYTES", har(post(AWS, text=FORM)).encode()),
        ("MOST_TEXT_BYTES", FORM.encode()),
        ("MOST_RESPONSE_BYTES", XML),
    ],
    ids=["har", "text", "response"],
)
def test_sizes_at_and_over_the_limit(monkeypatch: pytest.MonkeyPatch, name: str, data: bytes) -> None:
    monkeypatch.setattr(saml_capture, name, len(data))
    assert read_capture(data).document == XML
    monkeypatch.setattr(saml_capture, name, len(data) - 1)
    with pytest.raises(CaptureUnusable) as unusable:
        read_capture(data)
    assert "larger than" in unusable.value.message


def test_an_inflated_bomb_is_not_unpacked() -> None:
    bomb = base64.b64encode(zlib.compress(b" " * 50_000_000, 9)[2:-4])
    with pytest.raises(CaptureUnusable):
        read_capture(bomb)

"""The way in as a browser meets it: addresses, redirects, cookies, the chooser and every page that refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode, urlsplit

import pytest

from local_aws.browser.addresses import place_of, stand_in, stood_for
from local_aws.browser.endpoint import Endpoint, Page, Request
from local_aws.browser.visitor import ConnectSession, RoleSession, Visitor
from local_aws.connect.errors import ConnectError
from local_aws.identity_provider import Claims, IdentityProvider
from local_aws.saml.response import ATTRIBUTES, ResponseRefused

ROLE, PROVIDER = "arn:aws:iam::111122223333:role/acme-SAMLRole", "arn:aws:iam::111122223333:saml-provider/okta"
OTHER = f"{ROLE}2"
IDP = IdentityProvider.fresh()
CLAIMS = Claims(role=ROLE, provider=PROVIDER, session_name="kim@acme", recipient="https://signin.aws.amazon.com/saml")
STATE = "https://us-west-2.console.aws.amazon.com/connect/federate/i-1"
SIGN_IN, FEDERATE = "/_at/signin.aws.amazon.com/saml", stand_in(STATE)


@dataclass
class FakeAws:
    """One role, one instance, one user; verifies nothing, since others do."""

    recipient: str = CLAIMS.recipient
    refusal: ResponseRefused | None = None
    error: ConnectError | None = None
    permissions: frozenset[str] = frozenset({"BasicAgentAccess"})
    gone: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def assume(self, role: str, _provider: str, _response: str, region: str) -> RoleSession:
        self.asked.append((role, region))
        if self.refusal:
            raise self.refusal
        return RoleSession("ASIA1", role, "kim@acme", self.recipient)

    def federate(self, _session: RoleSession, region: str, instance_id: str) -> ConnectSession:
        self.asked.append((instance_id, region))
        if self.error:
            raise self.error
        return ConnectSession("acme-service", instance_id, "u-1", 0)

    def visitor(self, _session: ConnectSession) -> Visitor | None:
        return None if self.gone else Visitor("kim@acme", ("Agent",), self.permissions)


class Browser:
    """Sends requests and keeps cookies; follows redirects only when told to."""

    def __init__(self, aws: FakeAws) -> None:
        self.endpoint = Endpoint(aws)
        self.cookies: dict[str, str] = {}

    def get(self, address: str) -> Page:
        parts = urlsplit(address)
        return self._send(Request("GET", parts.path, parts.query, cookies=self._header()))

    def post(self, to: str = SIGN_IN, /, **fields: str) -> Page:
        return self._send(Request("POST", to, form=urlencode(fields), cookies=self._header()))

    def follow(self, page: Page) -> Page:
        for _ in range(5):
            if page.location is None:
                return page
            page = self.get(page.location)
        raise AssertionError("redirects in a circle")

    def _header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in {"other": "x", **self.cookies}.items())

    def _send(self, request: Request) -> Page:
        page = self.endpoint.answer(request)
        if page.cookie:
            self.cookies[page.cookie[0]] = page.cookie[1]
        return page


def error(page: Page) -> str:
    found = re.search(r'<p id="error">(.*?)</p>', page.body)
    assert found, page.body
    return found[1].replace("&#x27;", "'")


def response(**more: object) -> str:
    return IDP.respond(replace(CLAIMS, **more))


@pytest.mark.parametrize(
    ("address", "kind", "name"),
    [
        ("https://signin.aws.amazon.com/saml", "sign_in", "us-east-1"),
        ("https://eu-central-1.signin.aws.amazon.com/saml", "sign_in", "eu-central-1"),
        ("https://us-east-1.console.aws.amazon.com/connect/federate/x?destination=%2Fccp-v2", "console", "us-east-1"),
        ("https://console.aws.amazon.com/connect/federate/x", "console", "us-east-1"),
        ("https://acme-service.my.connect.aws/ccp-v2", "instance", "acme-service"),
    ],
)
def test_an_address_and_its_stand_in(address: str, kind: str, name: str) -> None:
    place = place_of(address)
    assert place
    assert (place.kind, place.name, place.address) == (kind, name, address.partition("?")[0])
    path, _, query = stand_in(address).partition("?")
    assert stood_for(path) == place
    assert query == address.partition("?")[2]
    assert stand_in(address, "http://127.0.0.1:4600").startswith("http://127.0.0.1:4600/_at/")


@pytest.mark.parametrize(
    "address",
    [
        "http://signin.aws.amazon.com/saml",
        # Not documented: there, the global one is the regional one.
        "https://us-east-1.signin.aws.amazon.com/saml",
        "https://signin.aws.amazon.com.evil.example/saml",
        "https://signin.aws.amazon.com@evil.example/saml",
        "https://signin.aws.amazon.com:8443/saml",
        "https://acme.okta.com/",
        "https://[broken",
        "",
    ],
)
def test_no_other_address_has_a_stand_in(address: str) -> None:
    assert place_of(address) is None
    with pytest.raises(ValueError, match="does not stand for"):
        stand_in(address)


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("/ccp-v2", "Contact Control Panel"),
        ("/agent-app-v2", "Agent workspace"),
        ("/ccp-v2/chat", "Contact Control Panel"),
    ],
)
def test_a_posted_response_ends_at_the_page_of_the_relay_state(page: str, title: str) -> None:
    browser = Browser(aws := FakeAws())
    state = f"{STATE}?destination={quote(page, safe='')}&new_domain=true"
    first = browser.post(SAMLResponse=response(), RelayState=state)
    assert (first.status, first.location) == (302, stand_in(state))
    assert "HttpOnly" in first.headers()["set-cookie"]
    second = browser.get(first.location or "")
    assert second.location == stand_in(f"https://acme-service.my.connect.aws{page}")
    last = browser.follow(second)
    assert (last.status, f"<h1>{title}</h1>" in last.body) == (200, True)
    assert '<dd id="username">kim@acme</dd>' in last.body
    assert f'<dd id="page">{page}</dd>' in last.body
    assert aws.asked == [(ROLE, "us-east-1"), ("i-1", "us-west-2")]


def test_without_a_destination_it_is_the_home_page() -> None:
    browser = Browser(FakeAws())
    last = browser.follow(browser.post(SAMLResponse=response(), RelayState=STATE))
    assert '<dd id="page">/home</dd>' in last.body


@pytest.mark.parametrize("state", ["", "https://evil.example/x", "/connect/federate/i-1", "https://x.my.connect.aws/"])
def test_a_relay_state_that_is_not_the_consoles_ends_in_the_console(state: str) -> None:
    browser = Browser(FakeAws(recipient="https://us-west-2.signin.aws.amazon.com/saml"))
    to = "/_at/us-west-2.signin.aws.amazon.com/saml"
    page = browser.post(to, SAMLResponse=response(), RelayState=state)
    assert page.location == "/_at/us-west-2.console.aws.amazon.com/console/home"
    last = browser.follow(page)
    assert "AWS Management Console" in last.body
    assert 'id="username"' not in last.body


def test_several_roles_are_chosen_from() -> None:
    browser = Browser(aws := FakeAws())
    several = response(more_attributes={f"{ATTRIBUTES}Role": [f"{ROLE},{PROVIDER}", f"{PROVIDER},{OTHER}"]})
    page = browser.post(SAMLResponse=several, RelayState=STATE)
    assert (page.status, re.findall(r'value="(arn:[^"]+)" required', page.body)) == (200, [ROLE, OTHER])
    assert several in page.body
    assert not browser.cookies
    aws.asked.clear()
    chosen = browser.post(SAMLResponse=several, RelayState=STATE, roleIndex=OTHER)
    assert (chosen.location, aws.asked) == (FEDERATE, [(OTHER, "us-east-1")])
    none = browser.post(SAMLResponse=several, RelayState=STATE, roleIndex="arn:x")
    assert error(none).startswith("roleIndex is none of the roles")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Your request did not include a SAML response. To logout, click here."),
        ({"RelayState": STATE}, "Your request did not include a SAML response. To logout, click here."),
        ({"SAMLResponse": "%%%"}, "Request included an invalid SAML response (service: AWSSecurityTokenService; "),
    ],
)
def test_what_is_no_response_is_refused(fields: dict[str, str], text: str) -> None:
    page = Browser(FakeAws()).post(**fields)
    assert (page.status, error(page).startswith(text)) == (400, True)


def test_a_response_without_a_role_is_refused() -> None:
    page = Browser(FakeAws()).post(SAMLResponse=response(more_attributes={f"{ATTRIBUTES}Role": []}), RelayState=STATE)
    assert error(page) == "Your request included an invalid SAML response. To logout, click here."
    assert Browser(FakeAws()).get(SIGN_IN).status == 400


def test_sts_refuses_in_its_own_words() -> None:
    browser = Browser(FakeAws(refusal=ResponseRefused("AccessDenied", "Not authorized to perform <x>")))
    page = browser.post(SAMLResponse=response(), RelayState=STATE)
    assert page.status == 403
    source = "service: AWSSecurityTokenService; status code: 403; error code: AccessDenied"
    assert error(page) == f"Not authorized to perform &lt;x&gt; ({source})"
    assert not browser.cookies


def test_a_response_for_another_sign_in_address_is_refused() -> None:
    browser = Browser(FakeAws(recipient="https://us-west-2.signin.aws.amazon.com/saml"))
    page = browser.post(SAMLResponse=response(), RelayState=STATE)
    assert (page.status, "Recipient is https://us-west-2" in error(page), browser.cookies) == (400, True, {})


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        (
            "UserNotFoundException",
            404,
            "Access denied, Your account has been authenticated, but has not been onboarded to this application",
        ),
        (
            "AccessDeniedException",
            403,
            "Access denied, Please contact your AWS account administrator for assistance",
        ),
        ("ExpiredTokenException", 400, "Session expired"),
        ("DuplicateResourceException", 400, "DuplicateResourceException: no"),
    ],
)
def test_connect_refuses_in_its_own_words(code: str, status: int, text: str) -> None:
    browser = Browser(FakeAws(error=ConnectError(code, "no")))
    page = browser.follow(browser.post(SAMLResponse=response(), RelayState=STATE))
    assert (page.status, error(page)) == (status, text)


@pytest.mark.parametrize(
    ("destination", "status", "text"),
    [
        ("/connect/ccp-v2", 404, "pages have no /connect in front"),
        ("/users/view", 404, "Page not found"),
        ("//evil.example/ccp-v2", 400, "not an approved origin"),
        ("https://evil.example/", 400, "not an approved origin"),
    ],
)
def test_a_destination_that_is_no_page_is_refused(destination: str, status: int, text: str) -> None:
    browser = Browser(FakeAws())
    state = f"{STATE}?destination={quote(destination, safe='')}"
    page = browser.follow(browser.post(SAMLResponse=response(), RelayState=state))
    assert (page.status, text in error(page)) == (status, True)


def test_a_page_needs_its_permission_at_each_visit() -> None:
    browser = Browser(aws := FakeAws(permissions=frozenset({"AccessMetrics"})))
    page = browser.follow(browser.post(SAMLResponse=response(), RelayState=f"{STATE}?destination=%2Fagent-app-v2"))
    assert page.status == 403
    assert error(page) == (
        "Access denied: none of the security profiles (Agent) grants Agent workspace (BasicAgentAccess)"
    )
    assert browser.get("/_at/acme-service.my.connect.aws/home").status == 200
    aws.permissions = frozenset({"BasicAgentAccess"})
    assert browser.get("/_at/acme-service.my.connect.aws/ccp-v2").status == 200
    aws.gone = True
    assert browser.get("/_at/acme-service.my.connect.aws/ccp-v2").status == 401


@pytest.mark.parametrize(
    "path",
    [FEDERATE, "/_at/us-west-2.console.aws.amazon.com/console/home", "/_at/acme-service.my.connect.aws/ccp-v2"],
)
def test_nobody_gets_in_without_signing_in(path: str) -> None:
    browser = Browser(FakeAws())
    browser.cookies = {"local-aws-console": "guess", "local-aws-connect": "guess"}
    page = browser.get(path)
    assert (page.status, error(page).startswith("Sign in")) == (401, True)


def test_the_session_of_one_instance_is_none_of_another() -> None:
    browser = Browser(FakeAws())
    browser.follow(browser.post(SAMLResponse=response(), RelayState=STATE))
    assert browser.get("/_at/acme-service.my.connect.aws/home").status == 200
    assert browser.get("/_at/other.my.connect.aws/home").status == 401


@pytest.mark.parametrize(
    "path", ["/_at/", "/_at/evil.example/x", "/_at/signin.aws.amazon.com/other", f"{FEDERATE}/more"]
)
def test_there_is_nothing_else(path: str) -> None:
    browser = Browser(FakeAws())
    browser.post(SAMLResponse=response(), RelayState=STATE)
    assert browser.get(path).status == 404

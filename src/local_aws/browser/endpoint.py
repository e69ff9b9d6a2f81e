"""The way in: a posted response, a role's session, the federate page, a page of the instance.

Each step ends in a page, or in a redirect to the loopback address that stands for the next. Sessions are in memory,
their keys in cookies. Sources of the texts: IAM user guide, "Troubleshoot SAML federation with IAM"; Amazon Connect
administrator guide, "Troubleshoot SAML with Amazon Connect"; of the pages' permissions: "List of security profile
permissions" there. Where a relay state that is not the console's leads is not documented: to the console's home.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from local_aws.browser import pages
from local_aws.browser.addresses import HOME_REGION, PREFIX, Place, place_of, stand_in, stood_for
from local_aws.browser.visitor import Aws, ConnectSession, RoleSession
from local_aws.connect.errors import ConnectError
from local_aws.saml.response import ResponseRefused, claimed_roles

_SIGN_IN, _CONSOLE, _CONNECT = "Amazon Web Services Sign-In", "AWS Management Console", "Amazon Connect"
_CONSOLE_COOKIE, _CONNECT_COOKIE = "local-aws-console", "local-aws-connect"
_NO_RESPONSE = "Your request did not include a SAML response. To logout, click here."
_NO_ROLE = "Your request included an invalid SAML response. To logout, click here."
_STATUS = {"AccessDenied": 403, "AccessDeniedException": 403, "UserNotFoundException": 404, "ExpiredToken": 403}
_TEXTS = {
    "AccessDeniedException": "Access denied, Please contact your AWS account administrator for assistance",
    "UserNotFoundException": "Access denied, Your account has been authenticated, but has not been onboarded to this "
    "application",
    "ExpiredTokenException": "Session expired",
}
_HOME = "/home"
# Page → its name, and the permission that it needs ("Access Contact Control Panel"; the workspace has the panel in it).
_PAGES = {
    _HOME: ("Amazon Connect home page", None),
    "/ccp-v2": ("Contact Control Panel", "BasicAgentAccess"),
    "/ccp-v2/chat": ("Contact Control Panel", "BasicAgentAccess"),
    "/agent-app-v2": ("Agent workspace", "BasicAgentAccess"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a browser sends.

    Attributes:
        path: percent-decoded.
        query, form: percent-encoded, as they came.
        cookies: the header.
    """

    method: str
    path: str
    query: str = ""
    form: str = ""
    cookies: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser gets: a page, or a redirect.

    Attributes:
        cookie: name and value to keep, or None.
    """

    status: int
    body: str = ""
    location: str | None = None
    cookie: tuple[str, str] | None = None

    def headers(self) -> dict[str, str]:
        """Return the HTTP headers."""
        headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
        if self.location is not None:
            headers["location"] = self.location
        if self.cookie is not None:
            headers["set-cookie"] = f"{self.cookie[0]}={self.cookie[1]}; Path={PREFIX}; HttpOnly; SameSite=Lax"
        return headers


@dataclass(slots=True)
class Endpoint:
    """Everything behind :data:`local_aws.browser.addresses.PREFIX`."""

    aws: Aws
    _roles: dict[str, RoleSession] = field(default_factory=dict)
    _users: dict[str, ConnectSession] = field(default_factory=dict)

    def answer(self, request: Request) -> Page:
        """Return what a browser gets for a request."""
        place = stood_for(request.path)
        cookies = _cookies(request.cookies)
        if place is None:
            return _refused(404, "Not found", "the local AWS stands for no such address")
        if place.kind == "sign_in" and place.path == "/saml":
            return self._sign_in(place, request)
        if place.kind == "console":
            return self._console(place, request, self._roles.get(cookies.get(_CONSOLE_COOKIE, "")))
        if place.kind == "instance":
            return self._instance(place, self._users.get(cookies.get(_CONNECT_COOKIE, "")))
        return _refused(404, "Not found", f"the local AWS has no {place.address}")

    def _sign_in(self, place: Place, request: Request) -> Page:
        form = _first_values(request.form)
        response, relay_state = form.get("SAMLResponse", ""), form.get("RelayState", "")
        if request.method != "POST" or not response:
            return _refused(400, _SIGN_IN, _NO_RESPONSE)
        try:
            pairs = claimed_roles(response)
            if not pairs:
                return _refused(400, _SIGN_IN, _NO_ROLE)
            chosen = [pair for pair in pairs if pair[0] == form.get("roleIndex", pair[0])]
            sessions = self._assumed(chosen, response, place.name)
        except ResponseRefused as refused:
            return _refused(_STATUS.get(refused.code, 400), _SIGN_IN, _by_sts(refused))
        if sessions[0].recipient != place.address:
            # OASIS, SAML 2.0 profiles, 4.1.4.3: the Recipient is where the response was delivered.
            text = f"the response's Recipient is {sessions[0].recipient}, and it was posted to {place.address}"
            return _refused(400, _SIGN_IN, f"{text} (the local AWS's strict reading; AWS documents nothing)")
        if len(chosen) > 1:
            fields = {"SAMLResponse": response, "RelayState": relay_state}
            roles = list(dict.fromkeys(role for role, _ in chosen))
            return Page(200, pages.role_chooser(request.path, fields, roles))
        return self._into_console(sessions[0], relay_state, place.name)

    def _assumed(self, pairs: list[tuple[str, str]], response: str, region: str) -> list[RoleSession]:
        """Return the sessions that can be had; raises as the first one does where there is none."""
        sessions, refusals = [], []
        for role, provider in pairs:
            try:
                sessions.append(self.aws.assume(role, provider, response, region))
            except ResponseRefused as refused:
                refusals.append(refused)
        if not sessions:
            raise refusals[0] if refusals else ResponseRefused("ValidationError", "roleIndex is none of the roles")
        return sessions

    def _into_console(self, session: RoleSession, relay_state: str, region: str) -> Page:
        key = secrets.token_urlsafe(24)
        self._roles[key] = session
        meant = place_of(relay_state)
        if meant is None or meant.kind != "console":
            prefix = "" if region == HOME_REGION else f"{region}."
            relay_state = f"https://{prefix}console.aws.amazon.com/console/home"
        return Page(302, location=stand_in(relay_state), cookie=(_CONSOLE_COOKIE, key))

    def _console(self, place: Place, request: Request, session: RoleSession | None) -> Page:
        if session is None:
            text = "Sign in: this page starts no sign-in; people of a SAML instance start at their identity provider"
            return _refused(401, _CONSOLE, text)
        federate = re.fullmatch(r"/connect/federate/([A-Za-z0-9-]{1,100})/?", place.path)
        if not federate:
            if place.path != "/console/home":
                return _refused(404, _CONSOLE, f"the local AWS has no {place.address}")
            return Page(200, pages.facts(_CONSOLE, {"role": session.role, "session_name": session.name}))
        try:
            user = self.aws.federate(session, place.name, federate[1])
        except ConnectError as error:
            text = _TEXTS.get(error.code, f"{error.code}: {error.message}")
            return _refused(error.status or _STATUS.get(error.code, 400), _CONNECT, text)
        destination = _first_values(request.query).get("destination", _HOME)
        if not destination.startswith("/") or destination.startswith("//"):
            text = f"the destination {destination} is not an approved origin of the instance"
            return _refused(400, _CONNECT, text)
        key = secrets.token_urlsafe(24)
        self._users[key] = user
        location = stand_in(f"https://{user.alias}.my.connect.aws{destination}")
        return Page(302, location=location, cookie=(_CONNECT_COOKIE, key))

    def _instance(self, place: Place, session: ConnectSession | None) -> Page:
        visitor = self.aws.visitor(session) if session and session.alias == place.name else None
        if session is None or visitor is None:
            text = "Sign in: people of a SAML instance cannot sign in here; they start at their identity provider"
            return _refused(401, _CONNECT, text)
        title, permission = _PAGES.get(place.path, ("", None))
        if not title:
            legacy = place.path.startswith("/connect/")
            why = "pages have no /connect in front on this domain" if legacy else "the local AWS has no such page"
            return _refused(404, _CONNECT, f"Page not found: {place.path}; {why}")
        profiles = ", ".join(visitor.profiles)
        if permission and permission not in visitor.permissions:
            text = f"Access denied: none of the security profiles ({profiles}) grants {title} ({permission})"
            return _refused(403, _CONNECT, text)
        known = {
            "username": visitor.username,
            "page": place.path,
            "instance": session.instance_id,
            "security_profiles": profiles,
        }
        return Page(200, pages.facts(title, known))


def _refused(status: int, title: str, text: str) -> Page:
    return Page(status, pages.refusal(title, text))


def _by_sts(refused: ResponseRefused) -> str:
    status = _STATUS.get(refused.code, 400)
    source = f"service: AWSSecurityTokenService; status code: {status}; error code: {refused.code}"
    return f"{refused.message} ({source})"


def _first_values(encoded: str) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(encoded, keep_blank_values=True).items()}


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}

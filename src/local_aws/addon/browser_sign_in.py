"""The sign-in of a browser, answered by this server: STS and Connect without a detour through HTTP.

Touches ``sts._sessions`` and ``responses.request_scope``.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import request_scope
from ministack.services import sts

from local_aws.addon import saml_sign_in
from local_aws.addon.connect_api import SERVICE, caller_of
from local_aws.browser.endpoint import Endpoint, Request
from local_aws.browser.visitor import ConnectSession, RoleSession, Visitor
from local_aws.connect.errors import ConnectError

# A response has 100,000 characters at most, and base64 grows by a few where it is percent-encoded.
_MOST_BYTES = 500_000


class _Here:
    """This server, as the sign-in asks it."""

    def assume(self, role: str, provider: str, response: str, region: str) -> RoleSession:
        """AssumeRoleWithSAML."""
        account = role.split(":")[4] if role.count(":") >= 5 else ""
        with request_scope(account, region):
            assumed = saml_sign_in.assume(role, provider, response)
        return RoleSession(assumed.access_key, role, assumed.statement.session_name, assumed.statement.recipient)

    def federate(self, session: RoleSession, region: str, instance_id: str) -> ConnectSession:
        """GetFederationToken, with the role's permissions."""
        if session.access_key not in sts._sessions:
            raise ConnectError("ExpiredTokenException", "The security token included in the request is expired")
        try:
            with request_scope(session.role.split(":")[4], region):
                token = SERVICE.call("GetFederationToken", {"InstanceId": instance_id}, caller_of(session.access_key))
        finally:
            SERVICE.log.clear()  # for tests in one process; here it would only grow, with people in it
        instance, user_id = SERVICE.instances[instance_id], str(token["UserId"])
        return ConnectSession(instance.alias, instance_id, user_id, instance.ended_sessions.count(user_id))

    def visitor(self, session: ConnectSession) -> Visitor | None:
        """Return the user as they are now."""
        instance = SERVICE.instances.get(session.instance_id)
        user = instance.users.get(session.user_id) if instance else None
        if instance is None or user is None or instance.ended_sessions.count(user.id) != session.endings:
            return None
        profiles = [instance.security_profiles[profile] for profile in user.security_profiles]
        permissions = frozenset(permission for profile in profiles for permission in profile.permissions)
        return Visitor(user.name, tuple(sorted(profile.name for profile in profiles)), permissions)


_ENDPOINT = Endpoint(_Here())


async def serve(scope: Any, receive: Any, send: Any) -> None:
    """Serve one request below ``local_aws.browser.addresses.PREFIX``."""
    form = await _body(receive)
    cookies = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    query = scope["query_string"].decode("latin-1")
    page = _ENDPOINT.answer(Request(scope["method"], scope["path"], query, form, cookies))
    body = page.body.encode()
    headers = {**page.headers(), "content-length": str(len(body))}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": page.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Any) -> str:
    body, more = b"", True
    while more and len(body) <= _MOST_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body[:_MOST_BYTES].decode("utf-8", errors="replace")

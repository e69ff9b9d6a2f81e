"""Two identity providers on loopback: one that we wrote, laid out as Salesforce's, and one that we did not.

Both serve what a browser gets after signing in there: a form that posts itself to AWS. Who is signed in, the cookie
`idp-person` says; without one of the app's people there is a sign-in page and no form.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local_aws.environment import without_strays
from local_aws.identity_provider import Claims, IdentityProvider

MODULES = Path(__file__).parents[2] / "node" / "node_modules"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
COOKIE = "idp-person"
NODE = shutil.which("node") or "node"


@dataclass(frozen=True)
class App:
    """An app for Amazon Connect at an identity provider, as somebody configured it by the kit.

    Attributes:
        post_url: where the browser really posts: the stand-in for the recipient.
        people: who may use it: value of the cookie → attributes of the assertion.
        relay_state: where the link has none.
    """

    recipient: str
    audience: str
    post_url: str
    people: Mapping[str, Mapping[str, str]]
    relay_state: str = ""

    def claims(self, person: str) -> Claims:
        """What our own provider says of a person."""
        attributes = self.people[person]
        first, second = attributes[f"{ATTRIBUTES}Role"].split(",")
        role, provider = (second, first) if ":saml-provider/" in first else (first, second)
        seconds = attributes.get(f"{ATTRIBUTES}SessionDuration")
        return Claims(
            role=role,
            provider=provider,
            session_name=attributes[f"{ATTRIBUTES}RoleSessionName"],
            recipient=self.recipient,
            audience=self.audience,
            session_hours=int(seconds) // 3600 if seconds else None,
        )


def form_page(post_url: str, response: str, relay_state: str) -> str:
    """The form that a browser gets from an identity provider; it submits itself."""
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in (("SAMLResponse", response), ("RelayState", relay_state))
    )
    form = f'<form method="post" action="{escape(post_url)}">{fields}</form>'
    return f"<!doctype html><title>Please wait</title>{form}<script>document.forms[0].submit()</script>"


class OurProvider:
    """`local_aws.identity_provider`, in a thread."""

    def __init__(self, entity_id: str) -> None:
        self.idp = IdentityProvider.fresh(entity_id)
        self.metadata = self.idp.metadata()
        self.apps: dict[str, App] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def set(self, path: str, app: App) -> None:
        self.apps[path] = app

    def page(self, path: str, relay_state: str, person: str) -> tuple[int, str]:
        app = self.apps.get(path)
        if app is None:
            return 404, "no such app"
        if person not in app.people:
            return 200, '<!doctype html><html lang="en"><title>Login</title><p id="login">Log In</p></html>'
        response = self.idp.respond(app.claims(person))
        return 200, form_page(app.post_url, response, relay_state or app.relay_state)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                relay_state = parse_qs(url.query).get("RelayState", [""])[0]
                cookie = SimpleCookie(self.headers.get("cookie", "")).get(COOKIE)
                status, text = provider.page(url.path, relay_state, cookie.value if cookie else "")
                self.send_response(status)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler

    def __enter__(self) -> OurProvider:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Samlp:
    """`samlp` from npm, in a process of its own."""

    entity_id: str
    start: str
    url: str = ""
    metadata: str = ""
    _process: subprocess.Popen[str] | None = None
    _key: IdentityProvider = field(default_factory=IdentityProvider.fresh)

    def set(self, path: str, app: App) -> None:
        """Configure an app."""
        people = {person: {"name": f"id-of-{person}", "attributes": says} for person, says in app.people.items()}
        known = {"recipient": app.recipient, "audience": app.audience, "postUrl": app.post_url}
        self._post({"set": {path: {**known, "relayState": app.relay_state, "people": people}}})

    def respond(self, app: App, person: str, **options: Any) -> str:
        """A response, base64.

        Args:
            options: samlp's own, such as `lifetimeInSeconds`, `signAssertion`, `signResponse`, `issuer`.
        """
        user = {"name": f"id-of-{person}", "attributes": app.people[person]}
        known = {"recipient": app.recipient, "audience": app.audience, "lifetimeInSeconds": 300}
        return self._post({"user": user, **known, **options})

    def _post(self, content: Mapping[str, Any]) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url, json.dumps(content).encode(), timeout=20) as answer:
            text: str = answer.read().decode()
        return text

    def __enter__(self) -> Samlp:
        pems = {
            "key": self._key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "cert": self._key.certificate.public_bytes(Encoding.PEM).decode(),
        }
        self._process = subprocess.Popen(
            [NODE, "--no-warnings", str(Path(__file__).with_name("samlp_provider.cjs")), str(MODULES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=without_strays(os.environ),
        )
        assert self._process.stdin
        assert self._process.stdout
        start = {"issuer": self.entity_id, "start": self.start, "apps": {}, **pems}
        self._process.stdin.write(json.dumps(start) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        self.url, self.metadata = f"http://127.0.0.1:{told['port']}", told["metadata"]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        assert self._process
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=10)


def person_cookie(person: str) -> str:
    """The cookie of somebody who is signed in at an identity provider."""
    return f"{COOKIE}={quote(person)}"

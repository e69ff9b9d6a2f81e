"""A person on their way in: by HTTP, as a browser without scripts would, or in a headless Chromium."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin, urlsplit

from lxml import html

from local_aws.browser.addresses import PREFIX, place_of, stand_in
from tests.end_to_end.sign_in.providers import COOKIE, MODULES, NODE, person_cookie

_MOST_STEPS = 10


@dataclass(frozen=True)
class Landed:
    """Where a walk ended.

    Attributes:
        address: of AWS, which the loopback address stood for; else the loopback one.
        says: id → text of what the page shows: ``username`` and ``page``, or ``error``, or ``login``.
        posted_from: the hosts whose forms were posted on the way, as the person knows them.
    """

    address: str
    says: Mapping[str, str]
    posted_from: tuple[str, ...] = ()

    @property
    def signed_in(self) -> tuple[str, str] | None:
        """Who is signed in and on which page; None for nobody."""
        return (self.says["username"], self.says["page"]) if "username" in self.says else None


@dataclass(frozen=True)
class Internet:
    """Which loopback address stands for which address.

    Attributes:
        hosts: of the identity providers, as people know them → loopback.
    """

    aws: str
    hosts: Mapping[str, str]

    def loopback(self, address: str) -> str:
        """The loopback address for one that a person knows."""
        if place_of(address):
            return stand_in(address, self.aws)
        parts = urlsplit(address)
        return self.hosts[f"{parts.scheme}://{parts.netloc}"] + address.removeprefix(f"{parts.scheme}://{parts.netloc}")

    def known(self, address: str) -> str:
        """The address that a loopback one stands for."""
        for host, base in {**self.hosts, "https://": self.aws + PREFIX}.items():
            if address.startswith(base):
                return host + address.removeprefix(base)
        return address


class Person:
    """Somebody with a browser that runs no scripts: a form that would post itself is posted."""

    def __init__(self, internet: Internet, name: str | None = None, *, at: str = "https://") -> None:
        """Sit down.

        Args:
            name: as whom the identity providers know them; None for somebody who is signed in to none.
            at: how the address of a provider begins where they are signed in.
        """
        self.internet = internet
        self._name = name
        self._at = at
        proxies, cookies = urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(proxies, cookies)

    def walk(self, start: str) -> Landed:
        """Open an address and go where it leads."""
        posted: list[str] = []
        address, page = self._open(self.internet.loopback(start))
        while (form := _own_post(page)) is not None and len(posted) < _MOST_STEPS:
            posted.append(urlsplit(self.internet.known(address)).netloc)
            address, page = self._open(urljoin(address, form.action), dict(form.form_values()))
        return Landed(self.internet.known(address), _says(page), tuple(posted))

    def post(self, response: str, relay_state: str, to: str) -> Landed:
        """Post a response to a sign-in address of AWS."""
        fields = {"SAMLResponse": response, "RelayState": relay_state}
        address, page = self._open(self.internet.loopback(to), fields)
        return Landed(self.internet.known(address), _says(page))

    def choose(self, response: str, relay_state: str, to: str, role: str) -> Landed:
        """Post a response with several roles, and choose one on the page that asks."""
        fields = {"SAMLResponse": response, "RelayState": relay_state}
        address, page = self._open(self.internet.loopback(to), fields)
        (form,) = page.forms
        form.fields["roleIndex"] = role
        address, page = self._open(urljoin(address, form.action), dict(form.form_values()))
        return Landed(self.internet.known(address), _says(page))

    def _open(self, address: str, fields: Mapping[str, str] | None = None) -> tuple[str, html.HtmlElement]:
        data = urlencode(fields).encode() if fields is not None else None
        # Each provider has a session of its own, though on loopback they share a host, and so their cookies.
        there = self.internet.known(address).startswith(self._at) and not address.startswith(self.internet.aws)
        self._opener.addheaders = [("cookie", person_cookie(self._name))] if self._name and there else []
        try:
            with self._opener.open(address, data, timeout=20) as answer:
                return answer.url, html.fromstring(answer.read().decode())
        except urllib.error.HTTPError as refused:
            return refused.url, html.fromstring(refused.read().decode())


def _own_post(page: html.HtmlElement) -> html.FormElement | None:
    """The form that posts itself, where the page has one."""
    forms = [form for form in page.forms if "SAMLResponse" in form.fields and page.find(".//script") is not None]
    return forms[0] if forms else None


def _says(page: html.HtmlElement) -> dict[str, str]:
    return {element.get("id", ""): element.text_content() for element in page.xpath("//*[@id]")}


def in_chromium(internet: Internet, walks: Sequence[tuple[str, str | None]], scratch: Path) -> list[Landed]:
    """Walk in a headless Chromium, each walk with a profile of its own.

    Args:
        walks: (start, as whom the identity providers know the person).
        scratch: the browser is unpacked there.
    """
    fonts = scratch / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{scratch}/fonts</dir><cachedir>{scratch}/cache</cachedir></fontconfig>"
    )
    # On a machine without Chromium's libraries the package unpacks its own.
    own = {"AWS_LAMBDA_JS_RUNTIME": "nodejs22.x", "TMPDIR": str(scratch), "HOME": str(scratch)}
    asked = [
        {"start": internet.loopback(start), "cookie": {"name": COOKIE, "value": quote(name)} if name else None}
        for start, name in walks
    ]
    done = subprocess.run(
        [NODE, str(Path(__file__).with_name("walk_in_browser.cjs")), str(MODULES)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=240 + 20 * len(walks),  # of a machine that is busy with other tests
        check=False,
        env={**os.environ, **own, "FONTCONFIG_FILE": str(fonts)},
    )
    assert done.returncode == 0, done.stderr
    return [
        Landed(
            internet.known(seen["url"]),
            seen["says"],
            tuple(urlsplit(internet.known(address)).netloc for address in seen["posted_from"]),
        )
        for seen in json.loads(done.stdout)
    ]

"""The page: self-contained, in order, complete, and safe whatever the names are."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from connect_sso.kit.guide import ticks
from tests.unit.connect_sso.kits import ARRANGEMENTS, INSTANCE_ID, LOGIN_URL, kit, write_config, write_outputs

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """Reads a page strictly: every element is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(params=ARRANGEMENTS)
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Reader:
    return read(kit(write_config(tmp_path, request.param), outputs=write_outputs(tmp_path))["index.html"])


def test_loads_nothing_from_elsewhere(page: Reader) -> None:
    tags = {tag for tag, _, _ in page.attributes}
    assert not tags & {"link", "img", "iframe", "object", "embed", "base", "form"}
    for tag, name, value in page.attributes:
        assert name not in ("src", "srcset", "style") and not name.startswith("on"), (tag, name)
        if name == "href":
            assert value.startswith("#")
    (style,) = page.texts["style"]
    assert not re.search(r"url\(|@import", style)
    policy = next(value for _, name, value in page.attributes if name == "content" and "default-src" in value)
    assert "default-src 'none'" in policy


def test_policy_lets_exactly_its_own_script_run(page: Reader) -> None:
    (script,) = page.texts["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(value for _, name, value in page.attributes if name == "content" and "default-src" in value)
    assert f"script-src 'sha256-{digest}';" in policy
    assert "fetch(" not in script and "http" not in script


def test_every_link_within_the_page_has_its_place(page: Reader) -> None:
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for _, name, value in page.attributes:
        if name in ("href", "aria-labelledby"):
            assert value.lstrip("#") in ids


@pytest.mark.parametrize(
    ("arrangement", "order"),
    [
        (
            "salesforce",
            ["AWS: deploy", "make it an identity provider", "deploy the app", "say who", "import", "bring", "try it"],
        ),
        (
            "salesforce_and_third_party",
            ["AWS: deploy", "make it", "deploy the app", "say who", "Okta: make the app", "import", "bring", "try it"],
        ),
        ("third_party", ["AWS: deploy", "Okta: make the app", "let Amazon Connect", "import", "bring", "try it"]),
    ],
)
def test_steps_come_in_the_order_in_which_a_person_clicks(tmp_path: Path, arrangement: str, order: list[str]) -> None:
    text = kit(write_config(tmp_path, arrangement), outputs=write_outputs(tmp_path))["index.html"]
    headings = [heading for heading in read(text).texts["h2"] if re.match(r"\d+ ", heading)]
    assert len(headings) == len(order)
    for number, (heading, part) in enumerate(zip(headings, order, strict=True), start=1):
        assert heading.startswith(f"{number} ") and part in heading


def test_a_third_party_of_another_name_gets_all_three_sheets(tmp_path: Path) -> None:
    third_party = {"name": "keycloak", "metadata": "okta-idp.xml", "login_url": LOGIN_URL}
    config = write_config(tmp_path, "third_party", sign_on__third_party=third_party)
    provider = "arn:aws:iam::111122223333:saml-provider/acmeservice-keycloak"
    text = kit(config, outputs=write_outputs(tmp_path, ThirdPartyProviderArn=provider))["index.html"]
    assert all(f"{vendor}: make the app" in text for vendor in ("Okta", "Microsoft Entra ID", "PingOne"))


def test_deep_links(tmp_path: Path) -> None:
    text = kit(write_config(tmp_path, "third_party"), outputs=write_outputs(tmp_path))["index.html"]
    start = (
        f"{LOGIN_URL}?RelayState=https%3A%2F%2Fus-west-2.console.aws.amazon.com%2Fconnect%2Ffederate%2F{INSTANCE_ID}"
    )
    codes = read(text).texts["code"]
    assert f"{start}%3Fdestination%3D%252Fccp-v2" in codes
    assert f"{start}%3Fdestination%3D%252Fagent-app-v2" in codes
    assert start in codes


def test_certificate_with_its_end(page: Reader) -> None:
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", time) for time in page.texts["time"])
    assert any(re.fullmatch(r"[0-9a-f]{64}", code) for code in page.texts["code"])


def test_nobody_is_on_the_page(page: Reader) -> None:
    assert "ckrug" not in "".join(page.texts["html"])


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a `b` c", (("a ", False), ("b", True), (" c", False))),
        ("`a`", (("a", True),)),
        ("a`b", (("a`b", False),)),
        ("", ()),
    ],
)
def test_ticks(text: str, pieces: tuple[tuple[str, bool], ...]) -> None:
    assert ticks(text) == pieces


def test_odd_names_are_escaped(tmp_path: Path) -> None:
    odd = "https://idp.example/?a=1&b='\"<>"
    third_party = {"name": "okta", "metadata": "okta-idp.xml", "login_url": odd}
    config = write_config(tmp_path, "third_party", sign_on__third_party=third_party)
    files = kit(config, outputs=write_outputs(tmp_path))
    assert "<>" not in files["index.html"]
    assert "&amp;b=&#39;&#34;&lt;&gt;" in files["contact-center.xml"]
    assert any(odd in code for code in read(files["index.html"]).texts["code"])

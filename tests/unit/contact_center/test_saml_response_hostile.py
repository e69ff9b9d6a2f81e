"""Whatever stands in the input: no traceback, no expansion, no fetch, and an answer in time."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from contact_center.load import ContactCenter
from contact_center.providers import IdentityProvider, identity_providers
from contact_center.response_checks import judge_response
from contact_center.saml_capture import CaptureUnusable, read_capture
from contact_center.saml_response import ResponseUnusable, parse_response
from tests.unit.contact_center.saml import NOW, World, failing
from tests.unit.contact_center.saml_cases import GOOD


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "users.csv").write_text("")
    return World(tmp_path)


BILLION = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9)
)


@pytest.mark.parametrize(
    "attack",
    [
        BILLION + b"]><x>&j;</x>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
        b'<?xml version="1.0" encoding="utf-7"?><x/>',
        "<x/>".encode("utf-16"),
        "<x/>".encode("utf-16-le"),
        b"<a>" * 20_000,
        b"<x " + b" ".join(b'a%d=""' % number for number in range(20_000)) + b"/>",
        b"\xff\xfe\xfd<x/>",
        b"<x>\x00</x>",
    ],
    ids=lambda attack: repr(attack[:30]),
)
def test_what_attacks_the_reader_is_refused_quickly(attack: bytes) -> None:
    started = time.process_time()
    with pytest.raises(ResponseUnusable) as refused:
        parse_response(attack)
    assert time.process_time() - started < 1
    assert refused.value.fix
    assert "passwd" not in refused.value.message


def test_a_response_that_is_hard_to_canonicalize_is_judged_in_time(world: World) -> None:
    """Many namespaces times many elements, as large as AWS takes it."""
    namespaces = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(1000))
    values = "<saml2:AttributeValue/>" * 1800

    def edit(text: str) -> str:
        text = text.replace("<saml2:Assertion ", f"<saml2:Assertion {namespaces} ")
        return text.replace(
            "</saml2:AttributeStatement>",
            f'<saml2:Attribute Name="x">{values}</saml2:Attribute></saml2:AttributeStatement>',
        )

    document = replace(GOOD, edit=edit).xml()
    assert 60_000 < len(document) < 75_000
    started = time.process_time()
    assert failing(world.judge(document)) == []
    assert time.process_time() - started < 2


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[ContactCenter, tuple[IdentityProvider, ...]]:
    folder = tmp_path_factory.mktemp("center")
    (folder / "users.csv").write_text("")
    center = World(folder).center()
    return center, identity_providers(center)


Known = tuple[ContactCenter, tuple[IdentityProvider, ...]]


def judged(known: Known, data: bytes) -> None:
    """Judge, and see that nothing but the two errors comes out and that everything can be shown."""
    try:
        found = judge_response(read_capture(data), known[0].config, known[1], account=None, instance_id=None, now=NOW)
    except (CaptureUnusable, ResponseUnusable) as unusable:
        assert unusable.message
        assert unusable.fix
        return
    assert json.dumps([check.as_json() for check in found.checks])
    assert all(check.ok or check.fix for check in found.checks)


@given(st.binary(max_size=2000))
def test_random_bytes_never_raise(known: Known, data: bytes) -> None:
    judged(known, data)
    judged(known, base64.b64encode(data))
    judged(known, b"<" + data)


@given(st.text(max_size=500))
def test_random_text_never_raises(known: Known, text: str) -> None:
    judged(known, f"SAMLResponse={text}".encode())
    judged(known, json.dumps({"SAMLResponse": text, "RelayState": text}).encode())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["log", "entries", "request", "postData", "params", "name", "value", "text", "url"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(_JSON)
def test_random_hars_never_raise(known: Known, document: object) -> None:
    judged(known, json.dumps({"log": {"entries": [document]}}).encode())
    judged(known, json.dumps({"log": document}).encode())


DOCUMENT = replace(GOOD, sign=("assertion", "response")).xml()
PIECES = [b"", b"<", b">", b"&", b"<!-- -->", b"]]>", b"\x00", b'"', b"<x/>", b"=", b"0", b"\xff", b"&#0;", b"xmlns=''"]


@settings(max_examples=300)
@given(st.integers(0, len(DOCUMENT)), st.integers(0, 400), st.sampled_from(PIECES))
def test_damaged_responses_never_raise(known: Known, start: int, length: int, piece: bytes) -> None:
    judged(known, DOCUMENT[:start] + piece + DOCUMENT[start + length :])


@settings(max_examples=300)
@given(st.data())
def test_rebuilt_responses_never_raise(known: Known, data: st.DataObject) -> None:
    """Attributes and texts of a signed response replaced by anything that XML can hold."""
    root = parse_response(DOCUMENT)
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    anything = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
    for element in data.draw(st.lists(st.sampled_from(elements), min_size=1, max_size=5)):
        kind = data.draw(st.sampled_from(["text", "attribute", "empty", "cut", "double"]))
        parent = element.getparent()
        if kind == "text":
            element.text = data.draw(anything)
        elif kind == "attribute" and element.attrib:
            element.set(data.draw(st.sampled_from(sorted(element.attrib))), data.draw(anything))
        elif kind == "empty":
            element.clear()
        elif parent is not None and kind == "cut":
            parent.remove(element)
        elif parent is not None:
            parent.append(parse_response(DOCUMENT))
    judged(known, etree.tostring(root))

"""Wrapped, split, re-signed and otherwise forged responses: the signature check finds them, and nobody is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from contact_center.saml_response import ASSERTION
from tests.unit.contact_center.saml import DS, NAME, NOW, SAML, World, check_of, failing, key, metadata
from tests.unit.contact_center.saml_cases import GOOD

EVIL = "admin@0055e000RQ4F5ZR@00D5e000000AbCd"
SIGNATURE = f"{{{DS}}}Signature"


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "users.csv").write_text("")
    return World(tmp_path)


def parts(root: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    """Return the signed assertion, its signature, and a forged copy without one."""
    original = root.find(ASSERTION)
    assert original is not None
    signature = original.find(SIGNATURE)
    assert signature is not None
    evil = etree.fromstring(etree.tostring(original).replace(NAME.encode(), EVIL.encode()))
    evil.set("ID", "_evil")
    evil.remove(next(evil.iterchildren(SIGNATURE)))
    return original, signature, evil


def in_object(signature: etree._Element, what: etree._Element) -> None:
    etree.SubElement(signature, f"{{{DS}}}Object").append(what)


def forged_response(signed: etree._Element) -> tuple[etree._Element, etree._Element]:
    """Return a forged copy of a signed response without its signature, and that signature."""
    evil = etree.fromstring(etree.tostring(signed).replace(NAME.encode(), EVIL.encode()))
    evil.set("ID", "_evil")
    signature = next(evil.iterchildren(SIGNATURE))
    evil.remove(signature)
    return evil, copy.deepcopy(next(signed.iterchildren(SIGNATURE)))


def xsw1(root: etree._Element) -> etree._Element:
    evil, signature = forged_response(root)
    in_object(signature, root)
    evil.insert(1, signature)
    return evil


def xsw2(root: etree._Element) -> etree._Element:
    evil, signature = forged_response(root)
    root.remove(next(root.iterchildren(SIGNATURE)))
    evil.insert(1, root)
    evil.insert(2, signature)
    return evil


def xsw3(root: etree._Element) -> etree._Element:
    original, _, evil = parts(root)
    root.insert(root.index(original), evil)
    return root


def xsw4(root: etree._Element) -> etree._Element:
    original, _, evil = parts(root)
    root.replace(original, evil)
    evil.append(original)
    return root


def xsw5(root: etree._Element) -> etree._Element:
    original, signature, evil = parts(root)
    root.replace(original, evil)
    evil.insert(1, signature)
    root.append(original)
    return root


def xsw6(root: etree._Element) -> etree._Element:
    original, signature, evil = parts(root)
    root.replace(original, evil)
    evil.insert(1, signature)
    in_object(signature, original)
    return root


def xsw7(root: etree._Element) -> etree._Element:
    original, _, evil = parts(root)
    extensions = etree.Element("{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
    extensions.append(evil)
    root.insert(root.index(original), extensions)
    return root


def xsw8(root: etree._Element) -> etree._Element:
    original, signature, evil = parts(root)
    root.replace(original, evil)
    original.remove(signature)
    evil.insert(1, signature)
    in_object(signature, original)
    return root


Wrap = Callable[[etree._Element], etree._Element]


@pytest.mark.parametrize("wrap", [xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8])
def test_every_wrapping_is_found_and_nobody_is_named(world: World, wrap: Wrap) -> None:
    signs = ("assertion", "response") if wrap in (xsw1, xsw2) else ("assertion",)
    judgement = world.judge(etree.tostring(wrap(replace(GOOD, sign=signs).root())))
    assert failing(judgement) == ["signature"]
    assert "wrapping" in check_of(judgement, "signature").message
    assert judgement.username is None
    assert not check_of(judgement, "role").judged


def same_id(root: etree._Element) -> etree._Element:
    next(root.iter(f"{{{SAML}}}Subject")).set("ID", "_a1")
    return root


def signature_of_the_status(root: etree._Element) -> etree._Element:
    _, signature, _ = parts(root)
    root[1].append(copy.deepcopy(signature))
    return root


def two_signatures(root: etree._Element) -> etree._Element:
    original, signature, _ = parts(root)
    original.append(copy.deepcopy(signature))
    return root


def reference_to_all(root: etree._Element) -> etree._Element:
    next(root.iter(f"{{{DS}}}Reference")).set("URI", "")
    return root


def odd_transform(root: etree._Element) -> etree._Element:
    next(root.iter(f"{{{DS}}}Transform")).set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
    return root


def no_value(root: etree._Element) -> etree._Element:
    next(root.iter(f"{{{DS}}}SignatureValue")).text = None
    return root


def nonsense_value(root: etree._Element) -> etree._Element:
    next(root.iter(f"{{{DS}}}SignatureValue")).text = "%%%"
    return root


def empty_signature(root: etree._Element) -> etree._Element:
    _, signature, _ = parts(root)
    for child in list(signature):
        signature.remove(child)
    return root


def hmac(root: etree._Element) -> etree._Element:
    next(root.iter(f"{{{DS}}}SignatureMethod")).set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    return root


@pytest.mark.parametrize(
    "forge",
    [
        same_id, signature_of_the_status, two_signatures, reference_to_all, odd_transform, no_value, nonsense_value,
        empty_signature, hmac,
    ],
)  # fmt: skip
def test_other_forgeries_fail_the_signature(world: World, forge: Wrap) -> None:
    assert failing(world.judge(etree.tostring(forge(GOOD.root())))) == ["signature"]


@pytest.mark.parametrize("split", ["<!-- -->", "<!---->", "<?x?>"])
@pytest.mark.parametrize("before", ["admin@acme.example", "acmeservice-SAMLRole"])
def test_a_comment_in_a_value_is_found_and_the_whole_value_is_read(world: World, split: str, before: str) -> None:
    """Canonicalization drops comments, so the signature still holds."""
    response = replace(GOOD, name="admin@acme.example.evil.example")
    judgement = world.judge(response.xml().replace(before.encode(), f"{before}{split}".encode(), 1))
    assert failing(judgement) == ["signature"]
    assert judgement.username == "admin@acme.example.evil.example"
    where = "RoleSessionName" if before.startswith("admin") else "Role"
    assert f"the value of {where}" in check_of(judgement, "signature").message


@pytest.mark.parametrize("where", ["ckrug@", "urn:amazon:webservices", "2026-11-24T12:05:00Z", "NameID"])
def test_what_was_changed_after_signing_is_found(world: World, where: str) -> None:
    document = GOOD.xml()
    at = document.index(b"<saml2:Assertion")
    changed = document[:at] + document[at:].replace(where.encode(), where[:-1].encode() + b"0")
    assert "signature" in failing(world.judge(changed))


def test_a_prettified_copy_is_told_as_such(world: World) -> None:
    root = GOOD.root()
    etree.indent(root)
    check = check_of(world.judge(etree.tostring(root)), "signature")
    assert not check.ok
    assert "prettified" in check.fix


def test_an_outer_signature_must_hold_as_well(world: World) -> None:
    root = replace(GOOD, sign=("assertion", "response")).root()
    root.set("Destination", "https://evil.example")
    judgement = world.judge(etree.tostring(root))
    assert "the response was changed" in check_of(judgement, "signature").message


@pytest.mark.parametrize(
    ("days", "part"), [((-100, -1), "ended on 2026-11-23"), ((1, 100), "is not valid before 2026-11-25")]
)
def test_a_right_signature_by_a_certificate_out_of_its_time_fails(
    world: World, days: tuple[int, int], part: str
) -> None:
    late = key("late", days)
    world.idp(metadata(key(), late))
    judgement = world.judge(replace(GOOD, signer=late))
    assert failing(judgement) == ["signature"]
    assert part in check_of(judgement, "signature").message
    # The other certificate being old does not matter.
    assert failing(world.judge(GOOD)) == []


def test_time_of_the_certificate_is_judged_at_the_given_moment(world: World) -> None:
    later = NOW + timedelta(days=400)
    assert failing(world.judge(replace(GOOD, issued=later), now=later)) == ["signature"]

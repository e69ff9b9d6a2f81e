"""`explain` and the local AWS, two readers by two hands, say the same of the same responses."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from local_aws.saml.metadata import Provider
from local_aws.saml.response import ResponseRefused, read
from tests.unit.contact_center.idp import ISSUER
from tests.unit.contact_center.saml import NOW, Response, World, failing, key
from tests.unit.contact_center.saml_cases import BAD, GOOD, GOOD_ONES, Bad
from tests.unit.contact_center.test_saml_response_attacks import (
    Wrap,
    empty_signature,
    hmac,
    no_value,
    nonsense_value,
    odd_transform,
    reference_to_all,
    same_id,
    signature_of_the_status,
    two_signatures,
    xsw1,
    xsw2,
    xsw3,
    xsw4,
    xsw5,
    xsw6,
    xsw7,
    xsw8,
)

PROVIDER = Provider(ISSUER, (key().certificate,), None)
# What AWS makes of this is not documented: `explain` passes it with a word, the local AWS is strict.
LENIENT = {"a clock a minute ahead"}
# Judged by the role's trust policy (recipient, role, session tags), not by the response's reader.
NOT_THE_READERS = {"recipient", "role", "session_tags", "parse"}
# STS takes this one, and Amazon Connect has no such user; of the other, the session's length is judged later.
STRICTER = {"a plus sign, which STS takes", "the provider's session over"}
# The contact center's and the SAML provider's, as the local AWS derives them from the Role attribute.
NAMES = frozenset({"acmeservice", "acmeservice-salesforce"})


def taken(response: str) -> bool:
    try:
        read(response, PROVIDER, NOW, also_addressed_as=NAMES)
    except ResponseRefused:
        return False
    return True


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "users.csv").write_text("")
    return World(tmp_path)


@pytest.mark.parametrize("name", GOOD_ONES)
def test_both_take_the_good_ones(name: str) -> None:
    changes: dict[str, Any] = GOOD_ONES[name]
    assert name in LENIENT or taken(replace(GOOD, **changes).base64())


@pytest.mark.parametrize("name", [name for name in BAD if name not in STRICTER])
def test_both_refuse_the_bad_ones(name: str) -> None:
    bad: Bad = BAD[name]
    assert bad.failing[0] in NOT_THE_READERS or not taken(bad.response.base64())


@pytest.mark.parametrize(
    "forge",
    [
        xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8, same_id, signature_of_the_status, two_signatures,
        reference_to_all, odd_transform, no_value, nonsense_value, empty_signature, hmac,
    ],
)  # fmt: skip
def test_both_refuse_the_forged_ones(world: World, forge: Wrap) -> None:
    signs = ("assertion", "response") if forge in (xsw1, xsw2) else ("assertion",)
    response: Response = replace(GOOD, sign=signs)
    document = etree.tostring(forge(response.root()))
    assert failing(world.judge(document)) == ["signature"]
    assert not taken(base64.b64encode(document).decode())


@pytest.mark.parametrize("before", ["ckrug", "acmeservice-SAMLRole", "urn:amazon"])
def test_both_refuse_a_comment_inside_a_value(world: World, before: str) -> None:
    document = GOOD.xml().replace(before.encode(), f"{before}<!-- -->".encode(), 1)
    assert failing(world.judge(document)) == ["signature"]
    assert not taken(base64.b64encode(document).decode())

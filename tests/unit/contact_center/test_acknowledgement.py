"""Acknowledgements in a config: complete, of a known form, each once."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from contact_center import schema
from contact_center.config_digest import config_digest
from tests.unit.contact_center.review_sides import config

GOOD = (
    "change-alias acme-service to acme-support",
    "change-identity-type acme-service to CONNECT_MANAGED",
    "replace-instance arn:aws:connect:us-west-2:111122223333:instance/12345678-1234-1234-1234-1234567890ab",
    "replace-role acmeservice-SAMLRole",
    "replace-provider acmeservice-okta",
    "remove-retention acmeservice-storage/Storage/Exports",
    "remove-resource acmeservice-storage/Storage/Exports",
    "remove-protection acmeservice-sign-on",
    "trust * in acmeservice-SAMLRole",
)


def test_every_form_is_taken() -> None:
    assert config(acknowledge=list(GOOD)).acknowledge == GOOD


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("replace-instance", "is not complete: write replace-instance INSTANCE"),
        ("replace-instance acme-service now", "is not complete"),
        ("change-alias acme-service", "write change-alias OLD to NEW"),
        ("replace-instnace acme-service", "did you mean replace-instance"),
        ("everything", "connect-sso review prints the words to write"),
        ("replace-role a\nb", "not complete"),
    ],
)
def test_anything_else_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        config(acknowledge=[text])


def test_each_once() -> None:
    with pytest.raises(ValidationError, match="twice"):
        config(acknowledge=[GOOD[0], GOOD[0]])


def test_the_schema_says_the_same() -> None:
    pattern = schema.schema()["properties"]["acknowledge"]["items"]["pattern"]
    assert all(re.search(pattern, text) for text in GOOD)
    assert not re.search(pattern, "replace-instance")


def test_it_is_no_other_config_to_synthesize() -> None:
    assert config_digest(config(acknowledge=[GOOD[0]])) == config_digest(config())
    assert config_digest(config(region="us-east-1")) != config_digest(config())

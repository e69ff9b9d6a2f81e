"""Addresses of a sign-in, against the documented forms."""

from __future__ import annotations

import pytest

from contact_center.regions import REGIONS, partition
from contact_center.sign_in import (
    AGENT_WORKSPACE,
    CCP,
    assertion_consumer_url,
    audiences,
    deep_link,
    relay_state,
    salesforce_url,
)

ID = "0f6e5c2a-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us-east-1", ("https://signin.aws.amazon.com/saml",)),
        ("us-west-2", ("https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml")),
        ("us-gov-west-1", ("https://signin.amazonaws-us-gov.com/saml",)),
    ],
)
def test_audiences(region: str, expected: tuple[str, ...]) -> None:
    assert audiences(region) == expected
    assert assertion_consumer_url(region) == expected[-1]


@pytest.mark.parametrize(
    ("region", "destination", "expected"),
    [
        ("us-west-2", None, f"https://us-west-2.console.aws.amazon.com/connect/federate/{ID}"),
        ("us-west-2", CCP, f"https://us-west-2.console.aws.amazon.com/connect/federate/{ID}?destination=%2Fccp-v2"),
        (
            "us-gov-west-1",
            AGENT_WORKSPACE,
            f"https://console.amazonaws-us-gov.com/connect/federate/{ID}?destination=%2Fagent-app-v2",
        ),
        (
            "eu-central-1",
            "https://acme.example/a b?c=d&e",
            f"https://eu-central-1.console.aws.amazon.com/connect/federate/{ID}"
            "?destination=https%3A%2F%2Facme.example%2Fa%20b%3Fc%3Dd%26e",
        ),
    ],
)
def test_relay_state(region: str, destination: str | None, expected: str) -> None:
    assert relay_state(region, ID, destination) == expected


@pytest.mark.parametrize(
    "destination", ["ccp-v2", "", "//evil.example", "http://x.example", "/connect", "/connect/ccp-v2"]
)
def test_a_destination_that_would_not_work(destination: str) -> None:
    with pytest.raises(ValueError, match="destination is"):
        relay_state("us-west-2", ID, destination)


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("https://a.example/idp/login?app=0sp", "https://a.example/idp/login?app=0sp&RelayState=https%3A%2F%2Fx%3Fy"),
        ("https://a.example/app", "https://a.example/app?RelayState=https%3A%2F%2Fx%3Fy"),
        ("https://a.example/app?", "https://a.example/app?RelayState=https%3A%2F%2Fx%3Fy"),
        ("https://a.example/app#top", "https://a.example/app?RelayState=https%3A%2F%2Fx%3Fy#top"),
    ],
)
def test_deep_link(login: str, expected: str) -> None:
    assert deep_link(login, "https://x?y") == expected


def test_salesforce_url_of_a_sandbox() -> None:
    assert salesforce_url("acme--uat.sandbox") == "https://acme--uat.sandbox.my.salesforce.com"


def test_every_region_has_a_partition() -> None:
    assert {partition(region) for region in REGIONS} == {"aws", "aws-us-gov"}

"""The eleven use cases: verdict, provider, link, and what is still to do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from contact_center.providers import identity_providers
from contact_center.sign_in import relay_state
from contact_center.use_cases import IDENTITY_URL, INSTANCE_ID, USE_CASES, Row, rows
from tests.unit.contact_center.saml import World

THE_INSTANCE = "0f6e5c2a-1111-2222-3333-444455556666"
HOME, CCP = relay_state("us-west-2", THE_INSTANCE), relay_state("us-west-2", THE_INSTANCE, "/ccp-v2")
IDENTITY = "https://acme.my.salesforce.com/idp/login?app=0sp5e0000004C92"
OKTA_URL = "https://acme.okta.com/home/amazon_aws/0oa1/272"
OKTA = {
    "  salesforce:\n": f"  third_party: {{name: okta, metadata: okta-idp.xml, login_url: {OKTA_URL}}}\n  salesforce:\n"
}
ARRANGEMENTS = {
    "salesforce": {"name: acmeservice": "name: acmeservice"},
    "salesforce_and_third_party": {
        "identity_provider: salesforce": "identity_provider: salesforce_and_third_party",
        **OKTA,
    },
    "third_party": {"identity_provider: salesforce": "identity_provider: third_party", **OKTA},
}
# Design section 4, to the letter.
TABLE = {
    "salesforce": [
        ("salesforce", "omni_channel", "yes", "acmeservice-salesforce"),
        ("salesforce", "ccp", "yes_with_configuration", "acmeservice-salesforce"),
        ("neither", "either", "no", None),
    ],
    "salesforce_and_third_party": [
        ("salesforce", "omni_channel", "yes", "acmeservice-salesforce"),
        ("salesforce", "ccp", "yes", "acmeservice-salesforce"),
        ("third_party", "ccp", "yes_with_configuration", "acmeservice-okta"),
        ("third_party", "omni_channel", "no", None),
    ],
    "third_party": [
        ("salesforce", "omni_channel", "yes_with_configuration", "acmeservice-okta"),
        ("salesforce", "ccp", "yes_with_configuration", "acmeservice-okta"),
        ("third_party", "ccp", "yes_with_configuration", "acmeservice-okta"),
        ("third_party", "omni_channel", "yes_with_configuration", "acmeservice-okta"),
    ],
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    for name in ("users.csv", "okta-idp.xml"):
        (tmp_path / name).write_text("")
    return World(tmp_path)


def of(
    world: World, changes: Mapping[str, str], instance_id: str | None = THE_INSTANCE, identity_url: str | None = None
) -> tuple[Row, ...]:
    center = world.center(changes)
    providers = identity_providers(center)
    return rows(center.config, providers, instance_id=instance_id, identity_url=identity_url, file="cc.yaml")


def destination(url: str | None) -> str:
    """Return the relay state that a link ends with, or the link itself."""
    return parse_qs(urlsplit(url or "").query).get("RelayState", [url or ""])[0]


@pytest.mark.parametrize("arrangement", TABLE)
def test_the_table_is_the_designs(world: World, arrangement: str) -> None:
    found = of(world, ARRANGEMENTS[arrangement])
    told = [
        tuple(row.as_json()[key] for key in ("signs_in_via", "then_uses", "supported", "provider")) for row in found
    ]
    assert told == TABLE[arrangement]
    for row in found:
        assert list(row.as_json()) == ["signs_in_via", "then_uses", "supported", "provider", "url", "todo"]
        assert row.todo
        assert (row.url is None) is (row.use_case.supported == "no")
        assert row.todo[0].startswith("not supported: ") is (row.use_case.supported == "no")


@pytest.mark.parametrize("arrangement", TABLE)
def test_links_lead_to_the_page_of_the_instance(world: World, arrangement: str) -> None:
    for row in of(world, ARRANGEMENTS[arrangement], identity_url=IDENTITY):
        if row.url is not None:
            assert destination(row.url) == (CCP if row.use_case.then_uses == "ccp" else HOME)
            assert "FILL-IN" not in "".join((row.url, *row.todo))
            # Whoever is to click it starts at the identity provider: AWS starts no sign-in itself.
            starts = (IDENTITY, OKTA_URL)
            assert row.url.startswith(starts) or (row.use_case.signs_in_via, row.url) == ("salesforce", HOME)


def test_what_only_a_deployment_knows_is_marked(world: World) -> None:
    for row in of(world, ARRANGEMENTS["salesforce"], instance_id=None)[:2]:
        assert INSTANCE_ID in destination(row.url)
        assert any("--outputs" in step and INSTANCE_ID in step for step in row.todo)


def test_what_only_salesforce_knows_is_marked(world: World) -> None:
    omni, ccp, _ = of(world, ARRANGEMENTS["salesforce"])
    assert "FILL-IN" not in f"{omni.url}"
    assert f"https://acme.my.salesforce.com/idp/login?app={IDENTITY_URL}&RelayState=" in f"{ccp.url}"
    assert any(IDENTITY_URL in step for step in ccp.todo)


def test_without_a_login_url_the_link_is_the_relay_state(world: World) -> None:
    bare = {old: new.replace(f", login_url: {OKTA_URL}", "") for old, new in ARRANGEMENTS["third_party"].items()}
    for row in of(world, bare):
        assert row.url == (CCP if row.use_case.then_uses == "ccp" else HOME)
        assert any("sign_on.third_party.login_url" in step for step in row.todo)


def test_an_existing_role_is_for_somebody_else_to_change(world: World) -> None:
    role = "arn:aws:iam::111122223333:role/sso"
    changes = {"  username:": f"  role: {role}\n  username:"}
    step = next(step for step in of(world, changes)[0].todo if role in step)
    assert "https://signin.aws.amazon.com/saml and https://us-west-2.signin.aws.amazon.com/saml" in step


def test_an_existing_provider_goes_by_its_own_name(world: World) -> None:
    arn = "arn:aws:iam::111122223333:saml-provider/SalesforceServiceVoiceIdp"
    changes = {"metadata: salesforce-idp.xml": f"provider: {arn}"}
    assert of(world, changes)[0].provider == "SalesforceServiceVoiceIdp"


def test_there_are_three_and_four_and_four() -> None:
    assert [len(cases) for cases in USE_CASES.values()] == [3, 4, 4]

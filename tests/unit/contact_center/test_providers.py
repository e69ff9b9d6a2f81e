"""The identity providers of each arrangement, and metadata that was mixed up."""

from __future__ import annotations

import pytest

from contact_center.load import ContactCenter, load
from contact_center.providers import identity_providers, provider_problems
from tests.unit.contact_center.conftest import Write, changed
from tests.unit.contact_center.idp import ISSUER, certificate, entity, key_descriptor

OKTA = "  third_party: {name: okta, metadata: okta-idp.xml, login_url: https://acme.okta.com/x}"
PROVIDER = "arn:aws:iam::111122223333:saml-provider/SalesforceServiceVoiceIdp"


def center(write: Write, changes: dict[int, str], okta_issuer: str = "http://www.okta.com/exk1") -> ContactCenter:
    """Return a contact center with readable metadata."""
    path = write(changed(changes))
    for name, issuer in (("salesforce-idp.xml", ISSUER), ("okta-idp.xml", okta_issuer)):
        (path.parent / name).write_text(entity(issuer=issuer), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(
    ("arrangement", "expected"),
    [
        ("salesforce", ["acmeservice-salesforce"]),
        ("salesforce_and_third_party", ["acmeservice-salesforce", "acmeservice-okta"]),
        ("third_party", ["acmeservice-okta"]),
    ],
)
def test_each_arrangement(write: Write, arrangement: str, expected: list[str]) -> None:
    changes = {6: f"  identity_provider: {arrangement}"}
    if arrangement != "salesforce":
        changes[7] = OKTA
    found = center(write, changes)
    providers = identity_providers(found)
    assert [provider.name for provider in providers] == expected
    assert all(provider.reading and provider.reading.document for provider in providers)
    assert provider_problems(found, providers) == ()


def test_an_existing_provider_needs_no_metadata(write: Write) -> None:
    (provider,) = identity_providers(center(write, {11: f"    provider: {PROVIDER}"}))
    assert (provider.existing_arn, provider.reading) == (PROVIDER, None)


def test_metadata_of_another_organization(write: Write) -> None:
    found = center(write, {10: "    my_domain: acme--uat.sandbox"})
    (problem,) = provider_problems(found, identity_providers(found))
    assert (problem.severity, problem.code, problem.row) == ("warning", "issuer_unexpected", 10)
    assert "https://acme--uat.sandbox.my.salesforce.com" in problem.message


def test_the_same_metadata_for_both(write: Write) -> None:
    changes = {6: "  identity_provider: salesforce_and_third_party", 7: OKTA}
    found = center(write, changes, okta_issuer=ISSUER)
    assert [problem.code for problem in provider_problems(found, identity_providers(found))] == ["issuers_equal"]


def test_two_files_are_one_provider(write: Write) -> None:
    new = write("").parent / "new.xml"
    new.write_text(entity(key_descriptor(certificate(2))), encoding="utf-8")
    (provider,) = identity_providers(center(write, {11: "    metadata: [salesforce-idp.xml, new.xml]"}))
    assert provider.reading is not None and len(provider.reading.certificates) == 2

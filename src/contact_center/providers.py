"""The identity providers of a contact center: name, existing ARN, and what their metadata says.

Reads the metadata files that the config names. Must not know the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from contact_center.load import ContactCenter
from contact_center.metadata import MetadataReading, read_metadata
from contact_center.nearest import shown
from contact_center.sign_in import salesforce_url
from user_sync.model import Problem


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """One identity provider that the federation role trusts.

    Attributes:
        key: the section of `sign_on` that declares it.
        name: of its SAML provider in IAM; a contract.
        existing_arn: of a SAML provider that exists already; nothing is deployed for it then.
        reading: of its metadata; None where only an existing provider is named.
        login_url: where a sign-in starts, where the config says so.
    """

    key: Literal["salesforce", "third_party"]
    name: str
    existing_arn: str | None
    reading: MetadataReading | None
    login_url: str | None = None


def identity_providers(center: ContactCenter) -> tuple[IdentityProvider, ...]:
    """Return the identity providers of the arrangement, Salesforce first.

    Args:
        center: whose metadata files are read; what is wrong with them is in `provider_problems`.
    """
    config = center.config
    found = []
    if config.sign_on.trusts_salesforce:
        existing = config.sign_on.salesforce.provider
        name = config.salesforce_provider_name
        found.append(IdentityProvider("salesforce", name, existing, _reading(center, "salesforce")))
    third_party = config.sign_on.third_party
    if config.sign_on.trusts_third_party and third_party and config.third_party_provider_name:
        found.append(
            IdentityProvider(
                "third_party",
                config.third_party_provider_name,
                third_party.provider,
                _reading(center, "third_party"),
                third_party.login_url,
            )
        )
    return tuple(found)


def provider_problems(center: ContactCenter, providers: tuple[IdentityProvider, ...]) -> tuple[Problem, ...]:
    """Return all that is wrong with the providers' metadata by form, and with how it fits the config.

    Args:
        center: the contact center.
        providers: its identity providers.
    """
    form = [problem for provider in providers if provider.reading for problem in provider.reading.problems]
    return (*form, *_mixed_up(center, providers))


def _mixed_up(center: ContactCenter, providers: tuple[IdentityProvider, ...]) -> Iterator[Problem]:
    issuers = {item.key: item.reading.entity_id for item in providers if item.reading and item.reading.entity_id}
    issuer, my_domain = issuers.get("salesforce"), center.config.sign_on.salesforce.my_domain
    if issuer and my_domain and issuer.rstrip("/").lower() != salesforce_url(my_domain).lower():
        message = (
            f"the metadata is of {shown(issuer)}, and my_domain is {my_domain} ({salesforce_url(my_domain)}): "
            "download it from that organization (a sandbox has its own), or correct my_domain"
        )
        yield _problem(center, "sign_on.salesforce.my_domain", "issuer_unexpected", message)
    if issuer and issuer == issuers.get("third_party"):
        message = f"the third party's metadata is Salesforce's own ({shown(issuer)}): name the other file"
        yield _problem(center, "sign_on.third_party.metadata", "issuers_equal", message)


def _problem(center: ContactCenter, column: str, code: str, message: str) -> Problem:
    return Problem("warning", str(center.path), center.rows.get(column), column, code, message)


def _reading(center: ContactCenter, key: str) -> MetadataReading | None:
    paths = [named.path for named in center.metadata[key] if named.path]
    return read_metadata(paths) if paths else None

"""Everything that goes into the files, as one frozen value: known, or the mark of what is not known.

From the first that has it: the deployment's outputs, the config's existing ARNs, the names that are a
contract. Must not know how the files look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connect_sso.kit.apps import Link, SalesforceApp, ThirdPartyApp, links, salesforce_app, third_party_app
from connect_sso.kit.open_values import mark
from connect_sso.kit.outputs import Outputs
from contact_center import arns, regions, sign_in
from contact_center.config import Config
from contact_center.load import ContactCenter
from contact_center.providers import IdentityProvider
from contact_center.sign_on import Arrangement

# AWS GovCloud (US) User Guide, "Amazon Connect": instances there have a domain of their own.
_INSTANCE_DOMAIN = {"aws": "my.connect.aws", "aws-us-gov": "govcloud.connect.aws"}


@dataclass(frozen=True, slots=True)
class Values:
    """What the files are made of.

    Attributes:
        my_domain: of the Salesforce organization.
        provider_arns: (name, ARN) of each SAML provider.
        starts: (who, login URL) of those who sign people in; the contact center's own sign-in first.
        imported: whether the contact center is imported into Salesforce, not made by it.
        salesforce_app: None where Salesforce signs nobody in.
        third_party: None where there is none.
        known: what only Salesforce knows, as far as it is filled in.
    """

    name: str
    arrangement: Arrangement
    region: str
    partition: regions.Partition
    account: str
    instance_arn: str
    alias: str
    my_domain: str
    role_arn: str
    provider_arns: tuple[tuple[str, str], ...]
    starts: tuple[tuple[str, str], ...]
    imported: bool
    salesforce_app: SalesforceApp | None
    third_party: ThirdPartyApp | None
    providers: tuple[IdentityProvider, ...]
    contact_email: str | None
    known: Mapping[str, str]

    @property
    def instance_id(self) -> str:
        """Return the last part of the instance's ARN."""
        return self.instance_arn.rsplit("/", 1)[-1]

    @property
    def instance_url(self) -> str:
        """Return the instance's own address."""
        return f"https://{self.alias}.{_INSTANCE_DOMAIN[self.partition]}"

    @property
    def relay_state(self) -> str:
        """Return where a sign-in ends: the instance's home page."""
        return sign_in.relay_state(self.region, self.instance_id)

    @property
    def salesforce_url(self) -> str:
        """Return the organization's address."""
        return sign_in.salesforce_url(self.my_domain)

    @property
    def origins(self) -> tuple[str, str]:
        """Return Salesforce's addresses, which the instance must approve."""
        return (self.salesforce_url, f"https://{self.my_domain}.lightning.force.com")

    @property
    def identity_url(self) -> str:
        """Return where the contact center's sign-in starts."""
        return self.starts[0][1]

    @property
    def links(self) -> tuple[Link, ...]:
        """Return the links that sign a person in and land on a page."""
        return tuple(
            link for through, url in self.starts for link in links(self.region, self.instance_id, through, url)
        )

    def known_or_mark(self, key: str) -> str:
        """Return what Salesforce knows, or its mark."""
        return self.known.get(key) or mark(key)


def make_values(
    center: ContactCenter,
    providers: tuple[IdentityProvider, ...],
    outputs: Outputs,
    known: Mapping[str, str],
    alias: str | None,
) -> Values:
    """Return what the files are made of.

    Args:
        center: the contact center.
        providers: its identity providers.
        outputs: of the deployment; empty where none were given.
        known: what only Salesforce knows, as far as it is filled in.
        alias: of the instance, where the instance itself told it.

    Raises:
        NotExpressibleError: Salesforce cannot send the username that the config asks for.
    """
    config, sign_on = center.config, center.config.sign_on
    known_arns = _arns(config, providers, outputs)
    my_domain = sign_on.salesforce.my_domain or mark("my_domain")
    starts: list[tuple[str, str]] = []
    salesforce = third_party = None
    if sign_on.trusts_salesforce:
        salesforce = salesforce_app(config, known_arns.role, known_arns.providers["salesforce"])
        unknown = f"{sign_in.salesforce_url(my_domain)}/idp/login?app={mark('identity_url')}"
        starts.append(("Salesforce", known.get("identity_url") or unknown))
    if sign_on.trusts_third_party and sign_on.third_party:
        provider = known_arns.providers["third_party"]
        third_party = third_party_app(config, center.policy.organization_id, known_arns.role, provider)
        starts.append((third_party.name, sign_on.third_party.login_url or mark("login_url")))
    return Values(
        name=config.name,
        arrangement=sign_on.identity_provider,
        region=config.region,
        partition=config.partition,
        account=known_arns.account,
        instance_arn=known_arns.instance,
        alias=alias or outputs.alias or config.instance.alias or mark("instance_alias"),
        my_domain=my_domain,
        role_arn=known_arns.role,
        provider_arns=tuple((item.name, known_arns.providers[item.key]) for item in providers),
        starts=tuple(starts),
        imported=sign_on.salesforce.contact_center == "imported",
        salesforce_app=salesforce,
        third_party=third_party,
        providers=providers,
        contact_email=config.alerts.email if config.alerts else None,
        known=known,
    )


@dataclass(frozen=True, slots=True)
class _Arns:
    account: str
    instance: str
    role: str
    providers: Mapping[str, str]


def _arns(config: Config, providers: tuple[IdentityProvider, ...], outputs: Outputs) -> _Arns:
    instance = outputs.instance_arn or config.instance.existing
    existing = (instance, outputs.role_arn, config.sign_on.role)
    account = (
        config.account
        or next((arn.account for text in existing if text and (arn := arns.parse(text))), None)
        or mark("account")
    )
    iam = f"arn:{config.partition}:iam::{account}"
    given = {"salesforce": outputs.salesforce_provider_arn, "third_party": outputs.third_party_provider_arn}
    return _Arns(
        account=account,
        instance=instance or f"arn:{config.partition}:connect:{config.region}:{account}:instance/{mark('instance_id')}",
        role=outputs.role_arn or config.sign_on.role or f"{iam}:role/{config.role_name}",
        providers={
            provider.key: given[provider.key] or provider.existing_arn or f"{iam}:saml-provider/{provider.name}"
            for provider in providers
        },
    )

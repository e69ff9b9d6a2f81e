"""What the apps for Amazon Connect say at the identity providers, and the links that start there.

Must not know how the files look, nor read anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from contact_center import sign_in
from contact_center.config import Config
from contact_center.username_claims import Claim, claim
from contact_center.username_formula import salesforce_formula

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
# IAM User Guide, "Configure SAML assertions for the authentication response": AWS's own entity id.
_AUDIENCE = {"aws": "urn:amazon:webservices", "aws-us-gov": "urn:amazon:webservices:govcloud"}


@dataclass(frozen=True, slots=True)
class Link:
    """A link that signs a person in and lands on a page.

    Attributes:
        through: who signs the person in, for a person.
    """

    page: str
    through: str
    url: str


@dataclass(frozen=True, slots=True)
class SalesforceApp:
    """What Salesforce's app for Amazon Connect says.

    Attributes:
        name: of the External Client App, and the start of the names of what belongs to it.
        entity_id: the contact center's name, so that several contact centers of one organization have
            apps of their own (Salesforce Help, "Create Connected App" of Voice). It becomes the audience.
        documented_audience: what AWS documents instead; whether it takes every name is not verified.
        acs_url: where responses are posted.
        attributes: (key, formula) of the SAML attributes.
        made_by_salesforce: whether Salesforce itself makes it, so that it is compared, not deployed.
    """

    name: str
    entity_id: str
    documented_audience: str
    acs_url: str
    attributes: tuple[tuple[str, str], ...]
    made_by_salesforce: bool


@dataclass(frozen=True, slots=True)
class ThirdPartyApp:
    """What a third party's app for Amazon Connect says.

    Attributes:
        role: value of the Role attribute.
        session_seconds: value of the SessionDuration attribute; None where it must not be sent.
        session_tags: whether PrincipalTag attributes may be sent.
        claims: of the username, for each vendor.
    """

    name: str
    acs_url: str
    audience: str
    role: str
    session_seconds: int | None
    session_tags: bool
    claims: tuple[Claim, ...]


def links(region: str, instance_id: str, through: str, login_url: str) -> tuple[Link, ...]:
    """Return the links to the pages that people use.

    Args:
        region, instance_id: of the instance.
        through: who signs the person in, for a person.
        login_url: where that sign-in starts.
    """
    pages = (
        ("Contact Control Panel", sign_in.CCP),
        ("Agent workspace", sign_in.AGENT_WORKSPACE),
        ("Amazon Connect home page", None),
    )
    return tuple(
        Link(page, through, sign_in.deep_link(login_url, sign_in.relay_state(region, instance_id, destination)))
        for page, destination in pages
    )


def _acs_url(config: Config) -> str:
    """Return where responses are posted: the Region's own address, which does not depend on another Region.

    An existing role may trust the global address only, as those of Salesforce's own templates do.
    """
    addresses = sign_in.audiences(config.region)
    return addresses[0] if config.sign_on.role else addresses[-1]


def _session_seconds(config: Config) -> int | None:
    """Return the session's length to ask for; None for an existing role, which may allow one hour only."""
    return None if config.sign_on.role else config.sign_on.session_hours * 3600


def salesforce_app(config: Config, role_arn: str, provider_arn: str) -> SalesforceApp:
    """Return what Salesforce's app says.

    Args:
        config: of the contact center.
        role_arn: of the federation role.
        provider_arn: of Salesforce's SAML provider.

    Raises:
        NotExpressibleError: Salesforce cannot send the username that the config asks for.
    """
    seconds = _session_seconds(config)
    attributes = [
        (f"{ATTRIBUTES}RoleSessionName", salesforce_formula(config.sign_on.username)),
        (f"{ATTRIBUTES}Role", f"'{provider_arn}' & ',' & '{role_arn}'"),
    ]
    if seconds:
        attributes.append((f"{ATTRIBUTES}SessionDuration", f"'{seconds}'"))
    return SalesforceApp(
        name=f"{config.name}_Connect_SSO",
        entity_id=config.name,
        documented_audience=_AUDIENCE[config.partition],
        acs_url=_acs_url(config),
        attributes=tuple(attributes),
        made_by_salesforce=config.sign_on.salesforce.contact_center == "provisioned",
    )


def third_party_app(config: Config, organization_id: str, role_arn: str, provider_arn: str) -> ThirdPartyApp:
    """Return what the third party's app says.

    Args:
        config: of the contact center; it has a third party.
        organization_id: 15 characters.
        role_arn: of the federation role.
        provider_arn: of the third party's SAML provider.
    """
    setting = config.sign_on.username
    return ThirdPartyApp(
        name=config.sign_on.third_party.name if config.sign_on.third_party else "",
        acs_url=_acs_url(config),
        audience=_AUDIENCE[config.partition],
        role=f"{role_arn},{provider_arn}",
        session_seconds=_session_seconds(config),
        session_tags=config.sign_on.session_tags,
        claims=(
            claim("okta", setting, organization_id),
            claim("entra", setting, organization_id),
            claim("ping", setting, organization_id),
        ),
    )

"""The `sign_on` section of the config: identity providers, the federation role, the username.

Must not read metadata, nor judge whether its keys agree with one another (`agreement` does).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import WithJsonSchema

from contact_center import username
from contact_center.identity_values import (
    FileName,
    LoginUrl,
    MyDomain,
    OrganizationId,
    PrincipalArn,
    ProviderArn,
    RoleArn,
    ThirdPartyName,
)
from contact_center.user_values import SessionHours, UsernameFormat
from contact_center.values import ONE_OR_MANY_TEXTS, Flag, OneOrMany, Section, between, unique

Arrangement = Literal["salesforce", "salesforce_and_third_party", "third_party"]

MetadataFiles = Annotated[
    tuple[FileName, ...],
    between("metadata files", 1, 2),
    unique("file"),
    OneOrMany,
    WithJsonSchema(ONE_OR_MANY_TEXTS),
]


class EmergencyAccess(Section):
    """A break-glass role for the night when the identity provider is down."""

    principals: Annotated[tuple[PrincipalArn, ...], between("principals", 1, 10), unique("principal")]
    """IAM roles and users who may assume it, with MFA; at most 10."""


class Salesforce(Section):
    """The Salesforce organization."""

    organization_id: OrganizationId
    """15 or 18 characters, from Setup, Company Information."""

    contact_center: Literal["imported", "provisioned"] = "imported"
    """provisioned: Salesforce itself makes the Connect users (Salesforce Voice with Amazon Connect); imported:
    nobody does (Partner Telephony), so this project does."""

    my_domain: MyDomain | None = None
    """The part before .my.salesforce.com, such as acme; a sandbox's: acme--uat.sandbox."""

    metadata: MetadataFiles | None = None
    """The identity provider's SAML metadata: a file, or two whose signing certificates are merged (rollover)."""

    provider: ProviderArn | None = None
    """ARN of an IAM SAML provider that exists already, instead of a new one from the metadata."""


class ThirdParty(Section):
    """The identity provider beside Salesforce, or instead of it."""

    name: ThirdPartyName
    """The end of the SAML provider's name, such as okta; the other side stores it, so it must not change."""

    metadata: MetadataFiles | None = None
    """The identity provider's SAML metadata: a file, or two whose signing certificates are merged (rollover)."""

    provider: ProviderArn | None = None
    """ARN of an IAM SAML provider that exists already, instead of a new one from the metadata."""

    login_url: LoginUrl | None = None
    """Where a sign-in to the app starts at the identity provider."""


class SignOn(Section):
    """How people sign in to the instance."""

    identity_provider: Arrangement = "salesforce"
    """Who says who somebody is: Salesforce, a third party, or either."""

    username: UsernameFormat = "salesforce_voice"
    """The Connect username, which is RoleSessionName too: a named format, or a template over columns of the
    export such as {Alias}@{Id}@{OrganizationId}."""

    session_hours: SessionHours = 12
    """How long the AWS role session lasts; Amazon Connect's own session is 12 hours."""

    session_tags: Flag = False
    """Whether identity providers send PrincipalTag attributes, so that the role must trust sts:TagSession."""

    role: RoleArn | None = None
    """ARN of a federation role that exists already, instead of a new one."""

    emergency_access: EmergencyAccess | None = None
    """A break-glass role for named principals."""

    salesforce: Salesforce
    """The Salesforce organization."""

    third_party: ThirdParty | None = None
    """The identity provider beside Salesforce, or instead of it."""

    @property
    def username_template(self) -> str:
        """Return the template that `username` names or is."""
        return username.template(self.username)

    @property
    def trusts_salesforce(self) -> bool:
        """Return whether Salesforce is an identity provider of the arrangement."""
        return self.identity_provider != "third_party"

    @property
    def trusts_third_party(self) -> bool:
        """Return whether a third party is an identity provider of the arrangement."""
        return self.identity_provider != "salesforce"

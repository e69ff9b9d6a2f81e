"""What a sign-in of a contact center must say: role, provider, account, instance, and where to correct it.

The names are the config's; what only a deployment knows may be missing. Must not know a response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contact_center.config import Config
from contact_center.providers import IdentityProvider

# Stands in an ARN for an account that is not known.
ACCOUNT = "ACCOUNT"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a response is compared with.

    Attributes:
        providers: those that the role trusts.
        issuer: the one that issued the response; None where it is none of them.
        account: 12 digits; None where it is not known.
        instance_id: None where it is not known.
    """

    config: Config
    providers: Sequence[IdentityProvider]
    issuer: IdentityProvider | None
    account: str | None
    instance_id: str | None

    @property
    def app(self) -> str:
        """Return where a person corrects what the identity provider sends."""
        third_party = self.config.sign_on.third_party
        key = self.issuer.key if self.issuer else self.providers[0].key if len(self.providers) == 1 else None
        if key == "third_party" and third_party:
            return f"the SAML settings of the app at {third_party.name}"
        if key == "salesforce":
            return "the app's SAML settings in Salesforce (Setup, External Client App Manager)"
        return "the SAML settings of the app at the identity provider"

    @property
    def role_arn(self) -> str:
        """Return the federation role's ARN, with ``ACCOUNT`` in it where that is not known."""
        return self.config.sign_on.role or self._arn("role", self.config.role_name)

    @property
    def provider_arn(self) -> str:
        """Return the ARN of the issuer's SAML provider, or of the first where there is no issuer."""
        return self._provider_arn(self.issuer or self.providers[0])

    def is_role(self, arn: str) -> bool:
        """Return whether an ARN is the federation role's."""
        return self._equal(arn, self.role_arn)

    def is_pair(self, role: str, provider: str) -> bool:
        """Return whether two ARNs are the role's and the issuer's provider's (any provider's without an issuer)."""
        fits = self._equal(provider, self.provider_arn) if self.issuer else self.is_any_provider(provider)
        return fits and self.is_role(role) and role.split(":")[4] == provider.split(":")[4]

    def is_any_provider(self, arn: str) -> bool:
        """Return whether an ARN is that of one of the SAML providers."""
        return any(self._equal(arn, self._provider_arn(provider)) for provider in self.providers)

    def _provider_arn(self, provider: IdentityProvider) -> str:
        return provider.existing_arn or self._arn("saml-provider", provider.name)

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:{self.config.partition}:iam::{self.account or ACCOUNT}:{kind}/{name}"

    def _equal(self, got: str, wanted: str) -> bool:
        parts = got.split(":")
        if f"::{ACCOUNT}:" in wanted and len(parts) == 6 and len(parts[4]) == 12 and parts[4].isdecimal():
            parts[4] = ACCOUNT
        return ":".join(parts) == wanted


def provider_name(provider: IdentityProvider) -> str:
    """Return the SAML provider's name in IAM: an existing one's own, else the contract's."""
    return provider.existing_arn.rpartition("/")[2] if provider.existing_arn else provider.name

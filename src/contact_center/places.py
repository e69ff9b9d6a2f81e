"""Where a person puts things right: the command to deploy with, the pages of the console.

Must not know what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from contact_center.config import Config


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one contact center.

    Attributes:
        file: the config, as it was given.
    """

    config: Config
    file: str

    @property
    def role_is_ours(self) -> bool:
        """Return whether our stack makes the role; one that exists already may have more than we would give it."""
        return self.config.sign_on.role is None

    @property
    def role_name(self) -> str:
        """Return the name of the federation role, without its path."""
        given = self.config.sign_on.role
        return given.rpartition("/")[2] if given else self.config.role_name

    def deploy(self, stack: str) -> str:
        """Return the command that deploys one stack."""
        return f"npx cdk deploy {stack} -c config={self.file}"

    @property
    def deploy_sign_on(self) -> str:
        """Return the command that deploys providers and role."""
        return self.deploy(self.config.sign_on_stack_name)

    def role_page(self, tab: str) -> str:
        """Return where in the console the role is changed.

        Args:
            tab: such as ``Trust relationships``.
        """
        return f"IAM, Roles, {self.role_name}, {tab}"

    def provider_page(self, name: str) -> str:
        """Return where in the console a SAML provider is changed."""
        return f"IAM, Identity providers, {name}"

    def undo(self, page: str, what: str) -> str:
        """Return how the role, or a provider, comes to be as the files say.

        CloudFormation compares templates, not what is there: a deployment does not see a change by hand.

        Args:
            page: of the console.
            what: to do there.
        """
        return f"{page}: {what}; if the config was changed since the last deployment, {self.deploy_sign_on} instead"

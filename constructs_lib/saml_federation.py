"""Sign-in to an Amazon Connect instance through SAML identity providers: the providers and the one role.

One role for an instance, stably named, never replaced: Connect can bind a user to the role that the user
first came through, so a second role, or a new one, locks people out. Every provider is trusted by that
role in a statement of its own; a provider can come and go under it.
https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.grants import Document, Grant, document, managed_policy, short


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """An identity provider: made here from its metadata, or one that exists already.

    Attributes:
        key: short name that is unique here, letters only, such as ``Salesforce``: the construct's id.
        name: the provider's name in IAM, 1 to 128 of ``[A-Za-z0-9._-]``; unused with `arn`.
        metadata: the identity provider's metadata document, 1,000 characters or more; unused with `arn`.
        arn: of a provider that exists and stays as it is.
    """

    key: str
    name: str = ""
    metadata: str = ""
    arn: str | None = None

    @property
    def name_in_iam(self) -> str:
        """Return the provider's name in IAM, whether it is made here or exists already."""
        return self.arn.rpartition("/")[2] if self.arn else self.name


@dataclass(frozen=True, slots=True)
class FederationRole:
    """The one role: made here, or one that exists already.

    Attributes:
        name: stable, since identity providers store the role's ARN; unused with `arn`.
        session_hours: of the AWS session, 1 to 12.
        session_tags: the role also trusts ``sts:TagSession``, which a response with PrincipalTag needs.
        arn: of a role that exists; its trust and its policies stay as they are.
    """

    name: str = ""
    session_hours: int = 12
    session_tags: bool = False
    arn: str | None = None


class SamlFederation(Construct):
    """Providers and role.

    Attributes:
        role_arn: of the one role.
        provider_arns: by key, in the order given.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        instance_arn: str,
        role: FederationRole,
        providers: Sequence[SamlProvider],
        audiences: Sequence[str],
    ) -> None:
        """Declare what people sign in through.

        Args:
            instance_arn: the instance to sign in to, and the only one.
            role: for all providers.
            providers: at least one.
            audiences: sign-in addresses whose responses count (``SAML:aud``).
        """
        super().__init__(scope, id_)
        self.provider_arns = {provider.key: self._provider(provider) for provider in providers}
        self.role_arn = role.arn or self._role(role, instance_arn, audiences)

    def _provider(self, provider: SamlProvider) -> str:
        if provider.arn is not None:
            return provider.arn
        resource = iam.CfnSAMLProvider(self, provider.key, name=provider.name, saml_metadata_document=provider.metadata)
        resource.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        return resource.attr_arn

    def _role(self, role: FederationRole, instance_arn: str, audiences: Sequence[str]) -> str:
        providers = tuple(self.provider_arns.values())
        resource = iam.CfnRole(
            self,
            "Role",
            role_name=role.name,
            description="Signs people in to Amazon Connect and does nothing else",
            assume_role_policy_document=trust_policy(providers, audiences, session_tags=role.session_tags),
            max_session_duration=role.session_hours * 3600,
        )
        resource.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self._permit(resource, instance_arn)
        return resource.attr_arn

    def _permit(self, role: iam.CfnRole, instance_arn: str) -> None:
        """Let the role's sessions sign in as the user of their own session name.

        The policy is kept with the role: a kept role without it would sign nobody in.
        """
        # In a session of a role, aws:userid is "{role id}:{RoleSessionName}".
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
        grant = Grant("SignIn", ["connect:GetFederationToken"], [f"{instance_arn}/user/${{aws:userid}}"])
        policy = managed_policy(self, "SignIn", role_name=role.ref, grants=[grant])
        policy.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)


def trust_policy(provider_arns: Sequence[str], audiences: Sequence[str], *, session_tags: bool) -> Document:
    """Return the role's trust: a statement for each provider.

    ``SAML:aud`` is compared with the Recipient of the response; the key is written as IAM's documentation
    writes it (names of condition keys know no case).
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html

    Args:
        provider_arns: whose responses are believed.
        audiences: sign-in addresses.
        session_tags: whether responses may carry session tags.
    """
    actions = ["sts:AssumeRoleWithSAML", *(["sts:TagSession"] if session_tags else [])]
    return document(
        *(
            {
                "Effect": "Allow",
                "Principal": {"Federated": arn},
                "Action": short(actions),
                "Condition": {"StringEquals": {"SAML:aud": list(audiences)}},
            }
            for arn in provider_arns
        )
    )

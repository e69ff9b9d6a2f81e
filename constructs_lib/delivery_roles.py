"""Roles that pipelines assume, by OpenID Connect from GitHub Actions or as projects of AWS CodeBuild.

Without a key that could be lost: who may assume a role is a repository's branch, pull request or environment, to
the letter. https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.grants import Grant, document, managed_policy, short

GITHUB_ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


class GitHubProvider(Construct):
    """The account's identity provider for GitHub Actions; an account can have one, so it outlives its stack.

    Attributes:
        arn: of the provider; it names the issuer, so that a reviewer sees whom a role trusts.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        """Declare it; IAM checks GitHub's certificate against its own list, so no thumbprint is needed."""
        super().__init__(scope, id_)
        stack = Stack.of(self)
        self.arn = f"arn:{stack.partition}:iam::{stack.account}:oidc-provider/{GITHUB_ISSUER}"
        provider = iam.CfnOIDCProvider(self, "Resource", url=f"https://{GITHUB_ISSUER}", client_id_list=[AUDIENCE])
        provider.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)


class DeliveryRole(Construct):
    """One role.

    Attributes:
        arn: for the pipeline.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        purpose: str,
        trust: Sequence[Mapping[str, Any]],
        policies: Mapping[str, Sequence[Grant]],
        session_hours: int = 1,
    ) -> None:
        """Declare it.

        Args:
            name: of the role: a contract, because a pipeline's files hold it.
            purpose: one line for the console.
            trust: statements of its trust policy.
            policies: construct id → grants.
            session_hours: the longest session.
        """
        super().__init__(scope, id_)
        role = iam.CfnRole(
            self,
            "Role",
            role_name=name,
            description=purpose,
            assume_role_policy_document=document(*trust),
            max_session_duration=session_hours * 3600,
        )
        self.arn = role.attr_arn
        for policy, grants in policies.items():
            managed_policy(self, policy, role_name=role.ref, grants=grants)


def github_trust(provider_arn: str, subjects: Sequence[str]) -> dict[str, Any]:
    """Return the statement that lets jobs of GitHub Actions assume a role.

    Args:
        provider_arn: of the account's identity provider for GitHub.
        subjects: ``sub`` of their tokens, to the letter: no wildcard, no other repository.
    """
    keys = {f"{GITHUB_ISSUER}:aud": AUDIENCE, f"{GITHUB_ISSUER}:sub": short(subjects)}
    return {
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": keys},
    }


def codebuild_trust(scope: Construct, project: str) -> dict[str, Any]:
    """Return the statement that lets one project of AWS CodeBuild in this account assume a role.

    Args:
        scope: of the role.
        project: its name.
    """
    stack = Stack.of(scope)
    arn = f"arn:{stack.partition}:codebuild:{stack.region}:{stack.account}:project/{project}"
    return {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceArn": arn}},
    }

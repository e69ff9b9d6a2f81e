"""The `delivery` section of the config: the pipelines that may review, prepare and execute changes.

From it follow the delivery stack's roles and who may assume each. Must not know what a role may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict

from contact_center.delivery_values import (
    Branch,
    ConfigPath,
    ConnectionArn,
    EnvironmentName,
    GitHubRepository,
    OidcProviderArn,
    Repository,
)
from contact_center.values import Section

DeliveryRole = Literal["reviewer", "reader", "preparer", "deployer"]


class GitHub(Section):
    """GitHub Actions, by OpenID Connect: no key is stored at GitHub."""

    repository: GitHubRepository
    """OWNER/NAME, as tokens of GitHub Actions have it after repo:. A repository that was made or renamed since
    July 15, 2026: OWNER@ID/NAME@ID (gh api repos/OWNER/NAME/actions/oidc/customization/sub says which)."""

    branch: Branch = "main"
    """Its commits are delivered."""

    environment: EnvironmentName = "production"
    """The GitHub environment whose reviewers approve: only a job in it can execute a change."""

    oidc_provider: OidcProviderArn | None = None
    """ARN of the account's IAM identity provider for GitHub, where there is one: an account can have only one.
    Left out: the delivery stack makes it."""

    def subjects(self) -> Mapping[DeliveryRole, tuple[str, ...]]:
        """Return who may assume each role, as the token's ``sub``.

        A pull request runs code that nobody has approved, so it gets the role that sees templates only.
        https://docs.github.com/en/actions/reference/security/oidc
        """
        branch = f"repo:{self.repository}:ref:refs/heads/{self.branch}"
        return {
            "reviewer": (f"repo:{self.repository}:pull_request",),
            "reader": (branch,),
            "preparer": (branch,),
            "deployer": (f"repo:{self.repository}:environment:{self.environment}",),
        }


class CodePipeline(Section):
    """AWS CodePipeline, in the account itself."""

    connection: ConnectionArn
    """ARN of a connection (Developer Tools, Connections) to where the repository is."""

    repository: Repository
    """OWNER/NAME there."""

    branch: Branch = "main"
    """Its commits are delivered."""

    config: ConfigPath
    """This file's path in the repository, such as config/acmeservice/contact-center.yaml."""


class Delivery(Section):
    """Who delivers: GitHub Actions, AWS CodePipeline, or both."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    github: GitHub | None = None
    """GitHub Actions."""

    code_pipeline: CodePipeline | None = None
    """AWS CodePipeline."""

"""Values of the `delivery` section: repositories, branches, environments, and the ARNs that pipelines need.

As `identity_values`: each is a pydantic type whose error says what was got, what is allowed and what to do.
All of them end in a trust policy or a pipeline, so none may hold a wildcard.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from contact_center import arns
from contact_center.identity_values import arn_of
from contact_center.nearest import shown
from contact_center.values import Text, matching, text_schema, wrong

_OWNER, _NAME, _ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", r"[A-Za-z0-9._-]{1,100}", r"@[0-9]{1,20}"
REPOSITORY_PATTERN = rf"^{_OWNER}/{_NAME}$"
GITHUB_PATTERN = rf"^({_OWNER}/{_NAME}|{_OWNER}{_ID}/{_NAME}{_ID})$"
_BRANCH = r"^(?!refs/|.*(//|\.\.))[A-Za-z0-9_](?:[A-Za-z0-9._/-]{0,198}[A-Za-z0-9_])?$"
_ENVIRONMENT = r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$"
_CONFIG_PATH = r"^(?!.*(//|\.\./))[A-Za-z0-9_][A-Za-z0-9._/-]{0,198}[.]ya?ml$"


def _repository(pattern: str, allowed: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            bare = re.sub(r"^(\w+://)?([^/]*@)?github\.com[/:]|\.git$|/$", "", text)
            write = f": write {bare}" if bare != text and re.fullmatch(pattern, bare, re.ASCII) else ""
            raise wrong("repository_invalid", f"{shown(text)} is not a repository, {allowed}{write}")
        return text

    return AfterValidator(check)


GitHubRepository = Annotated[
    Text,
    _repository(GITHUB_PATTERN, "OWNER/NAME, or OWNER@ID/NAME@ID with both ids"),
    text_schema(GITHUB_PATTERN),
]
Repository = Annotated[Text, _repository(REPOSITORY_PATTERN, "OWNER/NAME"), text_schema(REPOSITORY_PATTERN)]
Branch = Annotated[
    Text,
    matching(_BRANCH, "branch_invalid", "is not a branch: one name without refs/heads/ and without wildcards"),
    text_schema(_BRANCH),
]
EnvironmentName = Annotated[
    Text,
    matching(_ENVIRONMENT, "environment_invalid", "is not an environment: letters, digits and . _ -, at most 100"),
    text_schema(_ENVIRONMENT),
]
ConfigPath = Annotated[
    Text,
    matching(
        _CONFIG_PATH,
        "file_invalid",
        "is not a file in the repository: write its path from the top, such as config/acmeservice/contact-center.yaml",
    ),
    text_schema(_CONFIG_PATH),
]
OidcProviderArn = Annotated[
    Text,
    arn_of(arns.GITHUB_PROVIDER, "an IAM identity provider for GitHub Actions"),
    text_schema("^arn:aws(-us-gov)?:iam::[0-9]{12}:oidc-provider/token[.]actions[.]githubusercontent[.]com$"),
]
ConnectionArn = Annotated[
    Text,
    arn_of(arns.CONNECTION, "a connection of Developer Tools"),
    text_schema("^arn:aws(-us-gov)?:(codeconnections|codestar-connections):"),
]

"""What every synthesis must pass."""

from __future__ import annotations

from functools import cache

from aws_cdk import App, CloudFormationValidatePlugin, IPolicyValidationPlugin
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks


def checks(app: App) -> tuple[IPolicyValidationPlugin, ...]:
    """Return the CDK's own check of templates, and cdk-nag.

    Args:
        app: whose templates.
    """
    return (_template_check(), AwsSolutionsChecks(app), NIST80053R5Checks(app))


@cache
def _template_check() -> CloudFormationValidatePlugin:
    """Return the CDK's own check of templates, without its rules in Rego, all of which are about GameLift.

    Every app has this check; to load the engine of those rules takes long. One serves all apps of a process.
    """
    return CloudFormationValidatePlugin(include_default_rules=False)

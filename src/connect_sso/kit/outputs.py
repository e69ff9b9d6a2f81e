"""What `cdk deploy --outputs-file` wrote: stack name → output → value.

Every way in which the file does not belong to the config is a problem, because an ARN of another contact
center in a kit is found out by locked-out agents only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contact_center import arns
from contact_center.config import Config
from contact_center.nearest import shown
from user_sync.model import Problem


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the deployment says; None where nothing was given.

    Attributes:
        alias: of the instance, where its stack made it.
    """

    role_arn: str | None = None
    salesforce_provider_arn: str | None = None
    third_party_provider_arn: str | None = None
    instance_arn: str | None = None
    alias: str | None = None


def read_outputs(path: Path, config: Config) -> tuple[Outputs, list[Problem]]:
    """Return the outputs of a contact center's stacks, and what is wrong with the file.

    Args:
        path: the outputs file.
        config: of the contact center.
    """
    fix = f"write it with npx cdk deploy --all --outputs-file {path.name}"
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        return Outputs(), [_problem(path, None, "outputs_unreadable", f"cannot read {path}: {reason}; {fix}")]
    stack = data.get(config.sign_on_stack_name) if isinstance(data, dict) else None
    if not isinstance(stack, dict):
        has = ", ".join(sorted(map(str, data))) if isinstance(data, dict) and data else "none"
        message = f"no stack {config.sign_on_stack_name} is in it; its stacks are: {has}; {fix}"
        return Outputs(), [_problem(path, config.sign_on_stack_name, "outputs_of_others", message)]
    wanted = {"RoleArn": arns.ROLE, "InstanceArn": arns.INSTANCE}
    if config.sign_on.trusts_salesforce:
        wanted["SalesforceProviderArn"] = arns.SAML_PROVIDER
    if config.sign_on.trusts_third_party:
        wanted["ThirdPartyProviderArn"] = arns.SAML_PROVIDER
    problems = [problem for name, kind in wanted.items() for problem in _judge(path, stack, name, kind, config)]
    if problems:
        return Outputs(), problems
    instance = data.get(config.instance_stack_name)
    alias = instance.get("InstanceAlias") if isinstance(instance, dict) else None
    return Outputs(
        role_arn=stack["RoleArn"],
        salesforce_provider_arn=stack.get("SalesforceProviderArn"),
        third_party_provider_arn=stack.get("ThirdPartyProviderArn"),
        instance_arn=stack["InstanceArn"],
        alias=alias if isinstance(alias, str) else None,
    ), []


def _judge(path: Path, stack: Mapping[str, Any], name: str, kind: arns.Kind, config: Config) -> Iterator[Problem]:
    column = f"{config.sign_on_stack_name}.{name}"
    text = stack.get(name)
    if not isinstance(text, str) or not arns.is_kind(text, kind):
        got = "missing" if text is None else shown(text)
        yield _problem(path, column, "output_invalid", f"{name} is {got}; expected {kind[2]}: deploy again")
        return
    arn = arns.parse(text)
    if arn is None:  # pragma: no cover - is_kind parsed it
        return
    expected = _existing(config).get(name)
    if expected and text != expected:
        yield _problem(path, column, "outputs_of_others", f"{name} is {text}, and the config names {expected}")
    elif arn.partition != config.partition or (arn.region and arn.region != config.region):
        message = f"{name} is {text}, and the config says region: {config.region}: give the outputs of that deployment"
        yield _problem(path, column, "outputs_of_others", message)
    elif config.account and arn.account != config.account:
        message = f"{name} is of account {arn.account}, and the config says account: {config.account}"
        yield _problem(path, column, "outputs_of_others", message)


def _existing(config: Config) -> dict[str, str | None]:
    third_party = config.sign_on.third_party
    return {
        "RoleArn": config.sign_on.role,
        "InstanceArn": config.instance.existing,
        "SalesforceProviderArn": config.sign_on.salesforce.provider,
        "ThirdPartyProviderArn": third_party.provider if third_party else None,
    }


def _problem(path: Path, column: str | None, code: str, message: str) -> Problem:
    return Problem("error", str(path), None, column, code, message)

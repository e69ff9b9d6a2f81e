"""The one door to what is deployed: CloudFormation's templates of the contact center's stacks. Reads, never writes.

It needs cloudformation:DescribeStacks and cloudformation:GetTemplate on these stacks, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.config import Config as Settings
from botocore.exceptions import BotoCoreError, ClientError

from contact_center.config import Config
from contact_center.review.stacks import Side, Stack
from user_sync.errors import SyncError

# A stack whose first creation failed, or that waits for its first change set, holds nothing.
NOTHING_THERE = {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_COMPLETE"}


class NotReadableError(SyncError):
    """What is deployed cannot be read, or is not in the account that the config names."""


def read_deployed(config: Config, names: Iterable[str]) -> tuple[Side, str]:
    """Return the deployed stacks, and the account in which they were looked for.

    Args:
        config: of the contact center; its account, where it names one, must be the credentials'.
        names: of the stacks.

    Raises:
        NotReadableError: AWS does not let itself be asked, or it is another account.
    """
    try:
        account = str(_client("sts", config.region).get_caller_identity()["Account"])
    except (ClientError, BotoCoreError) as error:
        raise _unreadable(error, "sts:GetCallerIdentity", "") from error
    if config.account and account != config.account:
        text = f"the credentials are of account {account}, and the config says account: {config.account}"
        raise NotReadableError("wrong_account", f"{text}; sign in to that account")
    client = _client("cloudformation", config.region)
    found = [_stack(client, name, account, config.region) for name in names]
    stacks = {stack.name: stack for stack in found if stack}
    return Side(f"what is deployed in account {account}, {config.region}", stacks), account


def _client(service: str, region: str) -> Any:
    make: Any = boto3.client
    settings = Settings(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 4})
    return make(service, region_name=region, config=settings)


def _stack(client: Any, name: str, account: str, region: str) -> Stack | None:
    try:
        found = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError" and "not exist" in str(error):
            return None
        raise _unreadable(error, "cloudformation:DescribeStacks", name) from error
    except BotoCoreError as error:
        raise _unreadable(error, "cloudformation:DescribeStacks", name) from error
    if found["StackStatus"] in NOTHING_THERE:
        return None
    if found["StackStatus"].endswith("_IN_PROGRESS"):
        text = f"stack {name} is {found['StackStatus']}: wait until it is done, then review again"
        raise NotReadableError("stack_busy", text)
    try:
        body = client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    except (ClientError, BotoCoreError) as error:
        raise _unreadable(error, "cloudformation:GetTemplate", name) from error
    template = _template(body, name)
    return Stack(
        name=name,
        template=template,
        digest=hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest(),
        protected=found.get("EnableTerminationProtection"),
        account=account,
        region=region,
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
        values={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
        parameters={one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", ())},
    )


def _template(body: Any, name: str) -> Mapping[str, Any]:
    """Return a template: botocore has read it already where it is JSON."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError as error:
            text = f"the deployed template of {name} is not JSON, so another tool deployed it"
            raise NotReadableError("template_unreadable", f"{text}; deploy it with the CDK") from error
    template: Mapping[str, Any] = json.loads(json.dumps(body))
    return template


def _unreadable(error: ClientError | BotoCoreError, action: str, stack: str) -> NotReadableError:
    """Return why AWS cannot be asked; whoever asked is not named."""
    on = f" on stack {stack}" if stack else ""
    if not isinstance(error, ClientError):
        first = str(error).split("\n", maxsplit=1)[0].rstrip(".")
        return NotReadableError("not_readable", f"{action}{on}: {first}; sign in to AWS")
    code = error.response.get("Error", {}).get("Code", "Unknown")
    if "AccessDenied" in code or code == "UnauthorizedOperation":
        return NotReadableError("grant_missing", f"there is no grant for {action}{on}; grant it")
    return NotReadableError("not_readable", f"{action}{on}: {code}; sign in to AWS")

"""Asks AWS one thing, and says of a refusal which grant is missing or what is wrong; nobody is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config as Settings
from botocore.exceptions import BotoCoreError, ClientError

from contact_center.review.changes import shown
from user_sync.errors import SyncError


class AwsRefusedError(SyncError):
    """AWS said no, or cannot be asked."""


def account_of(region: str) -> str:
    """Return the account of the credentials.

    Raises:
        AwsRefusedError: AWS cannot be asked.
    """
    identity = ask("sts:GetCallerIdentity", "", client("sts", region).get_caller_identity)
    return str(identity["Account"])


def client(service: str, region: str) -> Any:
    """Return a client that gives up in seconds where AWS cannot be reached.

    Args:
        service: such as ``cloudformation``.
        region: where.
    """
    make: Any = boto3.client
    settings = Settings(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})
    return make(service, region_name=region, config=settings)


def ask(action: str, stack: str, call: Callable[..., Any], **given: Any) -> Any:
    """Send one request.

    Args:
        action: the IAM action that it takes.
        stack: that it is about, for messages; empty for none.
        call: a client's method.
        given: its parameters.

    Raises:
        AwsRefusedError: AWS said no; ``not_there`` where what it is about does not exist.
    """
    on = f" on stack {stack}" if stack else ""
    try:
        return call(**given)
    except ClientError as error:
        code, said = (str(error.response.get("Error", {}).get(key, "")) for key in ("Code", "Message"))
        if code.startswith("ChangeSetNotFound") or (code == "ValidationError" and "not exist" in said):
            raise AwsRefusedError("not_there", f"{action}{on}: it is not there; prepare again") from error
        if "AccessDenied" in code or code == "UnauthorizedOperation":
            raise AwsRefusedError("grant_missing", f"there is no grant for {action}{on}; grant it") from error
        raise AwsRefusedError("aws_refused", f"{action}{on}: {code}: {shown(said)}") from error
    except BotoCoreError as error:
        first = str(error).split("\n", maxsplit=1)[0].rstrip(".")
        raise AwsRefusedError("not_readable", f"{action}{on}: {first}; sign in to AWS") from error

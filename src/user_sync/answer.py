"""What a run has to do with CloudFormation: its answer, and whether the stack is being taken back.

Source: AWS CloudFormation user guide, "Custom resource reference": a response is at most 4,096 bytes, goes
to the request's pre-signed address, and a failed update is followed by an update to the old properties.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import boto3
import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.util import Retry

from user_sync.errors import SyncError

_REASON_BYTES = 2600  # of the 4,096 that a response holds in all
_REQUEST = ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")


def address(event: Mapping[str, Any]) -> dict[str, str]:
    """Return what it takes to answer a request later, and nothing else of it.

    Args:
        event: a custom-resource request.
    """
    properties = event.get("ResourceProperties", {})
    stable = f"{event['LogicalResourceId']}-{properties.get('ContactCenter', 'users')}"
    return {
        "ResponseURL": event["ResponseURL"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        # Another id on an update would make CloudFormation delete the old one.
        "PhysicalResourceId": event.get("PhysicalResourceId") or stable,
    }


def send(to: Mapping[str, str], *, error: SyncError | None = None, data: Mapping[str, str] | None = None) -> None:
    """Answer CloudFormation.

    Args:
        to: from `address`.
        error: why the request failed; None where it did not.
        data: attributes of the resource.

    Raises:
        SyncError: CloudFormation did not take it.
    """
    reason = _cut(f"{error.code}: {error.message}") if error else (data or {}).get("Status", "done")
    status = "FAILED" if error else "SUCCESS"
    body = {"Status": status, "Reason": reason, **{name: to[name] for name in _REQUEST}, "Data": dict(data or {})}
    try:
        # The address is pre-signed: it says who may answer, and a content type would not fit its signature.
        response = urllib3.PoolManager().request(
            "PUT",
            to["ResponseURL"],
            body=json.dumps(body).encode(),
            headers={"Content-Type": ""},
            retries=Retry(4, backoff_factor=1),
            timeout=15,
        )
    except urllib3.exceptions.HTTPError as failed:
        raise SyncError("no_answer", f"CloudFormation was not reached: {type(failed).__name__}") from failed
    if response.status >= 400:
        raise SyncError("no_answer", f"CloudFormation did not take the answer: HTTP {response.status}")


def _cut(text: str) -> str:
    while len(json.dumps(text)) > _REASON_BYTES:
        text = text[: len(text) * 9 // 10]
    return text


def attributes(
    outcomes: Iterable[Mapping[str, Any]], *, unchanged: int = 0, report: str = "", status: str = "done"
) -> dict[str, str]:
    """Return the attributes of the custom resource: counts, where the report is, how it stands.

    Args:
        outcomes: as in the report.
    """
    known = list(outcomes)
    done = Counter(outcome["action"] for outcome in known if outcome["status"] == "done")
    counts = {
        "Created": done["create"],
        "Updated": done["update"],
        "Adopted": done["adopt"],
        "Removed": done["disable"] + done["delete"] + done["replace"],
        "Unchanged": unchanged,
        "Failed": sum(outcome["status"] != "done" for outcome in known),
    }
    return {**{name: str(count) for name, count in counts.items()}, "Report": report or "none", "Status": status}


def taken_back(stack_id: str) -> bool:
    """Return whether a stack is being rolled back, was, or is being deleted: then nothing is written.

    Raises:
        SyncError: the stack cannot be seen.
    """
    try:
        client: Any = boto3.client("cloudformation", region_name=stack_id.split(":")[3])
        status = str(client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])
    except (ClientError, BotoCoreError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        raise SyncError(
            "stack_unknown",
            f"cannot see whether the stack is rolling back: cloudformation:DescribeStacks: {code}; "
            "grant it on the stack itself, or try again later",
        ) from error
    return "ROLLBACK" in status or status.startswith("DELETE")

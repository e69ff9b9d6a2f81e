"""What a run tells the outside: counts as metrics, and a message to the alert topic. No names, ever.

A metric or a message that cannot be sent is logged and changes nothing: users come first.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger("user_sync")

NAMESPACE = "ConnectSso"
DIMENSION = "ContactCenter"
# Action of a change that was made → metric.
_DONE = {
    "create": "Created",
    "update": "Updated",
    "adopt": "Adopted",
    "disable": "Removed",
    "delete": "Removed",
    "replace": "Removed",
}


def outcome_metrics(outcomes: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return the metrics of a run that applied: users by what became of them, zeros included."""
    metrics: Counter[str] = Counter(dict.fromkeys((*_DONE.values(), "Failed", "Skipped"), 0))
    for outcome in outcomes:
        metrics[_DONE[outcome["action"]] if outcome["status"] == "done" else outcome["status"].title()] += 1
    return {name: float(count) for name, count in metrics.items()}


def put_metrics(metrics: Mapping[str, float], *, contact_center: str) -> None:
    """Send metrics.

    Args:
        metrics: name → value; names that end in ``Hours`` are hours, all others counts.
        contact_center: the dimension.
    """
    dimensions = [{"Name": DIMENSION, "Value": contact_center}]
    data = [{"MetricName": name, "Value": value, "Dimensions": dimensions} for name, value in metrics.items()]
    try:
        client: Any = boto3.client("cloudwatch")
        client.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    except (ClientError, BotoCoreError) as error:
        log.error("metrics were not sent: %s", _code(error))


def tell(topic: str | None, *, subject: str, lines: Iterable[str]) -> None:
    """Send a message to the alert topic.

    Args:
        topic: its ARN; None for no message.
        subject: ASCII, at most 100 characters; SNS takes no more.
        lines: counts and addresses.
    """
    if not topic:
        return
    try:
        boto3.client("sns").publish(TopicArn=topic, Subject=subject[:100], Message="\n".join(lines) + "\n")
    except (ClientError, BotoCoreError) as error:
        log.error("the alert topic was not told: %s", _code(error))


def _code(error: Exception) -> str:
    response: Mapping[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", type(error).__name__))

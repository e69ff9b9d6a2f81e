"""Condition keys that MiniStack's evaluator does not know and our policies use.

Touches ``iam_actions.request_tag_context``, whose answer is part of every request's context.
Source: service authorization reference, "Condition keys for Amazon CloudWatch".
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions


def install() -> None:
    """Make the evaluator see the keys."""
    tags = iam_actions.request_tag_context

    def with_more(service: str, iam_action: str, body: bytes, parameters: Any) -> dict[str, Any]:
        context: dict[str, Any] = tags(service, iam_action, body, parameters)
        if iam_action == "cloudwatch:PutMetricData":
            context["cloudwatch:namespace"] = _namespace(body)
        return context

    iam_actions.request_tag_context = with_more


def _namespace(body: bytes) -> str:
    try:
        return str(json.loads(body).get("Namespace", ""))
    except (ValueError, AttributeError):
        return parse_qs(body.decode(errors="replace")).get("Namespace", [""])[0]

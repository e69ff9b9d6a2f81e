"""Quick connects; those of type USER point at a user and outlive it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from local_aws.connect.conditions import NAME_FIELDS, search
from local_aws.connect.context import Context
from local_aws.connect.errors import ConnectError, invalid_parameter
from local_aws.connect.paging import page
from local_aws.connect.state import QuickConnect, named

_CONFIGS = {
    "USER": "UserConfig",
    "QUEUE": "QueueConfig",
    "PHONE_NUMBER": "PhoneConfig",
    "FLOW": "FlowConfig",
}


def create_quick_connect(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """CreateQuickConnect; flows are not emulated, so any ContactFlowId is taken."""
    instance, config = context.instance, parameters["QuickConnectConfig"]
    needed = _CONFIGS[config["QuickConnectType"]]
    if set(config) != {"QuickConnectType", needed}:
        raise invalid_parameter(f"QuickConnectConfig must have exactly {needed} for this type")
    if needed == "UserConfig":
        context.user(config["UserConfig"]["UserId"])
    if named(instance.quick_connects.values(), parameters["Name"]):
        raise ConnectError("DuplicateResourceException", "Quick connect already exists")
    identifier = str(uuid.uuid4())
    quick_connect = QuickConnect(
        id=identifier,
        arn=instance.arn_of("transfer-destination", identifier),
        name=parameters["Name"],
        description=parameters.get("Description", ""),
        tags=dict(parameters.get("Tags", {})),
        config=config,
        modified=time.time(),
    )
    instance.quick_connects[identifier] = quick_connect
    return {"QuickConnectARN": quick_connect.arn, "QuickConnectId": identifier}


def describe_quick_connect(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeQuickConnect."""
    return {"QuickConnect": _described(context, context.quick_connect(parameters["QuickConnectId"]))}


def delete_quick_connect(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteQuickConnect."""
    del context.instance.quick_connects[context.quick_connect(parameters["QuickConnectId"]).id]
    return {}


def list_quick_connects(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListQuickConnects."""
    kinds = parameters.get("QuickConnectTypes", list(_CONFIGS))
    wanted = [q for q in context.instance.quick_connects.values() if q.config["QuickConnectType"] in kinds]
    found, following = page(wanted, parameters, "ListQuickConnects")
    summaries = [
        {
            "Id": q.id,
            "Arn": q.arn,
            "Name": q.name,
            "QuickConnectType": q.config["QuickConnectType"],
            **context.modified(q),
        }
        for q in found
    ]
    return {"QuickConnectSummaryList": summaries, **following}


def search_quick_connects(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """SearchQuickConnects: by name, description or id only, at most 100 a page."""
    hits = search(context.instance.quick_connects.values(), parameters, NAME_FIELDS)
    found, following = page(hits, parameters, "SearchQuickConnects")
    described = [_described(context, quick_connect) for quick_connect in found]
    return {"QuickConnects": described, "ApproximateTotalCount": len(hits), **following}


def _described(context: Context, quick_connect: QuickConnect) -> dict[str, Any]:
    described = {
        "QuickConnectARN": quick_connect.arn,
        "QuickConnectId": quick_connect.id,
        "Name": quick_connect.name,
        "QuickConnectConfig": dict(quick_connect.config),
        **context.modified(quick_connect),
    }
    if quick_connect.description:
        described["Description"] = quick_connect.description
    return {**described, "Tags": dict(quick_connect.tags)} if quick_connect.tags else described

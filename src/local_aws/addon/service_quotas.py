"""Service Quotas, for Connect only: what a client that looks before it writes may ask.

Touches ``app.SERVICE_REGISTRY``, ``SERVICE_HANDLERS``, ``_loaded_modules``, ``router.SERVICE_PATTERNS`` and
``iam_actions.SERVICE_TO_IAM_NAMESPACE`` (in ``application``). Values are those that the emulator keeps to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region

from local_aws.addon.connect_api import SERVICE

TARGET_PREFIX = "ServiceQuotasV20190624"
_USERS, _CREATE_USER_RATE = "L-9A46857E", "L-CBDEE3E4"


async def handle_request(
    _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: object
) -> tuple[int, dict[str, str], bytes]:
    """Answer one request, as MiniStack's services do."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    parameters = json.loads(body or b"{}")
    quotas = _quotas() if parameters.get("ServiceCode") == "connect" else {}
    if operation == "ListServiceQuotas":
        return _answer(200, {"Quotas": list(quotas.values())})
    if operation != "GetServiceQuota":
        return _refusal(501, "NotImplementedException", f"the local AWS does not emulate {operation}")
    code = parameters.get("QuotaCode", "")
    if code not in quotas:
        return _refusal(400, "NoSuchResourceException", "The request failed because the quota does not exist.")
    return _answer(200, {"Quota": quotas[code]})


def _quotas() -> dict[str, dict[str, Any]]:
    values = {
        _USERS: ("Users per instance", SERVICE.settings.user_quota, "RESOURCE"),
        _CREATE_USER_RATE: ("Rate of CreateUser API requests", SERVICE.throttle.rate, "ACCOUNT"),
    }
    arn = f"arn:aws:servicequotas:{get_region()}:{get_account_id()}:connect"
    return {
        code: {
            "ServiceCode": "connect",
            "ServiceName": "Amazon Connect",
            "QuotaArn": f"{arn}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": level,
        }
        for code, (name, value, level) in values.items()
        if value is not None
    }


def _refusal(status: int, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    return _answer(status, {"__type": code, "Message": message})


def _answer(status: int, body: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return status, {"content-type": "application/x-amz-json-1.1"}, json.dumps(body).encode()


def reset() -> None:
    """Forget nothing: there is no state."""


def get_state() -> None:
    """Keep nothing."""


def load_persisted_state(_data: object) -> None:
    """Restore nothing."""

"""Connect's API behind MiniStack's gateway. MiniStack sees this module as one of its services.

The gateway authenticates the request; authorization is done here, because one operation is authorized on
several resources and for dependent actions.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import sts

from local_aws.connect.context import Principal, Settings
from local_aws.connect.errors import ConnectError
from local_aws.connect.permissions import checks
from local_aws.connect.service import Caller, Service
from local_aws.connect.state import Instance
from local_aws.connect.throttle import Throttle


def _service() -> Service:
    rate = float(os.environ.get("LOCAL_AWS_REQUESTS_PER_SECOND", "2"))
    return Service(
        throttle=Throttle(rate=rate or None, burst=max(1.0, 2.5 * rate)),
        settings=Settings(
            user_quota=int(os.environ.get("LOCAL_AWS_USER_QUOTA", "500")),
            search_lag=float(os.environ.get("LOCAL_AWS_SEARCH_LAG", "0")),
        ),
    )


SERVICE = _service()


async def handle_request(
    method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
) -> tuple[int, dict[str, str], bytes]:
    """Answer one request, as MiniStack's services do."""
    caller = caller_of(str(extract_access_key_id(headers, query) or ""))
    answer = SERVICE.handle(method, path, query, body, caller)
    SERVICE.log.clear()  # for tests in one process; here it would only grow, with people in it
    return answer.status, dict(answer.headers), answer.body


def caller_of(access_key: str) -> Caller:
    """Return who calls with an access key, in the account and Region of the request."""
    user_id = str(sts._sessions.get(access_key, {}).get("UserId", ""))
    role_id, _, session_name = user_id.partition(":")

    def authorize(operation: str, parameters: Mapping[str, Any], instance: Instance | None) -> None:
        if os.environ.get("AUTH") == "true":
            for check in checks(operation, parameters, instance, user_id):
                refused = enforce(access_key, check.action, "connect", get_region(), check.resource, dict(check.keys))
                if refused:
                    raise _denied(refused, check.action, check.resource)

    return Caller(get_account_id(), get_region(), Principal(role_id, session_name), authorize)


def _denied(refused: Any, action: str, resource: str) -> ConnectError:
    principal = getattr(refused, "principal_arn", "")
    if getattr(refused, "decision", "") == "Deny":
        reason = "with an explicit deny in an identity-based policy"
    else:
        reason = f"because no identity-based policy allows the {action} action"
    message = f"User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"
    return ConnectError("AccessDeniedException", message, status=403)


def reset() -> None:
    """Forget everything."""
    SERVICE.instances.clear()


def get_state() -> None:
    """Keep nothing: the local AWS's state is memory only."""


def load_persisted_state(_data: object) -> None:
    """Restore nothing."""

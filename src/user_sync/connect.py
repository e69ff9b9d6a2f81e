"""The one door to Amazon Connect: requests counted, errors translated, the instance read in pages.

Everything above it sees our own errors and values. Retrying is done here for reads and in
:mod:`user_sync.apply` for writes; botocore's own retries are off, since they would hide requests from
the pace and would retry a reached quota (LimitExceededException, also HTTP 429).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

from user_sync.errors import InstanceUnusable, ServiceRefused
from user_sync.instance import InstanceArn, Reading, UserReader, group_path, names_by_id
from user_sync.model import Current, CurrentUser
from user_sync.pace import Pace

__all__ = [
    "NO_ANSWER",
    "THROTTLES",
    "USERS_PAGE",
    "Connect",
    "InstanceArn",
    "Reading",
    "Traffic",
    "client_for",
    "user_quota",
]
THROTTLES = frozenset({"ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded"})
NO_ANSWER = "NoAnswer"  # our code for a request whose answer was lost: it may have been carried out
USERS_PAGE = 500  # SearchUsers allows no more
_NAMES_PAGE = 1000  # ListSecurityProfiles, ListRoutingProfiles
_GROUPS_PAGE = 100  # SearchUserHierarchyGroups
_READ_ATTEMPTS = 8


def client_for(instance: InstanceArn) -> Any:
    """Return a Connect client that sends each request once and in the instance's Region.

    The standard AWS environment decides everything else (`AWS_PROFILE`, `AWS_ENDPOINT_URL_CONNECT`, …).

    Raises:
        InstanceUnusable: it names a profile or an endpoint that there cannot be.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=5,
        read_timeout=30,
        max_pool_connections=32,
    )
    try:
        return boto3.client("connect", region_name=instance.region, config=config)
    except (BotoCoreError, ValueError) as error:
        fix = "check AWS_PROFILE and AWS_ENDPOINT_URL_CONNECT"
        raise InstanceUnusable("aws_environment", f"Amazon Connect cannot be asked: {error}; {fix}") from error


@dataclass(slots=True)
class Traffic:
    """Requests sent to Connect, retries included."""

    calls: dict[str, int] = field(default_factory=dict)
    throttled: int = 0


class Connect:
    """One Connect instance.

    Args:
        client: a boto3 client of the service ``connect``.
        instance: which instance.
        pace: how fast.
    """

    def __init__(self, client: Any, instance: InstanceArn, pace: Pace) -> None:
        self.instance = instance
        self.pace = pace
        self.traffic = Traffic()
        self._client = client
        self._lock = threading.Lock()

    def send(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request, now, once.

        Args:
            operation: such as ``CreateUser``.
            parameters: as the API names them, without InstanceId.

        Raises:
            ServiceRefused: AWS said no, or there was no answer.
        """
        method = getattr(self._client, _snake(operation))
        arguments = dict(parameters)
        if operation not in ("TagResource", "UntagResource"):
            arguments["InstanceId"] = self.instance.instance_id
        with self._lock:
            self.traffic.calls[operation] = self.traffic.calls.get(operation, 0) + 1
        try:
            answer: dict[str, Any] = method(**arguments)
        except ClientError as error:
            raise self._refused(operation, error) from error
        except (ParamValidationError, NoCredentialsError) as error:
            raise ServiceRefused(type(error).__name__, str(error), operation=operation) from error
        except BotoCoreError as error:
            raise ServiceRefused(NO_ANSWER, str(error), operation=operation, retryable=True) from error
        return answer

    def _refused(self, operation: str, error: ClientError) -> ServiceRefused:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        message = error.response.get("Error", {}).get("Message") or error.response.get("Message") or str(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in THROTTLES:
            with self._lock:
                self.traffic.throttled += 1
        retryable = code in THROTTLES or code == "InternalServiceException" or status in (500, 502, 503, 504)
        return ServiceRefused(code, str(message), operation=operation, retryable=retryable)

    def read(self, operation: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a request that changes nothing: paced, and again where that may help.

        Raises:
            ServiceRefused: it was refused, or still failed after several attempts.
        """
        for attempt in range(_READ_ATTEMPTS):
            self.pace.wait(operation)
            bucket = self.pace.bucket(operation)
            try:
                answer = self.send(operation, parameters or {})
            except ServiceRefused as refused:
                if not refused.retryable or attempt == _READ_ATTEMPTS - 1:
                    raise
                if refused.code in THROTTLES:
                    bucket.throttled(self.pace.clock.now())
                else:
                    self.pace.clock.sleep(min(8.0, 0.25 * 2**attempt))
            else:
                bucket.answered()
                return answer
        raise AssertionError("unreachable")  # pragma: no cover

    def pages(self, operation: str, key: str, size: int, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages of a reading operation.

        Args:
            operation: such as ``SearchUsers``.
            key: member of the answer that holds the items.
            size: items a page.
        """
        for answer in self.answers(operation, size, **parameters):
            yield from answer.get(key, ())

    def answers(self, operation: str, size: int, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield the answers of a reading operation, a page each.

        Raises:
            InstanceUnusable: the service turns in a circle.
        """
        token: str | None = None
        while True:
            asked = {**parameters, "MaxResults": size, **({"NextToken": token} if token else {})}
            answer = self.read(operation, asked)
            yield answer
            following = answer.get("NextToken")
            if not following:
                return
            if following == token:
                raise InstanceUnusable("paging", f"{operation} gave the same page token twice: try again later")
            token = following

    def read_current(
        self, *, groups: bool, user_quota: int | None = None, progress: Reading = lambda _read, _total: None
    ) -> Current:
        """Return all users of the instance, with names for ids.

        Costs a page of SearchUsers for each 500 users and one listing each of security profiles, routing
        profiles and (where somebody has or should have one) hierarchy groups; never a call a user.

        Args:
            groups: whether hierarchy groups are needed even if no user has one.
            user_quota: what Service Quotas told, passed on.
            progress: told after each page how many users are read, and of how many (about).

        Raises:
            InstanceUnusable: it cannot be read.
        """
        try:
            security = names_by_id(self.pages("ListSecurityProfiles", "SecurityProfileSummaryList", _NAMES_PAGE))
            routing = names_by_id(self.pages("ListRoutingProfiles", "RoutingProfileSummaryList", _NAMES_PAGE))
            paths = self._group_paths() if groups else {}
            found: dict[str, CurrentUser] = {}
            reader = UserReader(security, routing, paths)
            # A page at a time: the answers of 50,000 users take four times what is kept of them.
            for answer in self.answers("SearchUsers", USERS_PAGE):
                items = answer.get("Users", ())
                if not paths and any(item.get("HierarchyGroupId") for item in items):
                    paths = self._group_paths()
                    reader = UserReader(security, routing, paths)
                found.update((item["Id"], reader.user(item)) for item in items)
                progress(len(found), answer.get("ApproximateTotalCount"))
        except ServiceRefused as refused:
            raise self._unreadable(refused) from refused
        return Current(
            instance_arn=self.instance.text,
            users=tuple(sorted(found.values(), key=lambda user: (user.username, user.user_id))),
            security_profiles={name: id_ for id_, name in security.items()},
            routing_profiles={name: id_ for id_, name in routing.items()},
            hierarchy_groups={path: id_ for id_, path in paths.items()},
            user_quota=user_quota,
        )

    def _group_paths(self) -> dict[str, str]:
        pages = self.pages("SearchUserHierarchyGroups", "UserHierarchyGroups", _GROUPS_PAGE)
        return {item["Id"]: group_path(item) for item in pages}

    def _unreadable(self, refused: ServiceRefused) -> InstanceUnusable:
        if refused.code.startswith("AccessDenied"):
            fix = f"grant {refused.missing_action} on this instance"
        elif refused.code == "ResourceNotFoundException":
            fix = "check the instance's ARN, account and Region"
        elif refused.code == NO_ANSWER:
            fix = "check the network, the endpoint (AWS_ENDPOINT_URL_CONNECT) and the Region, then try again"
        elif refused.code in ("NoCredentialsError", "UnrecognizedClientException", "ExpiredTokenException"):
            fix = "sign in to AWS (AWS_PROFILE, or aws sso login), then try again"
        else:
            fix = "try again later"
        return InstanceUnusable(
            refused.code,
            f"cannot read instance {self.instance.instance_id}: {refused.operation}: {refused.message}; {fix}",
        )


def _snake(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()


def user_quota(instance: InstanceArn) -> int | None:
    """Return the quota 'Users per instance' where Service Quotas tells it, else None: the run goes on without.

    A value applied to this instance goes before the account's.
    """
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5)
    try:
        client = boto3.client("service-quotas", region_name=instance.region, config=config)
        pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="connect", QuotaAppliedAtLevel="ALL")
        quotas = [quota for page in pages for quota in page["Quotas"] if quota.get("QuotaName") == "Users per instance"]
    except (ClientError, BotoCoreError, KeyError):
        return None
    of_instance = [
        q for q in quotas if q.get("QuotaContext", {}).get("ContextId") in (instance.text, instance.instance_id)
    ]
    of_account = [q for q in quotas if not q.get("QuotaContext", {}).get("ContextId")]
    values = [int(quota["Value"]) for quota in (of_instance or of_account)]
    return max(values, default=None)

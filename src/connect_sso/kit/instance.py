"""What the kit asks the instance, where it can be reached: its users, its routing profiles, its alias.

The only part of the kit that talks to AWS. One quick request decides whether there is anybody to talk to,
so that a kit without a network takes no minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError

from user_sync.connect import NO_ANSWER, Connect, InstanceArn, client_for
from user_sync.errors import ServiceRefused, SyncError
from user_sync.model import Current
from user_sync.pace import Pace, SystemClock
from user_sync.policy import Policy

_QUICK_CONNECTS_PAGE = 100  # SearchQuickConnects allows no more
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What the instance said.

    Attributes:
        alias: None where it may not be asked.
        current: users and names; None where it could not be read.
        quick_connects: user id → ARN of the user's quick connect.
        reason: why something is missing, for a person; empty where nothing is.
    """

    alias: str | None = None
    current: Current | None = None
    quick_connects: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


def read_instance(arn: str, policy: Policy) -> Reading:
    """Return what the instance says; never raises because of AWS.

    Args:
        arn: of the instance.
        policy: for the pace.
    """
    try:
        instance = InstanceArn.parse(arn)
        pace = Pace(rate=policy.requests_per_second, burst=policy.burst, clock=SystemClock())
        connect = Connect(client_for(instance), instance, pace)
    except (SyncError, BotoCoreError) as error:
        return Reading(reason=str(error))
    alias = None
    try:
        alias = connect.send("DescribeInstance", {})["Instance"].get("InstanceAlias")
    except ServiceRefused as refused:
        # Whoever may not describe the instance may still read its users; without an answer nobody can.
        if refused.code not in _DENIED:
            fix = "" if refused.code != NO_ANSWER else "; check the network and AWS_ENDPOINT_URL_CONNECT"
            return Reading(reason=f"{refused.code}: {refused.message}{fix}")
    try:
        current = connect.read_current(groups=False)
    except SyncError as error:
        return Reading(alias=alias, reason=error.message)
    try:
        return Reading(alias, current, _quick_connects(connect))
    except SyncError as error:
        return Reading(alias, current, reason=f"quick connects left out: {error.message}")


def _quick_connects(connect: Connect) -> dict[str, str]:
    """Return user id → ARN of the first of the user's quick connects, by name."""
    pages = connect.pages("SearchQuickConnects", "QuickConnects", _QUICK_CONNECTS_PAGE)
    found: dict[str, str] = {}
    for item in sorted(pages, key=lambda item: (str(item.get("Name")), str(item.get("QuickConnectARN")))):
        user = (item.get("QuickConnectConfig") or {}).get("UserConfig") or {}
        if user.get("UserId") and item.get("QuickConnectARN"):
            found.setdefault(str(user["UserId"]), str(item["QuickConnectARN"]))
    return found

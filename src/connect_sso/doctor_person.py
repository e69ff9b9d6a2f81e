"""The part of `doctor` about one person: in Amazon Connect, in the export, by which rule, with which page."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from connect_sso.deployment import answer_of, missing_grant
from connect_sso.instance_user import InstanceUser, look_up
from connect_sso.sources import InputsUnusableError, read_inputs
from contact_center.checks import Check, not_judged
from contact_center.deployed import Unread
from contact_center.expected import Expected
from contact_center.export_check import People, judge_export
from contact_center.load import ContactCenter
from contact_center.sign_in import CCP
from contact_center.user_checks import judge_security_profile, judge_user
from user_sync.connect import Connect, InstanceArn, client_for
from user_sync.errors import ExportUnreadable, ServiceRefused, SyncError
from user_sync.export import read_permission_sets
from user_sync.pace import Pace, SystemClock
from user_sync.run import read_tables

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def judge_person(
    center: ContactCenter,
    expected: Expected,
    instance: InstanceArn | None,
    why: Unread | None,
    options: argparse.Namespace,
) -> Iterator[Check]:
    """Yield the checks of the person that `--user` names.

    Args:
        instance: None where it is not known.
        why: it is not known; None where there is none.
    """
    username: str = options.user
    found = _look_up(center, instance, why, username)
    people = _people(center, options)
    if isinstance(found, Unread):
        in_connect = None
        yield not_judged("user", found.why, found.fix)
        yield not_judged("security_profile", "the user was not looked up")
    else:
        in_connect = found.profiles is not None
        row = people.row(username) if isinstance(people, People) else None
        yield judge_user(username, found.users, expected, center.policy, row=row)
        yield _security_profile(found, center)
    if isinstance(people, Unread):
        yield not_judged("user_export", people.why, people.fix)
    else:
        yield judge_export(username, people, in_connect=in_connect)


def _look_up(
    center: ContactCenter, instance: InstanceArn | None, why: Unread | None, username: str
) -> InstanceUser | Unread:
    if instance is None:
        return why or Unread("there is no instance", "")
    policy = center.policy
    pace = Pace(rate=policy.requests_per_second, burst=policy.burst, clock=SystemClock())
    try:
        return look_up(Connect(client_for(instance), instance, pace), username)
    except ServiceRefused as refused:
        action = f"connect:{refused.operation}"
        if refused.code.startswith("AccessDenied"):
            return missing_grant(refused.message, action, instance.text)
        return Unread(f"{action}: {refused.code}", "see the checks of the instance")
    except (SyncError, BotoCoreError) as error:
        return Unread(f"Amazon Connect cannot be asked: {error}", "try again")


def _security_profile(found: InstanceUser, center: ContactCenter) -> Check:
    if found.profiles is None:
        return not_judged("security_profile", "there is no such user")
    if any(_ID.fullmatch(name) for name in found.profiles):
        unread = missing_grant("", "connect:ListSecurityProfiles", "the instance")
        return not_judged("security_profile", unread.why, unread.fix)
    return judge_security_profile(found.profiles, found.permissions, CCP, center.policy)


def _people(center: ContactCenter, options: argparse.Namespace) -> People | Unread:
    """Return what the export holds, or why it could not be read."""
    fix = f"connect-sso check {center.path} says more; --export FILE reads another"
    try:
        inputs = read_inputs(center, options.export, offline=False)
        (export,) = read_tables(inputs)
        second = inputs.permission_sets
        sets = read_permission_sets(second.data, file=second.name) if second else None
        return People.of(export, sets, center.policy)
    except InputsUnusableError as unusable:
        cause = unusable.__cause__
        if isinstance(cause, ClientError | BotoCoreError):
            answer = answer_of(cause, "s3:GetObject", center.config.users.export)
            return answer if isinstance(answer, Unread) else Unread("the export is not there", fix)
        return Unread(unusable.problem.message, fix)
    except ExportUnreadable as unreadable:
        return Unread(f"the export cannot be used: {unreadable.message}", fix)

"""``connect-sso explain``: what AWS makes of a captured SAML response, and where it breaks.

Never prints the response; nothing in it is fetched. A check that cannot be made says so and fails nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError
from rich.text import Text

from connect_sso import documents
from connect_sso.instance_user import look_up
from connect_sso.sources import find_instance, read_inputs
from connect_sso.terminal import Screen, harmless
from contact_center.checks import Check, all_ok, failed, not_judged
from contact_center.load import ConfigInvalid, ContactCenter, load
from contact_center.nearest import shown
from contact_center.providers import identity_providers
from contact_center.response_address import read_relay_state
from contact_center.response_checks import Judgement, judge_response
from contact_center.saml_capture import MOST_BYTES, Capture, CaptureUnusable, read_capture
from contact_center.saml_response import ResponseUnusable
from contact_center.user_checks import judge_security_profile, judge_user
from user_sync.connect import Connect, InstanceArn, client_for
from user_sync.errors import ServiceRefused, SyncError
from user_sync.pace import Pace, SystemClock
from user_sync.run import read_desired

WORKS, UNUSABLE, BREAKS = 0, 1, 2


class _UnusableError(Exception):
    """There is nothing to explain; the checks say why."""

    def __init__(self, *checks: Check) -> None:
        super().__init__()
        self.checks = checks


def run(options: argparse.Namespace) -> int:
    """Judge a captured response.

    Returns:
        0 the sign-in would work as far as it could be judged, 2 it would not, 1 there is no response to judge.
    """
    screen = Screen(quiet=options.quiet or options.json, verbose=options.verbose)
    try:
        center, capture = _inputs(options)
        instance, why = _instance(center, options)
        judgement = _judge(center, capture, instance, options)
    except _UnusableError as unusable:
        _show(screen, document(None, unusable.checks), unusable.checks, json=options.json)
        return UNUSABLE
    checks = (*judgement.checks, *_user(center, capture, judgement, instance, why, options))
    _show(screen, document(judgement, checks), checks, json=options.json)
    return WORKS if all_ok(checks) else BREAKS


def document(judgement: Judgement | None, checks: Iterable[Check]) -> dict[str, Any]:
    """Return the JSON document of `explain`; with the same keys where there was nothing to judge."""
    found = tuple(checks)
    return {
        "ok": judgement is not None and all_ok(found),
        "username": judgement.username if judgement else None,
        "provider": judgement.provider if judgement else None,
        "role": judgement.role if judgement else None,
        "checks": [check.as_json() for check in found],
    }


def _inputs(options: argparse.Namespace) -> tuple[ContactCenter, Capture]:
    try:
        center = load(options.config)
        if options.export is not None and not options.export.is_file():
            fix = "name another file with --export"
            raise _UnusableError(failed("export", f"there is no file {options.export}", fix))
        return center, read_capture(_read(options.response))
    except ConfigInvalid as invalid:
        errors = [problem for problem in invalid.problems if problem.severity == "error"]
        fix = f"connect-sso check {options.config} tells all of it"
        checks = [failed("config", f"{item.file}:{item.row or 1}: {item.message}", fix) for item in errors]
        raise _UnusableError(*checks) from invalid
    except CaptureUnusable as unusable:
        raise _UnusableError(failed("parse", unusable.message, unusable.fix)) from unusable


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with open(name, "rb") as stream:  # noqa: PTH123 - a Path would turn "" into the current folder
            return stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no file name"
        raise CaptureUnusable(f"cannot read {shown(name)}: {reason}", "name a file, or - for standard input") from error


def _instance(center: ContactCenter, options: argparse.Namespace) -> tuple[InstanceArn | None, str]:
    """Return the instance, or why it is not known."""
    try:
        return find_instance(center, options.instance), ""
    except SyncError as error:
        if options.instance:
            raise _UnusableError(failed("instance", error.message, "give the ARN of the config's instance")) from error
        return None, error.message


def _judge(
    center: ContactCenter, capture: Capture, instance: InstanceArn | None, options: argparse.Namespace
) -> Judgement:
    try:
        return judge_response(
            capture,
            center.config,
            identity_providers(center),
            account=center.config.account or (instance.account if instance else None),
            instance_id=instance.instance_id if instance else None,
            now=options.at or datetime.now(UTC),
            live=options.at is None,
        )
    except ResponseUnusable as unusable:
        raise _UnusableError(failed("parse", unusable.message, unusable.fix)) from unusable


def _user(
    center: ContactCenter,
    capture: Capture,
    judgement: Judgement,
    instance: InstanceArn | None,
    why: str,
    options: argparse.Namespace,
) -> tuple[Check, Check]:
    """Return the checks of the user in Amazon Connect and of their security profile."""
    reason, fix = why, "pass --instance ARN, and sign in to AWS (AWS_PROFILE) with connect:SearchUsers on it"
    if judgement.username is None:
        reason, fix = "there is no username to look for", ""
    elif instance is not None:
        policy = center.policy
        pace = Pace(rate=policy.requests_per_second, burst=policy.burst, clock=SystemClock())
        try:
            found = look_up(Connect(client_for(instance), instance, pace), judgement.username)
        except (SyncError, BotoCoreError) as error:
            reason = f"Amazon Connect cannot be asked: {_refusal(error)}"
        else:
            row = None if found.profiles is not None else _row(center, judgement.username, options)
            user = judge_user(judgement.username, found.users, judgement.expected, policy, row=row)
            if found.profiles is None:
                return user, not_judged("security_profile", "there is no such user")
            relay_state = read_relay_state(capture.relay_state or "")
            page = relay_state.destination if relay_state else None
            return user, judge_security_profile(found.profiles, found.permissions, page, policy)
    return not_judged("user", reason, fix), not_judged("security_profile", "the user was not looked up")


def _refusal(error: Exception) -> str:
    return f"{error.operation}: {error.code}" if isinstance(error, ServiceRefused) else str(error)


def _row(center: ContactCenter, username: str, options: argparse.Namespace) -> int | None:
    """Return the export's row that gives this username, or None where there is none or it cannot be read."""
    try:
        desired = read_desired(read_inputs(center, options.export, offline=True))
    except SyncError:
        return None
    return next((user.row for user in desired.users if user.username == username), None)


def _show(screen: Screen, content: dict[str, Any], checks: tuple[Check, ...], *, json: bool) -> None:
    if json:
        documents.emit(content)
        return
    for check in checks:
        mark, style = ("fail", "bold red") if not check.ok else ("ok", "green") if check.judged else ("--", "yellow")
        if screen.quiet and check.ok:
            continue
        screen.out.print(Text.assemble((f"{mark:<5}", style), (f"{check.name}: ", "bold"), harmless(check.message)))
        if check.fix:
            screen.out.print(Text.assemble((f"{'':<5}fix: ", "dim"), harmless(check.fix)))
    if not screen.quiet:
        screen.out.print(_verdict(content, checks))


def _verdict(content: dict[str, Any], checks: tuple[Check, ...]) -> Text:
    left_out = ", ".join(check.name for check in checks if not check.judged)
    beside = f" (not judged: {left_out})" if left_out else ""
    if content["ok"]:
        return Text.assemble(("the sign-in would work", "bold green"), beside)
    first = next(check.name for check in checks if not check.ok)
    return Text.assemble(("the sign-in would not work", "bold red"), f": it breaks at {first}", beside)

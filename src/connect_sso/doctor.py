"""``connect-sso doctor``: what is deployed of a sign-on against what the files say, without a captured response.

Reads only. A check that a missing grant keeps from being made is told as not judged, with the grant, and fails
nothing. Of a person nothing is printed beyond the username.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from connect_sso import documents
from connect_sso.check_lines import show_checks
from connect_sso.deployment import NotSignedInError
from connect_sso.doctor_subject import Subject, UnusableError, declared_account, given_instance, provider_arn
from connect_sso.terminal import Screen
from contact_center.checks import Check, all_ok, failed
from contact_center.doctor_grants import Grant, grants, policy
from contact_center.expected import Expected
from contact_center.load import ConfigInvalid, ContactCenter, load
from contact_center.providers import identity_providers

HEALTHY, ERROR, FAILING = 0, 1, 2


def run(options: argparse.Namespace) -> int:
    """Examine what is deployed.

    Returns:
        0 nothing was found that fails, 2 something was, 1 nothing could be examined.
    """
    screen = Screen(quiet=options.quiet or options.json, verbose=options.verbose)
    subject = None
    try:
        center = _load(options)
        if options.policy:
            documents.emit(policy(_grants(center, options)))
            return HEALTHY
        subject = Subject.of(center, options)
        checks = tuple(subject.checks())
    except UnusableError as unusable:
        _show(screen, document(subject, options.user, unusable.checks, ok=False), unusable.checks, json=options.json)
        return ERROR
    except NotSignedInError as error:
        checks = (failed("credentials", error.message, "AWS_PROFILE=… connect-sso doctor …"),)
        _show(screen, document(subject, options.user, checks, ok=False), checks, json=options.json)
        return ERROR
    # Not one answer from AWS is no good health; the export is a file, mostly.
    examined = any(check.judged for check in checks if check.name != "user_export")
    _show(screen, document(subject, options.user, checks, ok=examined and all_ok(checks)), checks, json=options.json)
    return FAILING if not all_ok(checks) else HEALTHY if examined else ERROR


def document(subject: Subject | None, username: str | None, checks: Iterable[Check], *, ok: bool) -> dict[str, Any]:
    """Return the JSON document of `doctor`, with the same keys where there was nothing to examine."""
    return {
        "ok": ok,
        "username": username,
        "provider": ", ".join(subject.provider_names) if subject else None,
        "role": subject.role_arn if subject else None,
        "checks": [check.as_json() for check in checks],
    }


def _load(options: argparse.Namespace) -> ContactCenter:
    try:
        center = load(options.config)
    except ConfigInvalid as invalid:
        errors = [problem for problem in invalid.problems if problem.severity == "error"]
        fix = f"connect-sso check {options.config} tells all of it"
        checks = [failed("config", f"{item.file}:{item.row or 1}: {item.message}", fix) for item in errors]
        raise UnusableError(*checks) from invalid
    if options.export is not None and not options.export.is_file():
        raise UnusableError(failed("export", f"there is no file {options.export}", "name another file with --export"))
    return center


def _grants(center: ContactCenter, options: argparse.Namespace) -> tuple[Grant, ...]:
    instance = given_instance(center, options)
    account = declared_account(center, instance)
    expected = Expected(center.config, identity_providers(center), None, account, None)
    providers: dict[str, str] = {one.key: provider_arn(one, expected) for one in expected.providers}
    instance_arn = instance.text if instance else None
    return grants(center.config, providers, expected.role_arn, account=account, instance_arn=instance_arn)


def _show(screen: Screen, content: dict[str, Any], checks: tuple[Check, ...], *, json: bool) -> None:
    if json:
        documents.emit(content)
        return
    good = "nothing was found that stops a sign-in"
    show_checks(screen, checks, good=good, bad="sign-in fails", ok=bool(content["ok"]))

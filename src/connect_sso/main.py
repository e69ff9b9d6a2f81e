"""The console script: arguments, exit codes, and which module does the work.

Imports of the work are left to the command that needs them, so that ``--help`` is quick.
Exit codes: 0 done or nothing to do, 1 error (usage included), 2 changes, 3 refused, 4 some users failed.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from connect_sso.deliver import arguments as deliver

ERROR = 1


class UsageError(Exception):
    """The command line itself is wrong."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, self.format_usage())


class _Version(argparse.Action):
    def __call__(self, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415 - costs more than the rest of --help

        print(f"connect-sso {version('connect-sso')}")
        raise SystemExit(0)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(
        prog="connect-sso",
        description="Single sign-on from Salesforce to Amazon Connect, and Connect users equal to Salesforce's.",
        epilog="Obeys the standard AWS environment (AWS_PROFILE, AWS_ENDPOINT_URL_CONNECT, …) and NO_COLOR.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    check = commands.add_parser(
        "check",
        help="offline: the config, the SAML metadata, the export and the rules; every problem at once",
        description="Check the config, the SAML metadata, the export and the rules. Needs no network.",
        epilog="exit code: 0 clean (warnings alone are clean), 1 problems",
    )
    _common(check)
    check.set_defaults(work="connect_sso.check:run")
    check.add_argument(
        "--explain",
        metavar="WHO",
        help="which rule decides about this person and why the ones before did not: a row, a username, or an id",
    )

    users = commands.add_parser("users", help="plan and apply what takes Connect's users to Salesforce's")
    verbs = users.add_subparsers(dest="verb", required=True, metavar="VERB")
    plan = verbs.add_parser(
        "plan",
        help="read the instance and print what would change for whom and why; writes nothing",
        epilog="exit code: 0 nothing to do, 2 changes, 3 refused by a safety limit, 1 error",
    )
    _common(plan)
    _instance(plan)
    plan.set_defaults(work="connect_sso.users:plan")
    plan.add_argument("--out", metavar="FILE", type=Path, help="keep the plan for `users apply --plan`")
    plan.add_argument(
        "--html", metavar="FILE", type=Path, help="write the plan as a page for its reviewer; holds people"
    )
    apply = verbs.add_parser(
        "apply",
        help="plan, show, confirm, apply, report",
        epilog="exit code: 0 all applied, 3 refused before the first write, 4 some users failed, 1 error",
    )
    _common(apply)
    _instance(apply)
    apply.set_defaults(work="connect_sso.users:apply")
    apply.add_argument("--plan", metavar="FILE", type=Path, help="apply exactly this kept plan, or refuse as stale")
    undo = verbs.add_parser(
        "undo",
        help="take a run back: plan from its report, show, confirm, apply, report; says what cannot come back",
        description="Take back what a run did, as far as Amazon Connect can. What somebody changed since is left; the "
        "plan is shown, checked and confirmed as that of `users apply`, and the report can be undone in its turn.",
        epilog="exit code: 0 taken back or nothing to do, 3 refused before the first write, 4 some users failed, "
        "1 error",
    )
    _common(undo, export=False)
    _instance(undo)
    undo.set_defaults(work="connect_sso.undo:undo")
    undo.add_argument(
        "of", metavar="REPORT", help="report.json of the run: a file, or s3://… in the contact center's report bucket"
    )
    for writing in (apply, undo):
        writing.add_argument("--yes", action="store_true", help="do not ask (needed where there is no terminal)")
        writing.add_argument(
            "--report",
            metavar="DIR",
            type=Path,
            default=Path("reports"),
            help="where the report goes (default: reports/)",
        )
    _cloud(verbs)
    _sign_in(commands)
    kit = commands.add_parser(
        "kit",
        help="write what the other side needs: Salesforce metadata, import files, claim sheets, one page",
        description="Write a folder for whoever sets up Salesforce and the identity provider; start at index.html in "
        "it.",
        epilog="exit code: 0 it is written, what is still to fill in stands in its checklist; 1 nothing was written",
    )
    _common(kit)
    kit.set_defaults(work="connect_sso.kit.command:run")
    kit.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="the kit's folder; an older kit is replaced"
    )
    kit.add_argument("--outputs", metavar="FILE", type=Path, help="what `cdk deploy --outputs-file` wrote")
    kit.add_argument("--offline", action="store_true", help="ask neither the instance nor S3")
    _review(commands)
    deliver.add(commands, _common)
    return top


def _cloud(verbs: argparse._SubParsersAction[_Parser]) -> None:
    """Add the commands about what runs in the cloud."""
    upload = verbs.add_parser(
        "upload",
        help="check the export and put it into the export bucket, where it starts nothing; print the version to pin",
        epilog="exit code: 0 uploaded, 1 error",
    )
    _common(upload)
    upload.set_defaults(work="connect_sso.upload:run")
    status = verbs.add_parser(
        "status",
        help="the last runs: way in, when, counts, how they ended; who holds the lock; drift",
        epilog="exit code: 0 done, 1 error",
    )
    _common(status, export=False)
    status.set_defaults(work="connect_sso.status:run")
    status.add_argument("--last", metavar="N", type=int, default=10, help="how many runs (default: 10)")


def _review(commands: argparse._SubParsersAction[_Parser]) -> None:
    review = commands.add_parser(
        "review",
        help="one page that says what a change does, for the people who answer for it",
        description="Compare what `cdk synth` wrote with what is deployed, and a kept user plan with both: what is "
        "replaced or deleted, who may assume what, certificates, users. Reads only. Without --with-people nobody is on "
        "the page, so it can be attached to a pull request.",
        epilog="exit code: 0 nothing to decide, 2 something to decide, 3 something that a guard refuses, 1 error",
    )
    _common(review, export=False)
    review.set_defaults(work="connect_sso.review.command:run")
    review.add_argument("--html", metavar="FILE", type=Path, help="write the page")
    review.add_argument("--markdown", metavar="FILE", type=Path, help="write the same for a pull request")
    review.add_argument(
        "--assembly", metavar="DIR", type=Path, default=Path("cdk.out"), help="what cdk synth wrote (default: cdk.out)"
    )
    review.add_argument("--against", metavar="DIR", type=Path, help="another cdk.out, instead of what is deployed")
    review.add_argument("--plan", metavar="FILE", type=Path, help="what `users plan --out` wrote")
    review.add_argument("--with-people", action="store_true", help="say who they are, by username")
    review.add_argument("--at", metavar="TIME", type=_moment, help="judge certificates as of this time (default: now)")


def _sign_in(commands: argparse._SubParsersAction[_Parser]) -> None:
    """Add the commands about signing in."""
    matrix = commands.add_parser(
        "matrix",
        help="the sign-in use cases of this contact center: supported or not, with link and what is still to do",
        epilog="exit code: 0 done, 1 error",
    )
    _common(matrix, export=False)
    matrix.set_defaults(work="connect_sso.matrix:run")
    matrix.add_argument("--outputs", metavar="FILE", type=Path, help="what `cdk deploy --outputs-file` wrote")
    matrix.add_argument("--kit", metavar="DIR", type=Path, help="a kit whose salesforce-values.json is filled in")
    explain = commands.add_parser(
        "explain",
        help="what AWS makes of a captured SAML response, and where it breaks",
        description="Check a captured SAML response as AWS does, in its order. Never prints it, fetches nothing. A "
        "check that cannot be made says 'not judged' and why, and is no failure.",
        epilog="exit code: 0 the sign-in would work, as far as it was judged; 2 it would not; 1 unusable input",
    )
    _common(explain)
    explain.add_argument(
        "response", metavar="RESPONSE", help="a HAR file, the posted form, base64 or XML: a file, or - for stdin"
    )
    _instance(explain)
    explain.set_defaults(work="connect_sso.explain:run")
    explain.add_argument(
        "--at",
        metavar="TIME",
        type=_moment,
        help="judge as of this time, such as 2026-11-24T10:00:00Z (default: now; of a HAR file the time of the post)",
    )
    _doctor(commands)


def _doctor(commands: argparse._SubParsersAction[_Parser]) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="when sign-on is down: what is deployed against what the files say, and the last refused sign-ins",
        description="Compare what is deployed with what the files say: SAML providers, certificates, role, instance; "
        "one person with --user; the last refused sign-ins that CloudTrail has. Reads only. What a missing grant keeps "
        "from being looked at is told as not judged, and fails nothing; --policy prints the grants.",
        epilog="exit code: 0 nothing was found that fails, 2 something was, 1 nothing could be examined",
    )
    _common(doctor)
    _instance(doctor)
    doctor.set_defaults(work="connect_sso.doctor:run")
    doctor.add_argument("--user", metavar="USERNAME", help="one person: in Connect? in the export? by which rule?")
    doctor.add_argument(
        "--policy", action="store_true", help="print the IAM policy that this command works with, and ask nothing"
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 2026-11-24T10:00:00Z") from error


def _common(command: argparse.ArgumentParser, *, export: bool = True) -> None:
    command.add_argument("config", metavar="CONFIG", type=Path, help="config/<name>/contact-center.yaml")
    if export:
        command.add_argument(
            "--export", metavar="FILE", type=Path, help="read users from here instead of the config's export"
        )
    command.add_argument("--json", action="store_true", help="one JSON document on stdout, nothing else there")
    loudness = command.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="only errors")
    loudness.add_argument(
        "-v", "--verbose", action="store_true", help="more: how the export was written, each problem's code"
    )


def _instance(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--instance",
        metavar="ARN",
        help="the Connect instance (default: `instance.existing` of the config, else the deployed stack's)",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; default: the process's.

    Returns:
        The exit code.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = parser().parse_args(given)
    except UsageError as error:
        return _usage(error, given)
    module, function = options.work.split(":")
    # One command, one process: what is read is needed to the end, and looking through it for cycles again and
    # again takes a third of the time that 50,000 people take.
    gc.set_threshold(200_000, 20, 100)
    try:
        code: int = getattr(importlib.import_module(module), function)(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong with us, and nothing more can be said.
        sys.stderr.close()
        return ERROR
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        if "--json" in given:
            _document("interrupted", given)
        return ERROR
    return code


def _usage(error: UsageError, given: Sequence[str]) -> int:
    print(f"{error.usage}error: {error}", file=sys.stderr)
    if "--json" in given:
        _document(str(error), given)
    return ERROR


def _document(message: str, given: Sequence[str]) -> None:
    from connect_sso import documents  # noqa: PLC0415

    documents.usage(message, given)

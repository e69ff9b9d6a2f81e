"""The arguments of `deliver`. Imports nothing of the work, so that ``--help`` is quick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def add(commands: Any, common: Callable[..., None]) -> None:
    """Add the verbs to the command line.

    Args:
        commands: argparse's subparsers.
        common: adds what every command takes.
    """
    deliver = commands.add_parser("deliver", help="prepare a reviewed change, execute exactly that, look for drift")
    verbs = deliver.add_subparsers(dest="verb", required=True, metavar="VERB")
    prepare = verbs.add_parser(
        "prepare",
        help="review what was synthesized, plan users, make change sets; execute nothing; print the digest to approve",
        epilog="exit code: 0 nothing to deliver, 2 prepared: approve, 3 refused by a guard or a safety limit, 1 error",
    )
    common(prepare, export=False)
    prepare.set_defaults(work="connect_sso.deliver.prepare:run")
    prepare.add_argument(
        "--assembly", metavar="DIR", type=Path, default=Path("cdk.out"), help="what cdk synth wrote (default: cdk.out)"
    )
    prepare.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="gets delivery.json, review.html, review.md; no people"
    )
    prepare.add_argument(
        "--stage",
        choices=("all", "foundation", "users"),
        default="all",
        help="all but the users, or the users alone (default: all that is possible)",
    )
    execute = verbs.add_parser(
        "execute",
        help="check that everything is what was approved, then execute exactly that",
        epilog="exit code: 0 done, 3 refused before anything was executed, 4 an execution failed, 1 error",
    )
    common(execute, export=False)
    execute.set_defaults(work="connect_sso.deliver.execute:run")
    execute.add_argument(
        "--delivery", metavar="FILE", type=Path, required=True, help="delivery.json, as deliver prepare wrote it"
    )
    execute.add_argument("--approved", metavar="SHA256", required=True, help="the digest that was approved")
    drift = verbs.add_parser(
        "drift",
        help="what differs from what was delivered, in stacks and in users; writes nothing",
        epilog="exit code: 0 none, 2 drift, 1 error or not judged",
    )
    common(drift, export=False)
    drift.set_defaults(work="connect_sso.deliver.drift:run")

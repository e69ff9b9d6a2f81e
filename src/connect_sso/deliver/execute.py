"""``connect-sso deliver execute``: check that everything is what was approved, then execute exactly that.

Exit codes: 0 done, 3 refused before anything was executed, 4 an execution failed, 1 error.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from connect_sso import terminal
from connect_sso.deliver import checks, documents
from connect_sso.deliver.asking import account_of
from connect_sso.deliver.assets import of_the_assets
from connect_sso.deliver.delivery import Delivery, PreparedStack, read_delivery
from connect_sso.deliver.formation import Failure, Formation
from connect_sso.deployed import buckets
from connect_sso.review.subject import Files, StoppedError, read_files
from connect_sso.status import status
from contact_center.load import ContactCenter
from user_sync.errors import Refused, SyncError

DONE, ERROR, REFUSED, FAILED = 0, 1, 3, 4


@dataclass(slots=True)
class Ended:
    """How far it came.

    Attributes:
        users: what is known of the users' run, in words without anybody.
        next_round: what another delivery brings, now that this one is done.
    """

    refused: tuple[Refused, ...] = ()
    executed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failure: Failure | None = None
    users: str = documents.UNTOUCHED
    next_round: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the JSON document, without its problems."""
        state = "refused" if self.refused else "failed" if self.failure else "done"
        return {
            "state": state,
            "refused": [{"code": one.code, "message": one.message} for one in self.refused],
            "executed": self.executed,
            "not_executed": self.left,
            "failure": asdict(self.failure) if self.failure else None,
            "users": self.users,
            "next_round": [*self.next_round],
        }


def run(options: argparse.Namespace) -> int:
    """Execute a delivery.

    Returns:
        0 done, 3 refused before anything was executed, 4 an execution failed, 1 error.
    """
    screen = terminal.Screen(quiet=options.quiet, verbose=options.verbose, json=options.json)
    try:
        files = read_files(options.config)
        try:
            delivery, digest = read_delivery(options.delivery)
            ended = _ended(options, files, delivery, digest, screen)
        except SyncError as error:
            raise files.stopped(error) from error
    except StoppedError as stop:
        if options.json:
            documents.emit(documents.nothing("execute", documents.UNTOUCHED), stop.problems)
        screen.problems(stop.problems)
        return ERROR
    if options.json:
        documents.emit(ended.as_json(), files.warnings)
    _say(screen, ended)
    return REFUSED if ended.refused else FAILED if ended.failure else DONE


def _ended(
    options: argparse.Namespace, files: Files, delivery: Delivery, digest: str, screen: terminal.Screen
) -> Ended:
    center = files.center
    names = [one.name for one in delivery.stacks]
    refused = tuple(checks.of_the_file(delivery, digest, options.approved, center, options.config))
    if refused:
        return Ended(refused, left=names)
    refused = tuple(checks.of_the_account(delivery, account_of(center.config.region), center))
    if refused:
        return Ended(refused, left=names)
    formation = Formation(center.config.region, say=screen.say)
    screen.say("checking that everything is as it was approved")
    refused = (*checks.of_the_change_sets(delivery, center, formation), *checks.of_the_plan(delivery, center))
    refused += tuple(of_the_assets(delivery))  # the last: nothing keeps anybody from writing there afterwards
    return Ended(refused, left=names) if refused else execute(delivery, center, formation)


def execute(delivery: Delivery, center: ContactCenter, formation: Formation) -> Ended:
    """Execute a delivery that was checked, stack after stack, to the first failure.

    Args:
        delivery: what was approved.
        center: the config.
        formation: CloudFormation.
    """
    ended = Ended(left=[one.name for one in delivery.stacks])
    for one in delivery.stacks:
        runs_users = one.name == center.config.users_stack_name
        before = _runs(center) if runs_users else {}
        ended.failure = _execute(one, formation)
        if runs_users:
            ended.users = _users(before, _runs(center))
        if ended.failure:
            return ended
        ended.left.remove(one.name)
        ended.executed.append(one.name)
    ended.next_round = delivery.left
    return ended


def _execute(one: PreparedStack, formation: Formation) -> Failure | None:
    try:
        failure = formation.execute(one.change_set, one.name) if one.change_set else None
        if failure is None and formation.protected(one.name) is not one.protected:
            formation.protect(one.name, on=one.protected)
    except SyncError as error:
        return Failure(one.name, one.name, error.message)
    return failure


def _runs(center: ContactCenter) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the last runs that a deployment started, the newest first, by name; None where they cannot be seen."""
    try:
        runs = status(buckets(center).reports, last=20)["runs"]
    except SyncError:
        return None
    return {one["run"]: one for one in runs if one["way_in"] == "deploy"}


def _users(before: Mapping[str, Any] | None, after: Mapping[str, Mapping[str, Any]] | None) -> str:
    if before is None or after is None:
        return "not known: the report bucket cannot be read; connect-sso users status tells"
    last = next((one for name, one in after.items() if name not in before), None)
    if last is None:
        return documents.UNTOUCHED
    if last["state"] == "refused":
        return f"untouched: the run was refused before its first write ({last['code']})"
    counts = ", ".join(f"{count} {name}" for name, count in last["counts"].items() if count)
    return f"{last['state']}: {counts or 'no user changed'}"


def _say(screen: terminal.Screen, ended: Ended) -> None:
    for one in ended.refused:
        screen.error(f"refused ({one.code}): {one.message}")
    if ended.failure:
        screen.error(f"{ended.failure.stack}: {ended.failure.resource}: {ended.failure.reason}")
    screen.lines(_lines(ended))


def _lines(ended: Ended) -> Iterator[Sequence[terminal.Part]]:
    for what, names in (("executed", ended.executed), ("not executed", ended.left)):
        yield ((f"{what}: ", "bold"), (", ".join(names) or "nothing", ""))
    yield (("users: ", "bold"), (ended.users, ""))
    for name in ended.next_round:
        text = "another round brings it: run the pipeline again, or prepare again; it has an approval of its own"
        yield ((f"{name}: ", "bold"), (text, "yellow"))

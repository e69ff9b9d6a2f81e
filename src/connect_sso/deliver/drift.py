"""``connect-sso deliver drift``: what differs from what was delivered, in the stacks and in the users. Writes nothing.

Exit codes: 0 none, 2 drift, 1 error, or nothing was found and not all of it could be judged (``drift`` is null then).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from connect_sso import terminal
from connect_sso.deliver import documents
from connect_sso.deliver.asking import account_of
from connect_sso.deliver.formation import Formation
from connect_sso.deliver.stack_drift import StackDrift, stack_drift
from connect_sso.deployed import buckets
from connect_sso.review.subject import Files, StoppedError, read_files, stack_names
from contact_center.load import ContactCenter
from user_sync import run as runs
from user_sync.cloud import DEPLOYED_KEY, Deployed, connect_to
from user_sync.errors import Refused, SyncError
from user_sync.inputs import Inputs
from user_sync.intake import Intake
from user_sync.lock import holder

NONE, ERROR, DRIFT = 0, 1, 2


def run(options: argparse.Namespace) -> int:
    """Look for drift.

    Returns:
        0 none, 2 drift, 1 error or not judged.
    """
    screen = terminal.Screen(quiet=options.quiet, verbose=options.verbose, json=options.json)
    try:
        files = read_files(options.config)
        try:
            stacks, users = _found(files, screen)
        except SyncError as error:
            raise files.stopped(error) from error
    except StoppedError as stop:
        if options.json:
            documents.emit(documents.nothing("drift"), stop.problems)
        screen.problems(stop.problems)
        return ERROR
    drift = any(one.resources for one in stacks) or any(users.values())
    judged = not any(one.unknown for one in stacks)
    if options.json:
        documents.emit(
            {"drift": drift if drift or judged else None, "stacks": [asdict(one) for one in stacks], "users": users},
            files.warnings,
        )
    for one in stacks:
        if one.unknown:
            screen.error(f"{one.stack}: {one.unknown}")
    screen.lines(_lines(stacks, users))
    if drift:
        return DRIFT
    return NONE if judged else ERROR


def _found(files: Files, screen: terminal.Screen) -> tuple[Sequence[StackDrift], Mapping[str, int]]:
    config = files.center.config
    account = account_of(config.region)
    if config.account and account != config.account:
        text = f"the credentials are of account {account}, and the config says account: {config.account}"
        raise Refused("wrong_account", f"{text}; sign in to that account")
    formation = Formation(config.region, say=screen.say)
    stacks = []
    for name in stack_names(config):
        screen.say(f"looking for drift in {name}")
        found = stack_drift(formation, name)
        stacks += [found] if found else []
    screen.say("comparing users with the newest export")
    return stacks, users_drift(files.center)


def users_drift(center: ContactCenter) -> Mapping[str, int]:
    """Return how many users a run would change, by action; empty where no users were deployed yet.

    Raises:
        SyncError: it cannot be said.
    """
    stores = buckets(center)
    stored = stores.reports.get(DEPLOYED_KEY)
    if stored is None:
        return {}
    if holder(stores.reports) is not None:
        raise Refused("locked", "a run is writing users just now, so a comparison would say nothing: look later")
    deployed = Deployed(stored.data)
    intake = Intake(stores.client, stores.exports)
    second = deployed.properties.get("PermissionSets")
    export = intake.newest(deployed.properties["Export"], "export")
    sets = intake.newest(second, "permission-set export", permission_sets=True) if second else None
    inputs = Inputs(
        export.source, sets.source if sets else None, deployed.policy, center.path.name, now=datetime.now(UTC)
    )
    counts = runs.review(inputs, connect_to(deployed), way_in="schedule").plan.summary
    return {name: counts[name] for name in ("create", "update", "adopt", "replace", "remove")}


def _lines(stacks: Sequence[StackDrift], users: Mapping[str, int]) -> Iterator[Sequence[terminal.Part]]:
    for one in stacks:
        found = f"{len(one.resources)} resources differ" if one.resources else "not judged" if one.unknown else "none"
        yield ((f"{one.stack}: ", "bold"), (found, ""))
        for line in one.resources:
            yield ((f"    {line}", ""),)
    counts = ", ".join(f"{count} {name}" for name, count in users.items() if count)
    yield (("users: ", "bold"), (f"a run would make: {counts}" if counts else "none", ""))

"""``connect-sso matrix``: the sign-in use cases of a contact center, with link and what is still to do."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from connect_sso import documents
from connect_sso.kit.known import FILE as VALUES_FILE
from connect_sso.kit.known import read_known
from connect_sso.sources import find_instance
from connect_sso.terminal import Screen
from contact_center.config import Config
from contact_center.load import ConfigInvalid, ContactCenter, load
from contact_center.providers import identity_providers
from contact_center.use_cases import Row, rows
from user_sync.connect import InstanceArn
from user_sync.errors import InstanceUnusable
from user_sync.model import Problem

OK, ERROR = 0, 1
_MOST_BYTES = 10_000_000
_WORDS = {
    "salesforce": "Salesforce",
    "neither": "neither first",
    "omni_channel": "Omni-Channel",
    "ccp": "CCP",
    "either": "either one",
    "yes_with_configuration": "yes, if configured",
}
_STYLES = {"yes": "green", "yes_with_configuration": "yellow", "no": "red"}


class _OutputsUnusableError(Exception):
    """The file of `--outputs` is not of this contact center."""


def run(options: argparse.Namespace) -> int:
    """Print the use cases of the configured arrangement.

    Returns:
        0, or 1 where the config or the outputs cannot be used.
    """
    screen = Screen(quiet=options.quiet or options.json, verbose=options.verbose)
    try:
        center = load(options.config)
        instance_id = _instance_id(center, options.outputs)
    except ConfigInvalid as invalid:
        return _stopped(screen, invalid.problems, json=options.json)
    except _OutputsUnusableError as error:
        problem = Problem("error", str(options.outputs), None, None, "outputs_unusable", str(error))
        return _stopped(screen, [problem], json=options.json)
    known: Mapping[str, str] = {}
    if options.kit:
        known, wrong = read_known(options.kit / VALUES_FILE)
        if wrong:
            return _stopped(screen, wrong, json=options.json)
    found = rows(
        center.config,
        identity_providers(center),
        instance_id=instance_id,
        identity_url=known.get("identity_url"),
        file=str(center.path),
    )
    if options.json:
        documents.emit(document(center.config, found))
    elif not screen.quiet:
        _show(screen, center.config, found)
    return OK


def document(config: Config, found: Sequence[Row]) -> dict[str, Any]:
    """Return the JSON document of `matrix`."""
    return {"identity_provider": config.sign_on.identity_provider, "rows": [row.as_json() for row in found]}


def _stopped(screen: Screen, problems: Sequence[Problem], *, json: bool) -> int:
    if json:
        documents.emit({"identity_provider": None, "rows": [], "problems": [problem.as_json() for problem in problems]})
    screen.problems(problems)
    return ERROR


def _instance_id(center: ContactCenter, outputs: Path | None) -> str | None:
    """Return the instance's id: of the config, of the outputs, of the deployed stack, or None."""
    existing = center.config.instance.existing_id
    deployed = _of_outputs(center.config, outputs) if outputs else None
    if existing and deployed and existing != deployed:
        raise _OutputsUnusableError(
            f"the outputs are of instance {deployed}, and the config names {existing}: deploy this config again"
        )
    if existing or deployed:
        return existing or deployed
    try:
        return find_instance(center, None).instance_id
    except InstanceUnusable:
        return None


def _of_outputs(config: Config, path: Path) -> str | None:
    """Return the id of the instance that ``cdk deploy --outputs-file`` wrote down; None with an existing one."""
    try:
        with path.open("rb") as stream:
            stacks = json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "it is not JSON"
        raise _OutputsUnusableError(
            f"cannot read {path}: {reason}; write it with cdk deploy --outputs-file {path}"
        ) from error
    names = (config.instance_stack_name, config.sign_on_stack_name)
    for name in names:
        stack = stacks.get(name) if isinstance(stacks, dict) else None
        arn = stack.get("InstanceArn") if isinstance(stack, dict) else None
        if isinstance(arn, str):
            return _checked(config, arn)
    if config.instance.existing:
        return None
    raise _OutputsUnusableError(
        f"{path} has no InstanceArn of {' or '.join(names)}: write it with cdk deploy --all --outputs-file {path}"
    )


def _checked(config: Config, arn: str) -> str:
    try:
        instance = InstanceArn.parse(arn)
    except InstanceUnusable as error:
        raise _OutputsUnusableError(error.message) from error
    if instance.region != config.region or (config.account and instance.account != config.account):
        raise _OutputsUnusableError(
            f"the outputs are of account {instance.account} in {instance.region}, the config of another: deploy it"
        )
    return instance.instance_id


def _show(screen: Screen, config: Config, found: Sequence[Row]) -> None:
    third_party = config.sign_on.third_party
    words = {**_WORDS, "third_party": third_party.name if third_party else "third party"}
    title = f"sign-in of {config.name}: {config.sign_on.identity_provider}"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("", "signs in via", "softphone then", "supported", "SAML provider"):
        table.add_column(heading, overflow="fold")
    for number, row in enumerate(found, 1):
        case = row.use_case
        supported = Text(words.get(case.supported, case.supported), style=_STYLES[case.supported])
        cells = (words.get(case.signs_in_via, ""), words.get(case.then_uses, ""), supported, row.provider or "-")
        table.add_row(str(number), *cells)
    screen.out.print(table)
    for number, row in enumerate(found, 1):
        screen.out.print(Text.assemble((f"{number}  ", "bold"), row.url or "no link"))
        for step in row.todo:
            screen.out.print(Text(f"   - {step}"))

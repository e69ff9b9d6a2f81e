"""Reads what a review is about: the config, a cloud assembly of it, and what both were made from, by digest.

`connect-sso review` and `connect-sso deliver prepare` read it here, so that both judge the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_sso.whole_file import write_whole
from contact_center.config import Config
from contact_center.load import ConfigInvalid, ContactCenter, load
from contact_center.providers import IdentityProvider, identity_providers, provider_problems
from contact_center.review.assembly import AssemblyUnusable, Export, exports, read_assembly
from contact_center.review.freshness import stale_assembly
from contact_center.review.model import Digest
from contact_center.review.stacks import Side
from user_sync.errors import SyncError
from user_sync.model import Problem
from user_sync.planning import plan_digest

_FROM_AWS = "AWS::SSM::Parameter::Value<"  # of the CDK's own: the version of its bootstrap


class StoppedError(Exception):
    """There is nothing to judge: what is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Files:
    """A config that is valid, and what belongs to it.

    Attributes:
        warnings: what is to be said all the same.
    """

    center: ContactCenter
    providers: Sequence[IdentityProvider]
    warnings: tuple[Problem, ...]

    def stopped(self, error: SyncError, place: Path | None = None) -> StoppedError:
        """Return that there is nothing to judge, and what the files' warnings are.

        Args:
            error: why.
            place: which file it is about; the config by default.
        """
        where = str(place or self.center.path)
        return StoppedError([*self.warnings, Problem("error", where, None, None, error.code, error.message)])


def read_files(config: Path) -> Files:
    """Return a config with its identity providers.

    Raises:
        StoppedError: they are not valid.
    """
    try:
        center = load(config)
    except ConfigInvalid as invalid:
        raise StoppedError(invalid.problems) from invalid
    providers = identity_providers(center)
    problems = (*center.warnings, *provider_problems(center, providers))
    if any(problem.severity == "error" for problem in problems):
        raise StoppedError(problems)
    return Files(center, providers, problems)


def read_synthesized(files: Files, folder: Path) -> tuple[Side, Mapping[str, Export]]:
    """Return the contact center's stacks of a cloud assembly, and the exports that it carries.

    Raises:
        AssemblyUnusable: it is not there, or not what the files say any more.
    """
    again = f"synthesize again: npx cdk synth --quiet -c config={files.center.path}"
    after = own(files.center.config, read_assembly(folder, again))
    carried = exports(folder, after)
    stale = "; ".join(stale_assembly(files.center, files.providers, after, carried))
    if stale:
        raise AssemblyUnusable("assembly_stale", f"{folder} is not what the files say any more: {stale}; {again}")
    return after, carried


def own(config: Config, side: Side) -> Side:
    """Return the contact center's stacks alone; an app may hold others."""
    return Side(side.origin, {name: one for name, one in side.stacks.items() if name.startswith(f"{config.name}-")})


def stack_names(config: Config) -> tuple[str, ...]:
    """Return the stacks of a contact center, in the order of a deployment."""
    return config.delivered_stack_names


def digests(
    center: ContactCenter,
    after: Side,
    carried: Mapping[str, Export],
    plan: Mapping[str, Any] | None,
    parameters: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Digest, ...]:
    """Return what was read, and one digest of all of it.

    Args:
        center: the config.
        after: the templates.
        carried: the exports.
        plan: a kept plan, or None.
        parameters: stack → parameters that a deployment gives; else the templates' defaults are shown.
    """
    found = [Digest(f"template {name}", stack.digest) for name, stack in sorted(after.stacks.items())]
    found += _parameters(after, parameters or {})
    for key, export in carried.items():
        what = {"Export": "export", "PermissionSets": "permission sets"}[key]
        if export.data is not None:
            found.append(Digest(f"{what} {export.name}", hashlib.sha256(export.data).hexdigest()))
        else:
            found.append(Digest(f"{what} {export.name}", "missing" if export.missing else f"version {export.version}"))
    found.append(Digest(f"config {center.path.name}", hashlib.sha256(center.path.read_bytes()).hexdigest()))
    # The very one that a change set carries.
    found.append(Digest("user plan", plan_digest(plan) if plan is not None else "none was given"))
    if plan is not None:
        found.append(Digest("export that the plan was made from", str(plan["digests"].get("export"))))
    everything = "".join(f"{one.what} {one.value}\n" for one in found)
    return (*found, Digest("all of these", hashlib.sha256(everything.encode()).hexdigest()))


def _parameters(after: Side, given: Mapping[str, Mapping[str, str]]) -> Iterator[Digest]:
    for name, stack in sorted(after.stacks.items()):
        for parameter, one in (stack.template.get("Parameters") or {}).items():
            if not str(one.get("Type")).startswith(_FROM_AWS):
                value = given.get(name, {}).get(parameter, one.get("Default", ""))
                yield Digest(f"parameter {parameter} of {name}", str(value) or "empty")


def write(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file, whole or not at all; with people in it, readable by its owner only.

    Raises:
        StoppedError: it cannot be written.
    """
    try:
        write_whole(path, text, private=private)
    except OSError as error:
        said = f"cannot write {path}: {error.strerror or error}; choose another file"
        raise StoppedError([Problem("error", str(path), None, None, "page_unusable", said)]) from error

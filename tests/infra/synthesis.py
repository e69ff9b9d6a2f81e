"""Synthesizes contact centers for the tests: the example with some keys changed, in one JavaScript kernel."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import yaml

from stacks.synthesis import build
from user_sync.model import Problem

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config" / "acmeservice"
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Synthesized:
    """One cloud assembly."""

    out: Path
    problems: tuple[Problem, ...]

    def template(self, stack: str) -> Json:
        """Return the template of a stack, by the part of its name behind the contact center's."""
        loaded: Json = json.loads((self.out / f"acmeservice-{stack}.template.json").read_text())
        return loaded

    def resources(self, stack: str, type_: str) -> dict[str, Json]:
        """Return the resources of one type, by logical id."""
        return {id_: one for id_, one in self.template(stack)["Resources"].items() if one["Type"] == type_}

    def one(self, stack: str, type_: str) -> Json:
        """Return the properties of the only resource of a type."""
        (resource,) = self.resources(stack, type_).values()
        properties: Json = resource["Properties"]
        return properties

    def artifact(self, stack: str) -> Json:
        """Return what the manifest says of a stack."""
        artifact: Json = self._manifest["artifacts"][f"acmeservice-{stack}"]
        return artifact

    def metadata(self, stack: str) -> dict[str, list[Json]]:
        """Return the metadata of a stack's constructs, by path."""
        name = self.artifact(stack)["additionalMetadataFile"]
        loaded: dict[str, list[Json]] = json.loads((self.out / name).read_text())
        return loaded

    @property
    def stacks(self) -> list[str]:
        """Return the stacks, by the part of their names behind the contact center's."""
        kinds = {name: one["type"] for name, one in self._manifest["artifacts"].items()}
        return [name.removeprefix("acmeservice-") for name, kind in kinds.items() if kind == "aws:cloudformation:stack"]

    def statements(self, stack: str) -> dict[str, Json]:
        """Return all statements of the stack's managed policies, by Sid."""
        found: dict[str, Json] = {}
        for policy in self.resources(stack, "AWS::IAM::ManagedPolicy").values():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                assert statement["Sid"] not in found
                found[statement["Sid"]] = statement
        return found

    @cached_property
    def _manifest(self) -> Json:
        loaded: Json = json.loads((self.out / "manifest.json").read_text())
        return loaded


def config_with(folder: Path, changes: Mapping[str, Any]) -> Path:
    """Write the example into a folder with some keys changed.

    Args:
        folder: is made; gets the example's files.
        changes: key path such as ``users.missing_users`` → value; None takes the key away.
    """
    shutil.copytree(EXAMPLE, folder)
    path = folder / "contact-center.yaml"
    config: Json = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        *parents, last = key.split(".")
        section = config
        for parent in parents:
            section = section.setdefault(parent, {})
        if value is None:
            section.pop(last, None)
        else:
            section[last] = copy.deepcopy(value)
    path.write_text(yaml.safe_dump(config))
    return path


def synthesize(config: Path, out: Path, code: Path) -> Synthesized:
    """Synthesize a contact center; with an error among its problems, nothing is there.

    Args:
        config: the config file.
        out: folder of the cloud assembly.
        code: folder with ``src`` and ``layer.zip``.
    """
    app = cdk.App(outdir=str(out), context=CONTEXT, analytics_reporting=False)
    problems = build(app, config, engine=code / "src", layer=code / "layer.zip")
    if all(problem.severity == "warning" for problem in problems):
        app.synth()
    return Synthesized(out, problems)

"""Which stacks of a synthesized contact center can be prepared now, and which of them change.

CloudFormation makes no change set for a template that imports what no stack exports yet: those stacks are left for
another round. The first users are left until everything else is there, too, for a gate of their own: they are planned
against the instance as people then find it. So a first deployment takes three rounds, two where the instance exists,
each with an approval of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_sso.review.subject import stack_names
from contact_center.config import Config
from contact_center.regions import partition
from contact_center.review.stacks import Side, Stack

STAGES = ("all", "foundation", "users")


@dataclass(frozen=True, slots=True)
class Round:
    """Names of stacks, in the order of execution.

    Attributes:
        now: can be prepared.
        left: import what is not there yet, or are the first users and something else comes before.
    """

    now: tuple[str, ...]
    left: tuple[str, ...]

    def sides(self, before: Side, after: Side) -> tuple[Side, Side]:
        """Return both sides as this round leaves them: a stack that is declared and not in it stays what it is."""
        kept = {name: one for name, one in before.stacks.items() if name in after.stacks and name not in self.now}
        return before, Side(after.origin, {**{name: after.stacks[name] for name in self.now}, **kept})


def round_of(config: Config, before: Side, after: Side, stage: str) -> Round:
    """Return what can be prepared.

    Args:
        config: of the contact center.
        before: what is deployed.
        after: what was synthesized.
        stage: ``foundation`` is all but the users, ``users`` the users alone.
    """
    users = config.users_stack_name
    names = [name for name in stack_names(config) if name in after.stacks]
    wanted = [name for name in names if stage == "all" or (name == users) is (stage == "users")]
    there = before.exports.keys()
    others = [name for name in names if name != users]
    new = any(name not in before.stacks for name in others)
    first = stage == "all" and any(changes(before.stacks.get(name), after.stacks[name]) for name in others)
    wait = {users} if users not in before.stacks and (new or first) else set()
    left = tuple(name for name in wanted if name in wait or not imports(after.stacks[name].template) <= there)
    return Round(tuple(name for name in wanted if name not in left), left)


def imports(template: Any) -> set[str]:
    """Return the names of the exports that a template imports."""
    return set(_imports(template))


def _imports(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, given in value.items():
            if key == "Fn::ImportValue":
                yield str(given)
            else:
                yield from _imports(given)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _imports(item)


def template_changes(old: Stack | None, new: Stack) -> bool:
    """Return whether a change set would hold anything but parameters."""
    if old is None:
        return True
    return template_digest(old.template) != template_digest(new.template) or dict(old.tags) != dict(new.tags)


def changes(old: Stack | None, new: Stack) -> bool:
    """Return whether a stack would change, in its template or in its termination protection alone."""
    return template_changes(old, new) or (old is not None and bool(old.protected) != bool(new.protected))


def template_digest(template: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a template in canonical JSON, as CloudFormation gives it back.

    It answers GetTemplate with a question mark for every letter that is not ASCII, as the CDK's own comparison
    allows for (``mangleLikeCloudFormation`` of its package cloudformation-diff).
    """
    text = json.dumps(template, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("ascii", "replace")).hexdigest()


def assembly_digest(folder: Path) -> str:
    """Return the SHA-256 of a cloud assembly: its manifest, templates and lists of assets, which hold their hashes."""
    files = sorted(
        path
        for path in folder.glob("*.json")
        if path.name.endswith(("manifest.json", ".template.json", ".assets.json"))
    )
    lines = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the CDK's bootstrap has what a change set needs.

    Attributes:
        template_url: of the published template.
        execution_role: that CloudFormation works as; None for the caller.
        assets: bucket and key of every file that is published with the template.
    """

    template_url: str
    execution_role: str | None
    assets: tuple[tuple[str, str], ...]


def placed(folder: Path, name: str, *, account: str, region: str) -> Placed:
    """Return where a stack's template and assets are published, and as whom CloudFormation changes the stack.

    Format: https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html
    """
    artifacts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    (artifact,) = (
        one
        for id_, one in artifacts.items()
        if one["type"] == "aws:cloudformation:stack" and one["properties"].get("stackName", id_) == name
    )
    properties = artifact["properties"]
    values = {"AWS::Partition": partition(region), "AWS::AccountId": account, "AWS::Region": region}

    def filled(text: str) -> str:
        for key, value in values.items():
            text = text.replace(f"${{{key}}}", value)
        return text

    bucket, _, key = filled(properties["stackTemplateAssetObjectUrl"]).removeprefix("s3://").partition("/")
    role = properties.get("cloudFormationExecutionRoleArn")
    lists = [artifacts[id_] for id_ in artifact["dependencies"] if artifacts[id_]["type"] == "cdk:asset-manifest"]
    assets = {
        (filled(place["bucketName"]), filled(place["objectKey"]))
        for one in lists
        for file in json.loads((folder / one["properties"]["file"]).read_text(encoding="utf-8"))["files"].values()
        for place in file["destinations"].values()
    }
    url = f"https://s3.{region}.amazonaws.com/{bucket}/{key}"
    return Placed(url, filled(role) if role else None, tuple(sorted(assets - {(bucket, key)})))

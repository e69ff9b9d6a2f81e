"""What CloudFormation would do with each resource: add, change, replace or remove it.

Works on templates alone, so it can only know of a resource what its template says. Values that have a section
of their own (policies, metadata, the sync's policy) are not repeated, and addresses of people never shown.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contact_center.review.create_only import ROUTINE, create_only
from contact_center.review.intrinsics import Reader
from contact_center.review.stacks import SYNC, Address, Resource, Side, Stack

_SOMEBODY = re.compile(r"""[^\s"',<>]+@[^\s"',<>]+""")
_ELSEWHERE = {
    "AssumeRolePolicyDocument": "see who may assume what",
    "KeyPolicy": "see who may do what",
    "Policies": "see who may do what",
    "PolicyDocument": "see who may do what",
}
_SHOWN = 240  # characters of a value


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property, from what to what; None where it was or will be absent."""

    name: str
    before: str | None
    after: str | None
    create_only: bool = False


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What happens to one resource.

    Attributes:
        resource: as it will be; of a removed one as it was.
        before: as it was, None for an added one.
        kept: of a removed or replaced one: whether the old one stays, outside of the stack.
        because: for a replacement that follows from another one: of what.
        known: whether the type's create-only properties are known here.
    """

    change: Literal["added", "changed", "replaced", "removed"]
    resource: Resource
    before: Resource | None = None
    properties: tuple[PropertyChange, ...] = ()
    kept: bool = False
    because: str = ""
    known: bool = True

    @property
    def routine(self) -> bool:
        """Return whether it is a replacement by design."""
        return self.change == "replaced" and self.resource.type in ROUTINE

    @property
    def loses_retention(self) -> bool:
        """Return whether the resource was kept whatever happens, and is not any more."""
        old, new = self.before, self.resource
        if old is None or self.change == "removed":
            return False
        return (old.kept and not new.kept) or (old.kept_when_replaced and not new.kept_when_replaced)


@dataclass(frozen=True, slots=True)
class StackChange:
    """What happens to a stack as a whole.

    Attributes:
        change: ``left`` is a stack that is not declared any more: a deployment does not touch it.
        settings: tags and outputs that change.
        unprotected: whether termination protection is taken off.
    """

    name: str
    change: Literal["new", "left", "kept"]
    settings: tuple[PropertyChange, ...] = ()
    unprotected: bool = False


def stack_changes(before: Side, after: Side) -> tuple[StackChange, ...]:
    """Return what happens to every stack of either side, in the order of a deployment."""
    found = []
    for name in {**after.stacks, **before.stacks}:
        old, new = before.stacks.get(name), after.stacks.get(name)
        if new is None:
            found.append(StackChange(name, "left"))
        elif old is None:
            found.append(StackChange(name, "new"))
        else:
            found.append(StackChange(name, "kept", tuple(_settings(before, after, old, new)), _unprotected(old, new)))
    return tuple(found)


def _unprotected(old: Stack, new: Stack) -> bool:
    return bool(old.protected) and new.protected is False


def _settings(before: Side, after: Side, old: Stack, new: Stack) -> Iterator[PropertyChange]:
    for key in sorted({*old.tags, *new.tags}):
        if old.tags.get(key) != new.tags.get(key):
            yield PropertyChange(f"tag {key}", shown(old.tags.get(key)), shown(new.tags.get(key)))
    reads = Reader(before, by_name=True), Reader(after, by_name=True)
    for key in {**old.outputs, **new.outputs}:
        if old.outputs.get(key) != new.outputs.get(key):
            was, is_ = (
                shown(reader.text(stack.outputs[key], stack.name)) if key in stack.outputs else None
                for reader, stack in zip(reads, (old, new), strict=True)
            )
            yield PropertyChange(f"output {key}", was, is_)


def resource_changes(before: Side, after: Side) -> tuple[ResourceChange, ...]:
    """Return what happens to the resources of the stacks that are declared, in the templates' order."""
    found: list[ResourceChange] = []
    for address, new in after.resources.items():
        change = _compared(before, after, before.resources.get(address), new)
        found += [change] if change else []
    for address, old in before.resources.items():
        if address not in after.resources and address[0] in after.stacks:
            found.append(ResourceChange("removed", old, old, kept=old.kept))
    return tuple(_with_followers(found, before, after))


def _compared(before: Side, after: Side, old: Resource | None, new: Resource) -> ResourceChange | None:
    if old is None:
        return ResourceChange("added", new)
    if old.type != new.type:
        kinds = PropertyChange("Type", old.type, new.type, create_only=True)
        return ResourceChange("replaced", new, old, (kinds,), kept=new.kept_when_replaced)
    once = create_only(new.type)
    properties = tuple(_properties(before, after, old, new, once or frozenset()))
    if not properties and (old.kept, old.kept_when_replaced) == (new.kept, new.kept_when_replaced):
        return None
    if any(one.create_only for one in properties):
        return ResourceChange("replaced", new, old, properties, kept=new.kept_when_replaced)
    return ResourceChange("changed", new, old, properties, known=once is not None)


def _properties(
    before: Side, after: Side, old: Resource, new: Resource, once: frozenset[str]
) -> Iterator[PropertyChange]:
    for name in sorted({*old.properties, *new.properties}):
        if old.properties.get(name) != new.properties.get(name):
            yield PropertyChange(name, _value(before, old, name), _value(after, new, name), name in once)


def _value(side: Side, resource: Resource, name: str) -> str | None:
    if name not in resource.properties:
        return None
    value: Any = resource.properties[name]
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if resource.type == SYNC and name == "Policy":
        return "see how the sync behaves"
    if resource.type == SYNC and name in ("Export", "PermissionSets") and isinstance(value, Mapping):
        which = value.get("VersionId") or value.get("Key") or "missing"
        return f"{value.get('Name')} ({which})"
    if name == "SamlMetadataDocument":
        digest = hashlib.sha256(str(value).encode()).hexdigest()
        return f"metadata with SHA-256 {digest[:16]}…, see certificates"
    return shown(Reader(side, by_name=True).text(value, resource.stack))


def shown(text: str | None) -> str | None:
    """Return a value as the page may show it: no address or username in it, and not too long."""
    if text is None:
        return None
    text = _SOMEBODY.sub("(somebody)", text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _with_followers(found: Sequence[ResourceChange], before: Side, after: Side) -> Iterator[ResourceChange]:
    """Yield the changes, and what is replaced because what it refers to, once and for all, is replaced."""
    by_address: dict[Address, ResourceChange] = {one.resource.address: one for one in found}
    reader = Reader(after)
    grown = True
    while grown:
        grown = False
        gone = {address: one for address, one in by_address.items() if one.change == "replaced"}
        for address, resource in after.resources.items():
            if address in gone or address not in before.resources:
                continue
            cause = _cause(resource, reader, gone)
            if cause:
                known = by_address.get(address)
                by_address[address] = ResourceChange(
                    "replaced",
                    resource,
                    before.resources[address],
                    known.properties if known else (),
                    kept=resource.kept_when_replaced,
                    because=f"because {cause.kind} {cause.name} is replaced",
                )
                grown = True
    order = [*after.resources, *(address for address in before.resources if address not in after.resources)]
    return (by_address[address] for address in order if address in by_address)


def _cause(resource: Resource, reader: Reader, gone: Mapping[Address, ResourceChange]) -> Resource | None:
    for name in sorted(create_only(resource.type) or ()):
        for address in reader.references(resource.properties.get(name), resource.stack):
            # The service token of a custom resource is the function's ARN: the same name, the same ARN.
            if address in gone and not resource.type.startswith("Custom::"):
                return gone[address].before or gone[address].resource
    return None

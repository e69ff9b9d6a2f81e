"""CloudFormation stacks as values: templates and what belongs to them, wherever they were read.

Must not judge what is in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Json = Mapping[str, Any]
Address = tuple[str, str]  # name of the stack, logical id of the resource

INSTANCE, ROLE, PROVIDER = "AWS::Connect::Instance", "AWS::IAM::Role", "AWS::IAM::SAMLProvider"
SYNC = "Custom::ConnectUsers"
# What people call a resource of these types: a property that is a contract.
_NAMES = {INSTANCE: "InstanceAlias", ROLE: "RoleName", PROVIDER: "Name"}
_KINDS = {INSTANCE: "instance", ROLE: "role", PROVIDER: "provider", SYNC: "user sync"}
# A resource that CloudFormation does not delete with its stack, nor when it is taken out of the template.
_KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A cdk-nag finding that is right as it is.

    Attributes:
        path: of the construct that it is about.
        reason: as it was written.
    """

    stack: str
    path: str
    finding: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a template.

    Attributes:
        path: of its construct, such as ``acmeservice-sign-on/Federation/Role``; else stack and logical id.
        kept: whether it outlives being taken out of the template.
        kept_when_replaced: whether the old one outlives a replacement.
    """

    stack: str
    id: str
    type: str
    properties: Json
    path: str
    kept: bool
    kept_when_replaced: bool

    @property
    def address(self) -> Address:
        """Return where it stands."""
        return self.stack, self.id

    @property
    def kind(self) -> str:
        """Return what a person calls its type: ``instance``, ``role``, or such as ``S3 Bucket``."""
        return _KINDS.get(self.type) or " ".join(self.type.split("::")[1:])

    @property
    def name(self) -> str:
        """Return what a person calls it: its name where that is a contract, else its construct's path."""
        named = self.properties.get(_NAMES.get(self.type, ""))
        return named if isinstance(named, str) else self.path


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack.

    Attributes:
        digest: SHA-256 of the template's text; of a deployed one, of its JSON with sorted keys.
        protected: termination protection; None where it is not known.
        config_digest: of the config that it was synthesized from; None where it does not say.
        values: output → value, of a deployed stack.
        parameters: parameter → value, of a deployed stack.
    """

    name: str
    template: Json
    digest: str
    protected: bool | None = None
    account: str | None = None
    region: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    acknowledged: tuple[Acknowledged, ...] = ()
    config_digest: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def outputs(self) -> Json:
        """Return output → value, as in the template."""
        return {name: one.get("Value") for name, one in _section(self.template, "Outputs").items()}

    def resources(self) -> Iterator[Resource]:
        """Yield the template's resources, in its order."""
        for id_, given in _section(self.template, "Resources").items():
            path = (given.get("Metadata") or {}).get("aws:cdk:path") or f"{self.name}/{id_}"
            deletion = given.get("DeletionPolicy", "Delete")
            yield Resource(
                stack=self.name,
                id=id_,
                type=str(given.get("Type")),
                properties=given.get("Properties") or {},
                path=str(path).removesuffix("/Resource").removesuffix("/Default"),
                kept=deletion in _KEPT,
                kept_when_replaced=given.get("UpdateReplacePolicy", "Delete") in _KEPT,
            )


@dataclass(frozen=True)
class Side:
    """All stacks on one side of a comparison.

    Attributes:
        origin: where they were read, for a person.
        stacks: by name.
    """

    origin: str
    stacks: Mapping[str, Stack]

    @cached_property
    def resources(self) -> Mapping[Address, Resource]:
        """Return every resource by its address."""
        return {one.address: one for stack in self.stacks.values() for one in stack.resources()}

    @cached_property
    def exports(self) -> Mapping[str, tuple[str, Any]]:
        """Return name of an export → its stack, and the value there."""
        return {
            str(output["Export"]["Name"]): (stack.name, output.get("Value"))
            for stack in self.stacks.values()
            for output in _section(stack.template, "Outputs").values()
            if "Export" in output
        }

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of some types."""
        return (one for one in self.resources.values() if one.type in types)


def _section(template: Json, name: str) -> Mapping[str, dict[str, Any]]:
    section = template.get(name)
    return section if isinstance(section, Mapping) else {}

"""CloudFormation's functions in a template's values: what they refer to, and how a person reads them.

Two ways of writing a value as text: by address, which stays the same when a thing is renamed and is what
comparisons use; and by name, for people. A reference is in braces: ``{instance acme-service}/user/*``.
Functions: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contact_center.regions import partition
from contact_center.review.stacks import Address, Side

_FUNCTIONS = {"Ref"}
_PSEUDO = {"AWS::AccountId": "{account}", "AWS::NoValue": "", "AWS::URLSuffix": "amazonaws.com"}
_PLACE = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the values of one side's templates.

    Attributes:
        by_name: write references for people, not for comparisons.
    """

    side: Side
    by_name: bool = False

    def plain(self, value: Any, stack: str) -> Any:
        """Return a value with every function in it written as text; lists and mappings stay what they are.

        Args:
            value: of a template.
            stack: whose.
        """
        if isinstance(value, Mapping):
            if is_function(value):
                return self._function(*next(iter(value.items())), stack)
            return {key: self.plain(item, stack) for key, item in value.items()}
        return [self.plain(item, stack) for item in value] if isinstance(value, list) else value

    def text(self, value: Any, stack: str) -> str:
        """Return a value as one text; what is no text as JSON."""
        plain = self.plain(value, stack)
        return plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True, ensure_ascii=False)

    def _function(self, name: str, given: Any, stack: str) -> str:
        match name, given:
            case "Ref", str():
                found = self._reference(given, "", stack)
            case "Fn::GetAtt", [str(id_), str(attribute)]:
                found = self._reference(id_, attribute, stack)
            case "Fn::GetAtt", str():
                id_, _, attribute = given.partition(".")
                found = self._reference(id_, attribute, stack)
            case "Fn::Join", [str(separator), [*parts]]:
                found = separator.join(self.text(part, stack) for part in parts)
            case "Fn::Sub", str():
                found = self._substituted(given, {}, stack)
            case "Fn::Sub", [str(text), Mapping() as values]:
                found = self._substituted(text, values, stack)
            case "Fn::ImportValue", _:
                found = self._imported(self.text(given, stack))
            case _:
                found = json.dumps({name: self.plain(given, stack)}, sort_keys=True, ensure_ascii=False)
        return found

    def _substituted(self, text: str, values: Mapping[str, Any], stack: str) -> str:
        def place(found: re.Match[str]) -> str:
            name = found[1]
            if name in values:
                return self.text(values[name], stack)
            id_, _, attribute = name.partition(".")
            return self._reference(id_, attribute, stack)

        return _PLACE.sub(place, text).replace("${!", "${")

    def _imported(self, name: str) -> str:
        found = self.side.exports.get(name)
        return self.text(found[1], found[0]) if found else f"{{import {name}}}"

    def _reference(self, id_: str, attribute: str, stack: str) -> str:
        if id_.startswith("AWS::"):
            return self._pseudo(id_, stack)
        resource = self.side.resources.get((stack, id_))
        if resource is None:
            return f"{{parameter {id_}}}"
        if not self.by_name:
            return f"{{{stack}/{id_}.{attribute or 'Ref'}}}"
        of = f" {attribute}" if attribute not in ("", "Arn", "Id") else ""
        return f"{{{resource.kind} {resource.name}{of}}}"

    def _pseudo(self, name: str, stack: str) -> str:
        region = self.side.stacks[stack].region
        if name == "AWS::Region" and region:
            return region
        if name == "AWS::Partition" and region:
            return partition(region)
        return f"{{stack {stack}}}" if name in ("AWS::StackId", "AWS::StackName") else _PSEUDO.get(name, f"{{{name}}}")

    def references(self, value: Any, stack: str) -> Iterator[Address]:
        """Yield which resources a value refers to, through exports too."""
        seen: list[Address] = []
        self._collect(value, stack, seen.append)
        return iter(seen)

    def _collect(self, value: Any, stack: str, found: Callable[[Address], None]) -> None:
        if isinstance(value, list):
            for item in value:
                self._collect(item, stack, found)
        if not isinstance(value, Mapping):
            return
        for name, given in value.items():
            if name == "Fn::ImportValue" and (export := self.side.exports.get(self.text(given, stack))):
                self._collect(export[1], export[0], found)
            elif name in ("Ref", "Fn::GetAtt"):
                id_ = given if isinstance(given, str) else given[0] if isinstance(given, list) and given else ""
                found((stack, str(id_).split(".", 1)[0]))
            else:
                self._collect(given, stack, found)


def is_function(value: Mapping[str, Any]) -> bool:
    """Return whether a mapping is a function of CloudFormation."""
    return len(value) == 1 and all(key in _FUNCTIONS or key.startswith("Fn::") for key in value)

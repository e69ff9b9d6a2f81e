"""Reads IAM policy documents as far as a sign-in needs it: who is trusted, what is allowed, under which condition.

No policy engine: a condition whose key is not given is told as unknown, never guessed.
Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_SETS = ("forallvalues:", "foranyvalue:")
# Operators that compare texts and ask for equality: what a sign-in's conditions are written with.
_EQUALITIES = {"stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike"}

Conditions = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy, every member a tuple.

    Attributes:
        allows: False for ``Deny``.
        actions, resources: patterns; with `except_actions` (or `except_resources`) all but these.
        principals: kind, such as ``Federated`` or ``AWS`` → who; ``*`` alone is ``AWS: *``.
        except_principals: the statement has NotPrincipal.
        conditions: operator → key → values, as written.
    """

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]]
    conditions: Conditions
    except_actions: bool = False
    except_resources: bool = False
    except_principals: bool = False

    def takes_action(self, action: str) -> bool:
        """Return whether the statement is about an action; actions know no case."""
        return any(matches(one.lower(), action.lower()) for one in self.actions) is not self.except_actions

    def takes_resource(self, resource: str) -> bool:
        """Return whether the statement is about a resource; a policy variable in it stands for itself."""
        return any(matches(one, resource) for one in self.resources) is not self.except_resources

    def takes_principal(self, kind: str, principal: str) -> bool:
        """Return whether the statement is about a principal: named, or one of everybody.

        Args:
            kind: such as ``Federated``.
        """
        named = principal in self.principals.get(kind, ()) or "*" in self.principals.get("AWS", ())
        return named is not self.except_principals


def read_statements(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """Return the statements of a policy document.

    Args:
        document: as the IAM API gives it, decoded.
    """
    return tuple(_statement(one) for one in _listed(document.get("Statement")) if isinstance(one, Mapping))


def _statement(given: Mapping[str, Any]) -> Statement:
    principals = given.get("Principal", given.get("NotPrincipal", {}))
    conditions = given.get("Condition") or {}
    return Statement(
        allows=given.get("Effect") == "Allow",
        actions=_texts(given.get("Action", given.get("NotAction"))),
        resources=_texts(given.get("Resource", given.get("NotResource"))),
        principals={kind: _texts(who) for kind, who in principals.items()}
        if isinstance(principals, Mapping)
        else {"AWS": _texts(principals)},
        conditions={
            operator: {key: _texts(values) for key, values in keys.items()} for operator, keys in conditions.items()
        },
        except_actions="NotAction" in given,
        except_resources="NotResource" in given,
        except_principals="NotPrincipal" in given,
    )


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _texts(value: Any) -> tuple[str, ...]:
    # A policy may write true and 3 without quotes.
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in _listed(value))


def matches(pattern: str, text: str) -> bool:
    """Return whether a text fits a pattern: ``*`` is any letters, none included, ``?`` is one."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one condition asks of one key.

    Attributes:
        key: as written.
        operator: in lower case, without ``ForAnyValue:`` and ``IfExists``.
    """

    key: str
    operator: str
    values: tuple[str, ...]

    def is_about(self, key: str) -> bool:
        """Return whether it asks for a key, by equality; names of keys know no case."""
        return self.key.lower() == key.lower() and self.operator in _EQUALITIES

    def takes(self, value: str) -> bool:
        """Return whether a value passes; only where `is_about` holds."""
        if self.operator in ("stringlike", "arnlike", "arnequals"):
            return any(matches(one, value) for one in self.values)
        if self.operator == "stringequalsignorecase":
            return value.lower() in {one.lower() for one in self.values}
        return value in self.values


def requirements(conditions: Conditions) -> Iterator[Requirement]:
    """Yield what the conditions ask for; all of it must hold."""
    for operator, keys in conditions.items():
        name = operator.lower().removesuffix("ifexists")
        for prefix in _SETS:
            name = name.removeprefix(prefix)
        for key, values in keys.items():
            yield Requirement(key, name, values)

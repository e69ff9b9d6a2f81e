"""Statements of policies taken to pieces, so that it can be said what is new, broader, or gone.

No policy engine: a piece that is not plainly covered by an earlier one counts as new. Must not know whose
policy it is, nor how it is shown.
Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from contact_center.iam_policy import Statement, matches

Mark = Literal["", "new", "broader", "gone", "narrower"]
_Condition = tuple[str, str, frozenset[str]]  # operator, key, values
# Operators of which fewer values let less through; of any other one every value must be the same.
_ANY_OF = ("stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike", "ipaddress", "bool")


@dataclass(frozen=True, slots=True)
class Piece:
    """One principal, one action, one resource, and the conditions.

    Attributes:
        principal: such as ``Federated arn:…``; empty in the policy of a role.
        action: in lower case; with ``all but`` in front where the statement says so.
    """

    allows: bool
    principal: str
    action: str
    resource: str
    conditions: frozenset[_Condition]

    def covers(self, other: Piece) -> bool:
        """Return whether everything that the other one is about, this one is about too."""
        return (
            self.allows is other.allows
            and self.principal in (other.principal, "AWS *")
            and _covers(self.action, other.action)
            and _covers(self.resource, other.resource)
            and all(any(_implied(mine, one) for one in other.conditions) for mine in self.conditions)
        )

    def touches(self, other: Piece) -> bool:
        """Return whether both let the same principal do the same action, on whatever and however."""
        either = _covers(self.action, other.action) or _covers(other.action, self.action)
        return self.allows is other.allows and self.principal == other.principal and either


def pieces(statement: Statement) -> Iterator[Piece]:
    """Yield a statement's pieces.

    Args:
        statement: with every function of CloudFormation written by address.
    """
    who = [f"{kind} {one}" for kind, names in statement.principals.items() for one in names] or [""]
    conditions = frozenset(
        (operator.lower(), key.lower(), frozenset(values))
        for operator, keys in statement.conditions.items()
        for key, values in keys.items()
    )
    actions = _each([one.lower() for one in statement.actions], statement.except_actions)
    resources = _each(statement.resources, statement.except_resources)
    for principal, action, resource in product(_each(who, statement.except_principals), actions, resources or [""]):
        yield Piece(statement.allows, principal, action, resource, conditions)


def _each(names: Sequence[str], all_but: bool) -> list[str]:
    return [f"all but {', '.join(sorted(names))}"] if all_but else list(names)


def _covers(pattern: str, other: str) -> bool:
    if pattern == other:
        return True
    if pattern.startswith("all but ") or (other.startswith("all but ") and pattern != "*"):
        return False
    # A wildcard in the other one is a letter like any other here: `a*` covers `ab*`.
    return "?" not in pattern and matches(pattern, other)


def _implied(mine: _Condition, other: _Condition) -> bool:
    """Return whether what meets the other condition meets mine."""
    if mine[:2] != other[:2]:
        return False
    operator = mine[0].removeprefix("forallvalues:").removeprefix("foranyvalue:").removesuffix("ifexists")
    return mine[2] == other[2] or (operator in _ANY_OF and other[2] <= mine[2])


@dataclass(frozen=True, slots=True)
class Marked:
    """A statement with what is to be said of it.

    Attributes:
        index: of the statement in its policy's list, so that its other form can be found.
    """

    index: int
    mark: Mark


def marked(before: Sequence[Statement], after: Sequence[Statement]) -> tuple[tuple[Marked, ...], tuple[Marked, ...]]:
    """Return the marks of the statements as they will be, and of those before that are gone or became narrower.

    Args:
        before, after: of one role or one resource, all policies together.
    """
    old = [piece for one in before for piece in pieces(one)]
    new = [piece for one in after for piece in pieces(one)]
    now = tuple(Marked(index, _mark_of(one, old)) for index, one in enumerate(after))
    then = (Marked(index, _loss_of(one, new)) for index, one in enumerate(before))
    return now, tuple(one for one in then if one.mark)


def _mark_of(statement: Statement, old: Sequence[Piece]) -> Mark:
    fresh = [one for one in pieces(statement) if not any(before.covers(one) for before in old)]
    if not fresh:
        return ""
    if not statement.allows:
        return "new"
    return "broader" if any(before.touches(one) for one in fresh for before in old) else "new"


def _loss_of(statement: Statement, new: Sequence[Piece]) -> Mark:
    lost = [one for one in pieces(statement) if not any(after.covers(one) for after in new)]
    if not lost:
        return ""
    return "narrower" if any(after.touches(one) for one in lost for after in new) else "gone"

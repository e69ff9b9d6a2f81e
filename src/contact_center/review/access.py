"""Who may assume each role, what each role may do, and who may use each bucket and key: before and after.

Marks what is new, broader or gone. Must not say what is to be decided about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from contact_center.review.policies import Holding, Line, holdings
from contact_center.review.stacks import Address, Side
from contact_center.review.statements import marked
from contact_center.review.words import trusted


@dataclass(frozen=True, slots=True)
class Access:
    """What is said about one role, or about one thing that others may use.

    Attributes:
        kind: ``role``, or what it is that others use.
        change: of the role or the policy as a whole.
        trust: who may assume the role; of another thing who may use it.
        lost_trust: statements before that are gone or narrower.
        grants: what the role may do; empty for another thing.
        session_seconds, session_before: the longest session; None where it is no role.
        boundary: permissions boundary, before and after.
    """

    kind: str
    name: str
    address: Address
    change: Literal["new", "kept", "gone"]
    trust: tuple[Line, ...]
    lost_trust: tuple[Line, ...] = ()
    grants: tuple[Line, ...] = ()
    lost_grants: tuple[Line, ...] = ()
    session_seconds: int | None = None
    session_before: int | None = None
    boundary: tuple[str, str] = ("", "")


def assuming(role: Access, line: Line) -> str:
    """Return a statement of a role's trust in words: who, how, for how long; of a lost one, as it was."""
    now, then = role.session_seconds or 0, role.session_before or 0
    return trusted(line.shown, then if line in role.lost_trust else now or then)


def accesses(before: Side, after: Side) -> tuple[Access, ...]:
    """Return every role and every policy of a resource, of both sides; roles first."""
    old, new = dict(holdings(before)), dict(holdings(after))
    undeclared = {address for address in old if address[0] not in after.stacks}
    return tuple(
        _compared(address, old.get(address), new.get(address))
        for address in {**new, **old}
        if address not in undeclared
    )


def _compared(address: Address, old: Holding | None, new: Holding | None) -> Access:
    shown = new or old
    if shown is None:
        raise AssertionError  # pragma: no cover - an address comes from one of the two
    trust, lost_trust = _marked(old.trust if old else (), new.trust if new else ())
    grants, lost_grants = _marked(old.grants if old else (), new.grants if new else ())
    return Access(
        kind=shown.kind,
        name=shown.name,
        address=address,
        change="kept" if old and new else "new" if new else "gone",
        trust=trust,
        lost_trust=lost_trust,
        grants=grants,
        lost_grants=lost_grants,
        session_seconds=new.session_seconds if new else None,
        session_before=old.session_seconds if old else None,
        boundary=(old.boundary if old else "", new.boundary if new else ""),
    )


def _marked(before: Sequence[Line], after: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    now, then = marked([one.compared for one in before], [one.compared for one in after])
    named = {one.sid: one.shown for one in before if one.sid}
    return (
        tuple(
            replace(after[one.index], mark=one.mark, was=named.get(after[one.index].sid) if one.mark else None)
            for one in now
        ),
        tuple(replace(before[one.index], mark=one.mark) for one in then),
    )

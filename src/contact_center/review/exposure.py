"""What is to be decided about roles and about what others may use; and both in words, for the page.

New is whoever or whatever was not plainly covered before. A role that is new as a whole is told once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from contact_center.iam_policy import Statement
from contact_center.review import words
from contact_center.review.access import Access, assuming
from contact_center.review.model import Finding, Holder, Permission
from contact_center.review.policies import Line
from contact_center.review.stacks import Address

_MORE = ("new", "broader")


def access_findings(
    accesses: Sequence[Access], federation: frozenset[Address], told: frozenset[str], known: Collection[str]
) -> Iterator[Finding]:
    """Yield what is to be decided about who may do what.

    Args:
        accesses: of both sides.
        federation: the role that people sign in through.
        told: details that a guard has told already.
        known: stacks that were there before: whoever comes in by a new role of theirs is no first deployment.
    """
    for one in accesses:
        subject = f"{one.kind} {one.name}"
        if one.change == "gone":
            yield _gone(one, subject)
            continue
        if one.kind != "role":
            yield from _used_findings(one, subject)
            continue
        yield from _trust_findings(one, subject, told, first=one.address[0] not in known)
        if one.change == "kept":
            yield from _grant_findings(one, subject)
        else:
            message = f"the role is new, with {words.many(len(one.grants), 'statement')} of what it may do"
            yield Finding("attention", "role_new", subject, message)
        if one.address in federation and (one.lost_trust or one.lost_grants or _shorter(one)):
            yield _locked_out(one, subject)


def _gone(one: Access, subject: str) -> Finding:
    denials = tuple(in_one_line(line.shown) for line in one.lost_trust if not line.shown.allows)
    if one.kind != "role" and denials:
        return Finding("danger", "use_broader", subject, "its policy is taken out, and what it denies", denials)
    what = "it is taken out, with whatever it allowed" if one.kind == "role" else "its policy is taken out"
    return Finding("attention", "access_gone", subject, what)


def _trust_findings(one: Access, subject: str, told: frozenset[str], *, first: bool) -> Iterator[Finding]:
    outsiders = [line for line in one.trust if line.mark in _MORE and line.shown.allows and not _is_service(line.shown)]
    details = tuple(words_ for line in outsiders if (words_ := assuming(one, line)) not in told)
    details += tuple(_undone(line) for line in one.lost_trust if not line.shown.allows)
    if details and one.change == "new":
        yield Finding(
            "attention" if first else "danger", "trust_new", subject, "it is new, and can be assumed by", details
        )
    elif details:
        yield Finding("danger", "trust_broader", subject, "more can assume it than before", details)
    before, after = one.session_before, one.session_seconds
    if before and after and after > before:
        message = f"its sessions last up to {words.duration(after)}; before, up to {words.duration(before)}"
        yield Finding("danger", "session_longer", subject, message)


def _grant_findings(one: Access, subject: str) -> Iterator[Finding]:
    more = [line for line in one.grants if line.mark in _MORE and line.shown.allows]
    details = [f"{line.mark}: {in_one_line(line.shown)}{_before(line)}" for line in more]
    details += [_undone(line) for line in one.lost_grants if not line.shown.allows]
    if one.boundary[0] and one.boundary[0] != one.boundary[1]:
        details.append(f"its permissions boundary {one.boundary[0]} becomes {one.boundary[1] or 'none'}")
    if details:
        yield Finding("danger", "permissions_broader", subject, "it may do more than before", tuple(details))


def _before(line: Line) -> str:
    """Return in what a broader statement was narrower."""
    if line.was is None:
        return ""
    now, was = line.shown, line.was
    actions = [one for one in _actions(now) if one not in _actions(was)]
    parts = [f"not {words.listed(actions)}"] if actions and set(_actions(was)) & set(_actions(now)) else []
    parts += [f"on {words.listed(_resources(was), 3)}"] if _resources(was) != _resources(now) else []
    held = [one for one in words.conditions(was) if one not in set(words.conditions(now))]
    parts += [f"only {' and '.join(held)}"] if held else []
    return f"; before, {', '.join(parts)}" if parts else ""


def _used_findings(one: Access, subject: str) -> Iterator[Finding]:
    more = [line for line in one.trust if line.mark in _MORE and line.shown.allows]
    details = [f"{in_one_line(line.shown)}{_before(line)}" for line in more]
    details += [_undone(line) for line in one.lost_trust if not line.shown.allows]
    if details and one.change == "kept":
        yield Finding("danger", "use_broader", subject, "others may do more with it than before", tuple(details))


def _undone(line: Line) -> str:
    return f"a denial is {line.mark}: {in_one_line(line.shown)}"


def _shorter(one: Access) -> bool:
    return bool(one.session_before and one.session_seconds and one.session_seconds < one.session_before)


def _locked_out(one: Access, subject: str) -> Finding:
    details = [assuming(one, line) for line in one.lost_trust if line.shown.allows]
    details += [in_one_line(line.shown) for line in one.lost_grants if line.shown.allows]
    if _shorter(one) and one.session_before and one.session_seconds:
        details.append(f"sessions of more than {words.duration(one.session_seconds)}: who asks for longer is refused")
    message = "it no longer lets everybody in as before: who signs in this way can be locked out"
    return Finding("danger", "sign_in_narrower", subject, message, tuple(details))


def _is_service(statement: Statement) -> bool:
    return not statement.except_principals and set(statement.principals) == {"Service"}


def in_one_line(statement: Statement) -> str:
    """Return a grant as one line: what, on what, when."""
    who = words.principals(statement) if statement.principals else ""
    may = f"{who} may{'' if statement.allows else ' not'}".strip()
    parts = [f"{may} {words.listed(_actions(statement))} on {words.listed(_resources(statement), 3)}"]
    return ", ".join(chain(parts, words.conditions(statement)))


def _actions(statement: Statement) -> list[str]:
    return [f"all but {', '.join(statement.actions)}"] if statement.except_actions else list(statement.actions)


def _resources(statement: Statement) -> list[str]:
    if statement.except_resources:
        return [f"all but {', '.join(statement.resources)}"]
    return ["everything" if one == "*" else one for one in statement.resources] or ["itself"]


def holders(accesses: Sequence[Access]) -> tuple[Holder, ...]:
    """Return every role and every thing that others may use, in words."""
    return tuple(map(_holder, accesses))


def _holder(one: Access) -> Holder:
    role = one.kind == "role"
    return Holder(
        kind=one.kind,
        name=one.name,
        stack=one.address[0],
        change=one.change,
        session=_session(one),
        trust=tuple(
            Permission(line.mark, "", assuming(one, line)) if role else _permission(line)
            for line in (*one.trust, *one.lost_trust)
        ),
        grants=tuple(map(_permission, (*one.grants, *one.lost_grants))),
    )


def _session(one: Access) -> str:
    before, after = one.session_before, one.session_seconds
    if after is None or before in (None, after):
        return words.duration(after or before or 0) if after or before else ""
    return f"{words.duration(after)} (before: {words.duration(before or 0)})"


def _permission(line: Line) -> Permission:
    statement = line.shown
    who = words.principals(statement) if statement.principals else ""
    return Permission(
        mark=line.mark,
        title=words.title(line.sid),
        text=f"{who} may{'' if statement.allows else ' not'}".strip(),
        actions=tuple(_actions(statement)),
        resources=tuple(_resources(statement)),
        conditions=tuple(words.conditions(statement)),
        before=in_one_line(line.was) if line.was else "",
    )

"""The JSON documents of `deliver`: printed at every exit code, with all their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from connect_sso import documents
from connect_sso.deliver.delivery import Delivery
from contact_center.review.model import Review
from user_sync.model import Problem

UNTOUCHED = "untouched: no run began"


def emit(document: Mapping[str, Any], problems: Sequence[Problem]) -> None:
    """Print one document with its problems."""
    documents.emit({**document, "problems": [problem.as_json() for problem in problems]})


def prepared(found: Review | None, made: Delivery | None) -> dict[str, Any]:
    """Return the document of `prepare`, without its problems.

    Args:
        found: the review; None where there is an error.
        made: the delivery; None where there is none.
    """
    if found is None:
        return nothing("prepare")
    state = "refused" if found.decision == "refused" else "prepared" if made else "nothing"
    return {
        "state": state,
        "approve": made.approval if made else None,
        "delivery": asdict(made) if made else None,
        "decision": found.decision,
        "findings": [asdict(one) for one in found.findings],
    }


def nothing(verb: str, users: str = "not known: connect-sso users status tells") -> dict[str, Any]:
    """Return the document of a verb that came to no end, without its problems.

    Args:
        verb: ``execute`` or ``drift``; else it is `prepare`'s.
        users: what is known of the users' run.
    """
    if verb == "execute":
        nothing_done: dict[str, Any] = {"refused": [], "executed": [], "not_executed": [], "failure": None}
        return {"state": "error", **nothing_done, "users": users, "next_round": []}
    if verb == "drift":
        return {"drift": None, "stacks": [], "users": {}}
    return {"state": "error", "approve": None, "delivery": None, "decision": None, "findings": []}

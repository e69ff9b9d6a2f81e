"""The JSON documents of design section 2: printed at every exit code, with all their keys."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from contact_center.review.model import Review
from user_sync.model import Problem
from user_sync.plan import no_plan_json
from user_sync.report import json_chunks


def emit(document: Mapping[str, Any]) -> None:
    """Print one document on stdout."""
    sys.stdout.writelines(json_chunks(document))
    sys.stdout.flush()


def check(problems: Sequence[Problem], users: int) -> dict[str, Any]:
    """Return the document of `check`."""
    return {
        "ok": all(problem.severity != "error" for problem in problems),
        "problems": [problem.as_json() for problem in problems],
        "users": users,
    }


def no_plan(problems: Iterable[Problem], *, applying: bool) -> dict[str, Any]:
    """Return the document of `users plan` or `users apply` where there is no plan."""
    document = no_plan_json(tuple(problems))
    return {**document, **nothing_applied()} if applying else document


def nothing_applied(calls: Mapping[str, int] | None = None, throttled: int = 0) -> dict[str, Any]:
    """Return the keys that `users apply` adds, for a run that wrote nothing."""
    return {"outcomes": [], "elapsed_seconds": 0.0, "calls": dict(calls or {}), "throttled": throttled}


def no_review(problems: Iterable[Problem]) -> dict[str, Any]:
    """Return the document of `review` where there is no review, with all its keys."""
    nothing: dict[str, Any] = {field.name: [] for field in fields(Review)}
    for name in ("contact_center", "account", "region", "against", "as_of"):
        nothing[name] = ""
    return {"decision": "error", **nothing, "users": None, "problems": [problem.as_json() for problem in problems]}


def usage(message: str, given: Sequence[str]) -> None:
    """Print the document of a command line that is wrong."""
    problem = Problem("error", "command line", None, None, "usage", message)
    if "deliver" in given:  # first: one of its stages is called users
        from connect_sso.deliver import documents as deliver  # noqa: PLC0415 - it is made of this module

        verb = next((word for word in given if word in ("prepare", "execute", "drift")), "prepare")
        # Of a command that was interrupted nobody knows.
        known = {} if message == "interrupted" else {"users": deliver.UNTOUCHED}
        deliver.emit(deliver.nothing(verb, **known), [problem])
    elif "users" in given:
        emit(no_plan([problem], applying="apply" in given or "undo" in given))
    elif "explain" in given or "doctor" in given:
        failed = {"name": "usage", "ok": False, "message": message, "fix": "see --help"}
        emit({"ok": False, "username": None, "provider": None, "role": None, "checks": [failed]})
    elif "review" in given:
        emit(no_review([problem]))
    elif "matrix" in given:
        emit({"identity_provider": None, "rows": [], "problems": [problem.as_json()]})
    else:
        emit(check([problem], 0))

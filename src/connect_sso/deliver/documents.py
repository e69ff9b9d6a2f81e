"""The JSON documents of `deliver`: printed at every exit code, with all their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from connect_sso import documents
from connect_sso.deliver.delivery import Delivery
from contact_center.review.model import Review
from user_sync.model import Problem


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
        state = "error"
    else:
        state = "refused" if found.decision == "refused" else "prepared" if made else "nothing"
    return {
        "state": state,
        "approve": made.approval if made else None,
        "delivery": asdict(made) if made else None,
        "decision": found.decision if found else None,
        "findings": [asdict(one) for one in found.findings] if found else [],
    }

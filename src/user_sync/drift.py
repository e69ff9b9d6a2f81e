"""How far the instance is from the newest export, and for how long: noted by each comparison, kept from run to run."""

from __future__ import annotations

import logging
from datetime import datetime

from user_sync.cloud import DRIFT_KEY
from user_sync.stored import Store, StoreUnusable

log = logging.getLogger("user_sync")


def note_drift(store: Store, changes: int, *, now: datetime) -> float:
    """Write down how many users differ; return the hours for which some have.

    A bucket that cannot be used is logged: the next comparison notes it.

    Args:
        store: the report bucket.
        changes: how many users differ.
        now: by this machine's clock, which may be wrong: one that was ahead hides no drift.
    """
    try:
        stored = store.get(DRIFT_KEY)
        known = stored.data["since"] if stored else None
        since = min(datetime.fromisoformat(known), now) if known else now
        text = since.isoformat(timespec="seconds") if changes else None
        store.put(DRIFT_KEY, {"changes": changes, "since": text, "seen": now.isoformat()})
    except StoreUnusable as error:
        log.error("the drift was not kept: %s", error.message)
        return 0.0
    return hours_since(since, now=now) if changes else 0.0


def hours_since(moment: datetime, *, now: datetime) -> float:
    """Return the hours since a moment; 0 by a clock that is behind."""
    return max(0.0, round((now - moment).total_seconds() / 3600, 3))

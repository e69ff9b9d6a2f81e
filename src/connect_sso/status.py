"""``connect-sso users status``: what the runs in the cloud did, who holds the lock, what drift is known."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from connect_sso import documents, terminal
from connect_sso.deployed import buckets
from contact_center.load import ConfigInvalid, load
from user_sync.cloud import APPLIED_KEY, DRIFT_KEY, RECORD, RUNS
from user_sync.errors import SyncError
from user_sync.lock import Holder, holder
from user_sync.model import Problem
from user_sync.stored import Store

_MONTHS = 3  # how far back runs are looked for
_SHOWN = ("run", "way_in", "dry_run", "started", "ended", "state", "code", "message", "counts", "report")


def run(options: argparse.Namespace) -> int:
    """Print the last runs, the lock and the drift.

    Returns:
        0, or 1 where nothing is deployed or it cannot be read.
    """
    screen = terminal.Screen(quiet=options.quiet or options.json, verbose=options.verbose)
    problems: list[Problem] = []
    document: dict[str, Any] = {"runs": [], "lock": None, "drift": None, "applied": None}
    try:
        store = buckets(load(options.config)).reports
        document |= status(store, last=options.last)
    except ConfigInvalid as invalid:
        problems += invalid.problems
    except SyncError as error:
        problems.append(Problem("error", str(options.config), None, None, error.code, error.message))
    ok = not any(problem.severity == "error" for problem in problems)
    if options.json:
        documents.emit({"ok": ok, "problems": [problem.as_json() for problem in problems], **document})
    screen.problems(problems)
    if ok and not screen.quiet:
        _show(screen, document)
    return 0 if ok else 1


def status(store: Store, *, last: int, now: datetime | None = None) -> dict[str, Any]:
    """Return the last runs, the newest first, and what the state objects say.

    Args:
        store: the report bucket.
        last: how many runs.
        now: for how far back to look; the present by default.

    Raises:
        StoreUnusable: the bucket cannot be read.
    """
    held = holder(store)
    runs: list[dict[str, Any]] = []
    for key in _records(store, now or datetime.now(UTC)):
        if len(runs) == last:
            break
        stored = store.get(key)
        if stored:
            runs.append(_shown(stored.data, held))
    drift, applied = store.get(DRIFT_KEY), store.get(APPLIED_KEY)
    return {
        "runs": runs,
        "lock": asdict(held) if held else None,
        "drift": drift.data if drift else None,
        "applied": {name: applied.data[name] for name in ("modified", "way_in", "digest")} if applied else None,
    }


def _records(store: Store, now: datetime) -> Iterator[str]:
    """Yield the keys of runs' records, the newest first, a month at a time."""
    month = now
    for _ in range(_MONTHS):
        keys = [item["Key"] for item in store.objects(f"{RUNS}{month:%Y/%m}/")]
        yield from sorted((key for key in keys if key.endswith(f"/{RECORD}")), reverse=True)
        month = month.replace(day=1) - timedelta(days=1)


def _shown(record: dict[str, Any], held: Holder | None) -> dict[str, Any]:
    shown = {name: record.get(name) for name in _SHOWN}
    if shown["ended"] is None and (held is None or held.run != shown["run"]) and not shown["dry_run"]:
        # Nobody ends a run that was stopped between two steps; its lock was freed by its lease.
        shown["state"] = "not ended"
    return shown


def _show(screen: terminal.Screen, document: dict[str, Any]) -> None:
    table = Table("started", "way in", "ended", "how", "counts", title="last runs", title_justify="left")
    for one in document["runs"]:
        counts = ", ".join(f"{count} {name}" for name, count in one["counts"].items() if count)
        how = f"{one['state']}: {one['code']}" if one["code"] else str(one["state"])
        way = f"{one['way_in']} (dry run)" if one["dry_run"] else str(one["way_in"])
        table.add_row(one["started"], way, one["ended"] or "", Text(how), counts)
    screen.out.print(table)
    lock, drift, applied = document["lock"], document["drift"], document["applied"]
    when = applied and f"{applied['modified'][:16].replace('T', ' ')} UTC"
    screen.out.print(
        Text(f"lock: {lock['way_in']} {lock['run']} since {lock['since']}" if lock else "lock: free"),
        Text(
            f"drift: {drift['changes']} users differ from the newest export since {drift['since']}"
            if drift and drift["changes"]
            else "drift: none known"
        ),
        Text(f"last export applied: of {when}, by {applied['way_in']}" if applied else "last export applied: none"),
        sep="\n",
    )

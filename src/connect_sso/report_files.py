"""The files that a run at a terminal leaves, readable by their owner only: they hold people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connect_sso.session import Session, StoppedError, usage
from connect_sso.whole_file import write_whole
from user_sync import report, run
from user_sync.apply import user_quick_connects
from user_sync.model import Outcome
from user_sync.state_before import NOT_KNOWN, state_before, with_state_before


class ReportFiles:
    """The files that a run leaves in `--report`; the first of them is there before the first write.

    So a run that is killed can be taken back, too: its report then says that nobody knows what was made.
    """

    def __init__(self, session: Session, reviewed: run.Reviewed) -> None:
        self._session = session
        self._reviewed = reviewed
        self._before: dict[str, Any] = {}
        name = f"{session.center.config.name}-{session.started:%Y%m%dT%H%M%S}Z"
        names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
        self._base = next(b for b in (session.options.report / name for name in names) if not _json(b).exists())

    def begin(self) -> None:
        """Keep the users as they are before the first write.

        Raises:
            SyncError: what deletions take along cannot be read.
            StoppedError: the file cannot be written.
        """
        connect, changes = self._session.connect, self._reviewed.plan.changes
        self._before = state_before(self._reviewed.plan, user_quick_connects(self._reviewed.plan, connect))
        why = "the run was cut off: users plan tells what is left, users undo takes back what was made"
        outcomes = [Outcome(change.username, change.action, "skipped", NOT_KNOWN, why) for change in changes]
        document = run.apply_document(self._reviewed, outcomes, connect, elapsed_seconds=0)
        write(_json(self._base), report.as_json(self._full(document)))

    def forget(self) -> None:
        """Leave nothing: nothing was written."""
        _json(self._base).unlink(missing_ok=True)

    def end(self, document: Mapping[str, Any]) -> None:
        """Leave the report."""
        screen, full = self._session.screen, self._full(document)
        try:
            for suffix, text in ((".json", report.as_json), (".csv", report.as_csv), (".html", report.as_html)):
                write(self._base.with_suffix(suffix), text(full))
        except StoppedError as stop:
            screen.error(f"the changes were made, but {stop.problems[0].message}")
        else:
            screen.say(f"report: {self._base.with_suffix('.html')}")

    def _full(self, document: Mapping[str, Any]) -> dict[str, Any]:
        session = self._session
        about = {
            "contact_center": session.center.config.name,
            "instance": session.connect.instance.text,
            "started": session.started.isoformat(timespec="seconds"),
            "way_in": "terminal",
        }
        return with_state_before({**document, "run": about}, self._before)


def _json(base: Path) -> Path:
    return base.with_suffix(".json")


def write(path: Path, text: str) -> None:
    """Write a file that holds people: whole or not at all, readable by its owner only."""
    try:
        write_whole(path, text, private=True)
    except OSError as error:
        raise StoppedError([usage(f"cannot write {path}: {error.strerror}")]) from error

"""The lock of the deployed stack, held while a terminal writes users, so that no run in the cloud does too."""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePath

from connect_sso.deployed import NotDeployedError, buckets
from connect_sso.terminal import Screen
from contact_center.load import ContactCenter
from user_sync.applied import note_applied
from user_sync.errors import Refused
from user_sync.inputs import Source
from user_sync.lock import Lock
from user_sync.stored import Store, StoreUnusable

_RENEW_SECONDS = 15.0


class Lease:
    """A contact center's lock, looked at before planning and held while writing.

    Where no stack is deployed there is no lock, and nothing else that writes users.

    Args:
        center: whose.
        screen: told where there is no lock.
    """

    def __init__(self, center: ContactCenter, screen: Screen) -> None:
        self._screen = screen
        self._now = datetime.now(UTC)
        self._run = f"{_who()}@{socket.gethostname()}-{self._now:%Y%m%dT%H%M%S}"
        self._store: Store | None = None
        self._lock = self._looked_at(center)

    def _looked_at(self, center: ContactCenter) -> Lock | None:
        try:
            self._store = store = buckets(center).reports
        except NotDeployedError as error:
            self._screen.say(f"no lock is taken: {error.message}")
            return None
        lock = Lock(store, run=self._run, way_in="terminal", now=self._now.isoformat(timespec="seconds"))
        try:
            lock.look()
        except StoreUnusable as error:
            self._screen.say(f"going on without a lock: {error.message}")
            return None
        return lock

    @contextmanager
    def held(self) -> Iterator[Callable[[], str | None]]:
        """Hold the lock; yield what says why to stop, or None.

        Raises:
            Refused: somebody else holds it, or did since this was made.
        """
        lock = self._lock
        if lock is None:
            yield lambda: None
            return
        try:
            other = lock.take()
        except StoreUnusable as error:
            self._screen.say(f"going on without a lock: {error.message}")
            yield lambda: None
            return
        if other:
            raise Refused(
                "locked",
                f"another run ({other.way_in}, since {other.since}) writes users of this contact center: wait for it "
                f"(connect-sso users status); if it died, it is free in {other.free_in_seconds:.0f} s at the latest",
            )
        try:
            if not lock.untouched:
                raise Refused("locked", "another run wrote users since this plan was made: plan again")
            yield _Keeper(lock)
        finally:
            lock.release()

    def note_applied(self, export: Source) -> None:
        """Note the export as the last one applied, so that a deployment with an older one is refused from now on.

        Where there is a stack only. A bucket that cannot be written keeps nobody from mending users at a terminal, so
        it is told and no more.

        Args:
            export: about to be applied, with the time at which it last changed.
        """
        if self._store is None:
            return
        where = {"Name": export.name if export.name.startswith("s3://") else PurePath(export.name).name}
        modified = export.modified or self._now
        try:
            note_applied(self._store, export, modified=modified, way_in="terminal", run=self._run, location=where)
        except StoreUnusable as error:
            self._screen.error(
                f"this export is not noted as the last one applied, so a deployment with an older one would not be "
                f"refused: {error.message}"
            )


def _who() -> str:
    """Return the name of whoever is at the terminal; in a container there may be a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


class _Keeper:
    """Renews the lock now and then."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._renewed = time.monotonic()
        self._lost = False

    def __call__(self) -> str | None:
        now = time.monotonic()
        if not self._lost and now - self._renewed >= _RENEW_SECONDS:
            self._renewed = now
            self._lost = not self._lock.keep()
        return "the lock went to another run" if self._lost else None

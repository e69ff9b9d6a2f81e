"""The lock: one run at a time writes users, and a run that died cannot hold it for ever.

An object in the report bucket, written on condition only (S3's If-Match and If-None-Match), so that of two
who want it at the same moment one gets it. It is a lease: whoever holds it renews it, and it is free when
nobody did for `lease_seconds`, by S3's own clock on both ends, so that no machine's wrong clock matters.
A holder who lost it is told at its next renewal and stops. docs/adr/0005-the-lock.md says why S3.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from user_sync.pace import Clock, SystemClock
from user_sync.stored import Store, Stored, StoreUnusable, TakenError

LOCK_KEY = "state/lock.json"
LEASE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock.

    Attributes:
        run: name of the run.
        way_in: how it was started.
        since: ISO time at which it was taken.
        free_in_seconds: when it is free at the latest if nobody renews it.
    """

    run: str
    way_in: str
    since: str
    free_in_seconds: float


class Lock:
    """The lock as one process wants or holds it.

    Args:
        store: the report bucket.
        run: name of the run; its later processes take over from its earlier ones.
        way_in: how the run was started, for whoever waits.
        now: ISO time, for whoever waits.
        lease_seconds: how long it stays ours without a renewal.
        clock: monotonic time, injected.

    Attributes:
        untouched: whether nobody wrote the lock between `look` and `take`.
    """

    def __init__(
        self,
        store: Store,
        *,
        run: str,
        way_in: str,
        now: str,
        lease_seconds: float = LEASE_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        # The token tells two processes of one run apart: a slice that was started twice.
        self._token = uuid.uuid4().hex
        self._data: dict[str, Any] = {
            "run": run,
            "way_in": way_in,
            "since": now,
            "lease_seconds": lease_seconds,
            "token": self._token,
        }
        self.untouched = True
        self._seen: str | None = None
        self._lease = lease_seconds
        self._clock = clock or SystemClock()
        self._etag: str | None = None
        self._renewed = 0.0

    def look(self) -> None:
        """Remember the lock as it is, so that `untouched` tells whether another run wrote users since.

        Raises:
            StoreUnusable: the bucket cannot be used.
        """
        stored = self._store.get(LOCK_KEY)
        self._seen = stored.etag if stored else None

    def take(self) -> Holder | None:
        """Take the lock; return None when it is ours now, else who holds it.

        Raises:
            StoreUnusable: the bucket cannot be used.
        """
        other: Holder | None = None
        for _ in range(3):
            begun = self._clock.now()
            stored = self._store.get(LOCK_KEY)
            other = _holder(stored)
            if other and other.run != self._data["run"]:
                return other
            try:
                self._etag = self._store.put_if(LOCK_KEY, self._data, etag=stored.etag if stored else None)
            except TakenError:
                continue  # somebody was quicker: look who
            self._renewed = begun
            # Each holder writes a token of its own; times, in whole seconds, could not tell.
            self.untouched = (stored.etag if stored else None) == self._seen
            return None
        return other or Holder("another run", "unknown", "", self._lease)

    def keep(self) -> bool:
        """Renew the lease; return whether the lock is still ours."""
        begun = self._clock.now()
        try:
            self._etag = self._store.put_if(LOCK_KEY, self._data, etag=self._etag)
        except TakenError:
            return self._still_mine(begun)
        except StoreUnusable:
            # Nobody else can take it before the lease is over.
            return begun - self._renewed < self._lease
        self._renewed = begun
        return True

    def release(self) -> None:
        """Give the lock back if it is ours; whatever fails, the lease ends by itself."""
        if self._etag is None:
            return
        free = {**self._data, "run": None, "last": self._data["run"]}
        try:
            self._store.put_if(LOCK_KEY, free, etag=self._etag)
        except (TakenError, StoreUnusable):
            return
        finally:
            self._etag = None

    def _still_mine(self, begun: float) -> bool:
        # A renewal whose answer was lost and that was sent again fails on its own first try.
        try:
            stored = self._store.get(LOCK_KEY)
        except StoreUnusable:
            return begun - self._renewed < self._lease
        if stored is None or stored.data.get("token") != self._token or stored.data.get("run") is None:
            return False
        self._etag, self._renewed = stored.etag, begun
        return True


def holder(store: Store) -> Holder | None:
    """Return who holds the lock now, or None.

    Raises:
        StoreUnusable: the bucket cannot be read.
    """
    return _holder(store.get(LOCK_KEY))


def _holder(stored: Stored | None) -> Holder | None:
    if stored is None or not stored.data.get("run"):
        return None
    left = float(stored.data["lease_seconds"]) - stored.age_seconds
    if left <= 0:
        return None
    data = stored.data
    return Holder(str(data["run"]), str(data["way_in"]), str(data["since"]), left)

"""The last export applied, whichever way it came: a deployment with an older one is refused.

Noted before the first write: a run that is cut off has applied its export too, in part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from user_sync.cloud import APPLIED_KEY
from user_sync.inputs import Source
from user_sync.safety import WayIn
from user_sync.stored import Store


def note_applied(
    store: Store, export: Source, *, modified: datetime, way_in: WayIn, run: str, location: Mapping[str, str]
) -> None:
    """Write down which export is the last one applied.

    Args:
        store: the report bucket.
        export: what is applied.
        modified: how old it is.
        way_in, run: of the run that applies it.
        location: where it lies, for a person.

    Raises:
        StoreUnusable: the bucket cannot be written.
    """
    digest = hashlib.sha256(export.data).hexdigest()
    about = {"modified": modified.isoformat(), "way_in": way_in, "run": run, "location": dict(location)}
    store.put(APPLIED_KEY, {"digest": digest, **about})

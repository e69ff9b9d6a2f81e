"""Where an export lies: a file beside the config, or an object with its version in a bucket.

Must not read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
FORM = "s3://bucket/key?versionId=…"


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object in S3.

    Attributes:
        version_id: None where the config pins no version: the newest is meant.
    """

    bucket: str
    key: str
    version_id: str | None

    @property
    def name(self) -> str:
        """Return the last part of the key, as a file name to show."""
        return self.key.rsplit("/", 1)[-1]


def parse_location(text: str) -> S3Object | None:
    """Return the object that ``s3://…`` names, or None for a file.

    The key is taken as it is written, not URL-decoded; a ``?`` in it is kept unless ``versionId=`` follows.

    Args:
        text: `users.export` or `users.permission_sets`.

    Raises:
        ValueError: it starts with ``s3:`` and names no object; the message says why.
    """
    if not text.lower().startswith("s3:"):
        return None
    rest, marker, version = text.partition("?versionId=")
    scheme, _, path = rest.partition("://")
    bucket, _, key = path.partition("/")
    if scheme != "s3" or not _BUCKET.fullmatch(bucket):
        raise ValueError(f'"{text}" names no bucket: write {FORM}')
    if not key or key.endswith("/") or len(key.encode()) > 1024:
        raise ValueError(f'"{text}" names no object in the bucket: write {FORM}')
    if marker and not re.fullmatch(r"[A-Za-z0-9._-]{1,1024}", version):
        raise ValueError(f'"{text}" has no version behind versionId=: write {FORM}')
    return S3Object(bucket=bucket, key=key, version_id=version if marker else None)

"""A bucket in memory that behaves as S3 does where runs rely on it: conditional writes, versions, its own clock."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from botocore.exceptions import ClientError

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class Bucket:
    """Stands in for a boto3 client of the service ``s3``.

    Attributes:
        seconds: S3's own clock, since START; whole seconds are what S3 shows.
        fails: code that every request is refused with, while it is set.
        lost: whether the next write is carried out and its answer lost, then sent again by the client.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.fails: str | None = None
        self.lost = False
        self.versions: dict[str, list[tuple[bytes, str, datetime]]] = {}
        self._written = 0

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=int(self.seconds))

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:  # noqa: N803
        self._maybe_fail()
        assert Bucket
        if Key not in self.versions:
            raise _error("NoSuchKey")
        number = int(VersionId) - 1 if VersionId else -1
        body, etag, modified = self.versions[Key][number]
        return {
            "Body": io.BytesIO(body),
            "ETag": etag,
            "LastModified": modified,
            "VersionId": VersionId or str(len(self.versions[Key])),
            "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(self.now, usegmt=True)}},
        }

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **more: Any) -> dict[str, Any]:  # noqa: N803
        self._maybe_fail()
        etag = self.versions[Key][-1][1] if Key in self.versions else None
        if ("IfNoneMatch" in more and etag) or ("IfMatch" in more and more["IfMatch"] != etag):
            raise _error("PreconditionFailed")
        self._written += 1
        self.versions.setdefault(Key, []).append((Body, f'"{self._written}"', self.now))
        if self.lost:
            self.lost = False
            return self.put_object(Bucket=Bucket, Key=Key, Body=Body, **more)
        return {"ETag": f'"{self._written}"', "VersionId": str(len(self.versions[Key]))}

    def get_paginator(self, operation: str) -> Bucket:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        self._maybe_fail()
        assert Bucket
        for key in sorted(self.versions):
            if key.startswith(Prefix):
                body, etag, modified = self.versions[key][-1]
                yield {"Contents": [{"Key": key, "LastModified": modified, "Size": len(body), "ETag": etag}]}

    def _maybe_fail(self) -> None:
        if self.fails:
            raise _error(self.fails)


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")

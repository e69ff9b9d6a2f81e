"""The one door to the bucket that runs in the cloud share: small JSON objects, written on conditions.

Holds the lock, what is deployed, each run's approved plan and outcomes, and reports. Times come from S3's
own clock, never from this machine's. Must not know what the objects mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from user_sync.errors import SyncError

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class StoreUnusable(SyncError):
    """The bucket cannot be read or written."""


class TakenError(SyncError):
    """A conditional write lost: the object is not as it was when it was read."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was read.

    Attributes:
        data: its JSON.
        etag: for a write on condition that nobody wrote in between.
        age_seconds: since it was written, both times by S3's clock.
    """

    data: dict[str, Any]
    etag: str
    age_seconds: float


def s3_client(region: str | None = None) -> Any:
    """Return an S3 client that gives up in seconds where the bucket is not reachable."""
    config = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})
    return boto3.client("s3", region_name=region, config=config)


class Store:
    """One bucket.

    Args:
        client: a boto3 client of the service ``s3``.
        bucket: its name.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self.bucket = bucket
        self._client = client

    def get(self, key: str, *, version: str | None = None) -> Stored | None:
        """Return an object, or None where there is none.

        Raises:
            StoreUnusable: the bucket cannot be read, or the object is not JSON.
        """
        asked = {"VersionId": version} if version else {}
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=key, **asked)
            data = json.loads(answer["Body"].read())
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _MISSING:
                return None
            raise self._unusable("read", key, error, "s3:GetObjectVersion" if version else "s3:GetObject") from error
        except ValueError as error:
            raise StoreUnusable("bucket_unusable", f"s3://{self.bucket}/{key} does not hold JSON") from error
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return Stored(data, answer["ETag"], (now - answer["LastModified"]).total_seconds())

    def put(self, key: str, data: Mapping[str, Any]) -> str:
        """Write an object; return its version id ("" in a bucket without versions).

        Raises:
            StoreUnusable: the bucket cannot be written.
        """
        answer = self._put(key, json.dumps(data, ensure_ascii=False).encode(), "application/json", {})
        return str(answer.get("VersionId", ""))

    def put_if(self, key: str, data: Mapping[str, Any], *, etag: str | None) -> str:
        """Write an object that is still as it was read; return the new etag.

        Args:
            etag: of the object as it was read; None where there was none.

        Raises:
            TakenError: somebody wrote it in between.
            StoreUnusable: the bucket cannot be written.
        """
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        return str(self._put(key, json.dumps(data).encode(), "application/json", condition)["ETag"])

    def put_text(self, key: str, text: str, kind: str) -> str:
        """Write a text; return its ``s3://`` address.

        Args:
            kind: media type, such as ``text/html``.

        Raises:
            StoreUnusable: the bucket cannot be written.
        """
        self._put(key, text.encode(), f"{kind}; charset=utf-8", {})
        return f"s3://{self.bucket}/{key}"

    def put_bytes(self, key: str, data: bytes) -> str:
        """Write a file as it is; return the address that names this very version.

        Raises:
            StoreUnusable: the bucket cannot be written.
        """
        version = self._put(key, data, "application/octet-stream", {}).get("VersionId")
        return f"s3://{self.bucket}/{key}" + (f"?versionId={version}" if version else "")

    def objects(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Yield the objects below a prefix as S3 lists them: `Key`, `LastModified`, `Size`, `ETag`.

        Raises:
            StoreUnusable: the bucket cannot be listed.
        """
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                yield from page.get("Contents", ())
        except (ClientError, BotoCoreError) as error:
            raise self._unusable("list", prefix, error, "s3:ListBucket") from error

    def _put(self, key: str, body: bytes, kind: str, condition: Mapping[str, str]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._client.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType=kind, **condition
            )
        except (ClientError, BotoCoreError) as error:
            if condition and _code(error) in _TAKEN:
                raise TakenError("taken", f"s3://{self.bucket}/{key} was written by somebody else") from error
            raise self._unusable("write", key, error, "s3:PutObject") from error
        return answer

    def _unusable(self, what: str, key: str, error: Exception, action: str) -> StoreUnusable:
        code = _code(error)
        fix = f": grant {action} on it" if code.startswith("AccessDenied") else ""
        return StoreUnusable("bucket_unusable", f"cannot {what} s3://{self.bucket}/{key}: {code}{fix}")


def _code(error: Exception) -> str:
    response: Mapping[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", type(error).__name__))

"""Which export a run in the cloud takes, and reading it.

A deployment takes the one that it names. Every other run takes the newest there is at the moment it got the
lock: what was dropped last, or what is deployed where that is newer; so two drops that start in the wrong
order end right. Must not know what is in an export.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from user_sync.errors import ExportUnreadable
from user_sync.inputs import Source
from user_sync.stored import Store

DROPS = "drop/"
PERMISSION_SETS = "drop/permission-sets/"  # every other object below drop/ is a user export


@dataclass(frozen=True, slots=True)
class Taken:
    """An export that was read.

    Attributes:
        source: name and bytes.
        location: `Name`, `Bucket`, `Key` and perhaps `VersionId`: reads the same bytes again.
        modified: when it was put there, by S3.
        pinned: whether the deployment names this very version.
    """

    source: Source
    location: Mapping[str, str]
    modified: datetime
    pinned: bool

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the bytes."""
        return hashlib.sha256(self.source.data).hexdigest()


class Intake:
    """Reads exports.

    Args:
        client: a boto3 client of the service ``s3``.
        drops: the bucket that exports are dropped into.
    """

    def __init__(self, client: Any, drops: Store) -> None:
        self._client = client
        self._drops = drops

    def named(self, location: Mapping[str, str], what: str, *, exactly: bool = False) -> Taken:
        """Read the export that a location names.

        Args:
            location: as the custom resource has it: `Name`, and `Missing` or `Bucket`, `Key`, `VersionId`.
            what: for messages, such as ``export``.
            exactly: whether the location that is returned shall name the version that was read.

        Raises:
            ExportUnreadable: it is not there or cannot be read.
        """
        name = location["Name"]
        if location.get("Missing"):
            raise ExportUnreadable(
                "missing_file",
                f"the {what} {name!r} was not there when the stacks were synthesized: put it there and deploy again",
                file=name,
            )
        version = {"VersionId": location["VersionId"]} if location.get("VersionId") else {}
        try:
            answer = self._client.get_object(Bucket=location["Bucket"], Key=location["Key"], **version)
            data: bytes = answer["Body"].read()
        except (ClientError, BotoCoreError) as error:
            code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
            # S3 says AccessDenied of an object that is not there, too, to whoever may not list the bucket.
            action = "s3:GetObjectVersion" if version else "s3:GetObject"
            fix = f": it is not there, or {action} (or kms:Decrypt) is not granted" if code == "AccessDenied" else ""
            raise ExportUnreadable(
                "unreadable_object",
                f"cannot read the {what} s3://{location['Bucket']}/{location['Key']}: {code}{fix}",
                file=name,
            ) from error
        exact = {"VersionId": answer["VersionId"]} if exactly and "VersionId" in answer else {}
        return Taken(Source(name, data), {**location, **exact}, answer["LastModified"], bool(version))

    def newest(self, deployed: Mapping[str, str], what: str, *, permission_sets: bool = False) -> Taken:
        """Read the newest of what was dropped and what is deployed.

        Args:
            deployed: location of the deployed one.
            what: for messages.
            permission_sets: whether it is about the second export.

        Raises:
            ExportUnreadable: it cannot be read.
            StoreUnusable: the bucket of drops cannot be listed.
        """
        prefix = PERMISSION_SETS if permission_sets else DROPS
        found = [
            one
            for one in self._drops.objects(prefix)
            if one["Size"] and one["Key"].startswith(PERMISSION_SETS) == permission_sets
        ]
        if not found:
            return self.named(deployed, what)
        last = max(found, key=lambda one: (one["LastModified"], one["Key"]))
        try:
            known = self.named(deployed, what)
        except ExportUnreadable:
            known = None  # it may have gone, as old versions do; what was dropped is there
        if known is not None and known.modified > last["LastModified"]:
            return known
        location = {"Name": last["Key"].rsplit("/", 1)[-1], "Bucket": self._drops.bucket, "Key": last["Key"]}
        return self.named(location, what, exactly=True)

"""Where a user export comes from, as the custom resource's properties say it.

A changed export must be a changed property, or CloudFormation does not call the sync: a file's key in the
staging bucket is the hash of its content, an object names its version.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-update.html
Must not read the export.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Annotations, Stack
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file that is uploaded into the account's staging bucket with the deployment."""

    path: Path


@dataclass(frozen=True, slots=True)
class ExportObject:
    """An object that lies in S3 already.

    Attributes:
        version_id: None for the newest; then a newer one does not start a sync.
    """

    bucket: str
    key: str
    version_id: str | None = None


ExportSource = ExportFile | ExportObject


@dataclass(frozen=True, slots=True)
class BoundExport:
    """An export as one stack knows it.

    Attributes:
        id_: of the asset's construct.
        properties: for the custom resource: `Name`, then `Missing`, or `Bucket`, `Key` and perhaps `VersionId`.
        object_arn: what is read; None where there is nothing.
    """

    id_: str
    properties: dict[str, str]
    object_arn: str | None = None

    @property
    def read_action(self) -> str:
        """Return what reading it takes: a version that is named is an action of its own."""
        return "s3:GetObjectVersion" if "VersionId" in self.properties else "s3:GetObject"


def bind_export(scope: Construct, id_: str, source: ExportSource) -> BoundExport:
    """Make an export known to the stack of `scope`.

    A missing file is a warning here and the sync's refusal at deploy time, so that it stops this one stack
    and not a change of sign-on beside it.

    Args:
        id_: of the asset's construct.
        source: file or object.
    """
    if isinstance(source, ExportObject):
        name = source.key.rsplit("/", 1)[-1]
        version = {"VersionId": source.version_id} if source.version_id else {}
        properties = {"Name": name, "Bucket": source.bucket, "Key": source.key, **version}
        return BoundExport(id_, properties, _object_arn(scope, source.bucket, source.key))
    name = source.path.name
    if not source.path.is_file():
        Annotations.of(scope).add_warning_v2(
            "connect-sso:missing-export",
            f"{name} does not exist beside the config: the deployment of this stack will be refused",
        )
        return BoundExport(id_, {"Name": name, "Missing": "true"})
    asset = s3_assets.Asset(scope, id_, path=str(source.path))
    properties = {"Name": name, "Bucket": asset.s3_bucket_name, "Key": asset.s3_object_key}
    return BoundExport(id_, properties, _object_arn(scope, asset.s3_bucket_name, asset.s3_object_key))


def _object_arn(scope: Construct, bucket: str, key: str) -> str:
    return f"arn:{Stack.of(scope).partition}:s3:::{bucket}/{key}"

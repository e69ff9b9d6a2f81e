"""The files of a prepared stack in the CDK's bucket (code, layer, export), and whether somebody wrote there since.

They are looked up in the bucket's list of versions: that takes no right to read an object or to use its key, and tells
what is gone from what is forbidden. What is current decides, because a template names no version. The template itself
is not among them: a change set has a copy of its own.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connect_sso.deliver.asking import ask, client
from connect_sso.deliver.delivery import Asset, Delivery
from user_sync.errors import Refused, SyncError


def published(places: Sequence[tuple[str, str]], stack: str, region: str) -> tuple[Asset, ...]:
    """Return the assets of a stack as they lie there.

    Args:
        places: bucket and key of each.
        stack: for messages.
        region: of the buckets.

    Raises:
        SyncError: one is not there, or AWS cannot be asked.
    """
    found = {place: _current(*place, stack, region) for place in places}
    missing = next((place for place, asset in found.items() if asset is None), None)
    if missing:
        text = f"the asset {missing[1]} of {stack} is not in {missing[0]}, where it was just published; prepare again"
        raise SyncError("asset_missing", text)
    return tuple(asset for asset in found.values() if asset)


def of_the_assets(delivery: Delivery) -> Iterator[Refused]:
    """Yield what assets are gone, or were written again since they were prepared.

    Raises:
        AwsRefusedError: AWS cannot be asked.
    """
    for stack in delivery.stacks:
        for asset in stack.assets:
            now = _current(asset.bucket, asset.key, stack.name, delivery.region)
            what = f"the asset {asset.key} of {stack.name}"
            if now is None:
                text = f"{what} is gone from {asset.bucket}; prepare again, and have that approved"
                yield Refused("asset_missing", text)
            elif now != asset:
                # The CDK publishes nothing where something lies: left there, it would be taken for the asset.
                fix = "find out who, delete it there, prepare again, and have that approved"
                yield Refused("asset_changed", f"{what} was written again in {asset.bucket} since; {fix}")


def _current(bucket: str, key: str, stack: str, region: str) -> Asset | None:
    """Return what is read there now; None where there is nothing. Versions of one key come newest first."""
    versions = client("s3", region).list_object_versions
    answer = ask("s3:ListBucketVersions", stack, versions, Bucket=bucket, Prefix=key)
    for one in answer.get("Versions", ()):
        if one["Key"] == key and one["IsLatest"]:
            return Asset(bucket, key, one["VersionId"], one["ETag"].strip('"'), one["LastModified"].isoformat())
    return None

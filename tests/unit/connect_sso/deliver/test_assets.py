"""What lies in the CDK's bucket is what was prepared; each way in which it may not be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from connect_sso.deliver import assets
from connect_sso.deliver.asking import AwsRefusedError
from connect_sso.deliver.delivery import Asset, Delivery, PreparedStack
from user_sync.errors import SyncError

STACK, BUCKET, KEY = "acmeservice-users", "cdk-hnb659fds-assets-111122223333-us-west-2", "ab.zip"
THEN, LATER = datetime(2026, 11, 25, 10, tzinfo=UTC), datetime(2026, 11, 25, 11, tzinfo=UTC)
ASSET = Asset(BUCKET, KEY, "v1", "e1", THEN.isoformat())
PREPARED = PreparedStack(STACK, "arn", "", {}, {}, {}, False, (ASSET,))
DELIVERY = Delivery(1, "acmeservice", "", "us-west-2", THEN.isoformat(), {}, None, (PREPARED,), ())
Listed = Callable[..., Stubber]


def version(**changes: Any) -> dict[str, Any]:
    return {"Key": KEY, "VersionId": "v1", "IsLatest": True, "ETag": '"e1"', "LastModified": THEN, **changes}


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Listed:
    """Answer the one question that is asked: the versions of this key."""

    def answers(*versions: dict[str, Any]) -> Stubber:
        client: Any = boto3.client("s3", region_name="us-west-2", aws_access_key_id="x", aws_secret_access_key="x")
        monkeypatch.setattr(assets, "client", lambda _service, _region: client)
        stub = Stubber(client)
        stub.activate()
        if versions:
            stub.add_response("list_object_versions", {"Versions": [*versions]}, {"Bucket": BUCKET, "Prefix": KEY})
        return stub

    return answers


OLD, OTHER = version(IsLatest=False), version(Key=f"{KEY}.old", VersionId="v9")


def test_as_it_was_published(listed: Listed) -> None:
    listed(version(), version(VersionId="v0", IsLatest=False), OTHER)
    assert assets.published([(BUCKET, KEY)], STACK, "us-west-2") == (ASSET,)
    listed(version(), OTHER)
    assert list(assets.of_the_assets(DELIVERY)) == []


@pytest.mark.parametrize(
    ("versions", "code"),
    [
        ((version(VersionId="v2"), OLD), "asset_changed"),  # the same bytes, too: it says who may have been there
        ((version(VersionId="null"),), "asset_changed"),
        ((version(ETag='"e2"'),), "asset_changed"),
        ((version(LastModified=LATER),), "asset_changed"),
        ((OLD,), "asset_missing"),  # under a delete marker
        ((OTHER,), "asset_missing"),
    ],
)
def test_what_was_written_again_or_is_gone_is_refused(
    listed: Listed, versions: tuple[dict[str, Any], ...], code: str
) -> None:
    listed(*versions)
    (refused,) = assets.of_the_assets(DELIVERY)
    assert refused.code == code
    assert f"the asset {KEY} of {STACK} " in refused.message and BUCKET in refused.message


def test_in_a_bucket_without_versions_the_time_of_the_last_write_decides(listed: Listed) -> None:
    """With KMS as without: an ETag is not asked to be a digest."""
    asset = replace(ASSET, version="null")
    delivery = replace(DELIVERY, stacks=(replace(PREPARED, assets=(asset,)),))
    listed(version(VersionId="null"))
    assert list(assets.of_the_assets(delivery)) == []
    listed(version(VersionId="null", LastModified=LATER))
    assert [one.code for one in assets.of_the_assets(delivery)] == ["asset_changed"]


def test_what_was_just_published_must_be_there(listed: Listed) -> None:
    listed(OLD)
    with pytest.raises(SyncError, match=r"ab\.zip of acmeservice-users is not in cdk-hnb659fds-assets-.*; prepare"):
        assets.published([(BUCKET, KEY)], STACK, "us-west-2")


def test_who_may_not_look_is_told_so_and_nothing_is_taken_for_gone(listed: Listed) -> None:
    listed().add_client_error("list_object_versions", "AccessDenied")
    with pytest.raises(AwsRefusedError, match="no grant for s3:ListBucketVersions"):
        list(assets.of_the_assets(DELIVERY))

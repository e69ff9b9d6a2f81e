"""What the terminal knows of runs in the cloud, with a bucket in memory; and what it does without a stack."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from connect_sso import lease
from connect_sso.deployed import Buckets, NotDeployedError
from connect_sso.lease import Lease
from connect_sso.status import status
from connect_sso.terminal import Screen
from local_aws.connect_server import ConnectServer, Fault
from tests.unit.connect_sso.conftest import Folder, Servers, row
from tests.unit.user_sync.bucket import START, Bucket
from user_sync.applied import note_applied
from user_sync.cloud import DRIFT_KEY
from user_sync.errors import Refused
from user_sync.inputs import Source
from user_sync.lock import Lock, holder
from user_sync.stored import Store, StoreUnusable

CENTER: Any = None  # only `buckets` looks at it, and that is replaced here


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    made = Bucket()
    store = Store(made, "reports")
    monkeypatch.setattr(lease, "buckets", lambda _center: Buckets(made, store, store))
    return made


def run_of(bucket: Bucket, day: str, name: str, **values: Any) -> None:
    record = {"run": name, "way_in": "drop", "dry_run": False, "started": day, "ended": day, "state": "done"}
    Store(bucket, "reports").put(f"runs/{day}-{name}/run.json", {**record, "counts": {}, **values})


def test_the_newest_runs_come_first_over_the_end_of_a_month(bucket: Bucket) -> None:
    run_of(bucket, "2026/10/31/120000", "old")
    run_of(bucket, "2026/11/01/090000", "first")
    run_of(bucket, "2026/11/24/090000", "last", ended=None, state="running")
    shown = status(Store(bucket, "reports"), last=10, now=START)
    assert [one["run"] for one in shown["runs"]] == ["last", "first", "old"]
    assert shown["runs"][0]["state"] == "not ended"  # nobody holds the lock
    assert [one["run"] for one in status(Store(bucket, "reports"), last=1, now=START)["runs"]] == ["last"]
    assert status(Store(bucket, "reports"), last=10, now=START + timedelta(days=150))["runs"] == []


def test_a_run_that_holds_the_lock_is_running_and_drift_is_told(bucket: Bucket) -> None:
    store = Store(bucket, "reports")
    run_of(bucket, "2026/11/24/090000", "now", ended=None, state="running")
    Lock(store, run="now", way_in="drop", now="then").take()
    store.put(DRIFT_KEY, {"changes": 3, "since": "2026-11-23T10:00:00+00:00"})
    shown = status(store, last=10, now=START)
    assert shown["runs"][0]["state"] == "running"
    assert shown["lock"]["run"] == "now"
    assert shown["drift"]["changes"] == 3


def test_the_terminal_holds_the_lock_while_it_writes(bucket: Bucket) -> None:
    store = Store(bucket, "reports")
    with Lease(CENTER, Screen(quiet=True)).held() as lost:
        found = holder(store)
        assert found is not None
        assert found.way_in == "terminal"
        assert lost() is None
    assert holder(store) is None


def test_the_terminal_is_refused_while_somebody_holds_the_lock(bucket: Bucket) -> None:
    Lock(Store(bucket, "reports"), run="other", way_in="deploy", now="then").take()
    with (
        pytest.raises(Refused, match=r"another run \(deploy, since then\)"),
        Lease(CENTER, Screen(quiet=True)).held(),
    ):
        raise AssertionError("not reached")


def test_the_terminal_is_refused_when_somebody_wrote_since_it_read(bucket: Bucket) -> None:
    other = Lock(Store(bucket, "reports"), run="other", way_in="drop", now="then")
    other.take()
    other.release()
    # However short ago: what ended before this one looked is seen by its plan.
    mine = Lease(CENTER, Screen(quiet=True))
    with mine.held():
        pass
    mine = Lease(CENTER, Screen(quiet=True))
    other.take()
    other.release()
    with pytest.raises(Refused, match="plan again"), mine.held():
        raise AssertionError("not reached")
    assert holder(Store(bucket, "reports")) is None


def applied(bucket: Bucket) -> dict[str, Any]:
    found = status(Store(bucket, "reports"), last=1, now=START)["applied"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(("hours", "kept"), [(-5, True), (5, False)])
def test_the_terminal_notes_its_export_before_the_first_write(
    folder: Folder, servers: Servers, bucket: Bucket, hours: int, kept: bool
) -> None:
    folder.write(row(1))
    now = datetime.now(UTC)
    changed = now + timedelta(hours=hours)
    os.utime(folder.path / "users.csv", (changed.timestamp(), changed.timestamp()))
    with servers() as server:
        noted_by = []
        server.faults.append(
            Fault(operation="CreateUser", when=lambda _: bool(noted_by.append(applied(bucket)["way_in"])))
        )
        code, _ = folder.json(*apply_to(folder, server))
    assert code == 0
    assert noted_by == ["terminal"]
    modified = datetime.fromisoformat(applied(bucket)["modified"])
    assert (modified == changed) if kept else (now <= modified <= datetime.now(UTC))
    assert applied(bucket)["digest"] == hashlib.sha256((folder.path / "users.csv").read_bytes()).hexdigest()
    noted = json.loads(bucket.versions["state/applied.json"][-1][0])
    assert noted["location"] == {"Name": "users.csv"}  # no path of somebody's machine


def test_an_export_in_s3_is_as_old_as_its_object(
    folder: Folder, servers: Servers, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(row(1), export="s3://exports/upload/users.csv?versionId=1")
    bucket.put_object(Bucket="exports", Key="upload/users.csv", Body=(folder.path / "users.csv").read_bytes())
    bucket.seconds += 60
    bucket.put_object(Bucket="exports", Key="upload/users.csv", Body=b"another version")
    other = boto3.client
    monkeypatch.setattr(boto3, "client", lambda name, **more: bucket if name == "s3" else other(name, **more))
    with servers() as server:
        assert folder.json(*apply_to(folder, server))[0] == 0
    assert datetime.fromisoformat(applied(bucket)["modified"]) == START
    noted = json.loads(bucket.versions["state/applied.json"][-1][0])
    assert noted["location"] == {"Name": "s3://exports/upload/users.csv?versionId=1"}


def test_an_export_that_cannot_be_noted_is_told_and_users_are_mended(
    folder: Folder, servers: Servers, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise StoreUnusable("bucket_unusable", "cannot write s3://reports/state/applied.json: AccessDenied")

    folder.write(row(1))
    monkeypatch.setattr(lease, "note_applied", refused)
    with servers() as server:
        code, _ = folder.json(*apply_to(folder, server))
        assert (code, len(server.instance.users)) == (0, 1)
    assert "not noted as the last one applied" in folder.stderr
    assert "state/applied.json: AccessDenied" in folder.stderr
    assert "state/applied.json" not in bucket.versions


def apply_to(folder: Folder, server: ConnectServer) -> tuple[str, ...]:
    reports = str(folder.path / "reports")
    return ("users", "apply", str(folder.config), "--instance", server.instance.arn, "--report", reports, "--yes")


def test_status_says_how_old_the_last_export_is(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, folder: Folder
) -> None:
    folder.write(row(1))
    store = Store(bucket, "reports")
    monkeypatch.setattr("connect_sso.status.buckets", lambda _center: Buckets(bucket, store, store))
    assert "last export applied: none" in folder.run("users", "status", str(folder.config))[1]
    note_applied(store, Source("users.csv", b""), modified=START, way_in="terminal", run="me", location={})
    said = folder.run("users", "status", str(folder.config))[1]
    assert "last export applied: of 2026-11-24 10:00 UTC, by terminal" in said


def test_a_bucket_that_is_refused_changes_nothing(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    bucket.fails = "AccessDenied"
    with Lease(CENTER, Screen()).held() as lost:
        assert lost() is None
    assert "going on without a lock" in capsys.readouterr().err


def test_without_a_stack_there_is_no_lock_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(_center: object) -> Buckets:
        raise NotDeployedError("not_deployed", "stack acmeservice-storage in us-west-2 cannot be seen")

    monkeypatch.setattr(lease, "buckets", nothing)
    with Lease(CENTER, Screen()).held() as lost:
        assert lost() is None
    assert "no lock is taken: stack acmeservice-storage" in capsys.readouterr().err


def test_status_and_upload_without_a_stack_say_what_is_missing(folder: Folder, servers: Servers) -> None:
    folder.write(row(1))
    with servers():
        for command in ("status", "upload"):
            code, document = folder.json("users", command, str(folder.config))
            assert (code, document["ok"]) == (1, False)
            assert "acmeservice-storage" in document["problems"][0]["message"]
        code, document = folder.json("users", "upload", str(folder.config), "--export", str(folder.path / "none.csv"))
        assert (code, document["problems"][0]["code"]) == (1, "export_missing")

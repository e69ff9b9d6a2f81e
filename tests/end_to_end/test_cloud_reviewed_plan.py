"""A deployment that names a reviewed plan applies exactly that; and what the terminal knows of runs in the cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.environment import ROOT
from local_aws.example import ExampleCopy
from tests.end_to_end.assembly import Assembly, Json, write_rows
from tests.end_to_end.cloud import Cloud, held_by
from tests.end_to_end.direct import client
from tests.end_to_end.product import running
from user_sync.planning import plan_digest

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("cloud")]


@pytest.fixture(scope="module")
def cloud(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("reviewed"), user_quota=100) as product:
        product.put_all(assembly)
        yield Cloud(product)


@pytest.fixture(scope="module")
def folder(example: ExampleCopy, assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, at the assembly's pace, with one person renamed."""
    path = tmp_path_factory.mktemp("folder") / "acmeservice"
    path.mkdir()
    for file in example.folder.iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    config = path / "contact-center.yaml"
    text = config.read_text()
    assert "requests_per_second: 2\n" in text or "requests_per_second" not in text
    text = text.replace("requests_per_second: 2\n", "requests_per_second: 100.0\n")
    if "requests_per_second" not in text:
        text = text.replace("users:\n", "users:\n  requests_per_second: 100.0\n", 1)
    config.write_text(text)
    (path / "users.csv").write_bytes(_renamed(assembly, "Reviewed"))
    return path


def _renamed(assembly: Assembly, name: str) -> bytes:
    return write_rows({**row, "LastName": name} if index == 1 else row for index, row in enumerate(assembly.rows()))


def connect_sso(cloud: Cloud, *arguments: Any) -> tuple[int, Json]:
    command = [sys.executable, "-m", "connect_sso", *map(str, arguments), "--json"]
    environment = {**cloud.aws.environment(), "PATH": os.environ["PATH"]}
    ended = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    assert ended.stdout, ended.stderr
    document: Json = json.loads(ended.stdout)
    return ended.returncode, {**document, "stderr": ended.stderr}


def _last_names(cloud: Cloud) -> list[str]:
    return [user["IdentityInfo"]["LastName"] for user in cloud.product.users().values()]


def test_a_plan_that_is_stale_fails_before_the_first_write_and_the_right_one_is_applied(
    cloud: Cloud, assembly: Assembly, folder: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    code, _ = connect_sso(cloud, "users", "plan", folder / "contact-center.yaml", "--out", plan)
    assert code == 2
    kept = json.loads(plan.read_text())
    key, digest = "plans/reviewed.json", plan_digest(kept)
    cloud.reports.put(key, kept)
    named = {"Plan": {"Key": key, "Sha256": digest}}

    other = assembly.edited(tmp_path / "other", Export=_renamed(assembly, "Another"), properties=named)
    assert cloud.product.put(other) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.product.last_failure().startswith("stale_plan: the kept plan is stale: the export changed since")
    forged = assembly.edited(
        tmp_path / "forged",
        Export=_renamed(assembly, "Reviewed"),
        properties={"Plan": {"Key": key, "Sha256": "0" * 64}},
    )
    assert cloud.product.put(forged) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.product.last_failure().startswith("stale_plan: the plan plans/reviewed.json is not the one")
    assert not {"Another", "Reviewed"} & set(_last_names(cloud))

    reviewed = assembly.edited(tmp_path / "reviewed", Export=_renamed(assembly, "Reviewed"), properties=named)
    assert cloud.product.put(reviewed) == "UPDATE_COMPLETE", cloud.product.last_failure()
    assert _last_names(cloud).count("Reviewed") == 1


def test_the_terminal_waits_for_nobody_and_is_refused_while_a_run_holds_the_lock(
    cloud: Cloud, folder: Path, assembly: Assembly, tmp_path: Path
) -> None:
    (folder / "users.csv").write_bytes(_renamed(assembly, "Terminal"))
    arguments = ("users", "apply", folder / "contact-center.yaml", "--yes", "--report", tmp_path)
    with held_by(cloud, lease_seconds=300):
        code, document = connect_sso(cloud, *arguments)
    assert code == 3
    assert document["refused"]["code"] == "locked"
    assert "Terminal" not in _last_names(cloud)
    code, document = connect_sso(cloud, *arguments)
    assert code == 0, document["stderr"]
    assert _last_names(cloud).count("Terminal") == 1
    lock = cloud.reports.get("state/lock.json")
    assert lock
    assert lock.data["run"] is None
    applied = cloud.reports.get("state/applied.json")
    assert applied
    assert (applied.data["way_in"], applied.data["location"]) == ("terminal", {"Name": "users.csv"})


def test_an_upload_names_the_version_that_a_deployment_pins(cloud: Cloud, folder: Path) -> None:
    before = cloud.executions()
    code, document = connect_sso(cloud, "users", "upload", folder / "contact-center.yaml")
    assert (code, document["ok"], document["users"]) == (0, True, 20)
    bucket, _, rest = document["export"].removeprefix("s3://").partition("/")
    key, _, version = rest.partition("?versionId=")
    assert key == "upload/users.csv"
    body = client(cloud.aws, "s3").get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()
    assert body == (folder / "users.csv").read_bytes()
    assert cloud.executions() == before


def test_an_export_with_errors_is_not_uploaded(cloud: Cloud, folder: Path, assembly: Assembly) -> None:
    bad = folder / "bad.csv"
    bad.write_bytes(_renamed(assembly, ""))
    code, document = connect_sso(cloud, "users", "upload", folder / "contact-center.yaml", "--export", bad)
    assert (code, document["ok"]) == (1, False)
    assert "export" not in document
    assert document["problems"][0]["severity"] == "error"


def test_status_shows_runs_lock_and_drift(cloud: Cloud, folder: Path) -> None:
    with held_by(cloud, lease_seconds=300):
        code, document = connect_sso(cloud, "users", "status", folder / "contact-center.yaml")
    assert code == 0
    newest = document["runs"][0]
    assert (newest["way_in"], newest["state"], newest["counts"]["done"]) == ("deploy", "done", 1)
    assert [one["code"] for one in document["runs"][1:3]] == ["stale_plan", "stale_plan"]
    assert document["lock"]["way_in"] == "terminal"
    assert document["drift"]["changes"] == 0
    assert document["applied"]["way_in"] == "terminal"


def test_a_deployment_with_an_older_export_than_the_terminals_is_refused(cloud: Cloud, assembly: Assembly) -> None:
    assert cloud.product.put(assembly) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.product.last_failure().startswith("older_export: ")
    assert _last_names(cloud).count("Terminal") == 1

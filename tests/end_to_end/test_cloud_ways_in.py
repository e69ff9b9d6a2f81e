"""Runs in the cloud by every way in but a deployment: what is written, what is refused, what is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.end_to_end.answers import answering
from tests.end_to_end.assembly import Assembly, Row, write_rows
from tests.end_to_end.cloud import Cloud, held_by
from tests.end_to_end.direct import client
from tests.end_to_end.mail import Mail
from tests.end_to_end.product import running
from tests.end_to_end.roles import role_of

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("cloud")]


@pytest.fixture(scope="module")
def cloud(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cloud"), user_quota=100) as product:
        product.put_all(assembly)
        yield Cloud(product)


@pytest.fixture(scope="module")
def mail(cloud: Cloud) -> Mail:
    return Mail(cloud)


def edited(rows: list[Row], place: int, **values: str) -> bytes:
    return write_rows({**row, **values} if index == place else row for index, row in enumerate(rows))


def test_the_deployment_itself_went_through_the_state_machine(cloud: Cloud, assembly: Assembly) -> None:
    (execution,) = cloud.executions()
    assert cloud.ended(execution) == "SUCCEEDED"  # CloudFormation is answered a moment before
    assert cloud.steps(execution) == [
        "Lock", "Locked?", "Plan", "Approved?", "Apply", "More?", "Report", "Ended well?", "Done",
    ]  # fmt: skip
    outputs = cloud.product.outputs("users")
    assert (outputs["Created"], outputs["Failed"], outputs["Status"]) == ("20", "0", "done")
    record = cloud.record(execution)
    assert (record["state"], record["way_in"], record["counts"]["done"]) == ("done", "deploy", 20)
    assert outputs["Report"] == record["report"]
    deployed = cloud.reports.get("state/deployed.json")
    assert deployed
    assert deployed.data["Policy"] == assembly.users["Policy"]


def test_state_and_history_hold_no_people(cloud: Cloud, assembly: Assembly) -> None:
    (execution,) = cloud.executions()
    history = cloud.history(execution)
    assert cloud.reports.bucket not in history  # keys and counts only
    for row in assembly.rows():
        assert row["Alias"] not in history
        assert row["Id"][:15] not in history


def test_the_start_of_a_deployments_run_misses_each_of_its_grants_and_names_it(cloud: Cloud) -> None:
    start = cloud.start_function()
    role, runs, stack = role_of(cloud.product, start), cloud.executions(), cloud.product.users_stack.described()
    deployed = cloud.reports.get("state/deployed.json")
    assert deployed
    # The local AWS evaluates neither a function's own log nor S3's use of a key: tests/infra/test_runs.py.
    tried = role.pairs() - {("WriteStartLog", "logs:CreateLogStream"), ("WriteStartLog", "logs:PutLogEvents")}
    tried -= {("UseKeyToStore", "kms:GenerateDataKey")}
    assert {action for _, action in tried} == {"s3:PutObject", "states:StartExecution", "cloudformation:DescribeStacks"}
    for sid, action in sorted(tried):
        with role.without(sid, action), answering() as answers:
            event = {
                "RequestType": "Update",
                "RequestId": "never-started",
                "StackId": stack["StackId"],
                "LogicalResourceId": "Users",
                "PhysicalResourceId": "Users",
                "ResponseURL": answers.url,
                "ResourceProperties": deployed.data,
            }
            cloud.product.client("lambda").invoke(FunctionName=start, Payload=json.dumps(event))
            (answer,) = answers.bodies
        assert answer["Status"] == "FAILED"
        assert action in answer["Reason"]
    assert cloud.executions() == runs


def test_a_drop_is_applied_and_told_without_names(cloud: Cloud, assembly: Assembly, mail: Mail) -> None:
    execution = cloud.drop(edited(assembly.rows(), 1, LastName="Dropped"))
    assert cloud.ended(execution) == "SUCCEEDED"
    assert [user["IdentityInfo"]["LastName"] for user in cloud.product.users().values()].count("Dropped") == 1
    record = cloud.record(execution)
    assert (record["way_in"], record["state"], record["counts"]["update"]) == ("drop", "done", 1)
    metrics = cloud.metrics()
    assert (metrics["Updated"], metrics["Drift"], metrics["DriftHours"]) == (1.0, 0.0, 0.0)
    message = mail.about(execution)
    assert message["Subject"] == "Connect users of acmeservice: done"
    assert "1 update" in message["Message"]
    assert record["report"] in message["Message"]
    assert "@" not in message["Message"]


def test_a_deployment_with_an_older_export_is_refused(cloud: Cloud, assembly: Assembly) -> None:
    # The drop is newer than what the deployment brings; only the policy changed.
    older = assembly.edited(cloud.aws.directory / "older", policy={"requests_per_second": 90.0})
    before = cloud.product.users()
    assert cloud.product.put(older) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.product.last_failure().startswith("older_export: the export of this deployment is of ")
    assert cloud.product.users() == before


def test_an_upload_starts_nothing(cloud: Cloud, assembly: Assembly) -> None:
    before = cloud.executions()
    cloud.s3.put_object(Bucket=cloud.exports.bucket, Key="upload/users.csv", Body=assembly.content())
    time.sleep(1)
    assert cloud.executions() == before


def test_a_drop_can_make_nobody_an_administrator(cloud: Cloud, assembly: Assembly, mail: Mail) -> None:
    sets = assembly.content("PermissionSets").decode()
    assert "ContactCenterAgentExternalTelephony" in sets
    before = cloud.product.users()
    admin = sets.replace("ContactCenterAgentExternalTelephony", "ContactCenterAdminExternalTelephony", 1)
    execution = cloud.drop(admin.encode(), "drop/permission-sets/assignments.csv")
    assert cloud.ended(execution) == "FAILED"
    record = cloud.record(execution)
    assert (record["state"], record["code"]) == ("refused", "privileged_unattended")
    assert cloud.product.users() == before
    message = mail.about(execution)
    assert "privileged_unattended" in message["Message"]
    assert "@" not in message["Message"]
    cloud.ended(cloud.drop(sets.encode(), "drop/permission-sets/assignments.csv"))


def test_a_drop_keeps_to_the_limits_of_the_deployment(cloud: Cloud, assembly: Assembly) -> None:
    before = cloud.product.users()
    execution = cloud.drop(write_rows({**row, "LastName": f"{row['LastName']}x"} for row in assembly.rows()))
    assert cloud.ended(execution) == "FAILED"
    assert cloud.record(execution)["code"] == "too_many_updates"
    assert cloud.product.users() == before
    assert cloud.ended(cloud.drop(edited(assembly.rows(), 1, LastName="Dropped"))) == "SUCCEEDED"


def test_the_schedule_compares_and_writes_nothing(cloud: Cloud) -> None:
    moved = next(user for user in cloud.product.users().values() if user["Username"].startswith("ahadd@"))
    connect = client(cloud.aws, "connect")
    connect.update_user_identity_info(
        InstanceId=cloud.product.instance_id,
        UserId=moved["Id"],
        IdentityInfo={"FirstName": "Moved", "LastName": "By hand"},
    )
    before = cloud.product.users()
    execution = cloud.start(way_in="schedule")
    assert cloud.ended(execution) == "SUCCEEDED"
    assert cloud.steps(execution)[-3:] == ["Report", "Ended well?", "Done"]
    assert "Apply" not in cloud.steps(execution)
    assert cloud.product.users() == before
    assert cloud.metrics()["Drift"] == 1.0
    drift = cloud.reports.get("state/drift.json")
    assert drift
    assert drift.data["changes"] == 1
    since = drift.data["since"]
    cloud.ended(cloud.start(way_in="schedule"))
    again = cloud.reports.get("state/drift.json")
    assert again
    assert again.data["since"] == since  # its age counts from when it was first seen


def test_a_dry_run_reports_and_writes_nothing(cloud: Cloud) -> None:
    before = cloud.product.users()
    execution = cloud.start(dry_run=True)
    assert cloud.ended(execution) == "SUCCEEDED"
    assert cloud.product.users() == before
    assert cloud.report(execution)["summary"]["update"] == 1
    assert cloud.record(execution)["dry_run"] is True


def test_two_starts_at_the_same_second_make_one_writer(cloud: Cloud) -> None:
    first, second = cloud.start(), cloud.start()
    assert (cloud.ended(first), cloud.ended(second)) == ("SUCCEEDED", "SUCCEEDED")
    states = sorted(cloud.record(one)["state"] for one in (first, second))
    assert states == ["done", "nothing to do"]
    assert all(user["IdentityInfo"]["FirstName"] != "Moved" for user in cloud.product.users().values())


def test_a_lock_of_a_dead_run_is_free_when_its_lease_is_over(cloud: Cloud) -> None:
    cloud.settings(patience_seconds=40)  # looks every 4 seconds
    with held_by(cloud, lease_seconds=300):
        execution = cloud.start()
        cloud.reached(execution, "Wait")
        with held_by(cloud, lease_seconds=1):  # as if the lease had been as short
            assert cloud.ended(execution) == "SUCCEEDED"


def test_a_run_that_waited_long_enough_is_refused(cloud: Cloud) -> None:
    cloud.settings(patience_seconds=2)
    with held_by(cloud, lease_seconds=300):
        execution = cloud.start()
        assert cloud.ended(execution) == "FAILED"
    record = cloud.record(execution)
    assert (record["state"], record["code"]) == ("refused", "locked")
    assert "connect-sso users status" in record["message"]
    cloud.settings(patience_seconds=None)


@pytest.mark.parametrize(
    ("sid", "action", "state"),
    [
        ("FindDrops", "s3:ListBucket", "refused"),
        ("ReadDrops", "s3:GetObject", "refused"),
        ("ReadDrops", "s3:GetObjectVersion", "stopped"),  # a slice reads the very version that was planned
    ],
)
def test_a_drop_misses_each_of_its_grants_and_names_it(
    cloud: Cloud, assembly: Assembly, sid: str, action: str, state: str
) -> None:
    before = cloud.product.users()
    with role_of(cloud.product, cloud.function).without(sid, action):
        execution = cloud.drop(edited(assembly.rows(), 1, LastName="Never"))
        assert cloud.ended(execution) == "FAILED"
    record = cloud.record(execution)
    assert record["state"] == state
    assert action in record["message"]
    assert cloud.product.users() == before


def test_nothing_personal_is_logged(cloud: Cloud, assembly: Assembly) -> None:
    log = cloud.product.log()
    for row in assembly.rows():
        assert row["LastName"] not in log.split()
        assert row["Id"][:15] not in log

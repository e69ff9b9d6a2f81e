"""A run in slices: killed, stopped, taken back, outwaited; nobody is lost and the report is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.assembly import Assembly, Json
from tests.end_to_end.cloud import Cloud, for_many, people
from tests.end_to_end.direct import client
from tests.end_to_end.product import running

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("cloud")]


@pytest.fixture(scope="module")
def slow(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The example with a rule for everybody, at a pace that lets a test intervene."""
    return for_many(assembly, tmp_path_factory.mktemp("slow") / "cdk.out", requests_per_second=20.0)


@pytest.fixture(scope="module")
def cloud(slow: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("slices"), user_quota=10_000) as product:
        product.put_all(slow)
        yield Cloud(product)


@pytest.fixture(autouse=True)
def short_beats(cloud: Cloud) -> Iterator[None]:
    cloud.settings(slice_seconds=None, beat_seconds=0.3)
    yield
    cloud.settings(slice_seconds=None, beat_seconds=None)


def _usernames(cloud: Cloud) -> list[str]:
    pages = client(cloud.aws, "connect").get_paginator("list_users").paginate(InstanceId=cloud.product.instance_id)
    return [user["Username"] for page in pages for user in page["UserSummaryList"]]


def test_slices_go_on_and_a_killed_one_loses_nobody(cloud: Cloud, slow: Assembly) -> None:
    before = len(_usernames(cloud))
    cloud.settings(slice_seconds=1)
    execution = cloud.drop(people(slow, 400))
    cloud.writing(before + 100)
    assert cloud.signal_worker() >= 1
    assert cloud.ended(execution, 120) == "SUCCEEDED"
    assert cloud.steps(execution).count("Apply") > 3
    names = _usernames(cloud)
    assert len(names) == len(set(names)) == before + 400
    outcomes = cloud.report(execution)["outcomes"]
    assert Counter(one["status"] for one in outcomes) == {"done": 400}
    assert cloud.record(execution)["counts"]["done"] == 400


def test_a_run_that_a_person_stops_ends_in_order(cloud: Cloud, slow: Assembly) -> None:
    before = len(_usernames(cloud))
    execution = cloud.drop(people(slow, 700))
    cloud.writing(before + 60)
    cloud.states.stop_execution(executionArn=execution)
    record = cloud.recorded(execution, "stopped")
    made = len(_usernames(cloud)) - before
    assert record["counts"]["done"] == made < 300
    cloud.freed(within_seconds=30)
    # And the next run goes on from there.
    cloud.settings(slice_seconds=None)
    again = cloud.start()
    assert cloud.ended(again) == "SUCCEEDED"
    assert len(_usernames(cloud)) == before + 300


def test_a_deployment_that_waited_long_enough_ends_and_the_run_goes_on(
    cloud: Cloud, slow: Assembly, tmp_path: Path
) -> None:
    more = slow.edited(tmp_path / "cdk.out", Export=people(slow, 900), properties={"WaitSeconds": "2"})
    before, there = set(cloud.executions()), len(_usernames(cloud))
    assert cloud.product.put(more) == "UPDATE_COMPLETE"
    outputs = cloud.product.outputs("users")
    assert outputs["Status"].startswith("going on: ")
    assert outputs["Report"].endswith("report.html")
    execution = cloud.started(before)
    assert cloud.ended(execution) == "SUCCEEDED"
    assert len(_usernames(cloud)) == there + 200
    assert outputs["Report"] == cloud.record(execution)["report"]


def test_a_stack_that_rolls_back_stops_its_run_and_the_old_properties_start_none(
    cloud: Cloud, slow: Assembly, tmp_path: Path
) -> None:
    # The deployment is answered early; then another resource of the stack fails while the run goes on.
    runs, before = set(cloud.executions()), cloud.users()
    old = cloud.reports.get("state/deployed.json")
    assert old
    # More than are written until CloudFormation has taken the stack back, on any machine.
    export = people(slow, len(before) + 2000, married=150)
    more = slow.edited(tmp_path / "cdk.out", Export=export, properties={"WaitSeconds": "1"})
    more.publish(cloud.aws)
    failing = _failing_after_the_users(cloud, more, seconds=4)
    assert cloud.product.users_stack.put_template(failing) == "UPDATE_ROLLBACK_COMPLETE"
    execution = cloud.started(runs)
    assert cloud.ended(execution) == "FAILED"
    assert cloud.record(execution)["state"] == "stopped"
    assert len(set(cloud.executions()) - runs) == 1
    deployed = cloud.reports.get("state/deployed.json")
    assert deployed
    assert deployed.data == old.data
    _assert_as_told(cloud, execution, before)


def _assert_as_told(cloud: Cloud, execution: str, before: dict[str, Json]) -> None:
    """Whom the report calls done is as the plan says, everybody else as before."""
    after, report = cloud.users(), cloud.report(execution)
    done = {one["username"] for one in report["outcomes"] if one["status"] == "done"}
    changes = {one["username"]: one for one in report["changes"]}
    assert {"create", "update"} == {changes[username]["action"] for username in done}
    assert done < changes.keys()
    assert cloud.record(execution)["counts"]["done"] == len(done)
    planned = {
        username: before.get(username, {}) | {field["field"]: field["to"] for field in changes[username]["fields"]}
        for username in done
    }
    assert after == before | planned


def _failing_after_the_users(cloud: Cloud, assembly: Assembly, *, seconds: int) -> Json:
    """The users stack with something that is made after the users, and fails so many seconds later."""
    template = assembly.template("users")
    (users,) = (id_ for id_, one in template["Resources"].items() if one["Type"] == "Custom::ConnectUsers")
    functions = cloud.product.client("lambda").list_functions()["Functions"]
    (silent,) = (one["FunctionArn"] for one in functions if one["Handler"] == "index.handler")  # answers nothing
    template["Resources"]["Fails"] = {
        "Type": "Custom::NeverAnswered",
        "DependsOn": [users],
        "Properties": {"ServiceToken": silent, "ServiceTimeout": str(seconds)},
    }
    return template

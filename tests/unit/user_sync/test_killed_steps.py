"""kill -9 of a step of a run at any of its calls: nobody is lost, nobody is there twice, the report is true.

Each step is a process, and every request that any of them sends, to Connect or to the bucket, is once the
one at which its process dies, before it is carried out and after. Then the state machine tries again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local_aws.connect.state import Instance
from local_aws.connect_server import ConnectServer, Fault, InstanceSeed
from tests.unit.user_sync.aws_server import AwsServer, aws_server
from tests.unit.user_sync.people import ORGANIZATION, person, policy
from tests.unit.user_sync.step_process import Guillotine, Json, Machine
from user_sync.cloud import DEPLOYED_KEY
from user_sync.lock import holder
from user_sync.model import Phone
from user_sync.policy import Limit, Limits, Rule
from user_sync.stored import Store

SLICE_WRITES, TRIES = 20, 4

NONE = Limit("none")
SUPPORT = Rule((("Department", ("Support",)),), ("Agent",), "Basic Routing Profile", "EMEA", Phone())
SALES = Rule((("Department", ("Sales",)),), ("CallCenterManager",), "Chat", "EMEA", Phone(30, True))
COMMON = policy(rules=(SALES, SUPPORT), limits=Limits(NONE, NONE, NONE), requests_per_second=10_000.0)
RULES = {
    "delete": replace(COMMON, existing_users="adopt", renamed_users="replace", missing_users="delete"),
    "disable": replace(COMMON, missing_users="disable"),
}
STAYS, MOVES, LEAVES, STRANGER, RENAMED, NEW = range(6)
BEFORE = {STAYS: "stays", MOVES: "moves", LEAVES: "leaves", RENAMED: "old"}
AFTER = {
    "delete": {STAYS: "stays", MOVES: "moves", RENAMED: "renamed", STRANGER: "stranger", NEW: "new"},
    "disable": {STAYS: "stays", MOVES: "moves", RENAMED: "old", NEW: "new"},
}
# Whom the export makes something of, and what.
CHANGES = {
    "delete": {"moves": "update", "leaves": "delete", "renamed": "replace", "stranger": "adopt", "new": "create"},
    "disable": {"moves": "update", "leaves": "disable", "new": "create"},
}


def username(number: int, alias: str) -> str:
    return f"{alias}@{person(number)}@{ORGANIZATION}"


def export(people: dict[int, str], *, moved: bool) -> bytes:
    rows = [
        f"{person(number)},{alias},Given,{'Moved' if moved and number == MOVES else 'Family'},true,"
        f"{'Sales' if moved and number == MOVES else 'Support'}"
        for number, alias in people.items()
    ]
    return "\n".join(["Id,Alias,FirstName,LastName,IsActive,Department", *rows, ""]).encode()


@dataclass
class Cloud:
    """An instance and a bucket before a run, which can be had again and again."""

    connect: ConnectServer
    aws: AwsServer
    machine: Machine
    before: tuple[Instance, Any]
    changes: dict[str, str]
    left: set[tuple[int, str]]

    def put_back(self) -> None:
        self.machine.guillotine.calls = self.machine.guillotine.kills = 0
        self.connect.service.instances[self.before[0].id] = copy.deepcopy(self.before[0])
        self.aws.bucket = copy.deepcopy(self.before[1])

    def run(self) -> tuple[Json, Json]:
        """A run: its record and its report."""
        key, store = self.machine.run(way_in="drop"), self.store
        record, report = store.get(f"{key}run.json"), store.get(f"{key}report.json")
        assert record
        assert report
        return record.data, report.data

    @property
    def store(self) -> Store:
        return Store(self.aws.bucket, "reports")

    def seen(self) -> Json:
        """Everything of the instance that a run may write, by names."""
        instance = self.connect.instance
        profiles = {one.id: one.name for one in instance.security_profiles.values()}
        names = {user.id: user.name for user in instance.users.values()}
        users = {
            user.name: {
                "name": (user.first_name, user.last_name),
                "security_profiles": sorted(profiles[one] for one in user.security_profiles),
                "routing_profile": instance.routing_profiles[user.routing_profile].name,
                "phone": dict(user.phone),
                "tags": dict(user.tags),
            }
            for user in instance.users.values()
        }
        assert len(users) == len(names), "a username twice"
        return {"users": users, "quick_connects": sorted(one.name for one in instance.quick_connects.values())}


def _stranger_and_quick_connects(connect: ConnectServer) -> None:
    instance = connect.instance
    agent = next(one.id for one in instance.security_profiles.values() if one.name == "Agent")
    connect.call(
        "CreateUser",
        Username=username(STRANGER, "stranger"),
        IdentityInfo={"FirstName": "Given", "LastName": "Family"},
        SecurityProfileIds=[agent],
        RoutingProfileId=next(iter(instance.routing_profiles)),
    )
    for user in list(instance.users.values()):
        config = {"UserId": user.id, "ContactFlowId": "11111111-1111-1111-1111-111111111111"}
        quick = {"QuickConnectType": "USER", "UserConfig": config}
        connect.call("CreateQuickConnect", Name=user.name.partition("@")[0], QuickConnectConfig=quick)


@pytest.fixture(scope="module", params=["delete", "disable"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    rules = RULES[request.param]
    seed = InstanceSeed(
        hierarchy_groups=("EMEA",), routing_profiles=("Chat",), security_profiles={"acmeservice-disabled": ()}
    )
    with ConnectServer(seed) as connect, aws_server() as aws:
        guillotine = Guillotine()
        environment = {
            **connect.environment(),
            "AWS_ENDPOINT_URL": aws.url,
            "REPORT_BUCKET": "reports",
            "EXPORT_BUCKET": "exports",
            "BEAT_SECONDS": "0.0",
        }
        machine = Machine(environment, guillotine)
        location = {"Name": "users.csv", "Bucket": "exports", "Key": "upload/users.csv"}
        properties = {"InstanceArn": connect.instance.arn, "Policy": rules.to_json(), "Export": location}
        Store(aws.bucket, "reports").put(DEPLOYED_KEY, properties)
        left = set(AFTER[request.param].items()) | ({(LEAVES, "leaves")} if request.param == "disable" else set())
        left |= {(STRANGER, "stranger")}
        made = Cloud(connect, aws, machine, (connect.instance, aws.bucket), CHANGES[request.param], left)
        aws.bucket.put_object(Bucket="exports", Key="drop/users.csv", Body=export(BEFORE, moved=False))
        assert made.run()[0]["state"] == "done"
        _stranger_and_quick_connects(connect)
        aws.bucket.put_object(Bucket="exports", Key="drop/users.csv", Body=export(AFTER[request.param], moved=True))
        made.before = copy.deepcopy((connect.instance, aws.bucket))
        aws.lost = lambda: guillotine.falls() and not guillotine.carried_out
        falls = Fault(operation="*", error="InternalServiceException", times=None, when=lambda _: guillotine.falls())
        connect.faults.append(falls)
        yield made


@pytest.fixture(scope="module")
def undisturbed(cloud: Cloud) -> tuple[Json, int]:
    """What the instance holds after a run that nobody killed, and how many requests that took."""
    cloud.put_back()
    record, report = cloud.run()
    assert record["state"] == "done"
    assert {one["username"].partition("@")[0]: one["action"] for one in report["outcomes"]} == cloud.changes
    assert cloud.seen()["users"].keys() == {username(*one) for one in cloud.left}
    return cloud.seen(), cloud.machine.guillotine.calls


def killed_at(cloud: Cloud, call: int, *, carried_out: bool) -> tuple[Json, Json]:
    """A run of which the process that sends its so manieth request is killed: record and report."""
    cloud.put_back()
    guillotine = cloud.machine.guillotine
    (fault,) = cloud.connect.faults
    guillotine.at, guillotine.carried_out, fault.lost_answer = call, carried_out, carried_out
    try:
        return cloud.run()
    finally:
        guillotine.at = 0


def wrong_after(cloud: Cloud, call: int, *, carried_out: bool, wanted: Json) -> list[str] | None:
    """What is wrong after a run with a kill; None where the run had ended before that call."""
    record, report = killed_at(cloud, call, carried_out=carried_out)
    if not cloud.machine.guillotine.kills:
        return None
    wrong = [
        f"{one['username']} {one['status']} {one['code']}" for one in report["outcomes"] if one["status"] != "done"
    ]
    if record["state"] != "done" or len(report["outcomes"]) != len(cloud.changes):
        wrong.append(f"{record['state']} {record['code']} {record.get('stopped')}")
    if cloud.seen() != wanted:
        wrong.append("the instance is not as planned")
    if holder(cloud.store):
        wrong.append("the lock is held")
    return wrong


def test_a_step_that_is_killed_loses_nobody(cloud: Cloud, undisturbed: tuple[Json, int]) -> None:
    # A few places, most of them of the slice; the next test takes every one.
    wanted, calls = undisturbed
    for number, place in enumerate(range(calls // 6, calls - 1, calls // 6)):
        assert wrong_after(cloud, place, carried_out=number % 2 == 0, wanted=wanted) in ([], None), place


@pytest.mark.full
def test_a_step_that_is_killed_at_any_call_loses_nobody(cloud: Cloud, undisturbed: tuple[Json, int]) -> None:
    wrong: dict[tuple[int, bool], list[str]] = {}
    places = 0
    for place in range(1, 10 * undisturbed[1]):
        found = {
            carried_out: wrong_after(cloud, place, carried_out=carried_out, wanted=undisturbed[0])
            for carried_out in (False, True)
        }
        if None in found.values():
            break
        wrong |= {(place, carried_out): what for carried_out, what in found.items() if what}
        places = place
    assert wrong == {}
    assert places > 0.8 * undisturbed[1]  # how many requests there are depends on threads, a little


def test_a_slice_that_is_killed_each_time_ends_in_a_true_report_and_the_next_run_ends_right(
    cloud: Cloud, undisturbed: tuple[Json, int]
) -> None:
    cloud.put_back()
    guillotine = cloud.machine.guillotine
    # The slice has read both sides by then and begins to write; one with nothing left sends fewer requests.
    guillotine.at, guillotine.only = SLICE_WRITES, "apply"
    try:
        record, report = cloud.run()
    finally:
        guillotine.at, guillotine.only = 0, ""
    assert 1 < guillotine.kills <= TRIES
    after, planned = cloud.seen()["users"], undisturbed[0]["users"]
    done = {one["username"] for one in report["outcomes"] if one["status"] == "done"}
    open_ = {one["code"] for one in report["outcomes"] if one["username"] not in done}
    assert (open_, record["state"]) in (({"stopped"}, "stopped"), (set(), "done"))  # threads decide how far it gets
    assert {name: after.get(name) for name in done} == {name: planned.get(name) for name in done}
    again, _ = cloud.run()
    assert again["state"] in ("done", "nothing to do")
    assert cloud.seen() == undisturbed[0]
    assert holder(cloud.store) is None

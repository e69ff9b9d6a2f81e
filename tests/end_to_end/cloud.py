"""Runs in the cloud as a test starts, watches and disturbs them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.end_to_end.assembly import Assembly, Json, write_rows
from tests.end_to_end.direct import client
from tests.end_to_end.product import Product
from user_sync.cloud import RECORD, RUNS
from user_sync.lock import holder
from user_sync.stored import Store


class Cloud:
    """The state machine of a deployed product, and the buckets around it."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.aws = product.aws
        self.states = client(self.aws, "stepfunctions")
        self.s3 = client(self.aws, "s3")
        outputs = product.outputs("users")
        self.machine, self.function = outputs["StateMachineArn"], outputs["SyncFunctionName"]
        storage = product.outputs("storage")
        self.exports = Store(self.s3, storage["ExportBucketName"])
        self.reports = Store(self.s3, storage["ReportBucketName"])

    def settings(self, **values: Any) -> None:
        """Change the step function's environment, such as slice_seconds; None takes a value away."""
        api = client(self.aws, "lambda")
        now = api.get_function_configuration(FunctionName=self.function)["Environment"]["Variables"]
        for name, value in values.items():
            now.pop(name.upper(), None)
            if value is not None:
                now[name.upper()] = str(value)
        api.update_function_configuration(FunctionName=self.function, Environment={"Variables": now})

    def start_function(self) -> str:
        """The function that CloudFormation calls."""
        functions = client(self.aws, "lambda").list_functions()["Functions"]
        (name,) = (one["FunctionName"] for one in functions if one["Handler"].endswith(".on_event"))
        return str(name)

    def timeout(self, seconds: int) -> None:
        """Change how long Lambda lets a step run."""
        client(self.aws, "lambda").update_function_configuration(FunctionName=self.function, Timeout=seconds)

    def executions(self) -> list[str]:
        """Every execution, the newest first."""
        found = self.states.list_executions(stateMachineArn=self.machine)["executions"]
        return [one["executionArn"] for one in sorted(found, key=lambda one: one["startDate"], reverse=True)]

    def start(self, **given: Any) -> str:
        answer = self.states.start_execution(stateMachineArn=self.machine, input=json.dumps(given))
        return str(answer["executionArn"])

    def drop(self, data: bytes, key: str = "drop/users.csv") -> str:
        """Drop an export; return the execution that it starts."""
        before = set(self.executions())
        self.s3.put_object(Bucket=self.exports.bucket, Key=key, Body=data)
        return self.started(before)

    def started(self, before: set[str], within_seconds: float = 10.0) -> str:
        """Return the execution that was not there before."""
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            new = [one for one in self.executions() if one not in before]
            if new:
                return new[0]
            time.sleep(0.05)
        raise AssertionError("no run was started")

    def ended(self, execution: str, within_seconds: float = 60.0) -> str:
        """Wait for an execution to end; return how."""
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            status = str(self.states.describe_execution(executionArn=execution)["status"])
            if status != "RUNNING":
                return status
            time.sleep(0.05)
        raise AssertionError(f"{execution} did not end; {self.steps(execution)}")

    def steps(self, execution: str) -> list[str]:
        """The states that an execution went through."""
        events = self.states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    def reached(self, execution: str, step: str, within_seconds: float = 30.0) -> None:
        """Wait until an execution is at a state."""
        deadline = time.monotonic() + within_seconds
        while step not in self.steps(execution):
            assert time.monotonic() < deadline, f"{execution} did not reach {step}"
            time.sleep(0.1)

    def freed(self, within_seconds: float = 30.0) -> None:
        """Wait until nobody holds the lock; a run gives it back after its record says that it ended."""
        deadline = time.monotonic() + within_seconds
        while holder(self.reports) is not None:
            assert time.monotonic() < deadline, "the lock was not given back"
            time.sleep(0.1)

    def history(self, execution: str) -> str:
        """Everything that Step Functions keeps of an execution."""
        return json.dumps(self.states.get_execution_history(executionArn=execution, maxResults=1000), default=str)

    def _key(self, execution: str, name: str) -> str:
        run = execution.rsplit(":", 1)[-1]
        (key,) = (one["Key"] for one in self.reports.objects(RUNS) if one["Key"].endswith(f"-{run}/{name}"))
        return str(key)

    def record(self, execution: str) -> Json:
        stored = self.reports.get(self._key(execution, RECORD))
        assert stored
        return stored.data

    def report(self, execution: str) -> Json:
        stored = self.reports.get(self._key(execution, "report.json"))
        assert stored
        return stored.data

    def recorded(self, execution: str, state: str, within_seconds: float = 30.0) -> Json:
        """Wait until the record of a run says how it ended; return it."""
        deadline = time.monotonic() + within_seconds
        while (record := self.record(execution))["state"] != state or record["ended"] is None:
            assert time.monotonic() < deadline, f"the run is recorded as {record['state']}, not as {state}"
            time.sleep(0.1)
        return record

    def metrics(self) -> dict[str, float]:
        """The last value of each metric of the sync."""
        api = client(self.aws, "cloudwatch")
        found = {}
        for metric in api.list_metrics(Namespace="ConnectSso")["Metrics"]:
            assert metric["Dimensions"] == [{"Name": "ContactCenter", "Value": "acmeservice"}]
            now = time.time()
            points = api.get_metric_statistics(
                Namespace="ConnectSso",
                MetricName=metric["MetricName"],
                Dimensions=metric["Dimensions"],
                StartTime=now - 3600,
                EndTime=now + 60,
                Period=60,
                Statistics=["Maximum"],
            )["Datapoints"]
            found[metric["MetricName"]] = max(points, key=lambda one: one["Timestamp"])["Maximum"] if points else 0.0
        return found

    def users(self) -> dict[str, Json]:
        """Users as a plan shows them: the fields of each, by names."""
        connect, here = self.product.client("connect"), {"InstanceId": self.product.instance_id}

        def found(operation: str, key: str) -> Iterator[Json]:
            for page in connect.get_paginator(operation).paginate(**here):
                yield from page[key]

        names = {one["Id"]: one["Name"] for one in found("list_security_profiles", "SecurityProfileSummaryList")}
        names |= {one["Id"]: one["Name"] for one in found("list_routing_profiles", "RoutingProfileSummaryList")}
        for one in found("search_user_hierarchy_groups", "UserHierarchyGroups"):
            levels = one["HierarchyPath"].values()
            names[one["Id"]] = "/".join(level["Name"] for level in levels)
        return {
            user["Username"]: {
                "name": {
                    "first_name": user["IdentityInfo"]["FirstName"],
                    "last_name": user["IdentityInfo"]["LastName"],
                },
                "security_profiles": sorted(names[one] for one in user["SecurityProfileIds"]),
                "routing_profile": names[user["RoutingProfileId"]],
                "hierarchy_group": names.get(user.get("HierarchyGroupId", "")),
                "phone": {
                    "after_contact_work_seconds": user["PhoneConfig"]["AfterContactWorkTimeLimit"] // 1000,
                    "auto_accept": user["PhoneConfig"]["AutoAccept"],
                },
            }
            for user in found("search_users", "Users")
        }

    def writing(self, at_least: int, within_seconds: float = 30.0) -> None:
        """Wait until so many users are there."""
        connect, deadline = self.product.client("connect"), time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            found = connect.search_users(InstanceId=self.product.instance_id, MaxResults=1)
            if found["ApproximateTotalCount"] >= at_least:
                return
            time.sleep(0.05)
        raise AssertionError(f"no {at_least} users came")

    def signal_worker(self, signal_number: signal.Signals = signal.SIGKILL) -> int:
        """Kill, or freeze, the processes that run the function's code just now; return how many there were."""
        reached = 0
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                environment = (process / "environ").read_bytes()
                own = f"AWS_LAMBDA_FUNCTION_NAME={self.function}\0".encode()
                if own in environment and f"GATEWAY_PORT={self.aws.port}\0".encode() in environment:
                    os.kill(int(process.name), signal_number)
                    reached += 1
        return reached


_EVERYBODY = {
    "match": [],
    "security_profiles": ["Agent"],
    "routing_profile": "Basic Routing Profile",
    "hierarchy_group": None,
    "phone": {"after_contact_work_seconds": 0, "auto_accept": False},
}


def for_many(assembly: Assembly, out: Path, *, requests_per_second: float) -> Assembly:
    """The example with a rule for everybody, without limits, at another pace."""
    limits = {name: {"text": "none"} for name in ("removals", "updates", "creates")}
    rules = [*assembly.policy["rules"], _EVERYBODY]
    return assembly.edited(out, policy={"rules": rules, "requests_per_second": requests_per_second, "limits": limits})


def people(assembly: Assembly, count: int, *, married: int = 0) -> bytes:
    """The example's export with so many more people, each an Agent; so many of all have another last name."""
    first, *rows = assembly.rows()
    rows += [{**rows[0], "Id": f"0055e00000{number:05d}", "Alias": f"n{number}"} for number in range(count)]
    return write_rows([first, *({**row, "LastName": "Married"} for row in rows[:married]), *rows[married:]])


@contextmanager
def held_by(cloud: Cloud, *, lease_seconds: float) -> Iterator[None]:
    """Somebody else's lock, never renewed."""
    data = {"run": "somebody", "way_in": "terminal", "since": "2026-11-24T10:00:00+00:00", "token": "x"}
    cloud.reports.put("state/lock.json", {**data, "lease_seconds": lease_seconds})
    try:
        yield
    finally:
        cloud.reports.put("state/lock.json", {**data, "run": None, "lease_seconds": 0})

"""The state machine in this process: its steps, retries and catches, a bucket in memory, a strict Connect server."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.connect_server import ConnectServer, InstanceSeed
from tests.unit.user_sync.bucket import Bucket
from tests.unit.user_sync.people import policy
from user_sync import answer, ending, slices
from user_sync.cloud import DEPLOYED_KEY, RECORD, Run, Settings
from user_sync.errors import SyncError
from user_sync.handler import _STEPS
from user_sync.intake import Intake
from user_sync.model import Phone
from user_sync.policy import Limit, Limits, Rule
from user_sync.stored import Store, StoreUnusable

DEPLOYMENT = {"ResponseURL": "https://answer", "StackId": "arn:aws:cloudformation:us-west-2:1:stack/x/1"}
NONE = Limit("none")
RULES = policy(
    rules=(Rule((), ("Agent",), "Basic Routing Profile", None, Phone()),),
    limits=Limits(NONE, NONE, NONE),
    requests_per_second=10_000.0,
)


def export(count: int, name: str = "Family") -> bytes:
    rows = (f"0055e0000000{n:03d},user{n},Given,{name},true" for n in range(count))
    return "\n".join(["Id,Alias,FirstName,LastName,IsActive", *rows, ""]).encode()


class Machine:
    """The state machine, with a bucket in memory."""

    def __init__(self, server: ConnectServer) -> None:
        self.server = server
        self.bucket = Bucket()
        self.store = Store(self.bucket, "reports")
        self.settings = Settings(report_bucket="reports", export_bucket="exports", beat_seconds=0.0)
        self.sent: list[tuple[str, dict[str, str]]] = []
        self.metrics: dict[str, float] = {}
        self.steps: list[str] = []
        self.number = 0
        self.started = datetime.now(UTC)
        self.last: Run
        self.deploy(RULES.to_json())

    def deploy(self, rules: str) -> None:
        location = {"Name": "users.csv", "Bucket": "exports", "Key": "upload/users.csv"}
        properties = {"InstanceArn": self.server.instance.arn, "Policy": rules, "Export": location}
        self.store.put(DEPLOYED_KEY, properties)

    def put(self, key: str, data: bytes) -> None:
        self.bucket.seconds += 1
        self.bucket.put_object(Bucket="exports", Key=key, Body=data)

    def run(self, *, seconds: float = 60.0, **given: Any) -> dict[str, Any]:
        """Run to the end; return the record."""
        self.number += 1
        self.started = datetime.now(UTC)
        self.steps.clear()
        step, state = "lock", dict(given)
        while step not in ("done", "failed", "wait"):
            self.steps.append(step)
            self.last = self.step(given, state, seconds)
            try:
                state = self._tried(step, given, state, seconds)
            except SyncError as error:
                state = {
                    **state,
                    "error": {"Error": "StepFailedError", "Cause": json.dumps({"errorMessage": error.code})},
                }
                step = {"apply": "report", "broken": "failed"}.get(step, "broken")
            else:
                step = state["next"]
        self.steps.append(step)
        return self.kept(RECORD)

    def _tried(self, step: str, given: dict[str, Any], state: dict[str, Any], seconds: float) -> dict[str, Any]:
        for _ in range(3):
            with contextlib.suppress(SyncError):
                return _STEPS[step](self.step(given, state, seconds))
        return _STEPS[step](self.step(given, state, seconds))

    def kept(self, name: str) -> dict[str, Any]:
        """What the last run has kept in the bucket; nothing where it could not."""
        with contextlib.suppress(StoreUnusable):
            stored = self.store.get(self.last.key(name))
            return stored.data if stored else {}
        return {}

    @property
    def answers(self) -> list[tuple[Any, Any]]:
        """What CloudFormation was answered: error, attributes."""
        return [one for one in self.sent if not isinstance(one[0], str)]

    def step(self, given: dict[str, Any], state: dict[str, Any], seconds: float) -> Run:
        return Run(
            name=f"run{self.number}",
            execution=f"arn:aws:states:us-west-2:111122223333:execution:machine:run{self.number}",
            started=self.started,
            given=given,
            state=state,
            settings=self.settings,
            deadline=time.monotonic() + seconds,
            store=self.store,
            intake=Intake(self.bucket, Store(self.bucket, "exports")),
        )

    def usernames(self) -> list[str]:
        return sorted(user.name for user in self.server.instance.users.values())


@contextmanager
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine without anything around it but what tests look at."""
    with ConnectServer(InstanceSeed()) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        made = Machine(server)
        monkeypatch.setattr(slices, "_aborted", lambda _execution: False)
        monkeypatch.setattr(answer, "taken_back", lambda _stack: False)
        monkeypatch.setattr("user_sync.planning.taken_back", lambda _stack: False)
        monkeypatch.setattr(ending, "put_metrics", lambda metrics, **_: made.metrics.update(metrics))
        monkeypatch.setattr(ending, "tell", lambda _topic, *, subject, lines: made.sent.append((subject, list(lines))))
        monkeypatch.setattr(answer, "send", lambda _to, *, error=None, data=None: made.sent.append((error, data)))
        monkeypatch.setattr("user_sync.planning.user_quota", lambda _instance: None)
        yield made

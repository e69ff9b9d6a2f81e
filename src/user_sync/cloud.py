"""One run in the cloud as each of its steps sees it: where it came from, where its objects lie, what is deployed.

Every step of the state machine is a process of its own, so all that they share lies in the report bucket;
what passes through the state machine is keys and counts, never people.

* ``state/``  lock, what is deployed, the last export applied, drift: overwritten, never expires
* ``runs/<date>/<time>-<execution>/``  one run's record, approved plan, outcomes and report
* ``plans/``  plans that were reviewed and kept, for a deployment to apply
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from user_sync.connect import Connect, InstanceArn, client_for
from user_sync.errors import SyncError
from user_sync.intake import Intake
from user_sync.lock import LEASE_SECONDS, Lock
from user_sync.pace import Pace, SystemClock
from user_sync.policy import Policy
from user_sync.safety import WayIn
from user_sync.stored import Store, s3_client

DEPLOYED_KEY = "state/deployed.json"
APPLIED_KEY = "state/applied.json"
DRIFT_KEY = "state/drift.json"
RUNS = "runs/"
RECORD = "run.json"

_SPARE_SECONDS = 45.0  # of a function's time: for requests under way, outcomes and the answer
_WAYS: dict[str, WayIn] = {"deploy": "deploy", "drop": "drop", "schedule": "schedule"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function knows from its environment.

    Attributes:
        topic: ARN of the alert topic, or None.
        slice_seconds: how long a slice lasts at most; None for the function's own time.
        beat_seconds: how often a slice renews its lock and looks whether it shall stop.
        patience_seconds: how long a run waits for another one to end.
    """

    report_bucket: str
    export_bucket: str
    topic: str | None = None
    slice_seconds: float | None = None
    beat_seconds: float = 5.0
    lease_seconds: float = LEASE_SECONDS
    patience_seconds: float = 900.0

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Return the settings of an environment; times that are not in it keep their defaults."""
        times = ("slice_seconds", "beat_seconds", "lease_seconds", "patience_seconds")
        given = {name: float(environment[name.upper()]) for name in times if environment.get(name.upper())}
        return cls(
            report_bucket=environment["REPORT_BUCKET"],
            export_bucket=environment["EXPORT_BUCKET"],
            topic=environment.get("ALERT_TOPIC") or None,
            **given,
        )


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment says about users: the custom resource's properties."""

    properties: Mapping[str, Any]

    @property
    def policy(self) -> Policy:
        """Return the policy."""
        return Policy.from_json(self.properties["Policy"])

    @property
    def instance(self) -> InstanceArn:
        """Return the instance."""
        return InstanceArn.parse(self.properties["InstanceArn"])


@dataclass(slots=True)
class Run:
    """One run.

    Attributes:
        name: of the execution.
        execution: its ARN.
        started: when.
        given: the execution's input.
        state: what the step before returned.
        deadline: monotonic time at which this process must have ended its requests.
        known: what is deployed, once it was read.
    """

    name: str
    execution: str
    started: datetime
    given: Mapping[str, Any]
    state: Mapping[str, Any]
    settings: Settings
    deadline: float
    store: Store
    intake: Intake
    known: Deployed | None = field(default=None)

    @classmethod
    def of(cls, event: Mapping[str, Any], settings: Settings, *, seconds: float) -> Run:
        """Return the run that a step of the state machine is about.

        Args:
            event: `execution`, `started`, `input`, `state` as the state machine passes them.
            settings: of the function.
            seconds: that the function has left.
        """
        s3 = s3_client()
        arn = str(event["execution"])
        left = seconds - _SPARE_SECONDS
        return cls(
            name=arn.rsplit(":", 1)[-1],
            execution=arn,
            started=datetime.fromisoformat(str(event["started"]).replace("Z", "+00:00")),
            given=event["input"],
            state=event.get("state", {}),
            settings=settings,
            deadline=time.monotonic() + min(left, settings.slice_seconds or left),
            store=Store(s3, settings.report_bucket),
            intake=Intake(s3, Store(s3, settings.export_bucket)),
        )

    @property
    def deployment(self) -> Mapping[str, str] | None:
        """Return where CloudFormation waits for an answer, or None for a run that nobody deployed."""
        return self.given.get("deployment")

    @property
    def way_in(self) -> WayIn:
        """Return how the run was started; whatever is not known counts as unattended."""
        way = _WAYS.get(str(self.given.get("way_in")), "manual")
        return way if way != "deploy" or self.deployment else "manual"

    @property
    def writes(self) -> bool:
        """Return whether the run may write users."""
        return self.way_in != "schedule" and not self.given.get("dry_run")

    @property
    def answer_seconds(self) -> float | None:
        """Return how long CloudFormation may still be kept waiting; None where it does not wait."""
        if self.deployment is None or self.state.get("answered"):
            return None
        return float(self.given["answer_by"]) - time.time()

    @property
    def waited_seconds(self) -> float:
        """Return how long the run has been going on."""
        return (datetime.now(UTC) - self.started).total_seconds()

    def key(self, name: str) -> str:
        """Return the key of one of the run's own objects."""
        return f"{RUNS}{self.started:%Y/%m/%d/%H%M%S.%f}-{self.name}/{name}"

    def lock(self) -> Lock:
        """Return the lock, for this process of the run."""
        return Lock(
            self.store,
            run=self.name,
            way_in=self.way_in,
            now=datetime.now(UTC).isoformat(timespec="seconds"),
            lease_seconds=self.settings.lease_seconds,
        )

    def deployed(self) -> Deployed:
        """Return what is deployed; for a deployment, what that very deployment said.

        Raises:
            SyncError: nothing is.
        """
        if self.known is None:
            stored = self.store.get(DEPLOYED_KEY, version=self.given.get("deployed_version") or None)
            if stored is None:
                raise SyncError("not_deployed", "no deployment has said whose users these are: deploy the users stack")
            self.known = Deployed(stored.data)
        return self.known

    def record(self, **changes: Any) -> dict[str, Any]:
        """Write the run's record, which `users status` shows, with some values changed; return it."""
        stored = self.store.get(self.key(RECORD))
        record = stored.data if stored else self._new_record()
        if changes:
            record |= changes
            self.store.put(self.key(RECORD), record)
        return record

    def _new_record(self) -> dict[str, Any]:
        return {
            "run": self.name,
            "execution": self.execution,
            "way_in": self.way_in,
            "dry_run": bool(self.given.get("dry_run")),
            "started": self.started.isoformat(timespec="seconds"),
            "ended": None,
            "state": "running",
            "code": "",
            "message": "",
            "problems": [],
            "counts": {},
            "report": "",
        }


def connect_to(deployed: Deployed) -> Connect:
    """Return the door to the instance, at the pace that the policy allows."""
    policy = deployed.policy
    pace = Pace(rate=policy.requests_per_second, burst=policy.burst, clock=SystemClock())
    return Connect(client_for(deployed.instance), deployed.instance, pace)


def canonical(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a custom resource's properties as they are stored: without what CloudFormation adds."""
    kept: dict[str, Any] = json.loads(json.dumps(properties, sort_keys=True))
    kept.pop("ServiceToken", None)
    kept.pop("ServiceTimeout", None)
    return kept

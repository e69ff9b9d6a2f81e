"""For `bench_apply.py`: the strict Connect server in a process of its own, people's exports, and the engine on both."""

from __future__ import annotations

import csv
import io
import multiprocessing
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from bench_people import HEADER, ORGANIZATION

from local_aws.connect_server import ConnectServer, InstanceSeed
from user_sync import run
from user_sync.connect import Connect, InstanceArn, client_for
from user_sync.inputs import Inputs, Source
from user_sync.model import Phone
from user_sync.pace import Clock, Pace, SystemClock
from user_sync.policy import Limit, Limits, Policy, Rule

BURST = 5.0
SEED = InstanceSeed(routing_profiles=("Chat",), hierarchy_groups=("EMEA/Support",))
Row = Mapping[str, str]

_ADMIN = Rule((("Alias", ("u0",)),), ("Admin",), "Basic Routing Profile")
POLICY = Policy(
    contact_center="acmeservice",
    organization_id=ORGANIZATION,
    username_template="{Alias}@{Id}@{OrganizationId}",
    rules=(_ADMIN, Rule((), ("Agent",), "Basic Routing Profile")),
    limits=Limits(updates=Limit("none")),
)
# With other first names in the export: three kinds of changes, and after these all five.
THREE_KINDS = replace(POLICY, rules=(_ADMIN, Rule((), ("Agent",), "Chat", phone=Phone(30, False))))
_MANAGER = Rule((), ("CallCenterManager",), "Basic Routing Profile", "EMEA/Support", Phone(60, False))
FIVE_KINDS = replace(POLICY, rules=(_ADMIN, _MANAGER))


def export(people: Sequence[Row], *, name: str = "") -> bytes:
    """Return an export of these people, everybody with this first name where one is given."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER)
    writer.writeheader()
    writer.writerows({**one, "FirstName": name or one["FirstName"]} for one in people)
    return text.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Counts:
    """What the server saw: requests and refusals for their rate, by operation; the neighbor's requests."""

    calls: Mapping[str, int]
    throttled: Mapping[str, int]
    neighbor_served: int = 0
    neighbor_refused: int = 0


class StrictServer:
    """A context manager around the server's process; AWS clients of this process are sent to it.

    Args:
        rate: requests a second and operation.
        neighbor: of these, what somebody else sends.
    """

    def __init__(self, rate: float, *, neighbor: float = 0.0) -> None:
        self.rate = rate
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, rate, neighbor), daemon=True)

    def __enter__(self) -> StrictServer:
        """Start it."""
        self._process.start()
        environment, self.arn = self._ours.recv()
        os.environ.update(environment)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._ours.send("end")
        self._process.join()

    def counts(self) -> Counts:
        """Return what came in since the last time."""
        self._ours.send("counts")
        found: Counts = self._ours.recv()
        return found

    def connect(self) -> Connect:
        """Return a door as a new command has it."""
        return connect_to(self.arn, self.rate, SystemClock())


def _serve(pipe: Connection, rate: float, neighbor: float) -> None:
    with ConnectServer(SEED, throttle=rate, burst=BURST, user_quota=1_000_000) as server:
        throttle = server.service.throttle
        throttle.neighbor = neighbor
        pipe.send((dict(server.environment()), server.instance.arn))
        while pipe.recv() == "counts":
            seen, server.log[:] = list(server.log), []
            pipe.send(
                Counts(
                    _by_operation(request.operation for request in seen),
                    _by_operation(request.operation for request in seen if request.code == throttle.code),
                    throttle.neighbor_served,
                    throttle.neighbor_refused,
                )
            )


def _by_operation(names: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found


def connect_to(arn: str, rate: float, clock: Clock) -> Connect:
    """Return a door that keeps to a rate."""
    instance = InstanceArn.parse(arn)
    return Connect(client_for(instance), instance, Pace(rate=rate, burst=BURST, clock=clock))


def review(data: bytes, policy: Policy, connect: Connect) -> run.Reviewed:
    """Plan as every way in does."""
    return run.review(Inputs(Source("users.csv", data), None, policy, "config"), connect, way_in="terminal")


def apply(reviewed: run.Reviewed, connect: Connect) -> float:
    """Carry a plan out; return the seconds.

    Raises:
        SystemExit: not every change was made.
    """
    begun = time.perf_counter()
    outcomes = run.apply(reviewed, connect)
    seconds = time.perf_counter() - begun
    failed = [outcome for outcome in outcomes if outcome.status != "done"]
    if failed or not outcomes:
        raise SystemExit(f"error: {len(failed)} of {len(outcomes)} changes were not made: {failed[:1]}")
    return seconds

"""A step of a run in a process of its own, through the function's real door, that can be killed at any call."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

from user_sync.handler import StepFailedError, on_step

# Forked from a process that has imported everything and has no threads: a start takes no time.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__, "tests.unit.user_sync.step_clients"])
_MACHINE = "arn:aws:states:us-west-2:111122223333:execution:machine"
_TRIES = 4  # the machine's first one and three more
_STEPS_AT_MOST = 40

Json = dict[str, Any]


@dataclass(slots=True)
class Guillotine:
    """Kills a process when it sends one certain request.

    Attributes:
        at: number of the request, from 1; 0 for none.
        carried_out: whether that request is carried out, its answer only being lost.
        only: step whose processes are each killed at their own request of that number; "" for one of the whole run.
        victim: the process.
        calls: requests of the run so far; of the process, where each is killed.
        kills: how many processes were killed.
    """

    at: int = 0
    carried_out: bool = False
    only: str = ""
    victim: int = 0
    calls: int = 0
    kills: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def falls(self) -> bool:
        """Count a request; return whether its sender was killed for it."""
        with self.lock:
            self.calls += 1
            if self.calls != self.at or not self.victim:
                return False
            self.kills += 1
            os.kill(self.victim, signal.SIGKILL)
            return True


class _Context:
    """What Lambda tells a function."""

    function_name = "step"

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


def _do(pipe: Connection, environment: Mapping[str, str]) -> None:
    """Wait for an event, do it, send the result; in the process of its own."""
    os.environ.update(environment)
    logging.disable(logging.CRITICAL)
    event = pipe.recv()
    try:
        pipe.send((on_step(event, _Context()), ""))
    except StepFailedError as error:
        pipe.send(({}, str(error)))


@dataclass(slots=True)
class Machine:
    """The state machine, as constructs_lib/sync_machine.py declares it, each of its steps a process."""

    environment: Mapping[str, str]
    guillotine: Guillotine

    def run(self, **given: Any) -> str:
        """Run to the end; return the key of the run's objects in the bucket, without their names."""
        started, execution = datetime.now(UTC), uuid.uuid4().hex
        run = {"execution": f"{_MACHINE}:{execution}", "started": started.isoformat(), "input": given}
        step, state = "lock", dict(given)
        for _ in range(_STEPS_AT_MOST):
            if step in ("done", "failed"):
                return f"runs/{started:%Y/%m/%d/%H%M%S.%f}-{execution}/"
            result, failure = self._tried({**run, "step": step, "state": state})
            if failure:
                state = {**state, "error": {"Error": failure, "Cause": "{}"}}
                step = "report" if step == "apply" else "broken"
            else:
                state, step = result, result["next"]
        raise AssertionError(f"the run does not end: it is at {step}")

    def _tried(self, event: Json) -> tuple[Json, str]:
        failure = ""
        for _ in range(_TRIES):
            result, failure = self._once(event)
            if not failure:
                break
        return result, failure

    def _once(self, event: Json) -> tuple[Json, str]:
        here, there = _PROCESSES.Pipe()
        process = _PROCESSES.Process(target=_do, args=(there, self.environment), daemon=True)
        process.start()
        there.close()
        if self.guillotine.only:
            self.guillotine.calls = 0
        if self.guillotine.only in ("", event["step"]):
            self.guillotine.victim = process.pid or 0
        here.send(event)
        try:
            result: tuple[Json, str] = here.recv()
        except EOFError:
            result = {}, "killed"
        self.guillotine.victim = 0
        process.join()
        assert (process.exitcode == -signal.SIGKILL) == (result[1] == "killed"), process.exitcode
        return result

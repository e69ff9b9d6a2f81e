"""The engine: the steps of all changes, as fast as the API allows, each with a true outcome.

One control thread gives requests out to a few workers when an operation's bucket has a token, so
independent operations go on side by side and nothing here is shared between threads. Throttling slows
down and tries again; what may be sent again is, a few times; a reached quota stops the creates and nothing
else. Time is injected.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from user_sync.connect import THROTTLES, Connect
from user_sync.errors import ServiceRefused
from user_sync.model import Change, Outcome
from user_sync.plan import disables
from user_sync.steps import Instance, LeftAloneError, Pause, Request, Steps, steps_of

WORKERS = 32  # the client's connections: 6 operations at 10 a second and answers within half a second
_ATTEMPTS = 8  # for answers that are lost and for errors of the service; throttling does not count
_THROTTLES_AT_MOST = 200  # for one request: by then somebody else uses the whole quota
_QUOTA_REACHED = "LimitExceededException"
_QUOTAS = {"CreateUser": "Users per instance", "CreateSecurityProfile": "Security profiles per instance"}
# Every further request would be answered the same.
_SIGNED_OUT = frozenset(
    {"ExpiredTokenException", "InvalidSignatureException", "NoCredentialsError", "UnrecognizedClientException"}
)

Progress = Callable[[Outcome], None]


@dataclass(slots=True)
class _Task:
    """A change on its way: where its steps stand, what to send next, and what was written until then."""

    change: Change
    steps: Steps
    request: Request | None = None
    attempts: int = 0
    throttles: int = 0
    written: list[str] = field(default_factory=list)

    @property
    def loses_sessions(self) -> bool:
        """Return whether the user has lost their permissions, or may have, and their live sessions are next."""
        match self.request.operation if self.request else "":
            case "DeleteAllEntitySessions":
                return "UpdateUserSecurityProfiles" in self.written
            case "UpdateUserSecurityProfiles":
                return disables(self.change) and self.attempts > 0  # its answer was lost
        return False

    def told(self, message: str) -> str:
        """Return a message about a change that ended half-way, with what of it the instance holds."""
        return f"{message}; made until then: {', '.join(self.written)}" if self.written else message


@dataclass(slots=True)
class _Agenda:
    """What is to be sent: by operation when it may go at once, by time when it has to wait."""

    ready: dict[str, deque[_Task]] = field(default_factory=dict)
    later: list[tuple[float, int, _Task]] = field(default_factory=list)
    count: int = 0

    def add(self, task: _Task, operation: str) -> None:
        self.ready.setdefault(operation, deque()).append(task)

    def add_later(self, task: _Task, when: float) -> None:
        self.count += 1
        heapq.heappush(self.later, (when, self.count, task))


class Engine:
    """Carries out changes on one instance.

    Args:
        connect: the door.
        instance: ids and policy.
        stop: asked before each request; a reason ends the run in order, what is left is skipped.
        progress: told each outcome as it comes.
        workers: requests under way at once; 0 sends them one after the other in this thread (tests).
    """

    def __init__(
        self,
        connect: Connect,
        instance: Instance,
        *,
        stop: Callable[[], str | None] = lambda: None,
        progress: Progress = lambda _: None,
        workers: int = WORKERS,
    ) -> None:
        self._connect = connect
        self._instance = instance
        self._stop = stop
        self._progress = progress
        self._workers = workers
        self._clock = connect.pace.clock
        self._agenda = _Agenda()
        self._outcomes: list[Outcome] = []
        self._quota_reached: ServiceRefused | None = None
        self._signed_out: str | None = None

    def run(self, changes: Iterable[Change]) -> tuple[Outcome, ...]:
        """Carry out the changes; return one outcome for each, in no particular order."""
        self._outcomes = []
        with ThreadPoolExecutor(max(1, self._workers)) as pool:
            for change in changes:
                self._resume(_Task(change, steps_of(change, self._instance)), None)
            running: dict[Future[dict[str, Any]], _Task] = {}
            while running or self._agenda.later or any(self._agenda.ready.values()):
                reason = self._stop() or self._signed_out
                if reason:
                    self._abandon(reason)
                delay = self._send_what_may_go(pool, running)
                self._collect(running, delay)
        return tuple(self._outcomes)

    def _send_what_may_go(self, pool: ThreadPoolExecutor, running: dict[Future[dict[str, Any]], _Task]) -> float | None:
        """Send every request whose time has come; return the seconds until the next one may go."""
        agenda, pace = self._agenda, self._connect.pace
        now = self._clock.now()
        while agenda.later and agenda.later[0][0] <= now:
            self._resume_or_queue(heapq.heappop(agenda.later)[2])
        delays = [max(0.0, agenda.later[0][0] - now)] if agenda.later else []
        for operation, queue in agenda.ready.items():
            bucket = pace.bucket(operation)
            while queue and len(running) < max(1, self._workers) and bucket.delay(now) == 0:
                task = queue.popleft()
                if self._skipped_for_quota(task):
                    continue
                bucket.take(now)
                running[self._submit(pool, task)] = task
            if queue and len(running) < max(1, self._workers):
                delays.append(bucket.delay(now))
        return min(delays, default=None)

    def _submit(self, pool: ThreadPoolExecutor, task: _Task) -> Future[dict[str, Any]]:
        request = task.request
        if request is None:
            raise AssertionError("a queued task has a request")  # pragma: no cover
        if self._workers:
            return pool.submit(self._connect.send, request.operation, request.parameters)
        future: Future[dict[str, Any]] = Future()
        try:
            future.set_result(self._connect.send(request.operation, request.parameters))
        except ServiceRefused as refused:
            future.set_exception(refused)
        return future

    def _collect(self, running: dict[Future[dict[str, Any]], _Task], delay: float | None) -> None:
        """Wait for an answer or for the next request's time, whichever comes first."""
        # Woken at least twice a second, so that a stop is noticed.
        if not running:
            if delay:
                self._clock.sleep(min(delay, 0.5))
            return
        finished, _ = wait(running, timeout=0.5 if delay is None else min(delay, 0.5), return_when=FIRST_COMPLETED)
        for future in finished:
            self._answered(running.pop(future), future)

    def _answered(self, task: _Task, future: Future[dict[str, Any]]) -> None:
        error = future.exception()
        operation = task.request.operation if task.request else ""
        bucket = self._connect.pace.bucket(operation)
        if error is None:
            bucket.answered()
            if not operation.startswith("Search"):
                task.written.append(operation)
            self._resume(task, future.result())
        elif not isinstance(error, ServiceRefused):
            raise error
        elif error.code in THROTTLES and task.throttles < _THROTTLES_AT_MOST:
            task.throttles += 1
            bucket.throttled(self._clock.now())
            self._agenda.ready[operation].appendleft(task)
        elif error.retryable and error.code not in THROTTLES and task.attempts < _ATTEMPTS:
            task.attempts += 1
            self._agenda.add_later(task, self._clock.now() + min(10.0, 0.25 * 2**task.attempts))
        else:
            if error.code == _QUOTA_REACHED:
                self._quota_reached = error
            elif error.code in _SIGNED_OUT:
                self._signed_out = f"AWS takes the credentials no longer ({error.code}), sign in to AWS"
            self._resume(task, error)

    def _resume_or_queue(self, task: _Task) -> None:
        if task.request is None:
            self._resume(task, {})  # a pause is over
        else:
            self._agenda.add(task, task.request.operation)

    def _resume(self, task: _Task, answer: dict[str, Any] | ServiceRefused | None) -> None:
        """Let the change's steps go on to their next request, or note how the change ended."""
        task.attempts = task.throttles = 0
        try:
            if answer is None:
                step = next(task.steps)
            elif isinstance(answer, ServiceRefused):
                step = task.steps.throw(answer)
            else:
                step = task.steps.send(answer)
        except StopIteration as end:
            self._note(task.change, "done", "", str(end.value or ""))
        except LeftAloneError as left:
            self._note(task.change, "skipped", left.code, left.message)
        except ServiceRefused as refused:
            self._note(task.change, "failed", refused.code, task.told(remedy(refused)))
        else:
            if isinstance(step, Pause):
                task.request = None
                self._agenda.add_later(task, self._clock.now() + step.seconds)
            else:
                task.request = step
                self._agenda.add(task, step.operation)

    def _skipped_for_quota(self, task: _Task) -> bool:
        creating = task.request is not None and task.request.operation == "CreateUser"
        if self._quota_reached is None or not creating:
            return False
        self._note(task.change, "skipped", _QUOTA_REACHED, remedy(self._quota_reached))
        task.steps.close()
        return True

    def _abandon(self, reason: str) -> None:
        """Skip what waits; but whoever lost their permissions loses their sessions, too: no plan would show those."""
        queued, later = self._agenda.ready, self._agenda.later
        self._agenda = _Agenda()
        for when, task in [(0.0, task) for queue in queued.values() for task in queue] + [(w, t) for w, _, t in later]:
            if task.loses_sessions:
                self._agenda.add_later(task, when)
                continue
            task.steps.close()
            self._note(task.change, "skipped", "stopped", task.told(f"{reason}: run again to go on from here"))

    def _note(self, change: Change, status: Any, code: str, message: str) -> None:
        outcome = Outcome(change.username, change.action, status, code, message)
        self._outcomes.append(outcome)
        self._progress(outcome)


def remedy(refused: ServiceRefused) -> str:
    """Return what an error of the service means for a person, and what to do."""
    if refused.code.startswith("AccessDenied"):
        return f"{refused.missing_action} is not granted to the credentials in use: {refused.message}"
    if refused.code == _QUOTA_REACHED:
        return (
            f"the quota {_QUOTAS.get(refused.operation, 'of ' + refused.operation)!r} is reached: raise it in Service "
            f"Quotas (Amazon Connect), then run again: {refused.message}"
        )
    if refused.code in THROTTLES:
        return f"{refused.operation} was throttled too often: something else uses the account's quota; run again later"
    return f"{refused.operation}: {refused.message}"

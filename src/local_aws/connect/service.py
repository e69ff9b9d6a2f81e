"""The service: a request in, an answer out. Routing, faults, throttling, authorization, validation, rules.

Must not know sockets or MiniStack; both give it method, path, query and body, and send what it answers.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from local_aws.connect import federation, hierarchy, profiles, quick_connects, tags, users
from local_aws.connect.context import NOBODY, Context, Principal, Settings
from local_aws.connect.errors import ConnectError, not_emulated, not_found
from local_aws.connect.faults import AnswerLost, Fault
from local_aws.connect.seeds import InstanceSeed, instance_of
from local_aws.connect.service_model import ServiceModel
from local_aws.connect.state import Instance
from local_aws.connect.throttle import Throttle
from local_aws.connect.validation import check

Action: TypeAlias = Callable[[Context, Mapping[str, Any]], dict[str, Any]]
Authorize: TypeAlias = Callable[[str, Mapping[str, Any], Instance | None], None]
_MODULES = (users, profiles, hierarchy, quick_connects, tags, federation)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request.

    Attributes:
        account, region: only instances there are seen; empty for all (no accounts in this process).
        authorize: called with operation, parameters and the instance meant (None: none, or not there) before
            anything is looked at; raises to refuse.
    """

    account: str = ""
    region: str = ""
    principal: Principal = NOBODY
    authorize: Authorize = lambda _operation, _parameters, _instance: None


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request as it came in, and the code of its refusal (empty: carried out)."""

    operation: str
    parameters: Mapping[str, Any]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Service:
    """Amazon Connect, as far as it is emulated.

    Attributes:
        clock: seconds, monotonic; throttling and lag go by it.
        faults: taken in order; the first that hits a request decides.
        log: every request that was routed, in the order of answers.
    """

    model: ServiceModel = field(default_factory=ServiceModel.load)
    settings: Settings = field(default_factory=Settings)
    throttle: Throttle = field(default_factory=Throttle)
    clock: Callable[[], float] = time.monotonic
    faults: list[Fault] = field(default_factory=list)
    log: list[LoggedRequest] = field(default_factory=list)
    instances: dict[str, Instance] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add_instance(self, seed: InstanceSeed) -> Instance:
        """Make an instance and return it."""
        with self.lock:
            instance = instance_of(seed)
            self.instances[instance.id] = instance
            return instance

    def calls(self) -> Counter[str]:
        """Return how many requests came in, by operation."""
        return Counter(request.operation for request in self.log)

    def handle(self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes, caller: Caller) -> Answer:
        """Return the answer to an HTTP request.

        Args:
            path: percent-decoded, without query.

        Raises:
            AnswerLost: the request was carried out, and a fault wants no answer to be sent.
        """
        routed = self.model.route(method, path)
        if routed is None:
            unknown = f"no such operation: {method} {path}"
            return self._refusal(ConnectError("UnknownOperationException", unknown, status=404))
        operation, labels = routed
        try:
            parameters = self.model.parameters(operation, labels, query, body)
            result = self.call(operation.name, parameters, caller)
        except ConnectError as error:
            return self._refusal(error)
        return _answer(200, {}, result)

    def call(self, operation: str, parameters: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Carry out one operation and return the members of its output.

        Raises:
            ConnectError, AnswerLost
        """
        with self.lock:
            code = ""
            try:
                return self._call(operation, parameters, caller)
            except ConnectError as error:
                code = error.code
                raise
            finally:
                self.log.append(LoggedRequest(operation, parameters, code))

    def _call(self, operation: str, parameters: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        fault = next((fault for fault in self.faults if fault.hits(operation, parameters)), None)
        if fault and not fault.lost_answer:
            raise ConnectError(fault.error, fault.message, status=fault.status)
        self.throttle.admit(operation, self.clock)
        caller.authorize(operation, parameters, self._seen(_instance_id(parameters), caller))
        result = self.perform(operation, parameters, caller)
        if fault:
            raise AnswerLost
        return result

    def perform(self, operation: str, parameters: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Carry out one operation without faults, throttling, authorization and log.

        Raises:
            ConnectError: the request breaks a rule.
        """
        check(self.model, self.model.operations[operation].input, parameters)
        if operation == "ListInstances":
            return self._list_instances(caller)
        action = ACTIONS.get(operation)
        if action is None:
            raise not_emulated(operation)
        instance = self.instance(_instance_id(parameters), caller)
        context = Context(instance, self.settings, self.clock(), caller.principal)
        return action(context, parameters)

    def instance(self, identifier: str, caller: Caller) -> Instance:
        """Return an instance that the caller's account and Region have. Raises ResourceNotFoundException."""
        instance = self._seen(identifier, caller)
        if instance is None:
            raise not_found("instance", identifier)
        return instance

    def _seen(self, identifier: str, caller: Caller) -> Instance | None:
        instance = self.instances.get(identifier)
        return instance if instance and _sees(caller, instance) else None

    def _list_instances(self, caller: Caller) -> dict[str, Any]:
        seen = [instance for instance in self.instances.values() if _sees(caller, instance)]
        contexts = [Context(instance, self.settings, self.clock()) for instance in seen]
        described = [profiles.describe_instance(context, {})["Instance"] for context in contexts]
        return {"InstanceSummaryList": [{k: v for k, v in d.items() if k != "Tags"} for d in described]}

    def _refusal(self, error: ConnectError) -> Answer:
        status = error.status or self.model.error_status(error.code)
        return _answer(status, {"x-amzn-errortype": error.code}, {"Message": error.message})


def _actions() -> dict[str, Action]:
    # An operation is one function: create_user is CreateUser.
    return {
        "".join(word.capitalize() for word in name.split("_")): value
        for module in _MODULES
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and name[0] != "_"
    }


ACTIONS: Mapping[str, Action] = _actions()


def _sees(caller: Caller, instance: Instance) -> bool:
    return (caller.account or instance.account, caller.region or instance.region) == (
        instance.account,
        instance.region,
    )


def _instance_id(parameters: Mapping[str, Any]) -> str:
    if "InstanceId" in parameters:
        return str(parameters["InstanceId"])
    return str(parameters.get("resourceArn", "")).partition(":instance/")[2].partition("/")[0]


def _answer(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Answer:
    common = {"content-type": "application/json", "x-amzn-requestid": str(uuid.uuid4())}
    return Answer(status, {**common, **headers}, json.dumps(body).encode())

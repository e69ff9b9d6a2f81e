"""The cloud's two doors: CloudFormation's request, and the steps of the state machine.

`on_event` stores what is deployed, starts a run and returns; the state machine answers CloudFormation
when the run has ended, or when the deployment has waited long enough (docs/adr/0004). CloudFormation
answers a failed update with an update to the *old* properties: those are stored, and nothing is written.
A Delete touches no user. Nothing personal is logged.
"""

from __future__ import annotations

import json
import logging
import os
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from user_sync import answer
from user_sync.cloud import DEPLOYED_KEY, Run, Settings, canonical
from user_sync.ending import broken, report
from user_sync.errors import SyncError
from user_sync.planning import State, lock, plan
from user_sync.slices import apply
from user_sync.stored import Store, StoreUnusable, s3_client

log = logging.getLogger("user_sync")
log.setLevel(logging.INFO)

_STEPS: dict[str, Callable[[Run], State]] = {
    "lock": lock,
    "plan": plan,
    "apply": apply,
    "report": report,
    "broken": broken,
}


def on_event(event: Mapping[str, Any], context: Any) -> None:
    """Start the run that one request of CloudFormation asks for; the run answers.

    Args:
        event: a custom-resource request: RequestType, ResourceProperties, StackId, ResponseURL, …
        context: the Lambda context.
    """
    to = answer.address(event)
    try:
        status = start(event, to)
    except SyncError as error:
        log.warning("refused: %s", error.code)
        answer.send(to, error=error)
    except Exception as error:  # noqa: BLE001 - the door of the process: whatever it was, CloudFormation is told
        # CloudFormation would wait an hour for an answer that never comes. An exception's text can hold people.
        log.error("unexpected %s at\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        reason = f"unexpected {type(error).__name__}: see the log of {context.function_name}"
        answer.send(to, error=SyncError("not_started", reason))
    else:
        log.info(status or "a run was started")
        if status:
            answer.send(to, data=answer.attributes((), status=status))


def start(event: Mapping[str, Any], to: Mapping[str, str]) -> str:
    """Store what is deployed and start a run.

    Args:
        event: as for `on_event`.
        to: where to answer it.

    Returns:
        How it stands where there is nothing to run; "" where a run was started, which answers.

    Raises:
        SyncError: no run was started.
    """
    if event["RequestType"] == "Delete":
        return "delete: no user is touched"
    properties = event["ResourceProperties"]
    version = Store(s3_client(), os.environ["REPORT_BUCKET"]).put(DEPLOYED_KEY, canonical(properties))
    if answer.taken_back(event["StackId"]):
        return "rolled back: no user is touched"
    given = {
        "way_in": "deploy",
        "deployment": dict(to),
        "deployed_version": version,
        "answer_by": int(time.time() + float(properties["WaitSeconds"])),
    }
    try:
        client: Any = boto3.client("stepfunctions")
        # The request's id as the name: a request that arrives twice starts one run.
        client.start_execution(
            stateMachineArn=os.environ["STATE_MACHINE"], name=event["RequestId"], input=json.dumps(given)
        )
    except (ClientError, BotoCoreError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        if code != "ExecutionAlreadyExists":
            raise SyncError(
                "not_started",
                f"the run could not be started: states:StartExecution: {code}; grant it on the state machine, or "
                "deploy again",
            ) from error
    return ""


def on_step(event: Mapping[str, Any], context: Any) -> State:
    """Do one step of a run.

    Args:
        event: `step`, and what `Run.of` takes.
        context: the Lambda context.

    Returns:
        The run's next state: counts and codes, no people.
    """
    run = Run.of(event, Settings.read(os.environ), seconds=context.get_remaining_time_in_millis() / 1000)
    step = str(event["step"])
    log.info("%s: %s", run.name, step)
    try:
        return _STEPS[step](run)
    except SyncError as error:
        # The state machine keeps what is raised, so it gets no message that can name a user.
        text = error.message if isinstance(error, StoreUnusable) else error.code
        log.error("%s failed: %s", step, text)
        raise StepFailedError(text) from None
    except Exception as error:  # noqa: BLE001 - an exception's text can hold people, and the state machine keeps it
        log.error("unexpected %s at\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        raise StepFailedError(f"unexpected {type(error).__name__}") from None


class StepFailedError(RuntimeError):
    """A step failed; the text is a code without people."""

"""The state machine of a run: lock, plan, apply in slices, report. Each step is one call of one function.

What passes from step to step is keys and counts, so the execution history, which Step Functions keeps for
90 days, holds no people. Whatever fails ends in a report, and in an answer where CloudFormation waits.
"""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IDependable

from constructs_lib.acknowledge import acknowledge
from constructs_lib.grants import Grant, managed_policy

_STEP_SECONDS = 930  # a little more than a Lambda function lives
_RUN_SECONDS = 24 * 3600  # 172,800 creates at two a second; ExecutionsTimedOut is alarmed on
# Every step goes on from what the bucket and the instance say, so each may be tried again.
_RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2.0}]
_BROKEN = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Broken"}]

State = dict[str, Any]


class SyncMachine(Construct):
    """The state machine.

    Attributes:
        arn: of the machine.
        executions_arn: of all its executions.
        ready: what must be there before a run starts.
    """

    def __init__(self, scope: Construct, id_: str, *, step_function_arn: str) -> None:
        """Declare the state machine.

        Args:
            step_function_arn: the function that does every step; what it is asked is in its event.
        """
        super().__init__(scope, id_)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        stack = Stack.of(self)
        machine = sfn.CfnStateMachine(
            self,
            "Machine",
            role_arn=role.role_arn,
            definition_string=json.dumps(definition()),
            definition_substitutions={"Function": step_function_arn},
        )
        steps = Grant("DoSteps", ["lambda:InvokeFunction"], [step_function_arn])
        policy = managed_policy(self, "Steps", role_name=role.role_name, grants=[steps])
        acknowledge(
            machine,
            {
                "AwsSolutions-SF1": "a Standard workflow keeps every step of a run for 90 days (GetExecutionHistory), "
                "and the function that does each step has a log; a second log would say the same",
                "AwsSolutions-SF2": "every state calls one and the same function, which logs the run's name; there is "
                "no second service to trace",
            },
        )
        self.arn = machine.attr_arn
        self.executions_arn = (
            f"arn:{stack.partition}:states:{stack.region}:{stack.account}:execution:{machine.attr_name}:*"
        )
        self.ready: tuple[IDependable, ...] = (machine, policy)


def definition() -> State:
    """Return the machine in Amazon States Language; ``${Function}`` stands for the function's ARN."""
    return {
        "Comment": "One run of the user sync: lock, plan, apply in slices, report",
        "StartAt": "Lock",
        "TimeoutSeconds": _RUN_SECONDS,
        "States": {
            "Lock": _step("lock", "Locked?"),
            "Locked?": _choice({"wait": "Wait", "plan": "Plan"}, "Report"),
            "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Lock"},
            "Plan": _step("plan", "Approved?"),
            "Approved?": _choice({"apply": "Apply"}, "Report"),
            # What a slice that failed for good has made is in the report all the same.
            "Apply": {
                **_step("apply", "More?"),
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Report"}],
            },
            "More?": _choice({"apply": "Apply"}, "Report"),
            "Report": _step("report", "Ended well?"),
            "Ended well?": _choice({"done": "Done"}, "Failed"),
            "Broken": {**_step("broken", "Failed"), "Catch": [_failing_all_the_same()]},
            "Done": {"Type": "Succeed"},
            "Failed": {
                "Type": "Fail",
                "Error": "RunFailed",
                "Cause": "The run's record and report in the report bucket say why",
            },
        },
    }


def _step(step: str, following: str) -> State:
    return {
        "Type": "Task",
        "Resource": "${Function}",
        "Parameters": {
            "step": step,
            "execution.$": "$$.Execution.Id",
            "started.$": "$$.Execution.StartTime",
            "input.$": "$$.Execution.Input",
            "state.$": "$",
        },
        "TimeoutSeconds": _STEP_SECONDS,
        "Retry": _RETRY,
        "Catch": _BROKEN,
        "Next": following,
    }


def _choice(ways: dict[str, str], otherwise: str) -> State:
    choices = [{"Variable": "$.next", "StringEquals": value, "Next": state} for value, state in ways.items()]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}


def _failing_all_the_same() -> State:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}

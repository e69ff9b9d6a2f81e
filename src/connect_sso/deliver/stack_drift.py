"""What of a stack somebody changed past CloudFormation, as far as CloudFormation can see.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connect_sso.deliver.asking import AwsRefusedError
from connect_sso.deliver.formation import Formation
from connect_sso.review.deployed_stacks import NOTHING_THERE

_SECONDS = 600.0
_UNKNOWN = "UNKNOWN"
_TOLD = ["MODIFIED", "DELETED", _UNKNOWN]


@dataclass(frozen=True, slots=True)
class StackDrift:
    """What differs in one stack.

    Attributes:
        resources: such as ``Role1A2B (AWS::IAM::Role): modified: /MaxSessionDuration``; values stay where they are.
        unknown: why not all of it was judged; empty where it was.
    """

    stack: str
    resources: tuple[str, ...]
    unknown: str = ""


def stack_drift(formation: Formation, stack: str) -> StackDrift | None:
    """Return what differs, or None where there is no such stack.

    Raises:
        AwsRefusedError: AWS cannot be asked.
    """
    try:
        if formation.stack(stack)["StackStatus"] in NOTHING_THERE:
            return None
    except AwsRefusedError as error:
        if error.code == "not_there":
            return None
        raise
    unknown, drifts = _detected(formation, stack), tuple(_drifts(formation, stack))
    unseen = [str(one["LogicalResourceId"]) for one in drifts if one["StackResourceDriftStatus"] == _UNKNOWN]
    if unseen and not unknown:
        unknown = f"not all of it was judged: {', '.join(unseen)}"
    lines = (_line(one) for one in drifts if one["StackResourceDriftStatus"] != _UNKNOWN)
    return StackDrift(stack, tuple(lines), unknown)


def _detected(formation: Formation, stack: str) -> str:
    """Let CloudFormation look; return why it could not see all of it."""
    id_ = formation.ask(stack, "DetectStackDrift", StackName=stack)["StackDriftDetectionId"]
    for _ in formation.looks(_SECONDS):
        answer = formation.ask(stack, "DescribeStackDriftDetectionStatus", StackDriftDetectionId=id_)
        if answer["DetectionStatus"] == "DETECTION_COMPLETE":
            return ""
        if answer["DetectionStatus"] == "DETECTION_FAILED":
            return f"not all of it was judged: {answer.get('DetectionStatusReason', 'CloudFormation does not say why')}"
    return f"it was not judged in {_SECONDS:.0f} s"


def _drifts(formation: Formation, stack: str) -> Iterator[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        page = formation.ask(
            stack, "DescribeStackResourceDrifts", StackName=stack, StackResourceDriftStatusFilters=_TOLD, **more
        )
        yield from page["StackResourceDrifts"]
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _line(drift: Mapping[str, Any]) -> str:
    where = sorted({str(one["PropertyPath"]) for one in drift.get("PropertyDifferences", ())})
    how = str(drift["StackResourceDriftStatus"]).lower() + (f": {', '.join(where)}" if where else "")
    return f"{drift['LogicalResourceId']} ({drift['ResourceType']}): {how}"

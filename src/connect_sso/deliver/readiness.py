"""Whether CloudFormation takes a change set for a stack as it is, and the way on where it does not.

The local AWS takes one for any stack: nothing here is proved by it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-describing-stacks.html
"""

from __future__ import annotations

_NEW = frozenset({"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"})
# ROLLBACK_COMPLETE is not among them: what is left of a first creation can only be deleted.
_SETTLED = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
)
_TO_DELETE = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"})
_BY_COMMAND = {"UPDATE_FAILED": "rollback-stack", "UPDATE_ROLLBACK_FAILED": "continue-update-rollback"}


def not_ready(stack: str, status: str, region: str, *, new: bool) -> str:
    """Return why there can be no change set for a stack, with the way on; empty where there can be one.

    Args:
        stack: name.
        status: such as ``ROLLBACK_COMPLETE``.
        region: where it is.
        new: whether the change set is to create it.
    """
    if status in (_NEW if new else _SETTLED):
        return ""
    on = f"--region {region} --stack-name {stack}"
    if status in _TO_DELETE:
        why = "its creation or deletion failed, and CloudFormation changes it no more"
        way = f"delete it: aws cloudformation delete-stack {on} (a person who may, no role of a pipeline; termination "
        way += f"protection is taken off first: update-termination-protection --no-enable-termination-protection {on})"
    elif status in _BY_COMMAND:
        why, way = "its last update is not taken back", f"take it back: aws cloudformation {_BY_COMMAND[status]} {on}"
    elif status in _NEW | _SETTLED:
        why, way = "that is not what it was a moment ago", "find out who changed it"
    elif status.endswith("_IN_PROGRESS"):
        why, way = "something changes it just now", "wait until it is done"
    else:
        why, way = "CloudFormation takes no change set for it", "mend it in CloudFormation"
    return f"stack {stack} is {status}: {why}; {way}, then prepare again"

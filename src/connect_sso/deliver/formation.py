"""The one door to CloudFormation's change sets, as whoever runs the command: never through the CDK's deploy role.

That role may execute change sets, and who prepares a delivery must not be able to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connect_sso.deliver.asking import AwsRefusedError, ask, client
from connect_sso.deliver.readiness import not_ready
from contact_center.review.changes import shown
from contact_center.review.stacks import SYNC
from user_sync.pace import Clock, SystemClock

# CloudFormation's words for a change set that holds nothing; only then it may fail and mean no harm.
_EMPTY = ("didn't contain changes", "No updates are to be performed")
_ENDED_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_LOOKS = (0.5, 1.0, 2.0, 4.0)  # seconds between looks, the last one from then on
_CHANGE_SET_SECONDS = 300.0
# A deployment waits up to an hour for the users' run; what else there is takes minutes.
_EXECUTION_SECONDS = 5400.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change set to be made."""

    stack: str
    name: str
    new: bool
    template_url: str
    execution_role: str | None
    tags: Mapping[str, str]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set as CloudFormation describes it.

    Attributes:
        status: such as ``CREATE_COMPLETE``.
        execution: ``AVAILABLE`` where it can be executed; ``OBSOLETE`` where the stack changed since.
    """

    arn: str
    stack: str
    status: str
    execution: str
    reason: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    changes: Mapping[str, int]

    @property
    def empty(self) -> bool:
        """Return whether there is nothing in it."""
        return self.status == "FAILED" and any(words in self.reason for words in _EMPTY)


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and why an execution failed; nobody is named.

    Attributes:
        resource: logical id, or the stack's name.
    """

    stack: str
    resource: str
    reason: str


@dataclass(slots=True)
class Formation:
    """CloudFormation in one Region.

    Attributes:
        say: told of what happens.
    """

    region: str
    clock: Clock = field(default_factory=SystemClock)
    say: Callable[[str], None] = field(default=lambda _line: None)
    client: Any = None

    def __post_init__(self) -> None:
        """Make the client, where none was given."""
        self.client = self.client or client("cloudformation", self.region)

    def create(self, wanted: Wanted) -> ChangeSet:
        """Make a change set and wait until it is there; one that is empty is taken away again.

        Raises:
            AwsRefusedError: it cannot be made.
        """
        self._refuse_unready(wanted)
        role = {"RoleARN": wanted.execution_role} if wanted.execution_role else {}
        made = self.ask(
            wanted.stack,
            "CreateChangeSet",
            StackName=wanted.stack,
            ChangeSetName=wanted.name,
            ChangeSetType="CREATE" if wanted.new else "UPDATE",
            TemplateURL=wanted.template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in wanted.parameters.items()],
            Tags=[{"Key": key, "Value": value} for key, value in wanted.tags.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **role,
        )
        arn = str(made["Id"])
        for _ in self.looks(_CHANGE_SET_SECONDS):
            found = self.described(arn, wanted.stack)
            if found is not None and found.status == "CREATE_COMPLETE":
                return found
            if found is not None and found.status == "FAILED":
                self.delete(arn, wanted.stack)
                if found.empty:
                    return found
                text = f"the change set of {wanted.stack} cannot be made: {shown(found.reason)}; mend that, and prepare"
                raise AwsRefusedError("change_set_failed", text)
        self.delete(arn, wanted.stack)
        text = f"the change set of {wanted.stack} was not there after {_CHANGE_SET_SECONDS:.0f} s; prepare again"
        raise AwsRefusedError("change_set_failed", text)

    def _refuse_unready(self, wanted: Wanted) -> None:
        try:
            status = str(self.stack(wanted.stack)["StackStatus"])
        except AwsRefusedError as error:
            if wanted.new and error.code == "not_there":
                return
            raise
        reason = not_ready(wanted.stack, status, self.region, new=wanted.new)
        if reason:
            raise AwsRefusedError("stack_not_ready", reason)

    def described(self, arn: str, stack: str) -> ChangeSet | None:
        """Return a change set, or None where it is not there any more."""
        changes: list[Mapping[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            try:
                page = self.ask(stack, "DescribeChangeSet", ChangeSetName=arn, StackName=stack, **more)
            except AwsRefusedError as error:
                if error.code == "not_there":
                    return None
                raise
            changes += page.get("Changes", ())
            if not page.get("NextToken"):
                break
            more = {"NextToken": page["NextToken"]}
        return ChangeSet(
            arn=str(page["ChangeSetId"]),
            stack=str(page["StackName"]),
            status=str(page["Status"]),
            execution=str(page["ExecutionStatus"]),
            reason=str(page.get("StatusReason", "")),
            parameters={one["ParameterKey"]: one.get("ParameterValue", "") for one in page.get("Parameters", ())},
            tags={one["Key"]: one["Value"] for one in page.get("Tags", ())},
            changes=dict(sorted(Counter(map(_what, changes)).items())),
        )

    def template(self, arn: str, stack: str) -> Mapping[str, Any]:
        """Return the template of a change set; botocore has read its JSON."""
        answer = self.ask(stack, "GetTemplate", StackName=stack, ChangeSetName=arn, TemplateStage="Original")
        body: Mapping[str, Any] = answer["TemplateBody"] if isinstance(answer["TemplateBody"], Mapping) else {}
        return body

    def delete(self, arn: str, stack: str) -> None:
        """Take a change set away."""
        self.ask(stack, "DeleteChangeSet", ChangeSetName=arn, StackName=stack)

    def protected(self, stack: str) -> bool:
        """Return whether a stack has termination protection."""
        return bool(self.stack(stack).get("EnableTerminationProtection"))

    def protect(self, stack: str, *, on: bool) -> None:
        """Set a stack's termination protection."""
        self.ask(stack, "UpdateTerminationProtection", StackName=stack, EnableTerminationProtection=on)

    def execute(self, arn: str, stack: str) -> Failure | None:
        """Execute a change set and wait until the stack has settled.

        Returns:
            Why it failed; None where it did not.

        Raises:
            AwsRefusedError: AWS did not begin with it, or cannot be asked how it goes.
        """
        self.ask(stack, "ExecuteChangeSet", ChangeSetName=arn, StackName=stack)
        told = ""
        for _ in self.looks(_EXECUTION_SECONDS):
            found = self.stack(stack)
            status = str(found["StackStatus"])
            if status != told:
                self.say(f"{stack}: {status}")
                told = status
            if not status.endswith("_IN_PROGRESS") and self._is_over(found, arn, stack):
                return None if status in _ENDED_WELL else self._failure(stack, status)
        text = f"it goes on since {_EXECUTION_SECONDS / 60:.0f} minutes, and is not waited for any longer"
        return Failure(stack, stack, text)

    def _is_over(self, found: Mapping[str, Any], arn: str, stack: str) -> bool:
        """Return whether a stack that rests does so after this change set: what is read first can be of the last one.

        The stack names the change set that it executed last, the change set says that it was executed, or is deleted
        because it was.
        """
        if found.get("ChangeSetId") == arn:
            return True
        change_set = self.described(arn, stack)
        return change_set is None or change_set.execution in ("EXECUTE_COMPLETE", "EXECUTE_FAILED")

    def _failure(self, stack: str, status: str) -> Failure:
        """Return the first thing that went wrong; what was canceled because of it comes after."""
        events = list(self._events(stack))
        failed = [one for one in events if str(one["ResourceStatus"]).endswith("_FAILED")]
        first = [one for one in failed if "cancelled" not in str(one.get("ResourceStatusReason", "")).lower()]
        # What is wrong with the stack as a whole is said by the rollback that follows.
        first = first or [one for one in events if str(one["ResourceStatus"]).endswith("ROLLBACK_IN_PROGRESS")]
        if not first:
            return Failure(stack, stack, f"the stack is {status}, and its events do not say why")
        event = first[-1]
        reason = str(event.get("ResourceStatusReason", "no reason is given"))
        if event.get("ResourceType") == SYNC:
            # Its message can name users: the code says what kind of thing it is.
            code = re.search(r"(?:^|returned: )([a-z_]+): ", reason)
            reason = f"{code[1]}: connect-sso users status tells more" if code else str(shown(reason))
        return Failure(stack, str(event["LogicalResourceId"]), str(shown(reason)))

    def _events(self, stack: str) -> Iterator[Mapping[str, Any]]:
        """Yield the events of the last operation, the newest first."""
        more: dict[str, str] = {}
        while True:
            page = self.ask(stack, "DescribeStackEvents", StackName=stack, **more)
            for event in page["StackEvents"]:
                yield event
                begun = event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
                if begun and event["LogicalResourceId"] == stack:
                    return
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def stack(self, stack: str) -> Mapping[str, Any]:
        """Return a stack as it is.

        Raises:
            AwsRefusedError: it is not there (``not_there``), or cannot be seen.
        """
        found: Mapping[str, Any] = self.ask(stack, "DescribeStacks", StackName=stack)["Stacks"][0]
        return found

    def looks(self, seconds: float) -> Iterator[None]:
        """Yield until so many seconds are over, quickly first."""
        until, look = self.clock.now() + seconds, 0
        while self.clock.now() < until:
            yield
            self.clock.sleep(_LOOKS[min(look, len(_LOOKS) - 1)])
            look += 1

    def ask(self, stack: str, operation: str, **given: Any) -> Any:
        """Send one request.

        Args:
            stack: that it is about, for messages; empty for none.
            operation: such as ``DescribeStacks``.
            given: its parameters.

        Raises:
            AwsRefusedError: AWS said no.
        """
        method = getattr(self.client, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())
        return ask(f"cloudformation:{operation}", stack, method, **given)


def _what(change: Mapping[str, Any]) -> str:
    resource = change.get("ResourceChange", {})
    action = str(resource.get("Action", "")).lower()
    return "replace" if action == "modify" and resource.get("Replacement") == "True" else action

"""The example's stacks on a local AWS, and what is to be seen there from outside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from local_aws.server import LocalAws, Options
from local_aws.sign_in import Door
from tests.end_to_end.assembly import STACKS, Assembly, Json
from tests.end_to_end.direct import Stack, client

ADMIN = "ckrug@0055e000RQ4F5ZR@00D5e000000AbCd"
NOTHING_DONE = dict.fromkeys(("Created", "Updated", "Adopted", "Removed", "Unchanged", "Failed"), "0")


@dataclass(frozen=True)
class Product:
    """What is deployed, whoever deployed it."""

    aws: LocalAws
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of the account's root; made once, since reading a service's model takes a while."""
        if service not in self.clients:
            self.clients[service] = client(self.aws, service)
        return self.clients[service]

    @cached_property
    def stacks(self) -> dict[str, Stack]:
        return {name: Stack(self.aws, f"acmeservice-{name}") for name in STACKS}

    @property
    def users_stack(self) -> Stack:
        return self.stacks["users"]

    def statuses(self) -> dict[str, str]:
        """The stacks that there are, and how they are."""
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        names = {f"acmeservice-{name}": name for name in STACKS}
        return {names[s["StackName"]]: s["StackStatus"] for s in found if s["StackName"] in names}

    def outputs(self, stack: str) -> dict[str, str]:
        return self.stacks[stack].outputs()

    @property
    def instance_id(self) -> str:
        return self.outputs("instance")["InstanceId"]

    def door(self) -> Door:
        sign_on = self.outputs("sign-on")
        return Door(
            url=self.aws.url,
            region=self.aws.region,
            account=self.aws.account,
            instance_id=self.instance_id,
            role=sign_on["RoleArn"],
            provider=sign_on["SalesforceProviderArn"],
        )

    def users(self) -> dict[str, Json]:
        """Everything that the instance knows of its users, by username; profiles by name."""
        connect, instance = self.client("connect"), {"InstanceId": self.instance_id}
        profiles = connect.list_security_profiles(**instance)["SecurityProfileSummaryList"]
        names = {profile["Id"]: profile["Name"] for profile in profiles}
        found = {}
        for summary in connect.list_users(**instance)["UserSummaryList"]:
            user: Json = connect.describe_user(UserId=summary["Id"], **instance)["User"]
            user["SecurityProfiles"] = sorted(names[profile] for profile in user.pop("SecurityProfileIds"))
            found[user["Username"]] = user
        return found

    def put(self, assembly: Assembly, stack: str = "users") -> str:
        """Deploy one stack through the API; return the status in which it ends."""
        assembly.publish(self.aws)
        return self.stacks[stack].put_template(assembly.template(stack))

    def put_all(self, assembly: Assembly) -> None:
        for stack in STACKS:
            status = self.put(assembly, stack)
            assert status.endswith("_COMPLETE") and "ROLLBACK" not in status, self.stacks[stack].reasons()

    def gone(self, stack: str, within_seconds: float = 20.0) -> bool:
        """Whether a stack that is being deleted is gone in time."""
        deadline = time.monotonic() + within_seconds
        while (status := self.statuses().get(stack)) == "DELETE_IN_PROGRESS" and time.monotonic() < deadline:
            time.sleep(0.05)
        return status is None

    def last_failure(self, stack: str = "users") -> str:
        """Why the last failed operation of a stack failed, as its events say."""
        events = self.stacks[stack].api.describe_stack_events(StackName=f"acmeservice-{stack}")["StackEvents"]
        for event in events:  # the newest first
            status, kind = event["ResourceStatus"], event["ResourceType"]
            if status.endswith("_FAILED") and kind != "AWS::CloudFormation::Stack":
                return str(event["ResourceStatusReason"])
        return ""

    def log(self) -> str:
        """Everything that the functions logged."""
        logs = self.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        return "\n".join(
            event["message"]
            for name in groups
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            for event in page["events"]
        )


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Product]:
    """A local AWS without throttling."""
    with LocalAws(folder / "aws", options=Options(**{"throttle": None, **options})) as aws:
        yield Product(aws)

"""The deployed sync with a role and an instance of its own, called as CloudFormation and the state machine call it.

So a test can take one grant away, run, and look, dozens of times a minute.
"""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.end_to_end.answers import Answers, answering
from tests.end_to_end.assembly import Assembly, Json, Row, write_rows
from tests.end_to_end.direct import Stack, client, instance
from tests.end_to_end.product import Product
from tests.end_to_end.roles import role_of
from user_sync.answer import address
from user_sync.cloud import DEPLOYED_KEY
from user_sync.stored import Store

ORGANIZATION = "00D5e000000AbCd"
GROUP, ROUTING = "EMEA", "Chat"
_NAME = "granted"
_EXPORTS = {"Export": f"{_NAME}/users.csv", "PermissionSets": f"{_NAME}/sets.csv"}
# Lambda's runtime gives the root logger a handler; the local AWS leaves it without one.
_ENTRY = """
import logging, sys
logging.basicConfig(stream=sys.stderr, force=True)
from user_sync.handler import on_event, on_step

def on_call(event, context):
    return on_step(event, context) if "step" in event else on_event(event, context)
"""


class GrantedSync:
    """One function, one role, one instance."""

    def __init__(self, product: Product, assembly: Assembly, answers: Answers) -> None:
        self._product = product
        self._answers = answers
        self._assembly = assembly
        self._users_stack = str(product.users_stack.described()["StackId"])
        stack = Stack(product.aws, _NAME)
        stack.put({"I": instance(_NAME)}, {"Arn": {"Ref": "I"}})
        self.arn = stack.outputs()["Arn"]
        self.instance_id = self.arn.rpartition("/")[2]
        self.role = self._make_role()
        self._bucket = assembly_bucket(product)
        self._make_function()
        self.ids = self._furnish()

    @property
    def connect(self) -> Any:
        return self._product.client("connect")

    def deployed_statements(self) -> list[Json]:
        """The statements of the deployed sync's role, for this instance and these exports instead."""
        role = role_of(self._product, self._product.outputs("users")["SyncFunctionName"])
        text = json.dumps(role.statements()).replace(self._product.outputs("instance")["InstanceArn"], self.arn)
        found: list[Json] = json.loads(text)
        for name, key in _EXPORTS.items():
            for statement in found:
                if statement["Sid"] == f"Read{name}":
                    statement["Resource"] = f"arn:aws:s3:::{self._bucket}/{key}"
        return found

    def grant(self, statements: Sequence[Mapping[str, Any]]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self._product.client("iam").put_role_policy(RoleName=_NAME, PolicyName=_NAME, PolicyDocument=document)

    def exports(self, people: Sequence[Row], permission_sets: Sequence[Row]) -> None:
        s3 = self._product.client("s3")
        for key, rows in zip(_EXPORTS.values(), (people, permission_sets), strict=True):
            s3.put_object(Bucket=self._bucket, Key=key, Body=write_rows(rows))

    def run(self, policy: Mapping[str, Any], request: str = "Create") -> Json:
        """Do a run step by step, as the state machine does; return what CloudFormation is answered."""
        places = {
            name: {"Name": key.rpartition("/")[2], "Bucket": self._bucket, "Key": key} for name, key in _EXPORTS.items()
        }
        properties = {"InstanceArn": self.arn, "Policy": json.dumps(policy), "WaitSeconds": "3300", **places}
        event = {
            "RequestType": request,
            "RequestId": "1",
            "StackId": self._users_stack,
            "LogicalResourceId": "Users",
            "ResourceType": "Custom::ConnectUsers",
            "ResponseURL": self._answers.url,
            "ResourceProperties": properties,
        }
        self._answers.bodies.clear()
        if request == "Delete":
            self._call(event)
        else:
            self._steps(event, self._reports().put(DEPLOYED_KEY, properties))
        (answer,) = self._answers.bodies
        return answer

    def _steps(self, event: Json, version: str) -> None:
        """The state machine: what a step returns says which is next; a failure has its own next."""
        given = {
            "way_in": "deploy",
            "deployment": address(event),
            "deployed_version": version,
            "answer_by": time.time() + 3300,
        }
        machine = self._product.outputs("users")["StateMachineArn"].replace(":stateMachine:", ":execution:")
        run = {"execution": f"{machine}:{uuid.uuid4()}", "started": datetime.now(UTC).isoformat(), "input": given}
        step, state = "lock", given
        while step not in ("done", "failed"):
            result, failure = self._call({**run, "step": step, "state": state})
            if failure:
                state = {**state, "error": {"Error": failure, "Cause": json.dumps(result)}}
                step = "report" if step == "apply" else "broken"
            else:
                state, step = result, result["next"]

    def _call(self, event: Json) -> tuple[Json, str]:
        """Call the function; return its result, and the class of its error or \"\"."""
        answer = self._product.client("lambda").invoke(FunctionName=_NAME, Payload=json.dumps(event))
        result = json.loads(answer["Payload"].read() or b"null")
        return result, str(result["errorType"]) if answer.get("FunctionError") else ""

    def _reports(self) -> Store:
        return Store(self._product.client("s3"), self._product.outputs("storage")["ReportBucketName"])

    def report(self, answer: Json) -> Json:
        """The report that a run left, as JSON."""
        bucket, key = answer["Data"]["Report"].removeprefix("s3://").split("/", 1)
        body = self._product.client("s3").get_object(Bucket=bucket, Key=key.replace(".html", ".json"))["Body"]
        report: Json = json.loads(body.read())
        return report

    def log(self) -> str:
        return self._product.log()

    def session(self) -> Any:
        """A client of Connect with what the role grants."""
        keys = self._product.client("sts").assume_role(RoleArn=self.role, RoleSessionName=_NAME)["Credentials"]
        return client(self._product.aws, "connect", keys)

    def empty(self) -> None:
        """Remove every user and quick connect of the instance."""
        here = {"InstanceId": self.instance_id}
        for user in self.connect.list_users(**here)["UserSummaryList"]:
            self.connect.delete_user(UserId=user["Id"], **here)
        for one in self.connect.list_quick_connects(**here)["QuickConnectSummaryList"]:
            self.connect.delete_quick_connect(QuickConnectId=one["Id"], **here)

    def add(
        self,
        username: str,
        profile: str,
        *,
        tags: Mapping[str, str],
        name: str = "Family",
        routing: str = "Basic Routing Profile",
        **more: Any,
    ) -> str:
        made = self.connect.create_user(
            InstanceId=self.instance_id,
            Username=username,
            IdentityInfo={"FirstName": "Given", "LastName": name},
            SecurityProfileIds=[self.ids[profile]],
            RoutingProfileId=self.ids[routing],
            **({"Tags": dict(tags)} if tags else {}),
            **more,
        )
        return str(made["UserId"])

    def add_quick_connect(self, name: str, user_id: str) -> None:
        target = {"UserId": user_id, "ContactFlowId": "11111111-1111-1111-1111-111111111111"}
        config = {"QuickConnectType": "USER", "UserConfig": target}
        self.connect.create_quick_connect(InstanceId=self.instance_id, Name=name, QuickConnectConfig=config)

    def users(self) -> dict[str, Json]:
        found = self.connect.search_users(InstanceId=self.instance_id, MaxResults=500)["Users"]
        return {user["Username"]: user for user in found}

    def _make_role(self) -> str:
        iam, account = self._product.client("iam"), self._product.aws.account
        principals = {"Service": "lambda.amazonaws.com", "AWS": account}
        trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principals}]}
        role = iam.create_role(RoleName=_NAME, AssumeRolePolicyDocument=json.dumps(trust))
        return str(role["Role"]["Arn"])

    def _make_function(self) -> None:
        functions = self._product.client("lambda")
        deployed = functions.get_function_configuration(FunctionName=self._product.outputs("users")["SyncFunctionName"])
        key = self._assembly.function["Code"]["S3Key"]
        code = io.BytesIO(self._product.client("s3").get_object(Bucket=self._bucket, Key=key)["Body"].read())
        with zipfile.ZipFile(code, "a") as archive:
            archive.writestr("entry.py", _ENTRY)
        functions.create_function(
            FunctionName=_NAME,
            Runtime=deployed["Runtime"],
            Handler="entry.on_call",
            Role=self.role,
            Code={"ZipFile": code.getvalue()},
            Layers=[layer["Arn"] for layer in deployed["Layers"]],
            Environment={"Variables": deployed["Environment"]["Variables"]},
            Timeout=deployed["Timeout"],
        )

    def _furnish(self) -> dict[str, str]:
        """Make what rules name; return names with ids."""
        connect, here = self.connect, {"InstanceId": self.instance_id}
        connect.update_user_hierarchy_structure(HierarchyStructure={"LevelOne": {"Name": "Region"}}, **here)
        group = connect.create_user_hierarchy_group(Name=GROUP, **here)["HierarchyGroupId"]
        connect.create_security_profile(SecurityProfileName="acmeservice-disabled", **here)
        (queue,) = connect.list_queues(**here)["QueueSummaryList"]
        connect.create_routing_profile(
            Name=ROUTING,
            Description=ROUTING,
            DefaultOutboundQueueId=queue["Id"],
            MediaConcurrencies=[{"Channel": "CHAT", "Concurrency": 1}],
            **here,
        )
        security = connect.list_security_profiles(**here)["SecurityProfileSummaryList"]
        routing = connect.list_routing_profiles(**here)["RoutingProfileSummaryList"]
        return {GROUP: group, **{one["Name"]: one["Id"] for one in (*security, *routing)}}


def assembly_bucket(product: Product) -> str:
    """The bucket that assets are published to."""
    return f"cdk-hnb659fds-assets-{product.aws.account}-{product.aws.region}"


@contextmanager
def granted_sync(product: Product, assembly: Assembly) -> Iterator[GrantedSync]:
    with answering() as answers:
        yield GrantedSync(product, assembly, answers)

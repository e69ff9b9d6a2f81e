"""The emulator against the service model of the botocore that the product uses.

Requests go through boto3, so input shapes, routes and error mapping are botocore's; answers are compared with
the model's output shapes, member by member.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.connect.errors import ConnectError
from local_aws.connect.permissions import _NEEDS
from local_aws.connect.service import ACTIONS, Caller, Service
from local_aws.connect.service_model import ServiceModel
from local_aws.connect.validation import _PATTERNS, check, compiled
from local_aws.connect_server import ConnectServer, InstanceSeed

MODEL = ServiceModel.load()
SEED = InstanceSeed(hierarchy_groups=("EMEA/Support",), security_profiles={"Empty": ()})
# Refusals that every operation can answer with, declared or not.
COMMON = {"AccessDeniedException", "NotImplementedException", "SerializationException"}


@pytest.fixture(scope="module")
def server() -> Iterator[ConnectServer]:
    with ConnectServer(SEED) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: ConnectServer) -> Any:
    return client_of(server)


def client_of(server: ConnectServer) -> Any:
    return boto3.client(
        "connect",
        endpoint_url=server.url,
        region_name="us-west-2",
        aws_access_key_id="111122223333",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )


def requests(server: ConnectServer) -> dict[str, dict[str, Any]]:
    """One good request for every emulated operation, in an order in which each finds what it needs."""
    instance = server.instance
    profiles = {profile.name: profile.id for profile in instance.security_profiles.values()}
    routing = next(iter(instance.routing_profiles))
    group = next(g for g in instance.groups.values() if g.name == "Support")
    user = server.call(
        "CreateUser",
        Username="first@example",
        IdentityInfo={"FirstName": "Kim", "LastName": "Krüger"},
        SecurityProfileIds=[profiles["Agent"]],
        RoutingProfileId=routing,
        Tags={"team": "support"},
    )
    spare = server.call("CreateSecurityProfile", SecurityProfileName="Spare")["SecurityProfileId"]
    top = server.call("CreateUserHierarchyGroup", Name="APAC")["HierarchyGroupId"]
    config = {"QuickConnectType": "USER", "UserConfig": {"UserId": user["UserId"], "ContactFlowId": "flow"}}
    quick = server.call("CreateQuickConnect", Name="Kim", Description="Kim", QuickConnectConfig=config)
    person = {"UserId": user["UserId"]}
    return {
        "CreateUser": {
            "Username": "second@example",
            "IdentityInfo": {
                "FirstName": "Ana",
                "LastName": "Ng",
                "SecondaryEmail": "ana@example.com",
                "Mobile": "+15551234567",
            },
            "PhoneConfig": {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+15551234567"},
            "SecurityProfileIds": [profiles["Agent"], profiles["Admin"]],
            "RoutingProfileId": routing,
            "HierarchyGroupId": group.id,
            "Tags": {"connect-sso:contact-center": "acme"},
        },
        "DescribeUser": person,
        "ListUsers": {"MaxResults": 1},
        "SearchUsers": {
            "MaxResults": 1,
            "SearchFilter": {"TagFilter": {"TagCondition": {"TagKey": "team", "TagValue": "support"}}},
        },
        "UpdateUserIdentityInfo": {**person, "IdentityInfo": {"FirstName": "Kim", "LastName": "Ng"}},
        "UpdateUserSecurityProfiles": {**person, "SecurityProfileIds": [profiles["Empty"]]},
        "UpdateUserRoutingProfile": {**person, "RoutingProfileId": routing},
        "UpdateUserHierarchy": {**person, "HierarchyGroupId": group.id},
        "UpdateUserPhoneConfig": {**person, "PhoneConfig": {"PhoneType": "SOFT_PHONE"}},
        "ListUserProficiencies": person,
        "DeleteAllEntitySessions": {"EntityId": user["UserId"], "EntityType": "USER"},
        "ListSecurityProfiles": {},
        "SearchSecurityProfiles": {
            "SearchCriteria": {
                "StringCondition": {"FieldName": "name", "Value": "Adm", "ComparisonType": "STARTS_WITH"}
            }
        },
        "DescribeSecurityProfile": {"SecurityProfileId": profiles["Agent"]},
        "ListSecurityProfilePermissions": {"SecurityProfileId": profiles["Agent"]},
        "CreateSecurityProfile": {"SecurityProfileName": "Another", "Tags": {"team": "support"}},
        "UpdateSecurityProfile": {"SecurityProfileId": spare, "Permissions": ["BasicAgentAccess"]},
        "DeleteSecurityProfile": {"SecurityProfileId": spare},
        "ListRoutingProfiles": {},
        "CreateRoutingProfile": {
            "Name": "Chat",
            "Description": "chat",
            "DefaultOutboundQueueId": next(iter(instance.queues)),
            "MediaConcurrencies": [{"Channel": "CHAT", "Concurrency": 2}],
        },
        "ListQueues": {"QueueTypes": ["STANDARD"]},
        "DescribeUserHierarchyStructure": {},
        "UpdateUserHierarchyStructure": {
            "HierarchyStructure": {"LevelOne": {"Name": "Region"}, "LevelTwo": {"Name": "Team"}}
        },
        "CreateUserHierarchyGroup": {"Name": "Sales", "ParentGroupId": group.path[0]},
        "DescribeUserHierarchyGroup": {"HierarchyGroupId": group.id},
        "UpdateUserHierarchyGroupName": {"HierarchyGroupId": top, "Name": "Asia"},
        "DeleteUserHierarchyGroup": {"HierarchyGroupId": top},
        "ListUserHierarchyGroups": {},
        "SearchUserHierarchyGroups": {},
        "CreateQuickConnect": {"Name": "Kim again", "QuickConnectConfig": config},
        "DescribeQuickConnect": {"QuickConnectId": quick["QuickConnectId"]},
        "ListQuickConnects": {"QuickConnectTypes": ["USER"]},
        "SearchQuickConnects": {},
        "DeleteQuickConnect": {"QuickConnectId": quick["QuickConnectId"]},
        "TagResource": {"resourceArn": user["UserArn"], "tags": {"a": "b"}},
        "ListTagsForResource": {"resourceArn": user["UserArn"]},
        "UntagResource": {"resourceArn": user["UserArn"], "tagKeys": ["a"]},
        "DescribeInstance": {},
        "ListInstances": {},
        "DeleteUser": person,
    }


def method_of(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


def test_every_emulated_operation_answers_in_the_shape_of_the_model(
    server: ConnectServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: dict[str, dict[str, Any]] = {}
    handle = server.service.handle

    def keeping(method: str, path: str, *rest: Any) -> Any:
        answer = handle(method, path, *rest)
        operation = server.log[-1].operation
        answers[operation] = json.loads(answer.body)
        return answer

    monkeypatch.setattr(Service, "handle", lambda _self, *arguments: keeping(*arguments))
    wanted = requests(server)
    for operation, parameters in wanted.items():
        instance = (
            {} if operation.endswith("Resource") or operation == "ListInstances" else {"InstanceId": server.instance.id}
        )
        getattr(client, method_of(operation))(**instance, **parameters)
    # GetFederationToken needs the session of a role: the local AWS's own tests have it.
    assert set(wanted) == (ACTIONS.keys() | {"ListInstances"}) - {"GetFederationToken"}
    for operation, answer in answers.items():
        check(MODEL, MODEL.operations[operation].output, answer)


def test_every_function_and_every_permission_names_an_operation_of_the_model() -> None:
    assert ACTIONS.keys() <= MODEL.operations.keys()
    assert _NEEDS.keys() <= MODEL.operations.keys()


def test_every_route_of_the_model_leads_to_its_operation() -> None:
    for operation in MODEL.operations.values():
        path = operation.template
        for label in re.findall(r"\{(\w+)\}", path):
            value = "arn:aws:connect:us-west-2:111122223333:instance/i/agent/u" if "Arn" in label else "x"
            path = path.replace(f"{{{label}}}", value)
        found = MODEL.route(operation.method, path)
        assert found is not None
        assert found[0].name == operation.name, path


def test_every_pattern_that_requests_meet_is_understood() -> None:
    reached: set[str] = set()

    def walk(name: str) -> None:
        if name and name not in reached:
            reached.add(name)
            shape = MODEL.shapes[name]
            for part in (
                *shape.get("members", {}).values(),
                *(shape[k] for k in ("member", "key", "value") if k in shape),
            ):
                walk(part["shape"])

    for operation in ACTIONS:
        walk(MODEL.operations[operation].input)
    for name in reached:
        pattern = _PATTERNS.get(name, MODEL.shapes[name].get("pattern"))
        assert pattern is None or compiled(pattern)


@pytest.mark.parametrize(
    ("operation", "change", "code", "status"),
    [
        ("CreateUser", {"Username": "first@example"}, "DuplicateResourceException", 409),
        ("CreateUser", {"Username": "it's"}, "InvalidParameterException", 400),
        ("CreateUser", {"RoutingProfileId": "none"}, "ResourceNotFoundException", 404),
        ("DescribeUser", {"UserId": "none"}, "ResourceNotFoundException", 404),
        ("SearchUsers", {"MaxResults": 501}, "InvalidParameterException", 400),
        ("DeleteSecurityProfile", {"SecurityProfileId": "agent"}, "ResourceInUseException", 409),
    ],
)
def test_refusals_are_the_errors_that_the_model_declares(
    operation: str, change: dict[str, Any], code: str, status: int
) -> None:
    with ConnectServer(SEED) as own:
        client = client_of(own)
        good = requests(own)[operation]
        if change.get("SecurityProfileId") == "agent":
            change = {"SecurityProfileId": next(iter(own.instance.users.values())).security_profiles[0]}
        with pytest.raises(ClientError) as refused:
            getattr(client, method_of(operation))(InstanceId=own.instance.id, **{**good, **change})
    answer = refused.value.response
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert isinstance(refused.value, getattr(client.exceptions, code))
    declared = {shape.name for shape in client.meta.service_model.operation_model(operation).error_shapes}
    assert code in declared | COMMON


@pytest.mark.parametrize(("code", "status"), [("LimitExceededException", 429), ("ThrottlingException", 429)])
def test_quota_and_throttling_share_a_status_and_differ_in_code(code: str, status: int) -> None:
    limits: dict[str, Any] = {"user_quota": 1} if code == "LimitExceededException" else {"throttle": 1e-9, "burst": 1}
    with ConnectServer(SEED, **limits) as own:
        client, parameters = client_of(own), requests(own)["CreateUser"]
        with pytest.raises(ClientError) as refused:
            for number in range(2):
                client.create_user(InstanceId=own.instance.id, **{**parameters, "Username": f"user-{number}"})
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_what_is_not_emulated_says_so(server: ConnectServer, client: Any) -> None:
    with pytest.raises(ClientError) as refused:
        client.list_prompts(InstanceId=server.instance.id)
    assert refused.value.response["Error"]["Code"] == "NotImplementedException"
    assert "ListPrompts" in refused.value.response["Error"]["Message"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize(
    ("operation", "key", "size"), [("list_users", "UserSummaryList", 7), ("search_users", "Users", 5)]
)
def test_botocore_paginates_to_the_end_without_loss_or_repeat(operation: str, key: str, size: int) -> None:
    with ConnectServer(SEED) as own:
        profile, routing = next(iter(own.instance.security_profiles)), next(iter(own.instance.routing_profiles))
        for number in range(23):
            own.call(
                "CreateUser",
                Username=f"user-{number}",
                IdentityInfo={"FirstName": "A", "LastName": "B"},
                SecurityProfileIds=[profile],
                RoutingProfileId=routing,
            )
        pages = (
            client_of(own)
            .get_paginator(operation)
            .paginate(InstanceId=own.instance.id, PaginationConfig={"PageSize": size})
        )
        names = [user["Username"] for page in pages for user in page[key]]
    assert names == [f"user-{number}" for number in range(23)]


def test_parameters_that_botocore_would_not_send_are_refused(server: ConnectServer) -> None:
    with pytest.raises(ConnectError, match="unknown parameter Nickname"):
        server.service.call("ListUsers", {"InstanceId": server.instance.id, "Nickname": "x"}, Caller())
    with pytest.raises(ConnectError, match="missing required parameter InstanceId"):
        server.service.call("ListUsers", {}, Caller())

"""What IAM is asked before an operation: resources, dependent actions, condition keys."""

from __future__ import annotations

from local_aws.connect.permissions import Check, checks
from local_aws.connect_server import ConnectServer, InstanceSeed

SERVER = ConnectServer(InstanceSeed(instance_id="i"))
INSTANCE = SERVER.instance
ARN = "arn:aws:connect:us-west-2:111122223333:instance/i"


def asked(operation: str, **parameters: object) -> list[tuple[str, str]]:
    return [(c.action, c.resource.removeprefix(ARN)) for c in checks(operation, parameters, INSTANCE, "AROA:kim")]


def test_creating_a_user_is_asked_on_everything_it_names() -> None:
    names = {"SecurityProfileIds": ["a", "b"], "RoutingProfileId": "r", "HierarchyGroupId": "g"}
    assert asked("CreateUser", **names) == [
        ("connect:CreateUser", "/agent/*"),
        ("connect:CreateUser", "/routing-profile/r"),
        ("connect:CreateUser", "/security-profile/a"),
        ("connect:CreateUser", "/security-profile/b"),
        ("connect:CreateUser", "/agent-group/g"),
    ]
    del names["HierarchyGroupId"]
    assert len(asked("CreateUser", **names)) == 4


def test_making_a_user_with_tags_is_tagging_too() -> None:
    # Administrator guide, identity-based policy examples, "Create Amazon Connect users based on tags".
    parameters = {"SecurityProfileIds": ["a"], "RoutingProfileId": "r", "Tags": {"owner": "acme"}}
    *_, tagging = checks("CreateUser", parameters, INSTANCE)
    keys = {"aws:RequestTag/owner": "acme", "aws:TagKeys": ["owner"]}
    assert tagging == Check("connect:TagResource", f"{ARN}/agent/*", keys)


def test_searching_users_depends_on_describing_them() -> None:
    assert asked("SearchUsers") == [
        ("connect:SearchUsers", ""),
        ("connect:DescribeUser", "/agent/*"),
        ("connect:ListUserProficiencies", ""),
        ("connect:ListUserProficiencies", "/agent/*"),
    ]


def test_signing_in_is_asked_on_the_user_that_the_session_names() -> None:
    assert asked("GetFederationToken") == [("connect:GetFederationToken", "/user/AROA:kim")]


def test_describing_an_instance_depends_on_directories() -> None:
    assert ("ds:DescribeDirectories", "*") in asked("DescribeInstance")
    assert [c.resource for c in checks("ListInstances", {}, None)] == ["*", "*"]


def test_ending_sessions_is_asked_on_the_user_by_id_or_arn_without_condition_keys() -> None:
    for entity in ("u", f"{ARN}/agent/u"):
        assert list(checks("DeleteAllEntitySessions", {"EntityId": entity}, INSTANCE)) == [
            Check("connect:DeleteAllEntitySessions", f"{ARN}/agent/u")
        ]


def test_an_operation_without_a_rule_of_its_own_is_asked_on_the_instance() -> None:
    assert asked("ListPrompts") == [("connect:ListPrompts", "")]


def test_tags_of_the_resource_and_of_the_request_are_keys_where_the_service_supports_them() -> None:
    made = SERVER.call(
        "CreateUser",
        Username="kim",
        IdentityInfo={"FirstName": "A", "LastName": "B"},
        SecurityProfileIds=[next(iter(INSTANCE.security_profiles))],
        RoutingProfileId=next(iter(INSTANCE.routing_profiles)),
        Tags={"team": "x"},
    )
    (delete,) = checks("DeleteUser", {"UserId": made["UserId"]}, INSTANCE)
    assert delete.keys == {"connect:InstanceId": "i", "aws:ResourceTag/team": "x"}
    (tag,) = checks("TagResource", {"resourceArn": made["UserArn"], "tags": {"a": "b"}}, INSTANCE)
    assert tag.keys == {"aws:RequestTag/a": "b", "aws:TagKeys": ["a"]}
    (untag,) = checks("UntagResource", {"resourceArn": made["UserArn"], "tagKeys": ["a"]}, INSTANCE)
    assert untag.keys == {"aws:TagKeys": ["a"]}
    (quick_connects,) = checks("ListQuickConnects", {}, INSTANCE)
    assert quick_connects == Check("connect:ListQuickConnects", f"{ARN}/transfer-destination/*")
    agent, profile = checks(
        "UpdateUserSecurityProfiles", {"UserId": made["UserId"], "SecurityProfileIds": ["p"]}, INSTANCE
    )
    assert "aws:ResourceTag/team" in agent.keys
    assert "aws:ResourceTag/team" not in profile.keys

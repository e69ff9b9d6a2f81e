"""The rules for users of an instance that uses SAML, each with what is just allowed and just not."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.connect.errors import ConnectError
from local_aws.connect_server import ConnectServer, InstanceSeed

SEED = InstanceSeed(
    hierarchy_groups=("EMEA/Support", "EMEA/Sales"), security_profiles={f"Custom{n}": () for n in range(10)}
)


@pytest.fixture
def server() -> ConnectServer:
    return ConnectServer(SEED)


def profile(server: ConnectServer, name: str) -> str:
    return next(p.id for p in server.instance.security_profiles.values() if p.name == name)


def create(server: ConnectServer, username: str = "kim@example", **change: Any) -> str:
    parameters: dict[str, Any] = {
        "Username": username,
        "IdentityInfo": {"FirstName": "Kim", "LastName": "Krüger"},
        "SecurityProfileIds": [profile(server, "Agent")],
        "RoutingProfileId": next(iter(server.instance.routing_profiles)),
    }
    answer = server.call("CreateUser", **{**parameters, **change})
    return str(answer["UserId"])


def test_a_new_instance_has_the_service_s_own_profiles_and_nobody() -> None:
    instance = ConnectServer().instance
    assert {p.name for p in instance.security_profiles.values()} == {
        "Admin",
        "Agent",
        "CallCenterManager",
        "QualityAnalyst",
    }
    assert all(p.permissions and p.kind == "AWS_MANAGED" for p in instance.security_profiles.values())
    assert [p.name for p in instance.routing_profiles.values()] == ["Basic Routing Profile"]
    assert [q.name for q in instance.queues.values()] == ["BasicQueue"]
    assert not instance.users


@pytest.mark.parametrize("username", ["a", "A-z.0_9@x@y", "x" * 64])
def test_usernames_that_are_allowed(server: ConnectServer, username: str) -> None:
    assert create(server, username)


@pytest.mark.parametrize("username", ["x" * 65, "a+b", "o'neil", "a b", "é", "a=b", "a,b"])
def test_usernames_that_are_not(server: ConnectServer, username: str) -> None:
    with pytest.raises(ConnectError, match="InvalidParameterException: Username"):
        create(server, username)


def test_a_username_is_unique_to_the_letter_and_case_counts(server: ConnectServer) -> None:
    create(server, "kim")
    create(server, "Kim")
    with pytest.raises(ConnectError, match="DuplicateResourceException"):
        create(server, "kim")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Password": "Secret123"}, "Password"),
        ({"DirectoryUserId": "d"}, "DirectoryUserId"),
        ({"IdentityInfo": {"FirstName": "A", "LastName": "B", "Email": "a@b.example"}}, "Email"),
        ({"IdentityInfo": {"LastName": "B"}}, "FirstName"),
        ({"IdentityInfo": {"FirstName": "A", "LastName": " "}}, "LastName"),
        ({}, "FirstName"),
        ({"IdentityInfo": {"FirstName": "Jose\u0301", "LastName": "B"}}, "normalization form C"),
        ({"IdentityInfo": {"FirstName": "A" * 256, "LastName": "B"}}, "at most 255"),
        ({"IdentityInfo": {"FirstName": "A", "LastName": "B" * 301}}, "at most 300"),
        ({"IdentityInfo": {"FirstName": "A", "LastName": "B", "SecondaryEmail": "x"}}, "SecondaryEmail"),
        ({"IdentityInfo": {"FirstName": "A", "LastName": "B", "Mobile": "0155"}}, "Mobile"),
        ({"PhoneConfig": {"PhoneType": "DESK_PHONE"}}, "DeskPhoneNumber"),
        ({"PhoneConfig": {"PhoneType": "CELL"}}, "PhoneType"),
        ({"PhoneConfig": {"AfterContactWorkTimeLimit": 2_000_001}}, "AfterContactWorkTimeLimit"),
        ({"PhoneConfig": {"AfterContactWorkTimeLimit": -1}}, "AfterContactWorkTimeLimit"),
        ({"SecurityProfileIds": []}, "at least 1"),
        ({"Tags": {}}, "at least 1"),
        ({"Tags": {"aws:x": "y"}}, "Tags"),
        ({"Tags": {"k": "v" * 257}}, "at most 256"),
    ],
)
def test_what_a_saml_instance_does_not_take(server: ConnectServer, change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConnectError, match=named) as refused:
        create(server, **(change or {"IdentityInfo": {}}))
    assert refused.value.code == "InvalidParameterException"


@pytest.mark.parametrize(
    "change", [{"SecurityProfileIds": ["none"]}, {"RoutingProfileId": "none"}, {"HierarchyGroupId": "none"}]
)
def test_what_is_named_must_exist(server: ConnectServer, change: dict[str, Any]) -> None:
    with pytest.raises(ConnectError, match="ResourceNotFoundException"):
        create(server, **change)


def test_ten_security_profiles_but_not_eleven_and_none_twice(server: ConnectServer) -> None:
    custom = [p.id for p in server.instance.security_profiles.values() if p.name.startswith("Custom")]
    create(server, SecurityProfileIds=custom)
    with pytest.raises(ConnectError, match="at most 10"):
        create(server, "b", SecurityProfileIds=[*custom, profile(server, "Agent")])
    with pytest.raises(ConnectError, match="twice"):
        create(server, "c", SecurityProfileIds=custom[:1] * 2)


def test_a_refused_request_changes_nothing(server: ConnectServer) -> None:
    user = create(server)
    before = server.instance.users[user]
    with pytest.raises(ConnectError):
        server.call("UpdateUserSecurityProfiles", UserId=user, SecurityProfileIds=["none"])
    assert server.instance.users == {user: before}


def test_security_profiles_are_replaced_as_a_whole(server: ConnectServer) -> None:
    user = create(server, SecurityProfileIds=[profile(server, "Agent"), profile(server, "Admin")])
    server.call("UpdateUserSecurityProfiles", UserId=user, SecurityProfileIds=[profile(server, "Custom1")])
    assert server.instance.users[user].security_profiles == (profile(server, "Custom1"),)


def test_a_hierarchy_group_is_left_by_leaving_it_out(server: ConnectServer) -> None:
    group = server.instance.group_by_path("EMEA/Support")
    assert group
    user = create(server, HierarchyGroupId=group.id)
    server.call("UpdateUserHierarchy", UserId=user)
    assert server.instance.users[user].hierarchy_group is None


def test_after_contact_work_is_in_seconds_except_where_users_are_searched(server: ConnectServer) -> None:
    user = create(server, PhoneConfig={"PhoneType": "SOFT_PHONE", "AfterContactWorkTimeLimit": 90})
    described = server.call("DescribeUser", UserId=user)["User"]
    (found,) = server.call("SearchUsers")["Users"]
    assert described["PhoneConfig"]["AfterContactWorkTimeLimit"] == 90
    assert found["PhoneConfig"]["AfterContactWorkTimeLimit"] == 90_000


def test_only_describe_shows_e_mail_and_mobile(server: ConnectServer) -> None:
    info = {"FirstName": "A", "LastName": "B", "SecondaryEmail": "a@b.example", "Mobile": "+15551234567"}
    user = create(server, IdentityInfo=info, Tags={"team": "x"})
    assert server.call("DescribeUser", UserId=user)["User"]["IdentityInfo"] == info
    (found,) = server.call("SearchUsers")["Users"]
    assert found["IdentityInfo"] == {"FirstName": "A", "LastName": "B"}
    assert found["Tags"] == {"team": "x"}
    (listed,) = server.call("ListUsers")["UserSummaryList"]
    assert listed.keys() == {"Id", "Arn", "Username", "LastModifiedTime", "LastModifiedRegion"}


def test_the_quota_counts_users_and_a_deleted_one_makes_room() -> None:
    server = ConnectServer(SEED, user_quota=2)
    first = create(server, "a")
    create(server, "b")
    with pytest.raises(ConnectError, match="LimitExceededException"):
        create(server, "c")
    server.call("DeleteUser", UserId=first)
    assert create(server, "c")


def test_a_deleted_user_s_quick_connect_stays_and_the_name_comes_back_under_a_new_id(
    server: ConnectServer,
) -> None:
    user = create(server)
    config = {"QuickConnectType": "USER", "UserConfig": {"UserId": user, "ContactFlowId": "f"}}
    server.call("CreateQuickConnect", Name="Kim", QuickConnectConfig=config)
    server.call("DeleteUser", UserId=user)
    (left,) = server.call("SearchQuickConnects")["QuickConnects"]
    assert left["QuickConnectConfig"]["UserConfig"]["UserId"] == user
    assert create(server) != user


def test_sessions_are_ended_by_id_or_arn_of_users_that_exist(server: ConnectServer) -> None:
    user = create(server)
    for entity in (user, server.instance.users[user].arn):
        server.call("DeleteAllEntitySessions", EntityId=entity, EntityType="USER")
    assert server.instance.ended_sessions == [user, user]
    with pytest.raises(ConnectError, match="ResourceNotFoundException"):
        server.call("DeleteAllEntitySessions", EntityId="none", EntityType="USER")


def test_fifty_tags_but_not_fifty_one(server: ConnectServer) -> None:
    user = create(server, Tags={f"k{n}": "v" for n in range(49)})
    arn = server.instance.users[user].arn
    server.call("TagResource", resourceArn=arn, tags={"k49": "v", "k0": "new"})
    assert server.call("ListTagsForResource", resourceArn=arn)["tags"]["k0"] == "new"
    with pytest.raises(ConnectError, match="at most 50"):
        server.call("TagResource", resourceArn=arn, tags={"k50": "v"})
    server.call("UntagResource", resourceArn=arn, tagKeys=["k0", "absent"])
    assert len(server.instance.users[user].tags) == 49


@pytest.mark.parametrize(
    ("condition", "hits"),
    [
        ({"FieldName": "Username", "Value": "kim", "ComparisonType": "EXACT"}, ["kim"]),
        ({"FieldName": "Username", "Value": "ki", "ComparisonType": "CONTAINS"}, ["kim", "Kim2"]),
        ({"FieldName": "Username", "Value": "ki", "ComparisonType": "STARTS_WITH"}, ["kim", "Kim2"]),
        ({"FieldName": "LastName", "Value": "Ng", "ComparisonType": "EXACT"}, ["ana"]),
        ({"FieldName": "SecurityProfileId", "Value": "Admin", "ComparisonType": "EXACT"}, ["ana"]),
    ],
)
def test_users_are_found_by_text(server: ConnectServer, condition: dict[str, str], hits: list[str]) -> None:
    create(server, "kim")
    create(server, "Kim2")
    create(
        server,
        "ana",
        IdentityInfo={"FirstName": "Ana", "LastName": "Ng"},
        SecurityProfileIds=[profile(server, "Admin")],
    )
    if condition["FieldName"] == "SecurityProfileId":
        condition = {**condition, "Value": profile(server, condition["Value"])}
    found = server.call("SearchUsers", SearchCriteria={"StringCondition": condition})
    assert [user["Username"] for user in found["Users"]] == hits
    assert found["ApproximateTotalCount"] == len(hits)


def test_users_are_found_by_tag_group_and_combinations(server: ConnectServer) -> None:
    groups = {path: server.instance.group_by_path(path) for path in ("EMEA", "EMEA/Support")}
    top, support = groups["EMEA"], groups["EMEA/Support"]
    assert top
    assert support
    create(server, "one", Tags={"team": "x", "org": "1"}, HierarchyGroupId=support.id)
    create(server, "two", Tags={"team": "y", "org": "1"}, HierarchyGroupId=top.id)
    create(server, "six")

    def names(**parameters: Any) -> list[str]:
        return [user["Username"] for user in server.call("SearchUsers", **parameters)["Users"]]

    def tag(key: str, value: str) -> dict[str, str]:
        return {"TagKey": key, "TagValue": value}

    def below(match: str) -> dict[str, Any]:
        return {"HierarchyGroupCondition": {"Value": top.id, "HierarchyGroupMatchType": match}}

    both, either = [tag("team", "x"), tag("org", "1")], [[tag("team", "x")], [tag("team", "y")]]
    assert names(SearchFilter={"TagFilter": {"TagCondition": tag("org", "1")}}) == ["one", "two"]
    assert names(SearchFilter={"TagFilter": {"AndConditions": both}}) == ["one"]
    assert names(SearchFilter={"TagFilter": {"OrConditions": either}}) == ["one", "two"]
    assert names(SearchFilter={"UserAttributeFilter": below("EXACT")}) == ["two"]
    assert names(SearchCriteria=below("WITH_CHILD_GROUPS")) == ["one", "two"]
    exact = [
        {"StringCondition": {"FieldName": "Username", "Value": n, "ComparisonType": "EXACT"}} for n in ("one", "six")
    ]
    assert names(SearchCriteria={"OrConditions": exact}) == ["one", "six"]
    assert names(SearchCriteria={"AndConditions": exact}) == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"SearchCriteria": {"StringCondition": {"FieldName": "Email", "Value": "xx"}}}, "InvalidParameterException"),
        (
            {
                "SearchCriteria": {
                    "StringCondition": {"FieldName": "Username", "Value": "x", "ComparisonType": "CONTAINS"}
                }
            },
            "InvalidParameterException",
        ),
        (
            {
                "SearchCriteria": {
                    "StringCondition": {"FieldName": "Username", "Value": "x" * 26, "ComparisonType": "CONTAINS"}
                }
            },
            "InvalidParameterException",
        ),
        ({"SearchCriteria": {"OrConditions": [], "AndConditions": []}}, "InvalidParameterException"),
        (
            {"SearchFilter": {"TagFilter": {"AndConditions": []}, "UserAttributeFilter": {"OrConditions": []}}},
            "AccessDeniedException",
        ),
        ({"SearchCriteria": {"ListCondition": {"TargetListType": "PROFICIENCIES"}}}, "NotImplementedException"),
        ({"MaxResults": 501}, "InvalidParameterException"),
        ({"NextToken": "made-up"}, "InvalidParameterException"),
    ],
)
def test_searches_that_the_service_refuses_also_where_nobody_is(
    server: ConnectServer, parameters: dict[str, Any], code: str
) -> None:
    with pytest.raises(ConnectError) as refused:
        server.call("SearchUsers", **parameters)
    assert refused.value.code == code


def test_groups_need_levels_and_are_not_deleted_while_used(server: ConnectServer) -> None:
    support = server.instance.group_by_path("EMEA/Support")
    assert support
    with pytest.raises(ConnectError, match="no level"):
        server.call("CreateUserHierarchyGroup", Name="Deep", ParentGroupId=support.id)
    with pytest.raises(ConnectError, match="DuplicateResourceException"):
        server.call("CreateUserHierarchyGroup", Name="Support", ParentGroupId=support.path[0])
    with pytest.raises(ConnectError, match="ResourceInUseException"):
        server.call("DeleteUserHierarchyGroup", HierarchyGroupId=support.path[0])
    create(server, HierarchyGroupId=support.id)
    with pytest.raises(ConnectError, match="ResourceInUseException"):
        server.call("DeleteUserHierarchyGroup", HierarchyGroupId=support.id)
    with pytest.raises(ConnectError, match="ResourceInUseException"):
        server.call("UpdateUserHierarchyStructure", HierarchyStructure={"LevelOne": {"Name": "Only"}})
    with pytest.raises(ConnectError, match="without a gap"):
        server.call("UpdateUserHierarchyStructure", HierarchyStructure={"LevelTwo": {"Name": "Team"}})


def test_a_custom_profile_without_permissions_has_none(server: ConnectServer) -> None:
    made = server.call("CreateSecurityProfile", SecurityProfileName="acme-disabled")["SecurityProfileId"]
    assert server.call("ListSecurityProfilePermissions", SecurityProfileId=made)["Permissions"] == []
    agent = profile(server, "Agent")
    assert server.call("ListSecurityProfilePermissions", SecurityProfileId=agent)["Permissions"]
    with pytest.raises(ConnectError, match="NotImplementedException"):
        server.call("UpdateSecurityProfile", SecurityProfileId=made, TagRestrictedResources=["User"])

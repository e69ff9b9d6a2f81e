"""Which IAM actions, on which resources, with which condition keys, an operation is authorized for.

Source: AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon Connect", with
the dependent actions. UpdateUserConfig and DeleteAllEntitySessions are not in it yet: the latter is checked on
the user without condition keys (strict reading). That a user who is made with tags is also tagged, is in the
administrator guide's policy example "Create Amazon Connect users based on tags" only (strict reading again).
Must not know policies or who calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.connect.errors import ConnectError
from local_aws.connect.state import Instance


@dataclass(frozen=True, slots=True)
class Check:
    """One question to IAM.

    Attributes:
        keys: condition keys and their values, such as ``aws:ResourceTag/team``.
    """

    action: str
    resource: str
    keys: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Needs:
    """What one operation needs.

    Attributes:
        resources: below the instance (empty text: itself); ``{Member}`` takes the request's value, once for
            each of a list; a trailing ``?`` drops the resource where the request has no such member.
        takes: condition keys among ``resource_tag``, ``request_tag``, ``instance_id``.
        also: dependent actions with their resources (``*`` for any).
    """

    resources: tuple[str, ...] = ("",)
    takes: frozenset[str] = frozenset({"instance_id"})
    also: tuple[tuple[str, str], ...] = ()


_TAGGED = frozenset({"instance_id", "resource_tag"})
_TAGGING = frozenset({"instance_id", "request_tag"})
_USER = "agent/{UserId}"
_DIRECTORIES = (("ds:DescribeDirectories", "*"),)
_NEEDS: Mapping[str, _Needs] = {
    "CreateUser": _Needs(
        (
            "agent/*",
            "routing-profile/{RoutingProfileId}",
            "security-profile/{SecurityProfileIds}",
            "agent-group/{HierarchyGroupId}?",
        ),
        _TAGGING,
    ),
    "DescribeUser": _Needs((_USER,), _TAGGED),
    "DeleteUser": _Needs((_USER,), _TAGGED),
    "SearchUsers": _Needs(
        also=(
            ("connect:DescribeUser", "agent/*"),
            ("connect:ListUserProficiencies", ""),
            ("connect:ListUserProficiencies", "agent/*"),
        )
    ),
    "UpdateUserIdentityInfo": _Needs((_USER,), _TAGGED),
    "UpdateUserPhoneConfig": _Needs((_USER,), _TAGGED),
    "UpdateUserSecurityProfiles": _Needs((_USER, "security-profile/{SecurityProfileIds}"), _TAGGED),
    "UpdateUserRoutingProfile": _Needs((_USER, "routing-profile/{RoutingProfileId}"), _TAGGED),
    "UpdateUserHierarchy": _Needs((_USER, "agent-group/{HierarchyGroupId}?"), _TAGGED),
    "ListUserProficiencies": _Needs(("", _USER)),
    "DeleteAllEntitySessions": _Needs(("agent/{EntityId}",), frozenset()),
    "DescribeSecurityProfile": _Needs(("security-profile/{SecurityProfileId}",), _TAGGED),
    "ListSecurityProfilePermissions": _Needs(("security-profile/{SecurityProfileId}",), _TAGGED),
    "CreateSecurityProfile": _Needs(("security-profile/*",), _TAGGING),
    "UpdateSecurityProfile": _Needs(("security-profile/{SecurityProfileId}",), _TAGGED),
    "DeleteSecurityProfile": _Needs(("security-profile/{SecurityProfileId}",), _TAGGED),
    "SearchSecurityProfiles": _Needs(also=(("connect:DescribeSecurityProfile", "security-profile/*"),)),
    "CreateRoutingProfile": _Needs(("queue/{DefaultOutboundQueueId}", "routing-profile/*"), _TAGGING),
    "ListQueues": _Needs(("queue/*",), frozenset()),
    "CreateUserHierarchyGroup": _Needs(("agent-group/*",), _TAGGING),
    "DescribeUserHierarchyGroup": _Needs(("agent-group/{HierarchyGroupId}",)),
    "UpdateUserHierarchyGroupName": _Needs(("agent-group/{HierarchyGroupId}",)),
    "DeleteUserHierarchyGroup": _Needs(("agent-group/{HierarchyGroupId}",)),
    "SearchUserHierarchyGroups": _Needs(also=(("connect:DescribeUserHierarchyGroup", "agent-group/*"),)),
    "CreateQuickConnect": _Needs(("transfer-destination/*",), _TAGGING),
    "DescribeQuickConnect": _Needs(("transfer-destination/{QuickConnectId}",), _TAGGED),
    "DeleteQuickConnect": _Needs(("transfer-destination/{QuickConnectId}",), _TAGGED),
    "ListQuickConnects": _Needs(("transfer-destination/*",), frozenset()),
    "SearchQuickConnects": _Needs(also=(("connect:DescribeQuickConnect", "transfer-destination/*"),)),
    "TagResource": _Needs(("{resourceArn}",), frozenset({"request_tag"})),
    "UntagResource": _Needs(("{resourceArn}",), frozenset({"request_tag"})),
    "ListTagsForResource": _Needs(("{resourceArn}",), frozenset({"resource_tag"})),
    "DescribeInstance": _Needs(takes=_TAGGED, also=_DIRECTORIES),
    # The role's policy names the user by ${aws:userid}: configure-saml in the administrator guide.
    "GetFederationToken": _Needs(("user/{aws:userid}",)),
}


def checks(
    operation: str, parameters: Mapping[str, Any], instance: Instance | None, user_id: str = ""
) -> Iterator[Check]:
    """Yield every question to ask IAM before an operation is carried out; all must be allowed.

    Args:
        instance: the one that the request means; None where there is none (or it does not exist).
        user_id: the caller's ``aws:userid``.
    """
    action = f"connect:{operation}"
    if instance is None:
        also = _DIRECTORIES if operation == "ListInstances" else ()
        yield from (Check(name, "*") for name, _ in ((action, ""), *also))
        return
    needs = _NEEDS.get(operation, _Needs())
    values = {**parameters, "aws:userid": user_id}
    for resource in needs.resources:
        for arn in _arns(instance, resource, values):
            yield Check(action, arn, _keys(needs.takes, instance, arn, parameters))
    for name, resource in needs.also:
        arn = "*" if resource == "*" else "/".join(filter(None, (instance.arn, resource)))
        yield Check(name, arn, {"connect:InstanceId": instance.id})
    if operation == "CreateUser" and parameters.get("Tags"):
        users = f"{instance.arn}/agent/*"
        yield Check("connect:TagResource", users, _keys(frozenset({"request_tag"}), instance, users, parameters))


def _arns(instance: Instance, resource: str, values: Mapping[str, Any]) -> Iterator[str]:
    optional = resource.endswith("?")
    kind, _, member = resource.rstrip("?}").partition("{")
    if not member:
        yield "/".join(filter(None, (instance.arn, kind)))
    elif member in values or not optional:
        given = values.get(member, "")
        for value in given if isinstance(given, list) else [given]:
            yield str(value) if str(value).startswith("arn:") else f"{instance.arn}/{kind}{value}"


def _keys(
    takes: frozenset[str], instance: Instance, arn: str, parameters: Mapping[str, Any]
) -> dict[str, str | list[str]]:
    keys: dict[str, str | list[str]] = {}
    if "instance_id" in takes:
        keys["connect:InstanceId"] = instance.id
    if "resource_tag" in takes:
        keys.update({f"aws:ResourceTag/{key}": value for key, value in _tags(instance, arn).items()})
    if "request_tag" in takes:
        tags = parameters.get("Tags") or parameters.get("tags") or {}
        keys.update({f"aws:RequestTag/{key}": value for key, value in tags.items()})
        names = [*tags, *parameters.get("tagKeys", ())]
        if names:
            keys["aws:TagKeys"] = names
    return keys


def _tags(instance: Instance, arn: str) -> Mapping[str, str]:
    try:
        return instance.tags_of(arn)
    except ConnectError:
        return {}

"""User hierarchy: the levels of an instance and its groups."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_aws.connect.conditions import Fields, search
from local_aws.connect.context import Context
from local_aws.connect.errors import ConnectError, invalid_parameter
from local_aws.connect.paging import page
from local_aws.connect.seeds import add_group
from local_aws.connect.state import LEVELS, HierarchyGroup


def describe_user_hierarchy_structure(context: Context, _parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeUserHierarchyStructure."""
    instance = context.instance
    return {
        "HierarchyStructure": {
            level: {"Id": identifier, "Arn": instance.arn_of("agent-group-level", identifier), "Name": name}
            for level, (name, identifier) in zip(LEVELS, instance.levels, strict=False)
        }
    }


def update_user_hierarchy_structure(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateUserHierarchyStructure: the levels given are all there are, without a gap."""
    given, instance = parameters["HierarchyStructure"], context.instance
    if list(given) != list(LEVELS[: len(given)]) and set(given) != set(LEVELS[: len(given)]):
        raise invalid_parameter("HierarchyStructure must name levels from LevelOne on without a gap")
    if any(len(group.path) > len(given) for group in instance.groups.values()):
        raise ConnectError("ResourceInUseException", "A level that is left out has groups")
    known = [identifier for _, identifier in instance.levels]
    known += [str(uuid.uuid4()) for _ in range(len(given) - len(known))]
    names = [given[level]["Name"] for level in LEVELS if level in given]
    instance.levels = list(zip(names, known, strict=False))
    return {}


def create_user_hierarchy_group(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """CreateUserHierarchyGroup; its level must exist, its name be free below its parent."""
    instance, name = context.instance, parameters["Name"]
    parent = context.group(parameters["ParentGroupId"]).path if "ParentGroupId" in parameters else ()
    if len(parent) >= len(instance.levels):
        raise invalid_parameter("the hierarchy structure has no level for this group")
    if any(g.path[:-1] == parent and g.name == name for g in instance.groups.values()):
        raise ConnectError("DuplicateResourceException", f"Hierarchy group already exists: {name}")
    group = replace(add_group(instance, name, parent), tags=dict(parameters.get("Tags", {})))
    instance.groups[group.id] = group
    return {"HierarchyGroupId": group.id, "HierarchyGroupArn": group.arn}


def describe_user_hierarchy_group(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeUserHierarchyGroup."""
    return {"HierarchyGroup": _described(context, context.group(parameters["HierarchyGroupId"]))}


def update_user_hierarchy_group_name(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateUserHierarchyGroupName."""
    group = context.group(parameters["HierarchyGroupId"])
    context.instance.groups[group.id] = replace(group, name=parameters["Name"], modified=time.time())
    return {}


def delete_user_hierarchy_group(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteUserHierarchyGroup; not while it has groups or users."""
    instance, group = context.instance, context.group(parameters["HierarchyGroupId"])
    if any(group.id in other.path[:-1] for other in instance.groups.values()) or any(
        user.hierarchy_group == group.id for user in instance.users.values()
    ):
        raise ConnectError("ResourceInUseException", "The hierarchy group has groups or users")
    del instance.groups[group.id]
    return {}


def list_user_hierarchy_groups(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListUserHierarchyGroups: names without parents or paths."""
    found, following = page(list(context.instance.groups.values()), parameters, "ListUserHierarchyGroups")
    return {"UserHierarchyGroupSummaryList": [_step(context, group) for group in found], **following}


def search_user_hierarchy_groups(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """SearchUserHierarchyGroups, with the path of each, at most 100 a page."""
    fields: Fields[HierarchyGroup] = {
        "name": lambda group: (group.name,),
        "parentId": lambda group: group.path[-2:-1],
        "levelId": lambda group: (_level_id(context, group),),
        "resourceID": lambda group: (group.id,),
    }
    hits = search(context.instance.groups.values(), parameters, fields)
    found, following = page(hits, parameters, "SearchUserHierarchyGroups")
    groups = [_described(context, group) for group in found]
    return {"UserHierarchyGroups": groups, "ApproximateTotalCount": len(hits), **following}


def _level_id(context: Context, group: HierarchyGroup) -> str:
    return context.instance.levels[len(group.path) - 1][1]


def _step(context: Context, group: HierarchyGroup) -> dict[str, Any]:
    return {"Id": group.id, "Arn": group.arn, "Name": group.name, **context.modified(group)}


def _described(context: Context, group: HierarchyGroup) -> dict[str, Any]:
    steps = [_step(context, context.instance.groups[part]) for part in group.path]
    described = {
        **_step(context, group),
        "LevelId": _level_id(context, group),
        "HierarchyPath": dict(zip(LEVELS, steps, strict=False)),
    }
    return {**described, "Tags": dict(group.tags)} if group.tags else described

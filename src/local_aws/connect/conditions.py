"""SearchCriteria and SearchFilter, as far as Connect's model describes them.

What is not documented (how text is compared) is answered generously, with more hits rather than fewer, so
that a client has to compare names itself. What is not emulated is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from local_aws.connect.errors import ConnectError, invalid_parameter, not_emulated
from local_aws.connect.state import Resource

R = TypeVar("R", bound=Resource)
Fields: TypeAlias = Mapping[str, Callable[[R], tuple[str, ...]]]
Path: TypeAlias = tuple[str, ...]

NAME_FIELDS: Fields[Resource] = {
    "name": lambda resource: (resource.name,),
    "description": lambda resource: (resource.description,),
    "resourceID": lambda resource: (resource.id,),
}
_LISTS = ("OrConditions", "AndConditions")


def search(
    resources: Iterable[R],
    parameters: Mapping[str, Any],
    fields: Fields[R],
    group_path: Callable[[R], Path] = lambda _: (),
) -> list[R]:
    """Return the resources that a Search operation means.

    Args:
        parameters: the request's; SearchCriteria and SearchFilter are looked at.
        fields: what StringCondition.FieldName may be, and a resource's values there.
        group_path: ids of a resource's hierarchy group and all above it, top first.

    Raises:
        ConnectError: a condition that the service would not take, or one that is not emulated.
    """
    criteria, search_filter = parameters.get("SearchCriteria", {}), parameters.get("SearchFilter", {})
    _check_criteria(criteria, fields)
    _check_filter(search_filter)
    return [
        resource
        for resource in resources
        if _meets(criteria, resource, fields, group_path(resource))
        and all(_passes(part, resource.tags, group_path(resource)) for part in search_filter.values())
    ]


def _check_criteria(criteria: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    if len(criteria) > 1:
        raise invalid_parameter("SearchCriteria takes exactly one condition a level")
    for kind, condition in criteria.items():
        if kind in _LISTS:
            for part in condition:
                _check_criteria(part, fields)
        elif kind == "StringCondition":
            _check_string(condition, fields)
        elif kind != "HierarchyGroupCondition":
            raise not_emulated(f"SearchCriteria.{kind}")


def _check_string(condition: Mapping[str, str], fields: Mapping[str, Any]) -> None:
    if condition.get("FieldName") not in fields:
        raise invalid_parameter(f"StringCondition.FieldName must be one of {', '.join(fields)}")
    if condition.get("ComparisonType") == "CONTAINS" and not 2 <= len(condition.get("Value", "")) <= 25:
        raise invalid_parameter("StringCondition.Value must have 2 to 25 characters with CONTAINS")


def _check_filter(search_filter: Mapping[str, Any]) -> None:
    if len(search_filter) > 1:
        raise ConnectError("AccessDeniedException", "TagFilter and UserAttributeFilter exclude each other")
    for kind, condition in search_filter.items():
        if len(condition) != 1:
            raise invalid_parameter(f"SearchFilter.{kind} takes exactly one condition")


def _meets(criteria: Mapping[str, Any], resource: R, fields: Fields[R], path: Path) -> bool:
    for kind, condition in criteria.items():
        if kind in _LISTS:
            found: Iterator[bool] = (_meets(part, resource, fields, path) for part in condition)
            return any(found) if kind == "OrConditions" else all(found)
        if kind == "StringCondition":
            return _string(condition, fields[condition["FieldName"]](resource))
        return _group(condition, path)
    return True


def _string(condition: Mapping[str, str], found: tuple[str, ...]) -> bool:
    wanted = condition.get("Value", "")
    if condition.get("ComparisonType", "CONTAINS") == "EXACT":
        return wanted in found
    wanted = wanted.casefold()
    if condition.get("ComparisonType") == "STARTS_WITH":
        return any(value.casefold().startswith(wanted) for value in found)
    return any(wanted in value.casefold() for value in found)


def _passes(search_filter: Mapping[str, Any], tags: Mapping[str, str], path: Path) -> bool:
    for name, condition in search_filter.items():
        if name == "OrConditions":
            return any(_all(part, tags, path) for part in condition)
        if name == "TagCondition":
            return _tag(condition, tags)
        if name == "HierarchyGroupCondition":
            return _group(condition, path)
        return _all(condition, tags, path)
    return True


def _all(part: Any, tags: Mapping[str, str], path: Path) -> bool:
    # TagFilter nests lists of tag conditions, the attribute filters nest structures.
    if isinstance(part, list):
        return all(_tag(condition, tags) for condition in part)
    held = all(_tag(condition, tags) for condition in part.get("TagConditions", ()))
    return held and ("HierarchyGroupCondition" not in part or _group(part["HierarchyGroupCondition"], path))


def _tag(condition: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    key = condition.get("TagKey", "")
    return key in tags and condition.get("TagValue", tags[key]) == tags[key]


def _group(condition: Mapping[str, str], path: Path) -> bool:
    wanted = condition.get("Value", "")
    if condition.get("HierarchyGroupMatchType", "EXACT") == "EXACT":
        return path[-1:] == (wanted,)
    return wanted in path

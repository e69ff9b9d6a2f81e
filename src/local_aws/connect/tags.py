"""TagResource, UntagResource and ListTagsForResource, for everything in an instance and itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_aws.connect.context import Context
from local_aws.connect.errors import invalid_parameter
from local_aws.connect.state import User

_MOST_TAGS = 50


def tag_resource(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """TagResource: adds to the tags and overwrites equal keys."""
    tags = {**context.instance.tags_of(parameters["resourceArn"]), **parameters["tags"]}
    if len(tags) > _MOST_TAGS:
        raise invalid_parameter(f"a resource has at most {_MOST_TAGS} tags")
    _write(context, parameters["resourceArn"], tags)
    return {}


def untag_resource(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UntagResource; a key that is not there is no error."""
    tags = context.instance.tags_of(parameters["resourceArn"])
    kept = {key: value for key, value in tags.items() if key not in parameters["tagKeys"]}
    _write(context, parameters["resourceArn"], kept)
    return {}


def list_tags_for_resource(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListTagsForResource."""
    tags = context.instance.tags_of(parameters["resourceArn"])
    return {"tags": dict(tags)} if tags else {}


def _write(context: Context, arn: str, tags: Mapping[str, str]) -> None:
    instance = context.instance
    if arn == instance.arn:
        instance.tags = tags
        return
    table, identifier = instance.place(arn)
    resource = replace(table[identifier], tags=tags, modified=time.time())
    if isinstance(resource, User):
        context.write_user(resource)
    else:
        table[identifier] = resource

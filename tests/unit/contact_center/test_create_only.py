"""The table of create-only properties is the resource schemas' own, and knows every type that the stacks use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from contact_center.review.create_only import CREATE_ONLY, create_only

TEMPLATES: dict[str, Any] = json.loads(Path("tests/infra/__snapshots__/test_example/test_templates.json").read_text())


@pytest.mark.parametrize("type_", sorted(CREATE_ONLY))
def test_as_the_schemas_say(type_: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-west-2", type_).schema
    pointers = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    assert create_only(type_) == {pointer.split("/")[2] for pointer in pointers}
    assert all(pointer.count("/") == 2 for pointer in pointers), "a nested one needs more than a name"


def test_every_type_of_the_stacks_is_known() -> None:
    types = {one["Type"] for template in TEMPLATES.values() for one in template["Resources"].values()}
    assert {type_ for type_ in types if create_only(type_) is None} == set()

"""Which stacks can be prepared, and what counts as a change."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connect_sso.deliver.rounds import assembly_digest, imports, placed, round_of, template_changes, template_digest
from contact_center.review.stacks import Side, Stack
from tests.unit.contact_center.review_sides import config

NAMES = {part: f"acmeservice-{part}" for part in ("instance", "sign-on", "storage", "users")}
TEMPLATES: dict[str, dict[str, Any]] = {
    "instance": {"Outputs": {"Arn": {"Value": "a", "Export": {"Name": "instance:Arn"}}}},
    "sign-on": {"Resources": {"R": {"Properties": {"A": [{"Fn::ImportValue": "instance:Arn"}]}}}},
    "storage": {"Outputs": {"Key": {"Value": "k", "Export": {"Name": "storage:Key"}}}},
    "users": {
        "Resources": {"U": {"Properties": {"A": {"Fn::ImportValue": "instance:Arn"}}}},
        "Conditions": {"C": {"Fn::Equals": [{"Fn::ImportValue": "storage:Key"}, ""]}},
    },
}


def side(*parts: str) -> Side:
    return Side("", {NAMES[part]: Stack(NAMES[part], TEMPLATES[part], "") for part in parts})


AFTER = side(*TEMPLATES)


FOUNDATION = ("instance", "sign-on", "storage")


@pytest.mark.parametrize(
    ("deployed", "stage", "now", "left"),
    [
        ((), "all", ["instance", "storage"], ["sign-on", "users"]),
        ((), "foundation", ["instance", "storage"], ["sign-on"]),
        ((), "users", [], ["users"]),
        (("instance",), "all", ["instance", "sign-on", "storage"], ["users"]),
        (("instance", "storage"), "all", ["instance", "sign-on", "storage"], ["users"]),
        (("instance", "storage"), "users", [], ["users"]),
        (("instance", "storage"), "foundation", ["instance", "sign-on", "storage"], []),
        (FOUNDATION, "all", [*FOUNDATION, "users"], []),
        (FOUNDATION, "users", ["users"], []),
        (("instance", "storage", "users"), "all", [*FOUNDATION, "users"], []),
    ],
)
def test_what_imports_what_is_not_there_yet_is_left_and_the_first_users_come_last(
    deployed: tuple[str, ...], stage: str, now: list[str], left: list[str]
) -> None:
    found = round_of(config(), side(*deployed), AFTER, stage)
    assert found.now == tuple(NAMES[part] for part in now)
    assert found.left == tuple(NAMES[part] for part in left)


@pytest.mark.parametrize("existing", [("sign-on", "storage")])
def test_with_an_instance_that_exists_sign_on_and_storage_then_users(existing: tuple[str, ...]) -> None:
    templates = {part: side(part).stacks[NAMES[part]] for part in ("storage", "users")}
    sign_on = Stack(NAMES["sign-on"], {"Resources": {}}, "")
    users = Stack(NAMES["users"], {"A": {"Fn::ImportValue": "storage:Key"}}, "")
    after = Side("", {NAMES["sign-on"]: sign_on, NAMES["storage"]: templates["storage"], NAMES["users"]: users})
    both = tuple(NAMES[part] for part in existing)
    first = round_of(config(), Side("", {}), after, "all")
    assert (first.now, first.left) == (both, (NAMES["users"],))
    second = round_of(config(), Side("", {name: after.stacks[name] for name in both}), after, "all")
    assert (second.now, second.left) == ((*both, NAMES["users"]), ())


@pytest.mark.parametrize("changed", [{"template": {"Description": "other"}}, {"protected": True}, {"tags": {"A": "b"}}])
def test_the_first_users_wait_for_whatever_else_changes(changed: dict[str, Any]) -> None:
    before = side(*FOUNDATION)
    other = replace(before.stacks[NAMES["sign-on"]], **changed)
    after = Side("", {**AFTER.stacks, other.name: other})
    assert round_of(config(), before, after, "all").left == (NAMES["users"],)
    assert round_of(config(), before, after, "users").now == (NAMES["users"],), "who names the stage knows"
    deployed = Side("", {**before.stacks, NAMES["users"]: AFTER.stacks[NAMES["users"]]})
    assert round_of(config(), deployed, after, "all").left == ()


def test_another_stack_of_the_app_is_never_touched() -> None:
    others = Side("", {**AFTER.stacks, "acmeservice-delivery": Stack("acmeservice-delivery", {}, "")})
    found = round_of(config(), side(*FOUNDATION), others, "all")
    assert "acmeservice-delivery" not in (*found.now, *found.left)


def test_an_export_that_only_the_new_template_has_is_not_there_yet() -> None:
    old = Side("", {**side("instance").stacks, NAMES["storage"]: Stack(NAMES["storage"], {}, "")})
    assert round_of(config(), old, AFTER, "all").left == (NAMES["users"],)


def test_a_review_sees_stacks_that_are_not_in_the_round_as_they_are() -> None:
    deployed = Stack(NAMES["instance"], {"Description": "as it is"}, "")
    before = Side("", {NAMES["instance"]: deployed})
    seen = round_of(config(), before, AFTER, "users")
    assert seen.sides(before, AFTER)[1].stacks == {NAMES["instance"]: deployed}


def test_a_review_does_not_take_a_stack_for_declared_that_is_not() -> None:
    before, after = side("instance", "storage"), side("storage")
    assert [*round_of(config(), before, after, "all").sides(before, after)[1].stacks] == [NAMES["storage"]]


def test_imports_are_found_at_any_depth() -> None:
    assert imports(TEMPLATES["users"]) == {"instance:Arn", "storage:Key"}
    assert imports({"Value": "text", "List": ["text", 1, None]}) == set()


def test_cloudformation_gives_letters_back_as_question_marks() -> None:
    assert template_digest({"Name": "Núñez"}) == template_digest({"Name": "N??ez"})
    assert template_digest({"A": 1, "B": 2}) == template_digest({"B": 2, "A": 1})
    assert template_digest({"Name": "Nunez"}) != template_digest({"Name": "N??ez"})


@pytest.mark.parametrize(
    ("template", "tags", "changes"), [({"A": 1}, {"T": "a"}, False), ({"A": 2}, {"T": "a"}, True), ({"A": 1}, {}, True)]
)
def test_what_changes_a_stack(template: dict[str, Any], tags: dict[str, str], changes: bool) -> None:
    old = Stack("s", {"A": 1}, "", tags={"T": "a"})
    assert template_changes(old, Stack("s", template, "other", tags=tags)) is changes
    assert template_changes(None, old)


def test_where_the_bootstrap_has_it(tmp_path: Path) -> None:
    properties = {
        "stackTemplateAssetObjectUrl": "s3://cdk-x-assets-${AWS::AccountId}-us-gov-west-1/abc.json",
        "cloudFormationExecutionRoleArn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-x-${AWS::Region}",
    }
    artifacts = {
        "one": {
            "type": "aws:cloudformation:stack",
            "properties": {**properties, "stackName": "acmeservice-users"},
            "dependencies": ["two", "other"],
        },
        "two": {"type": "cdk:asset-manifest", "properties": {"file": "one.assets.json"}},
        "other": {"type": "aws:cloudformation:stack", "properties": {}},
    }
    place = {"bucketName": "cdk-x-assets-${AWS::AccountId}-us-gov-west-1"}
    files = {key: {"destinations": {"here": {**place, "objectKey": key}}} for key in ("code.zip", "abc.json")}
    (tmp_path / "one.assets.json").write_text(json.dumps({"files": files}))
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    found = placed(tmp_path, "acmeservice-users", account="111122223333", region="us-gov-west-1")
    assert (
        found.template_url == "https://s3.us-gov-west-1.amazonaws.com/cdk-x-assets-111122223333-us-gov-west-1/abc.json"
    )
    assert found.execution_role == "arn:aws-us-gov:iam::111122223333:role/cdk-x-us-gov-west-1"
    assert found.assets == (("cdk-x-assets-111122223333-us-gov-west-1", "code.zip"),), "the template is none"


def test_the_digest_of_an_assembly_is_of_manifest_templates_and_assets(tmp_path: Path) -> None:
    for name in ("manifest.json", "a.template.json", "a.assets.json", "tree.json"):
        (tmp_path / name).write_text("{}")
    digest = assembly_digest(tmp_path)
    (tmp_path / "tree.json").write_text("[]")
    (tmp_path / ".cache").mkdir()
    assert assembly_digest(tmp_path) == digest
    (tmp_path / "a.template.json").write_text("[]")
    assert assembly_digest(tmp_path) != digest

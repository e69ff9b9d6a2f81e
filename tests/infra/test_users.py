"""Facts of the users stack."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connect_sso.deliver.delivery import KEY, SHA256
from connect_sso.deliver.plan import PLANS
from contact_center.load import load
from tests.infra.conftest import EXISTING_INSTANCE
from tests.infra.synthesis import EXAMPLE, Synthesized
from user_sync.policy import Policy

Variant = Callable[[str], Synthesized]


def _asset(synthesized: Synthesized, key: str) -> Any:
    assets = json.loads((synthesized.out / "acmeservice-users.assets.json").read_text())["files"]
    (path,) = [one["source"]["path"] for id_, one in assets.items() if key.startswith(id_)]
    return synthesized.out / path


def _functions(synthesized: Synthesized) -> dict[str, tuple[str, Any]]:
    """Logical id and properties of the functions, by what they run."""
    found = synthesized.resources("users", "AWS::Lambda::Function").items()
    return {one["Properties"]["Handler"].rpartition(".")[2]: (id_, one["Properties"]) for id_, one in found}


def test_a_door_of_its_own_is_the_custom_resources_service_token(example: Synthesized) -> None:
    functions = _functions(example)
    assert set(functions) == {"on_event", "on_step"}
    users = example.one("users", "Custom::ConnectUsers")
    assert users["ServiceToken"] == {"Fn::GetAtt": [functions["on_event"][0], "Arn"]}
    assert (users["WaitSeconds"], users["ServiceTimeout"]) == ("3300", "3600")
    assert functions["on_step"][1]["Timeout"] == 900


def test_the_policy_is_in_the_template_for_review(example: Synthesized) -> None:
    policy = example.one("users", "Custom::ConnectUsers")["Policy"]
    assert Policy.from_json(policy) == load(EXAMPLE / "contact-center.yaml").policy


def test_exports_are_assets_whose_key_is_their_content(example: Synthesized) -> None:
    users = example.one("users", "Custom::ConnectUsers")
    for name, file in (("Export", "users.csv"), ("PermissionSets", "permission-set-assignments.csv")):
        export = users[name]
        assert set(export) == {"Name", "Bucket", "Key"}
        assert export["Name"] == file
        assert _asset(example, export["Key"]).read_bytes() == (EXAMPLE / file).read_bytes()


def test_a_reviewed_plan_is_given_by_two_parameters_and_absent_without_them(example: Synthesized) -> None:
    template = example.template("users")
    parameters = {name: one for name, one in template["Parameters"].items() if name != "BootstrapVersion"}
    assert set(parameters) == {KEY, SHA256}
    assert all(one["Default"] == "" for one in parameters.values())
    assert re.fullmatch(parameters[SHA256]["AllowedPattern"], "0a" * 32)
    assert re.fullmatch(parameters[KEY]["AllowedPattern"], f"{PLANS}20261125T010000Z-{'0a' * 32}.json")
    condition, given, otherwise = example.one("users", "Custom::ConnectUsers")["Plan"]["Fn::If"]
    assert given == {"Key": {"Ref": KEY}, "Sha256": {"Ref": SHA256}}
    assert otherwise == {"Ref": "AWS::NoValue"}
    # One of them is enough: a key without a digest must not pass for "nothing was reviewed".
    either = [{"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]} for name in (KEY, SHA256)]
    assert template["Conditions"][condition] == {"Fn::Or": either}


def test_an_object_is_passed_on_with_its_version(variant: Variant) -> None:
    users = variant("third-party").one("users", "Custom::ConnectUsers")
    assert users["Export"] == {
        "Name": "2026-11.csv",
        "Bucket": "acme-exports",
        "Key": "users/2026-11.csv",
        "VersionId": "3HL4kqtJlcpXrof3",
    }
    assert users["PermissionSets"] == {"Name": "sets.csv", "Bucket": "acme-exports", "Key": "sets.csv"}


def test_a_missing_export_is_the_users_stacks_matter_alone(variant: Variant) -> None:
    existing = variant("existing")
    assert all(problem.severity == "warning" for problem in existing.problems)
    assert existing.one("users", "Custom::ConnectUsers")["Export"] == {"Name": "gone.csv", "Missing": "true"}
    warned = {
        stack
        for stack in existing.stacks
        for entries in existing.metadata(stack).values()
        for entry in entries
        if entry["type"] == "aws:cdk:warning" and "gone.csv" in entry["data"]
    }
    assert warned == {"users"}


def test_an_existing_instance_is_named_to_the_sync(variant: Variant) -> None:
    assert variant("existing").one("users", "Custom::ConnectUsers")["InstanceArn"] == EXISTING_INSTANCE


def test_the_code_is_the_engine_and_nothing_else(example: Synthesized, code: Path) -> None:
    start, step = (properties for _, properties in _functions(example).values())
    assert start["Code"] == step["Code"]
    folder = _asset(example, step["Code"]["S3Key"])
    held = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert held == sorted(f"user_sync/{path.name}" for path in (code / "src" / "user_sync").glob("*.py"))


def test_the_first_sync_waits_for_its_grants(example: Synthesized) -> None:
    (users,) = example.resources("users", "Custom::ConnectUsers").values()
    waited_for = {example.template("users")["Resources"][id_]["Type"] for id_ in users["DependsOn"]}
    wanted = {"AWS::IAM::ManagedPolicy", "AWS::Connect::SecurityProfile", "AWS::StepFunctions::StateMachine"}
    assert wanted <= waited_for
    policies = {id_ for id_ in example.resources("users", "AWS::IAM::ManagedPolicy") if "Triggers" not in id_}
    assert policies <= set(users["DependsOn"])


def test_the_log_is_encrypted_kept_for_a_while_and_named_by_the_stack(example: Synthesized) -> None:
    logs = [one["Properties"] for one in example.resources("users", "AWS::Logs::LogGroup").values()]
    assert len(logs) == 2
    for log in logs:
        assert log["RetentionInDays"] == 90
        assert "StorageKey" in json.dumps(log["KmsKeyId"])
        assert "LogGroupName" not in log  # so that its name starts with the stack's, which the key's policy allows


def test_the_disabled_profile_has_no_permission_is_marked_and_kept(example: Synthesized) -> None:
    (profile,) = example.resources("users", "AWS::Connect::SecurityProfile").values()
    properties = profile["Properties"]
    assert properties["Permissions"] == []
    assert properties["SecurityProfileName"] == load(EXAMPLE / "contact-center.yaml").policy.disabled_profile
    assert {tag["Key"]: tag["Value"] for tag in properties["Tags"]} == {
        "connect-sso:contact-center": "acmeservice",
        "connect-sso:organization": "00D5e000000AbCd",
    }
    assert profile["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_counts_and_the_report_are_outputs(example: Synthesized) -> None:
    assert set(example.template("users")["Outputs"]) == {
        "SyncFunctionName",
        "StateMachineArn",
        "Status",
        "Created",
        "Updated",
        "Adopted",
        "Removed",
        "Unchanged",
        "Failed",
        "Report",
    }


def test_the_users_stack_comes_after_instance_and_storage_and_may_be_deleted(example: Synthesized) -> None:
    artifact = example.artifact("users")
    assert {"acmeservice-instance", "acmeservice-storage"} <= set(artifact["dependencies"])
    assert "acmeservice-sign-on" not in artifact["dependencies"]
    assert not artifact["properties"].get("terminationProtection")


def test_no_person_is_in_a_template(example: Synthesized) -> None:
    people = (EXAMPLE / "users.csv").read_text().splitlines()[1:]
    text = json.dumps([example.template(stack) for stack in example.stacks], ensure_ascii=False)
    names = {field.strip('"') for line in people for field in line.split(",")[3:6]}
    assert not [name for name in names if len(name) > 3 and name in text]

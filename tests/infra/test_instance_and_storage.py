"""Facts of the stacks that hold what must not be lost: the instance, the key, the buckets.

The local AWS drops encryption, lifecycle and tags of buckets silently, so they are asserted here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.synthesis import Synthesized

Variant = Callable[[str], Synthesized]
KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


def test_the_instance_is_as_the_config_says_and_is_kept(example: Synthesized) -> None:
    (instance,) = example.template("instance")["Resources"].values()
    assert instance["Type"] == "AWS::Connect::Instance"
    assert instance["Properties"] == {
        "IdentityManagementType": "SAML",
        "InstanceAlias": "acme-service",
        "Attributes": {"InboundCalls": True, "OutboundCalls": True, "ContactLens": True},
    }
    assert KEPT.items() <= instance.items()
    assert example.artifact("instance")["properties"]["terminationProtection"] is True


def test_the_instance_stack_says_what_it_made(example: Synthesized) -> None:
    outputs = example.template("instance")["Outputs"]
    assert {"InstanceArn", "InstanceId", "InstanceAlias"} <= set(outputs)
    # Others import the ARN alone, and as a strong reference: CloudFormation then refuses to change it.
    assert [name for name, output in outputs.items() if "Export" in output] == [
        name for name in outputs if name.startswith("ExportsOutputFnGetAttInstance")
    ]


def test_there_is_no_instance_stack_for_an_instance_that_exists(variant: Variant) -> None:
    assert variant("existing").stacks == ["sign-on", "storage", "users"]


def test_everything_in_storage_is_kept(example: Synthesized) -> None:
    for resource in example.template("storage")["Resources"].values():
        assert KEPT.items() <= resource.items(), resource["Type"]
    assert example.artifact("storage")["properties"]["terminationProtection"] is True
    assert set(example.artifact("storage")["dependencies"]) == {"acmeservice-storage.assets"}


def test_the_key_is_rotated_and_encrypts_the_users_stacks_logs_alone(example: Synthesized) -> None:
    key = example.one("storage", "AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    (logs,) = [statement for statement in key["KeyPolicy"]["Statement"] if statement.get("Sid") == "EncryptLogs"]
    assert logs["Principal"] == {"Service": "logs.us-west-2.amazonaws.com"}
    context = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert context["Fn::Join"][1][-1] == ":log-group:acmeservice-users-*"


def _buckets(synthesized: Synthesized) -> dict[str, Any]:
    found = synthesized.resources("storage", "AWS::S3::Bucket")
    return {
        kind: properties["Properties"]
        for kind in ("AccessLogs", "Exports", "Reports")
        for id_, properties in found.items()
        if kind in id_
    }


@pytest.mark.parametrize("kind", ["Exports", "Reports", "AccessLogs"])
def test_buckets_are_private_versioned_and_expire(example: Synthesized, kind: str) -> None:
    bucket = _buckets(example)[kind]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(rule["Status"] == "Enabled" for rule in bucket["LifecycleConfiguration"]["Rules"])
    assert "BucketName" not in bucket


def test_exports_and_reports_are_encrypted_with_the_key_and_access_is_logged(example: Synthesized) -> None:
    (key,) = example.resources("storage", "AWS::KMS::Key")
    buckets = _buckets(example)
    for kind in ("Exports", "Reports"):
        (rule,) = buckets[kind]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]},
        }
        assert buckets[kind]["LoggingConfiguration"]["LogFilePrefix"] == f"{kind.lower()}/"
    (logs,) = buckets["AccessLogs"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert logs["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_a_pinned_export_stays_and_an_old_one_goes(example: Synthesized) -> None:
    (exports,) = _buckets(example)["Exports"]["LifecycleConfiguration"]["Rules"]
    assert "ExpirationInDays" not in exports
    assert exports["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    reports = {one["Prefix"]: one for one in _buckets(example)["Reports"]["LifecycleConfiguration"]["Rules"]}
    assert {prefix: one.get("ExpirationInDays") for prefix, one in reports.items()} == {
        "runs/": 400,
        "plans/": 400,
        "state/": None,  # what runs go on from is kept; only what it was before goes
    }


def test_a_drop_is_told_to_eventbridge_without_a_function_of_the_cdk(example: Synthesized) -> None:
    configuration = _buckets(example)["Exports"]["NotificationConfiguration"]
    assert configuration == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert example.resources("storage", "AWS::Lambda::Function") == {}


def test_alarms_can_use_the_key(example: Synthesized) -> None:
    key = example.one("storage", "AWS::KMS::Key")
    (alarms,) = [one for one in key["KeyPolicy"]["Statement"] if one.get("Sid") == "EncryptAlarms"]
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert set(alarms["Condition"]["StringEquals"]) == {"aws:SourceAccount"}


def test_buckets_refuse_what_is_not_tls(example: Synthesized) -> None:
    policies = example.resources("storage", "AWS::S3::BucketPolicy")
    assert len(policies) == 3
    for policy in policies.values():
        denied = [
            json.dumps(statement["Condition"])
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        assert denied == ['{"Bool": {"aws:SecureTransport": "false"}}', '{"NumericLessThan": {"s3:TlsVersion": 1.2}}']


def test_the_stacks_carry_the_configs_tags(example: Synthesized) -> None:
    for stack in example.stacks:
        assert example.artifact(stack)["properties"]["tags"] == {"Team": "contact-center"}


def test_stacks_go_to_the_configs_region_and_account(example: Synthesized, variant: Variant) -> None:
    assert {example.artifact(stack)["environment"] for stack in example.stacks} == {"aws://unknown-account/us-west-2"}
    government = variant("government")
    assert {government.artifact(one)["environment"] for one in government.stacks} == {
        "aws://111122223333/us-gov-west-1"
    }
    assert "arn:aws:" not in json.dumps([government.template(one) for one in government.stacks])

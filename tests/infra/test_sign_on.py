"""Facts of the sign-on stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.conftest import EXISTING_INSTANCE, EXISTING_PROVIDER, EXISTING_ROLE
from tests.infra.synthesis import Synthesized

Variant = Callable[[str], Synthesized]
KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
GLOBAL, REGIONAL = "https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml"


def _roles(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    """The roles that people assume, by logical id; the watch's function has one too."""
    found = synthesized.resources("sign-on", "AWS::IAM::Role")
    return {name: one["Properties"] for name, one in found.items() if "lambda.amazonaws.com" not in json.dumps(one)}


def _trust(synthesized: Synthesized) -> list[dict[str, Any]]:
    roles = [
        role["Properties"]
        for role in synthesized.resources("sign-on", "AWS::IAM::Role").values()
        if role["Properties"].get("RoleName") == "acmeservice-SAMLRole"
    ]
    statements: list[dict[str, Any]] = roles[0]["AssumeRolePolicyDocument"]["Statement"]
    return statements


def test_the_one_role_trusts_salesforce_at_both_addresses(example: Synthesized) -> None:
    (provider,) = example.resources("sign-on", "AWS::IAM::SAMLProvider")
    assert _trust(example) == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": {"Fn::GetAtt": [provider, "Arn"]}},
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": {"StringEquals": {"SAML:aud": [GLOBAL, REGIONAL]}},
        }
    ]


def test_the_role_and_the_providers_have_the_names_that_the_other_side_stores(variant: Variant) -> None:
    both = variant("both")
    names = [one["Properties"]["Name"] for one in both.resources("sign-on", "AWS::IAM::SAMLProvider").values()]
    assert names == ["acmeservice-salesforce", "acmeservice-okta"]
    assert set(both.template("sign-on")["Outputs"]) == {
        "RoleArn",
        "SalesforceProviderArn",
        "ThirdPartyProviderArn",
        "InstanceArn",
        "RelayState",
        "EmergencyRoleArn",
        "AlertTopicArn",
    }


def test_the_role_may_sign_in_as_the_session_name_and_nothing_else(example: Synthesized) -> None:
    ((name, role),) = _roles(example).items()
    policies = [one["Properties"] for one in example.resources("sign-on", "AWS::IAM::ManagedPolicy").values()]
    (policy,) = (one for one in policies if one["Roles"] == [{"Ref": name}])
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement.pop("Resource")["Fn::Join"][1][1:] == ["/user/${aws:userid}"]
    assert statement == {"Sid": "SignIn", "Effect": "Allow", "Action": "connect:GetFederationToken"}
    assert "ManagedPolicyArns" not in role
    assert "Policies" not in role


def test_sessions_last_as_long_as_the_config_says(example: Synthesized, variant: Variant) -> None:
    def longest(synthesized: Synthesized) -> set[int]:
        return {role["MaxSessionDuration"] for role in _roles(synthesized).values()}

    assert longest(example) == {12 * 3600}
    assert longest(variant("both")) == {8 * 3600, 3600}  # the hour is the emergency role's


def test_each_provider_has_a_statement_of_its_own_and_session_tags_only_on_demand(variant: Variant) -> None:
    statements = _trust(variant("both"))
    assert len({json.dumps(statement["Principal"]) for statement in statements}) == len(statements) == 2
    assert {tuple(statement["Action"]) for statement in statements} == {("sts:AssumeRoleWithSAML", "sts:TagSession")}


def test_a_third_party_alone_is_the_only_one_trusted(variant: Variant) -> None:
    alone = variant("third-party")
    assert alone.one("sign-on", "AWS::IAM::SAMLProvider")["Name"] == "acmeservice-okta"
    assert len(_trust(alone)) == 1
    assert "SalesforceProviderArn" not in alone.template("sign-on")["Outputs"]


def test_government_has_its_own_address(variant: Variant) -> None:
    (statement,) = _trust(variant("government"))
    assert statement["Condition"] == {"StringEquals": {"SAML:aud": ["https://signin.amazonaws-us-gov.com/saml"]}}


def test_role_providers_and_policy_are_kept_but_not_when_their_creation_fails(example: Synthesized) -> None:
    resources = example.template("sign-on")["Resources"]
    federation = [resource for name, resource in resources.items() if name.startswith("Federation")]
    assert len(federation) == 3
    for resource in federation:
        assert KEPT.items() <= resource.items(), resource["Type"]
    assert example.artifact("sign-on")["properties"]["terminationProtection"] is True


def test_sign_on_waits_for_the_instance_alone(example: Synthesized, variant: Variant) -> None:
    assert set(example.artifact("sign-on")["dependencies"]) == {"acmeservice-instance", "acmeservice-sign-on.assets"}
    assert set(variant("existing").artifact("sign-on")["dependencies"]) == {"acmeservice-sign-on.assets"}


def test_existing_role_and_provider_are_used_and_left_as_they_are(variant: Variant) -> None:
    template = variant("existing").template("sign-on")
    assert not [name for name in template["Resources"] if name.startswith("Federation")]
    outputs = {name: output["Value"] for name, output in template["Outputs"].items() if name != "AlertTopicArn"}
    assert outputs == {
        "RoleArn": EXISTING_ROLE,
        "SalesforceProviderArn": EXISTING_PROVIDER,
        "InstanceArn": EXISTING_INSTANCE,
        "RelayState": "https://us-west-2.console.aws.amazon.com/connect/federate/12345678-1234-1234-1234-1234567890ab",
    }


def test_emergency_access_is_a_role_of_its_own_with_mfa(example: Synthesized, variant: Variant) -> None:
    both = variant("both")
    (role,) = (one for one in _roles(both).values() if "RoleName" not in one)
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": ["arn:aws:iam::111122223333:role/on-call"]}
    assert trust["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    statements = both.statements("sign-on")
    assert statements["OpenThisInstance"]["Action"] == [
        "connect:AdminGetEmergencyAccessToken",
        "connect:DescribeInstance",
    ]
    assert "*" not in json.dumps(statements["OpenThisInstance"]["Resource"])
    assert statements["FindIt"]["Action"] == ["connect:ListInstances", "ds:DescribeDirectories"]
    assert "Emergency" not in json.dumps(example.template("sign-on"))


@pytest.mark.parametrize("name", ["both", "third-party", "government"])
def test_the_emergency_action_is_never_the_sign_on_roles(variant: Variant, name: str) -> None:
    assert variant(name).statements("sign-on")["SignIn"]["Action"] == "connect:GetFederationToken"

"""Facts of the delivery stack: who may take which role, and what a role of a pipeline cannot do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from contact_center.load import load
from contact_center.review.assembly import read_assembly
from contact_center.review.compare import Subject, review
from contact_center.review.stacks import Side
from tests.infra.delivery_roles import (
    ACCOUNT,
    EXECUTION_ROLE,
    ISSUER,
    OTHERS,
    OWN,
    REGION,
    ROLES,
    STACK,
    STACK_WRITES,
    holders,
    may,
    policies,
    roles,
    statements,
)
from tests.infra.synthesis import EXAMPLE, Synthesized
from tests.infra.test_review import NOW

Variant = Callable[[str], Synthesized]


@pytest.fixture(scope="module")
def delivered(variant: Variant) -> Synthesized:
    return variant("delivered")


class TestTrust:
    def test_each_role_is_for_one_place_in_one_repository(self, delivered: Synthesized) -> None:
        subjects = {}
        for name, role in roles(delivered).items():
            github = role["AssumeRolePolicyDocument"]["Statement"][0]
            assert github["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}
            assert github["Action"] == "sts:AssumeRoleWithWebIdentity"
            (operator,) = github["Condition"]
            assert operator == "StringEquals"
            keys = github["Condition"][operator]
            assert keys.pop(f"{ISSUER}:aud") == "sts.amazonaws.com"
            (subjects[name],) = keys.values()
        assert subjects == {
            "reviewer": "repo:acme/contact-center:pull_request",
            "reader": "repo:acme/contact-center:ref:refs/heads/main",
            "preparer": "repo:acme/contact-center:ref:refs/heads/main",
            "deployer": "repo:acme/contact-center:environment:production",
        }

    def test_codebuild_takes_a_role_for_one_project(self, delivered: Synthesized) -> None:
        for name in ROLES[1:]:
            (codebuild,) = roles(delivered)[name]["AssumeRolePolicyDocument"]["Statement"][1:]
            project = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/acmeservice-delivery-{name}"
            assert codebuild["Principal"] == {"Service": "codebuild.amazonaws.com"}
            assert codebuild["Condition"] == {"StringEquals": {"aws:SourceArn": project}}
        assert len(roles(delivered)["reviewer"]["AssumeRolePolicyDocument"]["Statement"]) == 1

    def test_the_provider_outlives_its_stack_and_is_not_made_twice(
        self, delivered: Synthesized, variant: Variant
    ) -> None:
        (provider,) = delivered.resources("delivery", "AWS::IAM::OIDCProvider").values()
        assert provider["DeletionPolicy"] == "RetainExceptOnCreate"
        assert provider["Properties"] == {"Url": f"https://{ISSUER}", "ClientIdList": ["sts.amazonaws.com"]}
        assert not variant("delivered-existing").resources("delivery", "AWS::IAM::OIDCProvider")

    def test_a_session_lasts_as_long_as_its_work(self, delivered: Synthesized) -> None:
        hours = {name: role["MaxSessionDuration"] / 3600 for name, role in roles(delivered).items()}
        assert hours == {"reviewer": 1, "reader": 1, "preparer": 1, "deployer": 2}


class TestStack:
    def test_a_person_deploys_it_and_nothing_waits_for_it(self, delivered: Synthesized) -> None:
        for name in ("delivery", "code-pipeline"):
            properties = delivered.artifact(name)["properties"]
            assert "assumeRoleArn" not in properties and "cloudFormationExecutionRoleArn" not in properties
        assert delivered.artifact("delivery")["properties"]["terminationProtection"] is True
        for name in OWN:
            waits = {one.rpartition("-")[2] for one in delivered.artifact(name)["dependencies"]}
            assert not waits & {"delivery", "pipeline"}

    def test_without_the_section_there_is_none(self, example: Synthesized) -> None:
        assert tuple(example.stacks) == OWN

    def test_the_four_stacks_are_the_same_with_it(self, delivered: Synthesized, example: Synthesized) -> None:
        assert all(delivered.template(name) == example.template(name) for name in OWN)

    def test_what_a_policy_may_hold_is_not_exceeded(self, delivered: Synthesized, variant: Variant) -> None:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        for synthesized in (delivered, variant("delivered-existing")):
            for role in ROLES:
                for document in policies(synthesized, role):
                    assert len(json.dumps(document, separators=(",", ":"))) < 6144


class TestWhoCannot:
    def test_a_reviewer_sees_templates_and_nothing_else(self, delivered: Synthesized) -> None:
        (document,) = policies(delivered, "reviewer")
        (statement,) = document["Statement"]
        assert statement["Action"] == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
        # A review shows these two as well.
        assert statement["Resource"] == [f"{STACK}{name}/*" for name in (*OWN, "delivery", "code-pipeline")]

    @pytest.mark.parametrize(
        ("role", "writes"),
        [
            ("reviewer", set()),
            ("reader", set()),
            ("preparer", {"CreateChangeSet", "DeleteChangeSet"}),
            ("deployer", {"ExecuteChangeSet", "UpdateTerminationProtection"}),
        ],
    )
    def test_who_prepares_executes_nothing_and_who_executes_prepares_nothing(
        self, delivered: Synthesized, role: str, writes: set[str]
    ) -> None:
        for name in OWN:
            allowed = {one for one in STACK_WRITES if may(delivered, role, f"cloudformation:{one}", f"{STACK}{name}/x")}
            assert allowed == writes

    @pytest.mark.parametrize("role", ROLES[1:])
    def test_nobody_reaches_another_stack(self, delivered: Synthesized, role: str) -> None:
        for one in statements(delivered, role):
            if any(action.startswith("cloudformation:") for action in one.actions) and one.resources != ("*",):
                assert not any(one.takes_resource(f"{STACK}{name}/x") for name in OTHERS)
        no_resource = [one.actions for one in statements(delivered, role) if "*" in one.resources]
        writing = [
            action for actions in no_resource for action in actions if not re.search(r":(List|Describe|Get)", action)
        ]
        assert writing == []

    def test_only_the_preparer_passes_a_role_and_only_that_one_to_cloudformation(self, delivered: Synthesized) -> None:
        ((role, statement),) = holders(delivered, "iam:PassRole")
        assert (role, statement.resources) == ("preparer", (EXECUTION_ROLE,))
        assert statement.conditions == {"StringEquals": {"iam:PassedToService": ("cloudformation.amazonaws.com",)}}

    def test_only_assets_are_published_by_another_role(self, delivered: Synthesized) -> None:
        assuming = [(role, one.resources) for role, one in holders(delivered, "sts:AssumeRole")]
        assert assuming == [("preparer", (EXECUTION_ROLE.replace("cfn-exec", "file-publishing"),))]

    def test_the_only_object_that_anybody_writes_is_a_plan(self, delivered: Synthesized) -> None:
        writing = [(role, one.resources) for role, one in holders(delivered, "s3:PutObject")]
        assert writing == [("preparer", ("arn:aws:s3:::acmeservice-storage*-storagereports*/plans/*",))]

    def test_who_looks_after_assets_opens_none(self, delivered: Synthesized) -> None:
        staging = f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
        looking = [(role, one.resources) for role, one in holders(delivered, "s3:ListBucketVersions")]
        assert looking == [("preparer", (staging,)), ("deployer", (staging,))]
        assert not may(delivered, "deployer", "s3:GetObject", f"{staging}/ab.zip")

    @pytest.mark.parametrize(
        "action",
        [
            *("connect:UpdateUserSecurityProfiles", "connect:CreateUser", "states:StartExecution"),
            *("iam:CreateRole", "lambda:UpdateFunctionCode", "kms:PutKeyPolicy", "s3:DeleteObject"),
        ],
    )
    def test_nobody_writes_anything_else(self, delivered: Synthesized, action: str) -> None:
        assert not holders(delivered, action)

    def test_a_key_is_used_through_s3_for_named_buckets_only(self, delivered: Synthesized) -> None:
        uses = [one for _, one in holders(delivered, "kms:Decrypt")]
        assert len(uses) == 3
        for one in uses:
            assert one.conditions["StringEquals"] == {"kms:ViaService": (f"s3.{REGION}.amazonaws.com",)}
            assert one.conditions["StringLike"]["kms:EncryptionContext:aws:s3:arn"]


def test_a_review_knows_whom_the_config_names(delivered: Synthesized) -> None:
    after = read_assembly(delivered.out, "")
    refused = {}
    for path in (delivered.out.parent / "config" / "contact-center.yaml", EXAMPLE / "contact-center.yaml"):
        center = load(path)
        found = review(Subject(center.config, center.policy, Side("nothing", {}), after, account=""), NOW)
        refused[path.parent.name] = {one.acknowledge for one in found.findings if one.level == "refused"}
    assert refused["config"] == set()
    assert len(refused["acmeservice"]) == len(roles(delivered)), "the example has no pipeline"

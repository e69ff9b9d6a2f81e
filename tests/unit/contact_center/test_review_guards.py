"""Guards: what is refused, by which words it passes, and what is none of a guard's business."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contact_center.review.guards import guard_findings
from contact_center.review.stacks import Side, Stack
from tests.unit.contact_center.review_sides import (
    KEPT,
    SALESFORCE,
    compared,
    instance_stack,
    resource,
    side,
    sign_on_stack,
    stack,
    trust,
)

ARN = "arn:aws:connect:us-west-2:111122223333:instance/12345678-1234-1234-1234-1234567890ab"
ROLE_ARN = "arn:aws:iam::111122223333:role/old-SAMLRole"
ON_CALL = "arn:aws:iam::111122223333:role/on-call"


def words(before: Side, after: Side, **changes: Any) -> dict[str, str]:
    """Code → the words that would let it pass, of what is refused."""
    found = guard_findings(compared(before, after, **changes))
    return {one.code: one.acknowledge for one in found if one.level == "refused"}


def test_nothing_changes() -> None:
    same = side(instance_stack(), sign_on_stack())
    assert guard_findings(compared(same, same)) == ()


def test_the_first_deployment_passes() -> None:
    assert words(side(), side(instance_stack(), sign_on_stack())) == {}


class TestInstance:
    def test_another_alias(self) -> None:
        found = words(side(instance_stack()), side(instance_stack("acme-support")))
        assert found == {"alias_changed": "change-alias acme-service to acme-support"}

    def test_another_identity_type(self) -> None:
        found = words(side(instance_stack()), side(instance_stack(identity="CONNECT_MANAGED")))
        assert found == {"identity_type_changed": "change-identity-type acme-service to CONNECT_MANAGED"}

    def test_other_attributes_are_no_replacement(self) -> None:
        assert words(side(instance_stack()), side(instance_stack(attributes={"InboundCalls": False}))) == {}

    def test_another_directory(self) -> None:
        after = instance_stack()
        after.template["Resources"]["Instance"]["Properties"]["DirectoryId"] = "d-1234567890"
        assert words(side(instance_stack()), side(after)) == {"instance_replaced": "replace-instance acme-service"}

    def test_taken_out_of_its_template(self) -> None:
        found = words(side(instance_stack()), side(stack("instance", {})))
        assert found == {"instance_removed": "replace-instance acme-service"}

    def test_an_existing_one_instead(self) -> None:
        after = sign_on_stack()
        after.template["Outputs"]["InstanceArn"] = {"Value": ARN}
        found = words(side(instance_stack(), sign_on_stack()), side(after), instance={"existing": ARN})
        assert found == {"instance_replaced": "replace-instance acme-service"}

    def test_another_existing_one(self) -> None:
        sides = []
        for arn in (ARN, ARN.replace("1234-1234", "9999-9999")):
            one = sign_on_stack()
            one.template["Outputs"]["InstanceArn"] = {"Value": arn}
            sides.append(side(one))
        assert words(*sides) == {"instance_replaced": f"replace-instance {ARN}"}

    def test_not_kept_any_more(self) -> None:
        found = words(side(instance_stack()), side(instance_stack(kept={})))
        assert found == {"retention_removed": "remove-retention acme-service"}

    @pytest.mark.parametrize("attribute", sorted(KEPT))
    def test_one_half_of_retention_is_enough_to_refuse(self, attribute: str) -> None:
        half = {**KEPT, attribute: "Delete"}
        assert "retention_removed" in words(side(instance_stack()), side(instance_stack(kept=half)))

    def test_kept_from_now_on(self) -> None:
        assert words(side(instance_stack(kept={})), side(instance_stack())) == {}


class TestRole:
    def test_another_name(self) -> None:
        found = words(side(sign_on_stack()), side(sign_on_stack(RoleName="other-SAMLRole")))
        assert found == {"role_replaced": "replace-role acmeservice-SAMLRole"}

    def test_the_same_name_under_another_id(self) -> None:
        found = words(side(sign_on_stack()), side(sign_on_stack(role_id="Moved")))
        assert found == {"role_removed": "replace-role acmeservice-SAMLRole"}

    def test_an_existing_one_instead(self) -> None:
        after = sign_on_stack()
        after.template["Outputs"]["RoleArn"] = {"Value": ROLE_ARN}
        del after.template["Resources"]["Role"]
        found = words(side(sign_on_stack()), side(after), sign_on__role=ROLE_ARN)
        assert found == {"role_removed": "replace-role acmeservice-SAMLRole"}

    def test_another_existing_one(self) -> None:
        sides = []
        for arn in (ROLE_ARN, ROLE_ARN.replace("old", "new")):
            one = sign_on_stack()
            one.template["Outputs"]["RoleArn"] = {"Value": arn}
            del one.template["Resources"]["Role"]
            sides.append(side(one))
        assert words(*sides) == {"role_replaced": f"replace-role {ROLE_ARN}"}

    def test_a_role_of_something_else_is_no_sign_in_role(self) -> None:
        lambda_role = {"AssumeRolePolicyDocument": trust({"Service": "lambda.amazonaws.com"}, action="sts:AssumeRole")}
        before = side(stack("users", {"Role": resource("AWS::IAM::Role", {**lambda_role, "Path": "/a/"})}))
        after = side(stack("users", {"Role": resource("AWS::IAM::Role", {**lambda_role, "Path": "/b/"})}))
        assert words(before, after) == {}


class TestProvider:
    def test_another_name(self) -> None:
        after = sign_on_stack()
        after.template["Resources"]["Salesforce"]["Properties"]["Name"] = "acmeservice-other"
        found = words(side(sign_on_stack()), side(after))
        assert found["provider_replaced"] == "replace-provider acmeservice-salesforce"
        assert found["stranger_trusted"] == "trust acmeservice-other in acmeservice-SAMLRole"

    def test_the_same_under_another_id(self) -> None:
        after = sign_on_stack(trust({"Federated": {"Fn::GetAtt": ["Moved", "Arn"]}}))
        resources = after.template["Resources"]
        resources["Moved"] = resources.pop("Salesforce")
        after.template["Outputs"]["SalesforceProviderArn"] = {"Value": {"Fn::GetAtt": ["Moved", "Arn"]}}
        assert words(side(sign_on_stack()), side(after)) == {
            "provider_removed": "replace-provider acmeservice-salesforce"
        }

    def test_one_that_the_config_no_longer_names(self) -> None:
        """Whoever signs in through it is locked out, so it takes the same words as any other change of it."""
        before = sign_on_stack(trust(SALESFORCE, {"Federated": {"Fn::GetAtt": ["ThirdParty", "Arn"]}}))
        okta = resource("AWS::IAM::SAMLProvider", {"Name": "acmeservice-okta"}, **KEPT)
        before.template["Resources"]["ThirdParty"] = okta
        before.template["Outputs"]["ThirdPartyProviderArn"] = {"Value": {"Fn::GetAtt": ["ThirdParty", "Arn"]}}
        given = {"provider_removed": "replace-provider acmeservice-okta"}
        assert words(side(before), side(sign_on_stack())) == given
        assert words(side(before), side(sign_on_stack()), acknowledge=[*given.values()]) == {}


def storage(*left: str, **more: Any) -> Stack:
    """Two buckets and a key, kept whatever happens, but for what is left of them."""
    kinds = {"Exports": "AWS::S3::Bucket", "Reports": "AWS::S3::Bucket", "Key": "AWS::KMS::Key"}
    return stack("storage", {id_: resource(kinds[id_], **(more or KEPT)) for id_ in left or kinds})


class TestDataAndKeys:
    @pytest.mark.parametrize(
        ("left", "gone"),
        [(("Reports", "Key"), "Exports"), (("Exports", "Key"), "Reports"), (("Exports", "Reports"), "Key")],
    )
    @pytest.mark.parametrize("more", [KEPT, {"DeletionPolicy": "Delete"}])
    def test_taken_out_of_its_template(self, left: tuple[str, ...], gone: str, more: dict[str, str]) -> None:
        name = f"acmeservice-storage/{gone}"
        given = {"resource_removed": f"remove-resource {name}"}
        sides = side(storage(**more)), side(storage(*left, **more))
        assert words(*sides) == given
        (found,) = guard_findings(compared(*sides, acknowledge=[*given.values()]))
        assert (found.level, found.subject) == ("danger", f"{'KMS Key' if gone == 'Key' else 'S3 Bucket'} {name}")
        assert ("is deleted" in found.message) is (more is not KEPT)

    def test_the_same_under_another_id_is_a_new_and_empty_one(self) -> None:
        after = storage("Reports", "Key")
        after.template["Resources"]["Moved"] = resource("AWS::S3::Bucket", **KEPT)
        found = words(side(storage()), side(after))
        assert found == {"resource_removed": "remove-resource acmeservice-storage/Exports"}

    def test_replaced_by_a_new_one(self) -> None:
        after = storage()
        after.template["Resources"]["Reports"]["Properties"] = {"BucketName": "other"}
        found = words(side(storage()), side(after))
        assert found == {"resource_replaced": "remove-resource acmeservice-storage/Reports"}

    def test_replaced_by_something_else(self) -> None:
        after = storage()
        after.template["Resources"]["Key"] = resource("AWS::SNS::Topic", **KEPT)
        assert words(side(storage()), side(after)) == {"resource_replaced": "remove-resource acmeservice-storage/Key"}

    def test_what_holds_nothing_may_go(self) -> None:
        before = side(stack("storage", {"Policy": resource("AWS::S3::BucketPolicy", **KEPT)}))
        assert words(before, side(stack("storage", {}))) == {}


class TestWholeStacks:
    """A deployment leaves a stack that is not declared any more as it is: nobody looks after what is in it."""

    def refused(self, before: Side, after: Side, **changes: Any) -> set[str]:
        found = guard_findings(compared(before, after, **changes))
        return {one.acknowledge for one in found if one.level == "refused"}

    def test_storage(self) -> None:
        before, after = side(storage(), sign_on_stack()), side(sign_on_stack())
        names = {f"remove-resource acmeservice-storage/{name}" for name in ("Exports", "Reports", "Key")}
        assert self.refused(before, after) == names
        assert self.refused(before, after, acknowledge=sorted(names)) == set()

    def test_sign_on_and_instance(self) -> None:
        assert self.refused(side(instance_stack(), sign_on_stack(), storage()), side(storage())) == {
            "replace-instance acme-service",
            "replace-role acmeservice-SAMLRole",
            "replace-provider acmeservice-salesforce",
        }

    def test_one_that_no_pipeline_delivers(self) -> None:
        pipeline = stack("code-pipeline", {"Artifacts": resource("AWS::S3::Bucket", **KEPT)})
        assert self.refused(side(storage(), pipeline), side(storage())) == set()


class TestTrust:
    @pytest.mark.parametrize(
        ("principal", "who"),
        [
            ({"Federated": "arn:aws:iam::111122223333:saml-provider/acmeservice-salesforce"}, None),
            ({"Federated": "arn:aws:iam::111122223333:saml-provider/other"}, None),
            ({"AWS": "arn:aws:iam::999988887777:root"}, None),
            ({"AWS": "*"}, "*"),
            ("*", "*"),
        ],
    )
    def test_somebody_whom_the_config_does_not_name(self, principal: Any, who: str | None) -> None:
        after = sign_on_stack(trust(SALESFORCE, principal))
        who = who or next(iter(principal.values()))
        assert words(side(sign_on_stack()), side(after)) == {"stranger_trusted": f"trust {who} in acmeservice-SAMLRole"}

    def test_it_is_refused_however_long_it_has_been_so(self) -> None:
        same = side(sign_on_stack(trust(SALESFORCE, {"AWS": ON_CALL})))
        assert words(same, same) == {"stranger_trusted": f"trust {ON_CALL} in acmeservice-SAMLRole"}

    def test_everybody_but_a_few(self) -> None:
        policy = copy.deepcopy(dict(trust(SALESFORCE)))
        policy["Statement"].append({"Effect": "Allow", "NotPrincipal": {"AWS": ON_CALL}, "Action": "sts:AssumeRole"})
        assert words(side(), side(sign_on_stack(policy))) == {
            "stranger_trusted": "trust everybody-but-a-few in acmeservice-SAMLRole"
        }

    def test_whom_the_config_names(self) -> None:
        existing = "arn:aws:iam::111122223333:saml-provider/old"
        policy = trust({"Federated": existing}, {"AWS": ON_CALL}, {"Service": "lambda.amazonaws.com"})
        settings = {
            "sign_on__salesforce__provider": existing,
            "sign_on__emergency_access": {"principals": [ON_CALL]},
        }
        assert words(side(), side(sign_on_stack(policy)), **settings) == {}

    def test_a_denial_trusts_nobody(self) -> None:
        policy = copy.deepcopy(dict(trust(SALESFORCE, {"AWS": ON_CALL})))
        policy["Statement"][1]["Effect"] = "Deny"
        assert words(side(), side(sign_on_stack(policy))) == {}


def protected(value: bool | None) -> Side:
    one = sign_on_stack()
    return side(Stack(one.name, one.template, "", protected=value, region="us-west-2"))


@pytest.mark.parametrize(("before", "refused"), [(True, True), (False, False), (None, False)])
def test_termination_protection(before: bool | None, refused: bool) -> None:
    found = words(protected(before), protected(False))
    assert found == ({"protection_removed": "remove-protection acmeservice-sign-on"} if refused else {})


def test_an_acknowledgement_lets_one_thing_pass_and_no_other() -> None:
    before = side(instance_stack(), sign_on_stack())
    after = side(instance_stack("acme-support"), sign_on_stack(RoleName="other-SAMLRole"))
    given = ["change-alias acme-service to acme-support", "replace-role acme-SAMLRole"]
    found = {one.code: one for one in guard_findings(compared(before, after, acknowledge=given))}
    assert (found["alias_changed"].level, found["alias_changed"].acknowledged) == ("danger", True)
    assert (found["role_replaced"].level, found["role_replaced"].acknowledged) == ("refused", False)
    assert (found["acknowledgement_idle"].level, found["acknowledgement_idle"].subject) == ("attention", given[1])


GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
REPOSITORY = "repo:acme/contact-center"
DELIVERY = {"delivery": {"github": {"repository": "acme/contact-center", "environment": "live"}}}


def pipeline_role(role: str, sub: Any, operator: str = "StringEquals") -> Side:
    keys = {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
    if sub:
        keys["token.actions.githubusercontent.com:sub"] = sub
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": GITHUB},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {operator: keys},
    }
    properties = {"RoleName": f"acmeservice-delivery-{role}", "AssumeRolePolicyDocument": {"Statement": [statement]}}
    return side(stack("delivery", {"Role": resource("AWS::IAM::Role", properties)}))


class TestPipelines:
    @pytest.mark.parametrize(
        ("role", "who"),
        [
            ("reviewer", f"{REPOSITORY}:pull_request"),
            ("reader", f"{REPOSITORY}:ref:refs/heads/main"),
            ("preparer", f"{REPOSITORY}:ref:refs/heads/main"),
            ("deployer", f"{REPOSITORY}:environment:live"),
        ],
    )
    def test_whom_the_config_names_for_this_very_role(self, role: str, who: str) -> None:
        assert words(side(), pipeline_role(role, who), **DELIVERY) == {}
        assert words(side(), pipeline_role(role, who)) == {
            "stranger_trusted": f"trust {who} in acmeservice-delivery-{role}"
        }

    @pytest.mark.parametrize(
        ("sub", "who"),
        [
            (f"{REPOSITORY}:pull_request", f"{REPOSITORY}:pull_request"),
            (f"{REPOSITORY}:ref:refs/heads/main", f"{REPOSITORY}:ref:refs/heads/main"),
            ("repo:other/contact-center:environment:live", "repo:other/contact-center:environment:live"),
            ([f"{REPOSITORY}:environment:live", "repo:other/x:environment:live"], "repo:other/x:environment:live"),
            ("", GITHUB),
        ],
    )
    def test_nobody_else_becomes_the_deployer(self, sub: Any, who: str) -> None:
        assert words(side(), pipeline_role("deployer", sub), **DELIVERY) == {
            "stranger_trusted": f"trust {who} in acmeservice-delivery-deployer"
        }

    def test_a_pattern_is_everybody_whom_github_vouches_for(self) -> None:
        after = pipeline_role("deployer", f"{REPOSITORY}:environment:live", "StringLike")
        assert words(side(), after, **DELIVERY) == {
            "stranger_trusted": f"trust {GITHUB} in acmeservice-delivery-deployer"
        }

    def test_the_sign_in_role_is_no_pipelines(self) -> None:
        after = side(sign_on_stack(trust(SALESFORCE, {"Federated": GITHUB})))
        assert words(side(), after, **DELIVERY) == {"stranger_trusted": f"trust {GITHUB} in acmeservice-SAMLRole"}

"""What is to be decided about roles, and about buckets and keys that others may use."""

from __future__ import annotations

from typing import Any

import pytest

from contact_center.review.access import accesses
from contact_center.review.exposure import access_findings, holders
from contact_center.review.guards import federation_roles
from contact_center.review.stacks import Side, Stack
from tests.unit.contact_center.review_sides import SALESFORCE, config, resource, side, sign_on_stack, stack, trust

OKTA = {"Federated": "arn:aws:iam::111122223333:saml-provider/okta"}
GLOBAL, REGIONAL = "https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml"


def found(before: Side, after: Side) -> dict[str, tuple[str, ...]]:
    """Code → details, of what is a danger."""
    roles = federation_roles(before, config())
    findings = access_findings(accesses(before, after), roles, frozenset(), before.stacks)
    return {one.code: one.details for one in findings if one.level == "danger"}


def sign_on(*principals: Any, **more: Any) -> Side:
    role = {key: more.pop(key) for key in ("MaxSessionDuration", "PermissionsBoundary") if key in more}
    return side(sign_on_stack(trust(*principals, **more), **role))


def by(who: str, hours: int = 12, audience: str = GLOBAL) -> str:
    return f"whoever {who} vouches for, in a response sent to {audience}, for up to {hours} hours"


SALESFORCE_NAME = "provider acmeservice-salesforce"


class TestTrust:
    def test_somebody_more(self) -> None:
        details = found(sign_on(SALESFORCE), sign_on(SALESFORCE, OKTA))
        assert details == {"trust_broader": (by(OKTA["Federated"]),)}

    def test_somebody_less_can_lock_people_out(self) -> None:
        assert found(sign_on(SALESFORCE, OKTA), sign_on(SALESFORCE)) == {"sign_in_narrower": (by(OKTA["Federated"]),)}

    def test_another_address_more(self) -> None:
        both = sign_on(SALESFORCE, audiences=[GLOBAL, REGIONAL])
        details = (by(SALESFORCE_NAME, audience=f"{GLOBAL} or {REGIONAL}"),)
        assert found(sign_on(SALESFORCE), both) == {"trust_broader": details}
        assert found(both, sign_on(SALESFORCE)) == {"sign_in_narrower": details}

    def test_session_tags(self) -> None:
        tags = sign_on(SALESFORCE, action=["sts:AssumeRoleWithSAML", "sts:TagSession"])
        (text,) = found(sign_on(SALESFORCE), tags)["trust_broader"]
        assert "with session tags" in text

    def test_a_new_role_in_a_stack_that_was_there(self) -> None:
        after = sign_on_stack()
        on_call = trust({"AWS": "arn:aws:iam::111122223333:role/on-call"}, action="sts:AssumeRole")
        after.template["Resources"]["More"] = resource("AWS::IAM::Role", {"AssumeRolePolicyDocument": on_call})
        assert set(found(sign_on(SALESFORCE), side(after))) == {"trust_new"}
        assert found(side(), side(after)) == {}

    def test_longer_sessions(self) -> None:
        before, after = (sign_on(SALESFORCE, MaxSessionDuration=hours * 3600) for hours in (8, 12))
        assert set(found(before, after)) == {"session_longer"}
        assert set(found(after, before)) == {"sign_in_narrower"}

    def test_its_boundary_is_taken_off(self) -> None:
        boundary = "arn:aws:iam::111122223333:policy/edge"
        before, after = sign_on(SALESFORCE, PermissionsBoundary=boundary), sign_on(SALESFORCE)
        assert found(before, after) == {"permissions_broader": (f"its permissions boundary {boundary} becomes none",)}
        assert found(after, before) == {}


def role(*policies: dict[str, Any], **properties: Any) -> Side:
    lambda_trust = trust({"Service": "lambda.amazonaws.com"}, action="sts:AssumeRole")
    resources = {
        "Role": resource("AWS::IAM::Role", {"AssumeRolePolicyDocument": lambda_trust, **properties}),
        **{
            f"Policy{index}": resource(
                "AWS::IAM::ManagedPolicy", {"PolicyDocument": {"Statement": policy}, "Roles": [{"Ref": "Role"}]}
            )
            for index, policy in enumerate(policies)
        },
    }
    return side(stack("users", resources))


READ = {"Sid": "ReadIt", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


class TestGrants:
    @pytest.mark.parametrize(
        "properties",
        [
            {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": {**READ, "Action": "s3:*"}}}]},
            {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
        ],
    )
    def test_wherever_it_is_written(self, properties: dict[str, Any]) -> None:
        assert set(found(role(READ), role(READ, **properties))) == {"permissions_broader"}

    def test_the_same_in_another_policy_is_the_same(self) -> None:
        inline = {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [READ]}}]}
        assert found(role(READ), role(**inline)) == {}

    def test_it_says_what_was_before(self) -> None:
        (text,) = found(role(READ), role({**READ, "Resource": "*"}))["permissions_broader"]
        assert text == "broader: may s3:GetObject on everything; before, on arn:aws:s3:::b/*"

    def test_a_denial_that_is_gone(self) -> None:
        denial = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/secret"}
        (text,) = found(role(READ, denial), role(READ))["permissions_broader"]
        assert text == "a denial is gone: may not s3:GetObject on arn:aws:s3:::b/secret"

    def test_less_than_before_is_no_danger(self) -> None:
        assert found(role({**READ, "Resource": "*"}), role(READ)) == {}


def bucket(*statements: dict[str, Any]) -> Stack:
    resources = {"Bucket": resource("AWS::S3::Bucket")}
    if statements:
        properties = {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": list(statements)}}
        resources["Policy"] = resource("AWS::S3::BucketPolicy", properties)
    return stack("storage", resources)


TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:b",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:b"}


class TestUse:
    def test_anybody_may_read(self) -> None:
        details = found(side(bucket(TLS)), side(bucket(TLS, ANYBODY)))
        assert details == {"use_broader": ("anybody may s3:GetObject on arn:b",)}

    @pytest.mark.parametrize("after", [(), (ANYBODY,)])
    def test_a_denial_that_is_gone(self, after: tuple[dict[str, Any], ...]) -> None:
        details = found(side(bucket(TLS, ANYBODY)), side(bucket(*after)))["use_broader"]
        assert any("anybody may not s3:* on arn:b, without TLS" in text for text in details)

    def test_the_policy_goes_by_its_buckets_name(self) -> None:
        (one,) = holders(accesses(side(), side(bucket(TLS))))
        assert (one.kind, one.name, one.trust[0].text) == ("bucket", "acmeservice-storage/Bucket", "anybody may not")

    def test_a_function_that_others_may_call(self) -> None:
        permission = resource(
            "AWS::Lambda::Permission",
            {
                "FunctionName": {"Ref": "F"},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": "arn:rule",
            },
        )
        one = side(stack("users", {"F": resource("AWS::Lambda::Function"), "P": permission}))
        (shown,) = holders(accesses(side(), one))
        (line,) = shown.trust
        assert (shown.kind, shown.name) == ("function", "acmeservice-users/F")
        assert line.text == "Amazon EventBridge (events.amazonaws.com) may"
        assert line.conditions == ("where aws:SourceArn is like arn:rule",)

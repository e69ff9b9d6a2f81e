"""What CloudFormation would do with each resource, and how values read."""

from __future__ import annotations

from typing import Any

import pytest

from contact_center.review.changes import resource_changes, shown, stack_changes
from contact_center.review.consequences import loss_findings, phone_findings, stack_findings
from contact_center.review.intrinsics import Reader
from contact_center.review.stacks import Side, Stack
from tests.unit.contact_center.review_sides import KEPT, instance_stack, resource, side, sign_on_stack, stack

INSTANCE_ARN = {"Fn::ImportValue": "InstanceArn"}
PROFILE = "AWS::Connect::SecurityProfile"


def changed(before: Side, after: Side) -> dict[str, str]:
    return {one.resource.id: one.change for one in resource_changes(before, after)}


def users(**resources: Any) -> Stack:
    return stack("users", resources)


class TestChanges:
    def test_added_changed_removed(self) -> None:
        before = side(users(Same=resource("AWS::SNS::Topic"), Gone=resource("AWS::SNS::Topic")))
        after = side(users(Same=resource("AWS::SNS::Topic", {"DisplayName": "x"}), More=resource("AWS::SNS::Topic")))
        assert changed(before, after) == {"Same": "changed", "More": "added", "Gone": "removed"}

    def test_metadata_alone_is_no_change(self) -> None:
        one = resource("AWS::SNS::Topic", Metadata={"aws:cdk:path": "a"})
        assert changed(side(users(T=one)), side(users(T={**one, "Metadata": {"aws:cdk:path": "b"}}))) == {}

    def test_another_type_is_a_replacement(self) -> None:
        before, after = (side(users(T=resource(type_))) for type_ in ("AWS::SNS::Topic", "AWS::SQS::Queue"))
        assert changed(before, after) == {"T": "replaced"}

    def test_what_refers_to_a_replaced_one_follows_across_stacks(self) -> None:
        def both(alias: str) -> Side:
            profile = resource(PROFILE, {"InstanceArn": INSTANCE_ARN, "SecurityProfileName": "none"})
            return side(instance_stack(alias), users(Profile=profile))

        found = {one.resource.id: one for one in resource_changes(both("a"), both("b"))}
        assert {id_: one.change for id_, one in found.items()} == {"Instance": "replaced", "Profile": "replaced"}
        assert found["Profile"].because == "because instance a is replaced"

    def test_a_reference_that_may_change_does_not_follow(self) -> None:
        def both(name: str) -> Side:
            topic = resource("AWS::SNS::Topic", {"TopicName": name})
            return side(
                users(Topic=topic, Alarm=resource("AWS::CloudWatch::Alarm", {"AlarmActions": [{"Ref": "Topic"}]}))
            )

        assert changed(both("a"), both("b")) == {"Topic": "replaced"}

    def test_a_type_that_is_not_known_is_told(self) -> None:
        before, after = (side(users(X=resource("AWS::Nobody::Knows", {"Size": size}))) for size in (1, 2))
        (one,) = resource_changes(before, after)
        assert (one.change, one.known) == ("changed", False)
        codes = {finding.code for finding in stack_findings(stack_changes(before, after), [one])}
        assert codes == {"type_unknown", "resources_change"}

    def test_a_stack_that_is_not_declared_any_more_is_left_alone(self) -> None:
        before = side(users(T=resource("AWS::SNS::Topic")), stack("old", {"T": resource("AWS::SNS::Topic")}))
        after = side(users(T=resource("AWS::SNS::Topic")))
        assert changed(before, after) == {}
        assert {one.name: one.change for one in stack_changes(before, after)} == {
            "acmeservice-users": "kept",
            "acmeservice-old": "left",
        }

    def test_tags_and_outputs_are_told(self) -> None:
        before, after = sign_on_stack(), sign_on_stack()
        after.template["Outputs"]["RoleArn"] = {"Value": "arn:aws:iam::111122223333:role/other"}
        tagged = Stack(after.name, after.template, "", region="us-west-2", tags={"Team": "b"})
        (one,) = stack_changes(side(before), side(tagged))
        assert [(p.name, p.before, p.after) for p in one.settings] == [
            ("tag Team", None, "b"),
            ("output RoleArn", "{role acmeservice-SAMLRole}", "arn:aws:iam::111122223333:role/other"),
        ]


def codes(before: Side, after: Side) -> dict[str, str]:
    found = loss_findings(resource_changes(before, after), frozenset())
    return {one.code: one.level for one in found}


@pytest.mark.parametrize(
    ("type_", "more", "expected"),
    [
        ("AWS::S3::Bucket", {}, {"deleted": "danger"}),
        ("AWS::S3::Bucket", KEPT, {"left_behind": "attention"}),
        ("AWS::IAM::ManagedPolicy", {}, {"deleted": "attention"}),
        ("Custom::ConnectUsers", {}, {"deleted": "danger"}),
    ],
)
def test_taken_out_of_a_template(type_: str, more: dict[str, str], expected: dict[str, str]) -> None:
    assert codes(side(users(X=resource(type_, **more))), side(users())) == expected


def test_the_phone_system() -> None:
    on, off = {"InboundCalls": True, "ContactLens": True}, {"InboundCalls": False, "ContactLens": True}
    before, after = side(instance_stack(attributes=on)), side(instance_stack(attributes=off))
    (lost,) = phone_findings(resource_changes(before, after))
    assert (lost.level, lost.message) == ("danger", "no call comes in any more")
    (gained,) = phone_findings(resource_changes(after, before))
    assert (gained.level, gained.message) == ("attention", "calls come in")


class TestValues:
    @pytest.mark.parametrize(
        ("value", "by_name", "by_address"),
        [
            ("text", "text", "text"),
            ({"Ref": "AWS::Region"}, "us-west-2", "us-west-2"),
            ({"Ref": "AWS::Partition"}, "aws", "aws"),
            ({"Ref": "AWS::AccountId"}, "{account}", "{account}"),
            ({"Ref": "AWS::StackId"}, "{stack acmeservice-users}", "{stack acmeservice-users}"),
            ({"Ref": "BootstrapVersion"}, "{parameter BootstrapVersion}", "{parameter BootstrapVersion}"),
            ({"Ref": "T"}, "{SNS Topic acmeservice-users/T}", "{acmeservice-users/T.Ref}"),
            (
                {"Fn::GetAtt": ["T", "TopicName"]},
                "{SNS Topic acmeservice-users/T TopicName}",
                "{acmeservice-users/T.TopicName}",
            ),
            ({"Fn::GetAtt": "T.Arn"}, "{SNS Topic acmeservice-users/T}", "{acmeservice-users/T.Arn}"),
            (
                {"Fn::Join": ["/", [INSTANCE_ARN, "user", "${aws:userid}"]]},
                "{instance acme-service}/user/${aws:userid}",
                "{acmeservice-instance/Instance.Arn}/user/${aws:userid}",
            ),
            ({"Fn::Sub": "b-${AWS::AccountId}-${!Literal}"}, "b-{account}-${Literal}", "b-{account}-${Literal}"),
            (
                {"Fn::Sub": ["${x}/${T.Arn}", {"x": "y"}]},
                "y/{SNS Topic acmeservice-users/T}",
                "y/{acmeservice-users/T.Arn}",
            ),
            ({"Fn::ImportValue": "nowhere"}, "{import nowhere}", "{import nowhere}"),
            ({"Fn::Select": [0, ["a"]]}, '{"Fn::Select": [0, ["a"]]}', '{"Fn::Select": [0, ["a"]]}'),
            (["a", 1], '["a", 1]', '["a", 1]'),
        ],
    )
    def test_as_text(self, value: Any, by_name: str, by_address: str) -> None:
        there = side(instance_stack(), users(T=resource("AWS::SNS::Topic")))
        texts = [Reader(there, by_name=named).text(value, "acmeservice-users") for named in (True, False)]
        assert texts == [by_name, by_address]

    def test_a_statement_is_no_function(self) -> None:
        there = side(users())
        principal = {"Federated": {"Ref": "AWS::Region"}}
        assert Reader(there).plain(principal, "acmeservice-users") == {"Federated": "us-west-2"}

    def test_nobody_is_shown(self) -> None:
        assert shown('to "jo@acme.example", ckrug@0055e000RQ4F5ZR@00D5e000000AbCd') == 'to "(somebody)", (somebody)'

    def test_a_long_value_is_cut(self) -> None:
        assert len(shown("x" * 240) or "") == 240
        assert (shown("x" * 241) or "").endswith("…")

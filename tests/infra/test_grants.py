"""What the sync's role may do, cross-checked with what the engine asks for and with the tags it sets."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore
import pytest

from constructs_lib.sync_grants import UserWrites, read_grants, session_grants, write_grants
from contact_center.load import load
from stacks.users import user_writes
from tests.infra.synthesis import EXAMPLE, Synthesized
from user_sync.plan import OPERATION_OF_FIELD
from user_sync.policy import TAG_CONTACT_CENTER, TAG_ORGANIZATION

Variant = Callable[[str], Synthesized]

UPDATES = {f"connect:{operation}" for operation in OPERATION_OF_FIELD.values()}
OWNER = {"connect-sso:contact-center": "acmeservice", "connect-sso:organization": "00D5e000000AbCd"}
OURS = {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in OWNER.items()}}
MARKED = {"StringEquals": {f"aws:RequestTag/{key}": value for key, value in OWNER.items()}}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _tails(statement: dict[str, Any]) -> list[str]:
    """Return what stands behind the instance's ARN in each resource."""
    return [
        one["Fn::Join"][1][-1] if isinstance(one, dict) and "Fn::Join" in one else ""
        for one in _list(statement["Resource"])
    ]


def _granted(synthesized: Synthesized) -> Iterator[tuple[str, str, str]]:
    for statement in synthesized.statements("users").values():
        bound = "Condition" in statement
        for action in _list(statement["Action"]):
            for tail in _tails(statement):
                yield action, tail, "bound" if bound else "free"


def test_every_write_to_a_user_is_bound_to_the_owners_tags(example: Synthesized, variant: Variant) -> None:
    for synthesized in (example, variant("both"), variant("third-party"), variant("existing")):
        for action, tail, bound in _granted(synthesized):
            writes_users = tail == "/agent/*" and not action.startswith(("connect:Describe", "connect:List"))
            # Signing out is not in the service authorization reference yet, so its conditions are not known.
            if writes_users and action != "connect:DeleteAllEntitySessions":
                assert bound == "bound", action


def test_the_conditions_name_the_tags_that_the_engine_sets(example: Synthesized) -> None:
    policy = load(EXAMPLE / "contact-center.yaml").policy
    set_by_engine = policy.ownership_tags("0055e000RQ4F5ZR")
    assert OWNER.items() <= set_by_engine.items()
    statements = example.statements("users")
    assert statements["ChangeOurUsers"]["Condition"] == OURS
    assert statements["MakeOurUsers"]["Condition"] == MARKED
    assert statements["MarkOurUsers"]["Condition"] == {
        **MARKED,
        "StringEqualsIfExists": OURS["StringEquals"],
    }
    assert set(user_writes(policy).ownership_tags) == {TAG_CONTACT_CENTER, TAG_ORGANIZATION}


def test_what_the_engine_asks_of_the_example_is_granted_and_no_removal(example: Synthesized) -> None:
    actions = {action for action, *_ in _granted(example)}
    asked = {"connect:SearchUsers", "connect:ListSecurityProfiles", "connect:ListRoutingProfiles"}
    assert asked | UPDATES | {"connect:CreateUser", "connect:SearchUserHierarchyGroups"} <= actions
    assert not {action for action in actions if "Delete" in action or "Untag" in action}
    assert "connect:SearchQuickConnects" not in actions


def test_dependent_actions_are_granted_without_a_condition(example: Synthesized) -> None:
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonconnect.html
    granted = set(_granted(example))
    assert ("connect:DescribeUser", "/agent/*", "free") in granted
    assert ("connect:ListUserProficiencies", "/agent/*", "free") in granted
    assert ("connect:ListUserProficiencies", "", "free") in granted
    assert ("connect:DescribeUserHierarchyGroup", "/agent-group/*", "free") in granted


def test_what_users_are_given_is_granted_apart(example: Synthesized) -> None:
    granted = set(_granted(example))
    for action, kind in (
        ("UpdateUserSecurityProfiles", "security-profile"),
        ("UpdateUserRoutingProfile", "routing-profile"),
        ("UpdateUserHierarchy", "agent-group"),
    ):
        assert {(f"connect:{action}", f"/{kind}/*", "free"), ("connect:CreateUser", f"/{kind}/*", "free")} <= granted


def _actions(**changes: Any) -> set[str]:
    writes = UserWrites(**{"ownership_tags": {"owner": "us"}, **changes})
    grants = [*read_grants("i", writes), *write_grants("i", writes), *session_grants("i", writes)]
    return {action.removeprefix("connect:") for grant in grants for action in grant.actions}


def test_a_leaver_who_is_disabled_is_not_deleted() -> None:
    actions = _actions(disables=True, fields=["name"])
    assert {"UpdateUserSecurityProfiles", "DeleteAllEntitySessions", "ListSecurityProfilePermissions"} <= actions
    assert not {"DeleteUser", "DeleteQuickConnect", "UpdateUserRoutingProfile"} & actions


def test_deleting_takes_quick_connects_along() -> None:
    wanted = {"DeleteUser", "DeleteAllEntitySessions", "SearchQuickConnects", "DescribeQuickConnect"}
    assert wanted | {"DeleteQuickConnect"} <= _actions(deletes=True)


def test_provisioned_creates_nobody_and_tags_only_who_is_adopted() -> None:
    alone = _actions(creates=False)
    assert not {"CreateUser", "TagResource"} & alone
    assert "TagResource" in _actions(creates=False, adopts=True)


@pytest.mark.parametrize(
    "more", [{"missing_users": "disable"}, {"missing_users": "delete"}, {"renamed_users": "replace"}]
)
def test_provisioned_removes_nobody_whatever_else_is_said(more: dict[str, Any]) -> None:
    policy = replace(load(EXAMPLE / "contact-center.yaml").policy, provisioned=True, **more)
    writes = user_writes(policy)
    assert not (writes.creates or writes.disables or writes.deletes)
    imported = user_writes(replace(policy, provisioned=False))
    assert imported.disables or imported.deletes


def test_fields_that_are_not_managed_are_not_writable(variant: Variant) -> None:
    actions = {action for action, *_ in _granted(variant("existing"))}
    assert actions & UPDATES == {"connect:UpdateUserIdentityInfo", "connect:UpdateUserSecurityProfiles"}


def test_only_the_exports_of_this_deployment_can_be_read(example: Synthesized, variant: Variant) -> None:
    read = example.statements("users")["ReadExport"]
    assert read["Action"] == "s3:GetObject"
    assert read["Resource"]["Fn::Join"][1][-1] == "/" + example.one("users", "Custom::ConnectUsers")["Export"]["Key"]
    objects = variant("third-party").statements("users")
    assert objects["ReadExport"]["Action"] == "s3:GetObjectVersion"
    assert objects["ReadExport"]["Resource"] == "arn:aws:s3:::acme-exports/users/2026-11.csv"
    assert objects["ReadPermissionSets"]["Action"] == "s3:GetObject"
    assert "ReadExport" not in variant("existing").statements("users")


def test_the_rest_is_on_its_own_log_runs_key_topic_and_stack(example: Synthesized) -> None:
    statements = example.statements("users")
    tails = {sid: _tails(one) for sid, one in statements.items()}
    for sid in ("SeeOwnStack", "SeeOwnStackFirst"):
        assert statements[sid]["Resource"] == {"Ref": "AWS::StackId"}
    assert tails["StoreDeployed"] == ["/state/deployed.json"]
    assert tails["WriteRuns"] == ["/runs/*", "/state/*"]
    assert tails["ReadRuns"] == ["/runs/*", "/state/*", "/plans/*"]
    assert tails["ReadDrops"] == ["/drop/*"]
    assert statements["FindDrops"]["Condition"] == {"StringLike": {"s3:prefix": "drop/*"}}
    assert statements["SendMetrics"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "ConnectSso"}}
    hosts = {"UseKeyToStore": "s3", "UseKey": "s3 sns"}
    for sid, services in hosts.items():
        via = statements[sid]["Condition"]["StringEquals"]["kms:ViaService"]
        assert _list(via) == [f"{service}.us-west-2.amazonaws.com" for service in services.split()]
    assert [sid for sid, one in statements.items() if one["Resource"] == "*"] == ["SendMetrics", "ReadQuotas"]


def test_what_cloudformation_calls_reaches_no_user(example: Synthesized) -> None:
    (start,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for id_, policy in example.resources("users", "AWS::IAM::ManagedPolicy").items()
        if "StartStarting" in id_
    )
    actions = {action for statement in start for action in _list(statement["Action"])}
    assert actions == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:PutObject",
        "kms:GenerateDataKey",
        "states:StartExecution",
        "cloudformation:DescribeStacks",
    }


@pytest.mark.parametrize("name", ["both", "third-party", "existing"])
def test_policies_fit_into_what_iam_allows(variant: Variant, name: str) -> None:
    # 6,144 characters without white space; a reference stands for an ARN of at most 120 characters.
    for policy in variant(name).resources("users", "AWS::IAM::ManagedPolicy").values():
        text = json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":"))
        references = text.count("Fn::ImportValue") + text.count("Fn::GetAtt") + text.count("Fn::Sub")
        assert len(text) + 60 * references < 6144


def test_every_connect_action_is_an_operation_of_the_service(variant: Variant) -> None:
    folder = Path(botocore.__file__).parent / "data" / "connect" / "2017-08-08"
    operations = json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes()))["operations"]
    granted = {action for name in ("both", "third-party") for action, *_ in _granted(variant(name))}
    assert {action.removeprefix("connect:") for action in granted if action.startswith("connect:")} <= set(operations)

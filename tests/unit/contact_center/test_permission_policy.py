"""What the role allows: the sign-in to this instance in any documented form, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from contact_center.checks import Check
from contact_center.deployed import Absent, Policy, Unread
from contact_center.permission_policy import judge_boundary, judge_permissions
from tests.unit.contact_center.examined import INSTANCE, OLD_ROLE, by_name, failing, places, trust

ID = INSTANCE.rpartition("/")[2]
USER = f"{INSTANCE}/user/${{aws:userid}}"


def grant(resource: Any = USER, **change: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": resource, **change}
    return {key: value for key, value in made.items() if value is not None}


def policies(*statements: dict[str, Any]) -> tuple[Policy, ...]:
    return tuple(Policy(f"p{index}", "attached", trust(one)) for index, one in enumerate(statements))


def judge(*statements: dict[str, Any], **sign_on: Any) -> tuple[Check, ...]:
    return judge_permissions(policies(*statements), INSTANCE, places(**sign_on))


ON_INSTANCE = {"StringEquals": {"connect:InstanceId": ID}}
SALESFORCES_OWN = f"arn:aws:connect:*:111122223333:instance/{ID}/user/${{aws:userid}}"


@pytest.mark.parametrize(
    "statement",
    [
        grant(),
        grant([USER]),
        grant("*", Condition=ON_INSTANCE),
        grant("*", Condition={"ForAnyValue:StringLike": {"Connect:InstanceID": [ID]}}),
        grant(SALESFORCES_OWN),
        grant(Action="CONNECT:getfederationtoken"),
    ],
)
def test_the_documented_forms_pass(statement: dict[str, Any]) -> None:
    assert not failing(judge(statement))


@pytest.mark.parametrize(
    ("statements", "name", "part"),
    [
        ([], "role_permissions", "the role's 0 policies do not allow"),
        ([grant("*", Condition={"StringEquals": {"connect:InstanceId": "other"}})], "role_permissions", "do not allow"),
        ([grant(USER.replace(ID, "other"))], "role_permissions", "contact your AWS account administrator"),
        ([grant(), grant("*", Effect="Deny")], "role_permissions", "p1 denies"),
        (
            [grant(), grant("*", Action="*", Effect="Deny", Condition={"Bool": {"aws:x": "true"}})],
            "role_permissions",
            "p1",
        ),
        ([grant(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], "role_permissions", "under conditions"),
        ([grant(), grant(Action="connect:AdminGetEmergencyAccessToken")], "role_allows_nothing_else", "AdminGet"),
        ([grant("*")], "role_allows_nothing_else", "beyond this instance"),
        ([grant(f"{INSTANCE}/user/*")], "role_allows_nothing_else", "beyond this instance"),
        ([grant(), grant(Action=None, NotAction="iam:*")], "role_allows_nothing_else", "all but a few actions (p1)"),
        ([grant(Action=["connect:GetFederationToken", "s3:*"])], "role_allows_nothing_else", '"s3:*" (p0)'),
        ([grant(Action="*")], "role_allows_nothing_else", '"*" (p0)'),
        (
            [grant("*", Condition={"StringEquals": {"connect:InstanceId": [ID, "other"]}})],
            "role_allows_nothing_else",
            "beyond this instance",
        ),
    ],
)
def test_what_is_wrong_is_named(statements: list[dict[str, Any]], name: str, part: str) -> None:
    check = by_name(judge(*statements))[name]
    assert not check.ok
    assert part in check.message
    assert check.fix.startswith("IAM, Roles, acmeservice-SAMLRole, Permissions:")


def test_a_deny_for_another_instance_is_none_for_this() -> None:
    other = grant("*", Effect="Deny", Condition={"StringEquals": {"connect:InstanceId": "other"}})
    assert not failing(judge(grant(), other))


def test_more_than_needed_is_advice_for_a_role_that_exists_already() -> None:
    checks = by_name(judge(grant("*"), role=OLD_ROLE))
    assert all(check.ok for check in checks.values())
    assert checks["role_allows_nothing_else"].fix.startswith("if that is not meant")
    assert failing(judge(role=OLD_ROLE)) == {"role_permissions"}


def test_only_a_few_of_many_are_listed() -> None:
    many = grant(Action=[f"s3:Get{letter}" for letter in "ABCDEFG"])
    assert by_name(judge(grant(), many))["role_allows_nothing_else"].message.endswith("and 2 more")


@pytest.mark.parametrize(
    ("boundary", "ok", "judged"),
    [
        (None, True, True),
        (Unread("there is no grant for iam:GetPolicy", "grant it"), True, False),
        (Absent(), False, True),
        (policies(grant("*", Action="connect:*"))[0], True, True),
        (policies(grant("*", Action="s3:*"))[0], False, True),
        (policies(grant("*", Action="*", Effect="Deny"))[0], False, True),
    ],
)
def test_a_boundary_must_let_the_sign_in_through(boundary: Any, ok: bool, judged: bool) -> None:
    check = judge_boundary(boundary, INSTANCE, places())
    assert (check.ok, check.judged) == (ok, judged)
    assert ok or check.fix

"""The trust policy as deployed passes, and each way in which it can be wrong is named, with where to put it right."""

from __future__ import annotations

from typing import Any

import pytest

from contact_center.checks import Check
from contact_center.sign_in import audiences
from contact_center.trust_policy import Trusted, judge_trust
from tests.unit.contact_center.examined import (
    EVERYWHERE,
    HERE,
    OKTA,
    OLD_ROLE,
    SALESFORCE,
    by_name,
    failing,
    places,
    statement,
    trust,
)

BOTH = (Trusted("salesforce", SALESFORCE), Trusted("third_party", OKTA))
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}


def judge(*statements: dict[str, Any], wanted: tuple[Trusted, ...] = BOTH[:1], **sign_on: Any) -> tuple[Check, ...]:
    return judge_trust(trust(*statements), wanted, audiences("us-west-2"), places(**sign_on))


def test_what_we_deploy_passes() -> None:
    assert not failing(judge(statement()))
    assert not failing(judge(statement(), statement(OKTA), wanted=BOTH))
    tags = ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    assert not failing(judge(statement(Action=tags), session_tags=True))


@pytest.mark.parametrize(
    ("statements", "name", "part"),
    [
        ([], "salesforce_trust", "it trusts no provider"),
        ([statement(OKTA)], "salesforce_trust", f'it trusts "{OKTA}"'),
        ([statement(Action="sts:AssumeRole")], "salesforce_trust", "Not authorized to perform sts:AssumeRoleWithSAML"),
        ([statement(), statement(Effect="Deny", Condition=None)], "salesforce_trust", "denies"),
        (
            [statement(Condition={"StringEquals": {"SAML:aud": [EVERYWHERE, HERE], "SAML:sub_type": "persistent"}})],
            "salesforce_trust",
            'under further conditions ("SAML:sub_type")',
        ),
        (
            [statement(Condition={"StringEquals": {"SAML:aud": [HERE]}})],
            "salesforce_audience",
            f"does not take responses sent to {EVERYWHERE}:",
        ),
        (
            [statement(Condition={"StringEquals": {"SAML:aud": EVERYWHERE}})],
            "salesforce_audience",
            f"does not take responses sent to {HERE}:",
        ),
        ([statement(Condition=None)], "salesforce_audience", "sent to any address"),
        (
            [statement(Action=["sts:AssumeRoleWithSAML", "sts:TagSession"])],
            "role_session_tags",
            "allows sts:TagSession",
        ),
        ([statement(Action="sts:*")], "role_session_tags", "allows sts:TagSession"),
        ([statement(), ROOT], "role_trusts_nobody_else", "111122223333:root"),
        ([statement(), statement(OKTA)], "role_trusts_nobody_else", OKTA),
        ([statement(), {**ROOT, "Principal": "*"}], "role_trusts_nobody_else", "everybody"),
        (
            [statement(), {**ROOT, "Principal": {"AWS": "*", "Service": "lambda.amazonaws.com"}}],
            "role_trusts_nobody_else",
            "lambda.amazonaws.com",
        ),
    ],
)
def test_what_is_wrong_is_named(statements: list[dict[str, Any]], name: str, part: str) -> None:
    checks = by_name(judge(*statements))
    assert not checks[name].ok
    assert part in checks[name].message
    assert "IAM, Roles, acmeservice-SAMLRole, Trust relationships" in checks[name].fix
    assert "npx cdk deploy acmeservice-sign-on -c config=contact-center.yaml" in checks[name].fix


def test_not_principal_trusts_everybody_but_a_few() -> None:
    broad = {"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}, "Action": "sts:AssumeRole"}
    assert "role_trusts_nobody_else" in failing(judge(statement(), broad))


def test_each_provider_is_judged_alone() -> None:
    assert failing(judge(statement(), wanted=BOTH)) == {"third_party_trust"}
    wrong = statement(OKTA, Condition={"StringEquals": {"SAML:aud": "https://example.com/saml"}})
    assert failing(judge(statement(), wrong, wanted=BOTH)) == {"third_party_audience"}
    assert not by_name(judge(statement(), wanted=BOTH))["third_party_audience"].judged


def test_session_tags_that_the_config_asks_for_are_needed_of_each_provider() -> None:
    tags = ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    assert failing(judge(statement(), session_tags=True)) == {"role_session_tags"}
    checks = judge(statement(Action=tags), statement(OKTA), wanted=BOTH, session_tags=True)
    assert by_name(checks)["role_session_tags"].message.startswith(
        "sign_on.session_tags is true, and the role does not allow sts:TagSession to acmeservice-okta"
    )


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"saml:AUD": [HERE, EVERYWHERE]}},
        {"StringLike": {"SAML:aud": "https://*signin.aws.amazon.com/saml"}},
        {"StringEqualsIgnoreCase": {"SAML:aud": [EVERYWHERE.upper(), HERE]}},
        {"ForAnyValue:StringEqualsIfExists": {"SAML:aud": [HERE, EVERYWHERE, "https://more.example/saml"]}},
    ],
)
def test_an_audience_can_be_written_in_many_ways(condition: dict[str, Any]) -> None:
    assert not failing(judge(statement(Condition=condition)))


def test_two_statements_share_the_addresses() -> None:
    one = statement(Condition={"StringEquals": {"SAML:aud": EVERYWHERE}})
    other = statement(Condition={"StringEquals": {"SAML:aud": HERE}})
    assert not failing(judge(one, other))


class TestARoleThatExistsAlready:
    """Only what stops a sign-in fails; what is more than needed is advice."""

    def test_salesforces_own_role_passes(self) -> None:
        checks = by_name(judge(statement(Condition={"StringEquals": {"SAML:aud": EVERYWHERE}}), role=OLD_ROLE))
        assert all(check.ok for check in checks.values())
        assert (
            "AWS advises to take https://us-west-2.signin.aws.amazon.com/saml too" in checks["salesforce_audience"].fix
        )

    @pytest.mark.parametrize(
        ("statements", "name"),
        [
            ([statement(), ROOT], "role_trusts_nobody_else"),
            ([statement(Action="sts:*")], "role_session_tags"),
            ([statement(Condition=None)], "salesforce_audience"),
            (
                [statement(Condition={"StringEquals": {"SAML:aud": [EVERYWHERE, HERE], "SAML:iss": "x"}})],
                "salesforce_trust",
            ),
        ],
    )
    def test_more_than_needed_is_advice(self, statements: list[dict[str, Any]], name: str) -> None:
        checks = by_name(judge(*statements, role=OLD_ROLE))
        assert all(check.ok for check in checks.values())
        assert checks[name].fix.startswith("if that is not meant, IAM, Roles, old-SAMLRole, Trust relationships")

    def test_what_stops_a_sign_in_fails(self) -> None:
        assert failing(judge(statement(Condition={"StringEquals": {"SAML:aud": HERE}}), role=OLD_ROLE))
        assert failing(judge(statement(OKTA), role=OLD_ROLE)) == {"salesforce_trust"}

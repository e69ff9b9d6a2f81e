"""CloudTrail's events of refused sign-ins: told with reason and fix, and with no more of a person than the username."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contact_center.checks import Check
from contact_center.refused_sign_ins import RECENT, Searched, SignInEvent, judge_refusals, read_event

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
ROLE, PROVIDER = "arn:aws:iam::111122223333:role/acmeservice-SAMLRole", "arn:aws:iam::111122223333:saml-provider/x"
KIM, BOB = "ckrug@0055e000RQ4F5ZR@00D5e000000AbCd", "bob@0055e000RQ4F5ZS@00D5e000000AbCd"
EMAIL = "casey.krug@acme.example"


def record(event: str = "AssumeRoleWithSAML", minutes_ago: float = 5, **change: Any) -> dict[str, Any]:
    """An event as CloudTrail writes it."""
    source = {"ConsoleLogin": "signin.amazonaws.com", "GetFederationToken": "connect.amazonaws.com"}
    at = (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made: dict[str, Any] = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "SAMLUser", "principalId": f"q=:{EMAIL}", "userName": EMAIL, "identityProvider": "q="},
        "eventTime": at,
        "eventSource": source.get(event, "sts.amazonaws.com"),
        "eventName": event,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "requestParameters": {
            "sAMLAssertionID": "_1",
            "roleSessionName": KIM,
            "roleArn": ROLE,
            "principalArn": PROVIDER,
        },
        "responseElements": None,
        **change,
    }
    if event != "AssumeRoleWithSAML":
        made["userIdentity"] = {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::111122223333:assumed-role/acmeservice-SAMLRole/{KIM}",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
        }
        made["requestParameters"] = {"instanceId": "i"}
    return made


def read(*records: dict[str, Any]) -> list[SignInEvent]:
    events = [read_event(json.dumps(one)) for one in records]
    assert all(events)
    return [one for one in events if one]


def judge(*records: dict[str, Any], username: str | None = None) -> tuple[Check, ...]:
    return judge_refusals(read(*records), (ROLE, PROVIDER), Searched(("us-east-1",)), NOW, username=username)


def refused(code: str, message: str = "", event: str = "AssumeRoleWithSAML", **change: Any) -> dict[str, Any]:
    return record(event, errorCode=code, errorMessage=message, **change)


@pytest.mark.parametrize(
    ("event", "means", "fix"),
    [
        (
            refused("InvalidIdentityToken", "Issuer not present in specified provider"),
            "of another identity provider",
            "_issuer",
        ),
        (refused("InvalidIdentityToken", "Response signature invalid"), "signed with a certificate", "rollover.md"),
        (refused("InvalidIdentityToken", "Specified provider doesn't exist"), "does not exist", "_provider"),
        (
            refused("InvalidIdentityToken", "Response does not contain the required audience"),
            "another audience",
            "urn:amazon:webservices",
        ),
        (
            refused("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"),
            "five minutes",
            "clock",
        ),
        (refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"), "does not trust", "_trust"),
        (refused("AccessDenied", "Not authorized to perform sts:TagSession"), "session tags", "sign_on.session_tags"),
        (
            refused(
                "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            ),
            "longer session",
            "role_session_hours",
        ),
        (
            refused("InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
            "RoleSessionName is missing",
            "correct the app's RoleSessionName",
        ),
        (
            refused("RegionDisabledException", "STS is not activated in this region"),
            "not activated",
            "Account settings",
        ),
        (refused("UserNotFoundException", "x", "GetFederationToken"), "no user of exactly this name", "doctor --user"),
        (refused("AccessDenied", "x", "GetFederationToken"), "may not sign in to this instance", "role_permissions"),
        (refused("DuplicateResourceException", "x", "GetFederationToken"), "through another role", "one role"),
        (
            record("ConsoleLogin", responseElements={"ConsoleLogin": "Failure"}, errorMessage="Failed authentication"),
            'AWS says Failure: "Failed authentication"',
            "connect-sso explain",
        ),
    ],
)
def test_each_reason_is_told_with_its_remedy(event: dict[str, Any], means: str, fix: str) -> None:
    (check,) = judge(event)
    assert not check.ok
    assert means in check.message
    assert fix in check.fix
    assert f"last of {KIM} at 2026-11-24 21:55 UTC ({event['eventName']}, us-east-1)" in check.message
    assert EMAIL not in check.message
    assert "192.0.2.7" not in check.message


def test_refusals_are_grouped_by_reason_the_newest_first() -> None:
    denied = "Not authorized to perform sts:AssumeRoleWithSAML"
    checks = judge(
        refused("AccessDenied", denied, minutes_ago=30),
        refused("ExpiredTokenException", minutes_ago=2),
        refused("AccessDenied", denied, minutes_ago=9),
    )
    assert [check.name for check in checks] == ["refused_sign_ins"] * 2
    assert "refused once" in checks[0].message
    assert "refused 2 times, last" in checks[1].message
    assert "21:51" in checks[1].message


def test_an_hour_old_is_how_things_stand_and_older_is_history() -> None:
    minutes = RECENT.total_seconds() / 60
    assert not judge(refused("ExpiredTokenException", minutes_ago=minutes))[0].ok
    (check,) = judge(refused("ExpiredTokenException", minutes_ago=minutes + 1))
    assert check.ok
    assert check.message.endswith("nobody was refused so in the last hour")


def test_who_came_in_afterwards_is_no_longer_locked_out() -> None:
    other = {"roleSessionName": BOB, "roleArn": ROLE, "principalArn": PROVIDER}
    (check,) = judge(refused("ExpiredTokenException", minutes_ago=9), record(minutes_ago=3))
    assert check.ok
    assert check.message.endswith("they came in after that")
    assert not judge(refused("ExpiredTokenException", minutes_ago=3), record(minutes_ago=9))[0].ok
    assert not judge(refused("ExpiredTokenException", minutes_ago=9), record(requestParameters=other))[0].ok
    unknown = refused("InvalidIdentityToken", "Response signature invalid", requestParameters=None, minutes_ago=9)
    assert not judge(unknown)[0].ok
    assert judge(unknown, record(minutes_ago=3))[0].ok, "where it is not known who, anybody's success counts"


def test_other_applications_and_other_people_do_not_count() -> None:
    other = {"roleSessionName": KIM, "roleArn": f"{ROLE}2", "principalArn": f"{PROVIDER}2"}
    (check,) = judge(refused("AccessDenied", requestParameters=other))
    assert check.ok
    assert "CloudTrail has no refused sign-in in the days that CloudTrail keeps (90) (us-east-1)" in check.message
    assert judge(refused("ExpiredTokenException"), username=BOB)[0].ok
    assert not judge(refused("ExpiredTokenException"), username=KIM)[0].ok
    assert not judge(refused("InvalidIdentityToken", "signature", requestParameters=None), username=BOB)[0].ok


def test_an_unknown_error_is_quoted_without_addresses() -> None:
    (check,) = judge(refused("Strange", f"{EMAIL} is not {KIM}\n" + "x" * 300))
    assert f'AWS says Strange: "… is not {KIM}' in check.message
    assert len(check.message) < 400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps(record(eventName="ListUsers")),
        json.dumps(record("GetFederationToken", eventSource="sts.amazonaws.com")),
        json.dumps(record(eventTime="yesterday")),
    ],
)
def test_what_is_no_step_of_a_sign_in_is_left_out(text: str) -> None:
    assert read_event(text) is None


def test_how_far_back_was_read_is_told() -> None:
    searched = Searched(("us-west-2", "us-east-1"), since=NOW - timedelta(hours=3))
    (check,) = judge_refusals([], (ROLE,), searched, NOW, username=KIM)
    assert f"no refused sign-in of {KIM} since 2026-11-24 19:00 UTC (us-west-2 and us-east-1)" in check.message

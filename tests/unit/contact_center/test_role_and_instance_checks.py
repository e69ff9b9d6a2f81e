from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contact_center.deployed import Absent, Instance, Role, Unread
from contact_center.instance_checks import judge_instance
from contact_center.role_checks import judge_role, judge_session_hours
from tests.unit.contact_center.examined import INSTANCE, OLD_ROLE, by_name, failing, places

ID = INSTANCE.rpartition("/")[2]


def role(seconds: int = 43200) -> Role:
    return Role("arn:aws:iam::111122223333:role/acmeservice-SAMLRole", seconds, {})


def test_a_role_that_is_not_there_or_could_not_be_read() -> None:
    assert judge_role(role(), places()).ok
    gone = judge_role(Absent(), places())
    assert "nobody can sign in" in gone.message
    assert "a new role to Amazon Connect" in gone.fix
    assert "correct sign_on.role" in judge_role(Absent(), places(role=OLD_ROLE)).fix
    assert not judge_role(Unread("no grant", "grant"), places()).judged
    # By name the path does not count, in a response it does.
    same = replace(role(), arn=OLD_ROLE)
    assert judge_role(same, places(role=OLD_ROLE)).ok
    assert not judge_role(replace(role(), arn=OLD_ROLE.replace("service/", "")), places(role=OLD_ROLE)).ok


@pytest.mark.parametrize(
    ("seconds", "hours", "ok", "advised"),
    [(43199, 12, False, True), (43200, 12, True, False), (43200, 11, True, True), (3600, 1, True, False)],
)
def test_the_sessions_length(seconds: int, hours: int, ok: bool, advised: bool) -> None:
    check = judge_session_hours(role(seconds), places(session_hours=hours))
    assert (check.ok, bool(check.fix)) == (ok, advised)


def test_a_role_that_exists_already_may_give_longer_sessions() -> None:
    assert not judge_session_hours(role(), places(session_hours=8, role=OLD_ROLE)).fix


def instance(**change: str) -> Instance:
    return Instance(**{"arn": INSTANCE, "alias": "acme-service", "identity_type": "SAML", "status": "ACTIVE", **change})


@pytest.mark.parametrize(
    ("found", "failed"),
    [
        (instance(), set()),
        (instance(alias="other"), {"instance_alias"}),
        (instance(identity_type="CONNECT_MANAGED"), {"instance_identity"}),
        (instance(status="CREATION_IN_PROGRESS"), {"instance_status"}),
        (instance(status="CREATION_FAILED"), {"instance_status"}),
        (Absent(), {"instance"}),
        (Unread("no grant", "grant"), set()),
    ],
)
def test_the_instance(found: Any, failed: set[str]) -> None:
    checks = by_name(judge_instance(found, ID, places()))
    assert failing(checks.values()) == failed
    assert set(checks) == {"instance", "instance_identity", "instance_status", "instance_alias"}


def test_which_instance_is_missing_decides_the_remedy() -> None:
    (undeployed, *_) = judge_instance(Absent(), None, places())
    assert undeployed.fix == "npx cdk deploy acmeservice-instance -c config=contact-center.yaml"
    (deleted, *_) = judge_instance(Absent(), ID, places())
    assert "cannot come back" in deleted.fix
    existing = places(instance={"existing": INSTANCE})
    checks = by_name(judge_instance(Absent(), ID, existing))
    assert "correct instance.existing" in checks["instance"].fix
    assert "instance_alias" not in checks

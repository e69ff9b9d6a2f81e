"""`users undo`: what was changed since, cut off, or is not ours is left and said; what safety says holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.connect_server import Fault
from tests.unit.connect_sso.conftest import AGENT, Folder, Servers, row
from tests.unit.connect_sso.desk import RULES, Desk, codes, desk_of, kinds
from user_sync import run


@pytest.fixture
def desk(folder: Folder, servers: Servers) -> Iterator[Desk]:
    with desk_of(folder, servers) as made:
        yield made


def test_what_somebody_changed_since_is_left_and_said(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    desk.write(row(1, LastName="Married", Profile_Name="Manager"), row(2, LastName="New"))
    report = desk.apply()
    desk.server.call(
        "UpdateUserIdentityInfo", UserId=desk.user("user1").id, IdentityInfo={"FirstName": "By", "LastName": "Hand"}
    )
    desk.server.call("DeleteUser", UserId=desk.user("user2").id)
    code, document = desk.undo(report)
    assert (code, [f["field"] for f in document["changes"][0]["fields"]]) == (0, ["security_profiles"])
    assert codes(document) == ["changed_since", "changed_since", "done_again"]
    assert "name of user1" in document["problems"][0]["message"]
    assert "user2" in document["problems"][1]["message"]
    assert desk.users()["user1"][:3] == ("By", "Hand", ["Agent"])


def test_who_was_made_and_changed_since_is_left_where_that_would_be_lost(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    desk.write(row(1), row(2), row(3), row(4))
    report = desk.apply()
    desk.server.call(
        "UpdateUserRoutingProfile", UserId=desk.user("user3").id, RoutingProfileId=desk.named("routing-profile", "Chat")
    )
    desk.server.call(
        "UpdateUserSecurityProfiles", UserId=desk.user("user4").id,
        SecurityProfileIds=[desk.named("security-profile", "QualityAnalyst")],
    )  # fmt: skip
    desk.write(row(1), row(2), missing_users="delete")
    code, document = desk.undo(report)
    assert (code, document["changes"], codes(document)) == (0, [], ["changed_since", "changed_since"])
    desk.write(row(1), row(2))
    code, document = desk.undo(report)
    assert (code, kinds(document), codes(document)) == (0, [("disable", "user3")], ["changed_since", "done_again"])


def test_a_name_that_another_user_has_now_does_not_come_back(desk: Desk) -> None:
    desk.write(row(1), row(2), row(3))
    desk.apply()
    names = [desk.user(name).name for name in ("user2", "user3")]
    desk.write(row(1), row(2, Alias="renamed"), renamed_users="replace", missing_users="delete")
    report = desk.apply()
    for name in names:
        desk.server.call(
            "CreateUser", Username=name, IdentityInfo={"FirstName": "A", "LastName": "Stranger"},
            SecurityProfileIds=[desk.named("security-profile", "Agent")],
            RoutingProfileId=desk.named("routing-profile", "Chat"),
        )  # fmt: skip
    code, document = desk.undo(report)
    assert (code, document["changes"], codes(document)) == (0, [], ["changed_since", "changed_since"])


def test_a_run_that_was_killed_is_taken_back_as_far_as_the_instance_has_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(row(1), row(2), row(3))
    refused = Fault(operation="CreateUser", error="InvalidParameterException", when=lambda p: "user3" in p["Username"])
    desk.server.faults.append(refused)

    def killed(*arguments: Any, **options: Any) -> Any:
        real(*arguments, **options)
        raise KeyboardInterrupt

    real = run.apply
    with monkeypatch.context() as patch:
        patch.setattr(run, "apply", killed)
        code, _ = desk.folder.run(*desk.asked("apply"), "--yes")
    assert code == 1
    (report,) = desk.reports.iterdir()
    code, document = desk.undo(report)
    assert (code, kinds(document)) == (0, [("disable", "user1"), ("disable", "user2")])
    assert "cannot tell" in document["changes"][0]["why"]
    assert codes(document) == ["done_again"]


def test_a_run_that_wrote_nothing_leaves_no_report(desk: Desk) -> None:
    desk.write(row(1), row(2), missing_users="disable")
    desk.apply()
    desk.server.call("CreateSecurityProfile", SecurityProfileName="acmeservice-disabled", Permissions=["Users.View"])
    desk.write(row(1), missing_users="disable")
    there = set(desk.reports.iterdir())
    code, document = desk.folder.json(*desk.asked("apply"), "--yes")
    assert (code, document["refused"]["code"]) == (3, "disabled_profile")
    assert set(desk.reports.iterdir()) == there


def test_what_failed_half_way_is_taken_back(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    before = desk.users()
    desk.write(row(1, LastName="Married", Profile_Name="Manager"), row(2))
    desk.server.faults.append(Fault(operation="UpdateUserIdentityInfo", error="InvalidParameterException"))
    report = desk.apply(code=4)
    assert desk.users() != before
    code, document = desk.undo(report)
    assert (code, [f["field"] for f in document["changes"][0]["fields"]]) == (0, ["security_profiles"])
    assert desk.users() == before


def test_a_creation_that_failed_takes_nobody_whom_a_later_run_made(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.server.faults.append(Fault(operation="CreateUser", error="InvalidParameterException"))
    report = desk.apply(code=4)
    desk.apply()
    code, document = desk.undo(report)
    assert (code, len(document["changes"])) == (0, 1)
    assert len(desk.users()) == 2


def test_what_is_not_in_the_instance_any_more_cannot_come_back(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    desk.write(row(1), missing_users="delete")
    report = desk.apply()
    del desk.server.instance.security_profiles[desk.named("security-profile", "Agent")]
    code, document = desk.undo(report)
    assert (code, document["changes"], codes(document)) == (0, [], ["cannot_return", "cannot_return"])
    assert "security profile Agent" in document["problems"][0]["message"]


def test_users_of_somebody_else_are_never_written(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    desk.write(row(1, LastName="New"), row(2, LastName="New"))
    report = desk.apply()
    one, two = desk.user("user1"), desk.user("user2")
    desk.server.call("TagResource", resourceArn=one.arn, tags={"connect-sso:contact-center": "other"})
    desk.server.call("UntagResource", resourceArn=two.arn, tagKeys=["connect-sso:salesforce-id"])
    desk.server.log.clear()
    code, document = desk.undo(report)
    assert (code, document["changes"], codes(document)) == (0, [], ["not_ours", "not_ours"])
    assert all(one.operation.startswith(("List", "Search")) for one in desk.server.log)


def test_a_privileged_profile_is_shown_before_it_comes_back(desk: Desk) -> None:
    rules = [{**AGENT, "match": {"profile": "Boss"}, "security_profiles": ["Admin"]}, *RULES]
    desk.write(row(1), row(2, Profile_Name="Boss"), row(3, Profile_Name="Boss"), rules=rules)
    desk.apply()
    desk.write(row(1), row(2, Profile_Name="Boss"), row(3), rules=rules)
    report = desk.apply()
    code, document = desk.undo(report)
    assert (code, codes(document)) == (0, ["privileged", "done_again"])


def test_what_safety_refuses_to_a_run_it_refuses_to_an_undo(desk: Desk) -> None:
    rules = [{**AGENT, "match": {"profile": "Boss"}, "security_profiles": ["Admin"]}, *RULES]
    desk.write(row(1), row(2), rules=rules)
    desk.apply()
    desk.write(row(1, Profile_Name="Boss"), row(2, Profile_Name="Manager"), rules=rules)
    report = desk.apply()
    for refused, users in (
        ("last_admin", {}),
        ("protected_user", {"protected": [desk.user("user2").name]}),
        ("too_many_updates", {"limits": {"updates": 1}}),
    ):
        desk.write(row(1), row(2), rules=rules, **users)
        code, document = desk.undo(report)
        assert code == 3
        said = document["refused"]
        assert refused in [said["code"], *(one["code"] for one in said.get("also", ()))]
        assert len(document["changes"]) == 2


def test_provisioned_makes_and_removes_nobody(desk: Desk) -> None:
    desk.write(row(1), row(2), row(3))
    desk.apply()
    desk.write(row(1), row(2), row(4), missing_users="delete")
    report = desk.apply()
    desk.write(row(1), row(2), contact_center="provisioned")
    code, document = desk.undo(report)
    assert (code, document["changes"], codes(document)) == (0, [], ["provisioned", "provisioned"])

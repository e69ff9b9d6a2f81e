"""`users undo` as its users run it: each kind of change is taken back, and the undo in its turn."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.unit.connect_sso.conftest import Folder, Servers, row
from tests.unit.connect_sso.desk import Desk, codes, desk_of, kinds


@pytest.fixture
def desk(folder: Folder, servers: Servers) -> Iterator[Desk]:
    with desk_of(folder, servers) as made:
        yield made


def test_an_update_is_taken_back_and_then_nothing_is_left(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    before = desk.users()
    desk.write(row(1, LastName="Married", Profile_Name="Manager"), row(2))
    report = desk.apply()
    assert desk.users() != before
    code, document = desk.undo(report)
    assert (code, kinds(document)) == (0, [("update", "user1")])
    assert [f["field"] for f in document["changes"][0]["fields"]] == ["name", "security_profiles"]
    assert "takes back: update by the run of 20" in document["changes"][0]["why"]
    assert codes(document) == ["done_again"]
    assert desk.users() == before
    code, document = desk.undo(report)
    assert (code, document["changes"], document["problems"]) == (0, [], [])


@pytest.mark.parametrize(("mode", "action"), [("keep", "disable"), ("disable", "disable"), ("delete", "delete")])
def test_who_was_made_is_disabled_or_deleted_as_leavers_are(desk: Desk, mode: str, action: str) -> None:
    desk.write(row(1))
    desk.apply()
    desk.write(row(1), row(2), missing_users=mode)
    report = desk.apply()
    code, document = desk.undo(report)
    assert (code, kinds(document)) == (0, [(action, "user2")])
    assert ("user2" in desk.users()) is (action == "disable")
    assert desk.undo(report)[1]["changes"] == []
    # And the undo is taken back: the same user where it was disabled, a new one where it was deleted.
    code, document = desk.undo(desk.newest())
    assert (code, kinds(document)) == (0, [("update" if action == "disable" else "create", "user2")])
    assert desk.users()["user2"][2] == ["Agent"]


def test_the_very_first_run_can_be_taken_back_within_the_limits(desk: Desk) -> None:
    desk.write(row(1), row(2), limits={})
    report = desk.apply()
    code, document = desk.undo(report)
    assert (code, document["refused"]["code"]) == (3, "too_many_removals")
    assert document["outcomes"] == []
    desk.write(row(1), row(2), limits={"removals": 2})
    assert desk.undo(report)[0] == 0
    assert [user[2] for user in desk.users().values()] == [["acmeservice-disabled"]] * 2
    assert len(desk.server.instance.ended_sessions) == 2


def test_a_user_that_was_adopted_is_given_back(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    user = desk.user("user1")
    tags = list(user.tags)
    desk.server.call("UntagResource", resourceArn=user.arn, tagKeys=tags)
    desk.server.call("TagResource", resourceArn=user.arn, tags={"cost": "7"})
    desk.server.call("UpdateUserRoutingProfile", UserId=user.id, RoutingProfileId=desk.named("routing-profile", "Chat"))
    before = desk.users()
    desk.write(row(1), row(2), existing_users="adopt")
    report = desk.apply()
    desk.server.log.clear()
    code, document = desk.undo(report)
    assert (code, kinds(document)) == (0, [("update", "user1")])
    assert [f["field"] for f in document["changes"][0]["fields"]] == ["routing_profile", "tags"]
    assert desk.users() == before
    # The tags go last: the grants for every other write are bound to them.
    writes = [one.operation for one in desk.server.log if not one.operation.startswith(("List", "Search"))]
    assert writes == ["UpdateUserRoutingProfile", "UntagResource"]
    assert document["api_calls"] == 2
    assert desk.undo(report)[1]["problems"] == []
    # Nobody without our tags is ever written, so this one is not adopted again.
    code, document = desk.undo(desk.newest())
    assert (code, document["changes"], codes(document)) == (0, [], ["not_ours"])


def test_who_was_disabled_comes_back_as_the_same_user(desk: Desk) -> None:
    desk.write(row(1), row(2, Profile_Name="Manager"))
    desk.apply()
    before, same = desk.users(), desk.user("user2").id
    desk.write(row(1), missing_users="disable")
    report = desk.apply()
    assert desk.users()["user2"][2] == ["acmeservice-disabled"]
    code, document = desk.undo(report)
    assert (code, kinds(document)) == (0, [("update", "user2")])
    assert desk.users() == before
    assert desk.user("user2").id == same
    ended = len(desk.server.instance.ended_sessions)
    code, document = desk.undo(desk.newest())
    assert (code, kinds(document)) == (0, [("disable", "user2")])
    assert len(desk.server.instance.ended_sessions) == ended + 1


def test_who_was_deleted_is_made_again_with_what_cannot_come_back_said(desk: Desk) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    user = desk.user("user2")
    desk.server.call("TagResource", resourceArn=user.arn, tags={"cost": "7"})
    desk.server.call(
        "UpdateUserPhoneConfig", UserId=user.id,
        PhoneConfig={
            "PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+15550100", "AutoAccept": False,
            "AfterContactWorkTimeLimit": 0,
        },
    )  # fmt: skip
    desk.server.call(
        "CreateQuickConnect", Name="Call Family2",
        QuickConnectConfig={"QuickConnectType": "USER", "UserConfig": {"UserId": user.id, "ContactFlowId": "flow"}},
    )  # fmt: skip
    before = desk.users()
    desk.write(row(1), missing_users="delete")
    report = desk.apply()
    outcome = json.loads(report.read_text())["outcomes"][0]
    assert outcome["message"] == "quick connects deleted with the user: Call Family2"
    assert set(desk.users()) == {"user1"}
    code, document = desk.undo(report)
    assert (code, kinds(document)) == (0, [("create", "user2")])
    shown = {field["field"]: field["to"] for field in document["changes"][0]["fields"]}
    assert shown["tags"]["cost"] == "7"
    assert shown["own_phone"]["desk_phone_number"] == "+15550100"
    assert desk.users() == before
    assert desk.user("user2").id != user.id
    said = document["problems"][0]
    assert said["code"] == "cannot_return"
    assert user.id in said["message"]
    assert "quick connects by hand: Call Family2" in said["message"]
    assert desk.undo(report)[1]["changes"] == []


@pytest.mark.parametrize("mode", ["keep", "delete"])
def test_who_was_replaced_gets_the_old_user_back(desk: Desk, mode: str) -> None:
    desk.write(row(1), row(2))
    desk.apply()
    before = desk.users()
    desk.write(row(1), row(2, Alias="renamed"), renamed_users="replace", missing_users=mode)
    report = desk.apply()
    assert set(desk.users()) == {"user1", "renamed"}
    code, document = desk.undo(report)
    assert (code, kinds(document)) == (0, [("replace", "user2")])
    if mode == "delete":
        assert desk.users() == before
    else:
        now = desk.users()
        assert now.pop("renamed")[2] == ["acmeservice-disabled"]
        assert now == before
    assert desk.undo(report)[1]["changes"] == []
    # The undo is taken back, too.
    code, document = desk.undo(desk.newest())
    assert code == 0
    assert desk.users()["renamed"][2] == ["Agent"]
    assert desk.users().get("user2", ("", "", ["acmeservice-disabled"]))[2] == ["acmeservice-disabled"]

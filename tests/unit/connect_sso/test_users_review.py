"""What a person sees and keeps of a plan, and what makes a kept plan stale."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from local_aws.connect_server import ConnectServer
from tests.unit.connect_sso.conftest import AGENT, Folder, Servers, row

ORGANIZATION = "00D5e000000AbCd"
CHAT = {**AGENT, "match": {"profile": "Chat"}, "routing_profile": "Chat"}


def name(number: int) -> str:
    return f"user{number}@0055e0000000{number:03d}@{ORGANIZATION}"


def run(folder: Folder, server: ConnectServer, verb: str, *more: str) -> tuple[int, str]:
    return folder.run("users", verb, str(folder.config), "--instance", server.instance.arn, *more)


def document(folder: Folder, server: ConnectServer, verb: str, *more: str) -> tuple[int, dict[str, Any]]:
    return folder.json("users", verb, str(folder.config), "--instance", server.instance.arn, *more)


def apply(folder: Folder, server: ConnectServer, *more: str) -> tuple[int, dict[str, Any]]:
    return document(folder, server, "apply", "--yes", "--report", str(folder.path / "reports"), *more)


def user(server: ConnectServer, username: str) -> Any:
    return next(one for one in server.instance.users.values() if one.name == username)


def test_why_names_the_row_and_the_rule(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2, Profile_Name="Boss"), rules=[{**AGENT, "match": {"profile": "Boss"}}, AGENT])
    with servers() as server:
        _, plan = document(folder, server, "plan")
    assert [change["why"] for change in plan["changes"]] == [
        "row 2 of users.csv by users.rules[1]",
        "row 3 of users.csv by users.rules[0]",
    ]


def test_why_says_how_somebody_came_to_leave(folder: Folder, servers: Servers) -> None:
    boss = [{**AGENT, "match": {"profile": "Support Rep"}}]
    limits = {"removals": "none", "updates": "none"}
    folder.write(*(row(n) for n in range(1, 6)), rules=boss, missing_users="disable", limits=limits)
    with servers() as server:
        apply(folder, server)
        folder.export(row(1), row(2, IsActive="false"), row(3, Profile_Name="Sales"), row(5))
        _, plan = document(folder, server, "plan")
        assert {change["username"]: change["why"] for change in plan["changes"]} == {
            name(2): "inactive in row 3 of users.csv",
            name(3): "matched by no rule: row 4 of users.csv",
            name(4): "not in users.csv",
        }
        text = folder.config.read_text().replace("missing_users: disable", "missing_users: keep")
        folder.config.write_text(text)
        code, out = run(folder, server, "plan")
    assert code == 0
    assert "missing 3, left as they are" in out
    assert f"{name(2)}  (inactive in row 3 of users.csv)" in out
    assert "plan: 2 unchanged, 3 missing" in out


def test_a_plan_is_a_diff_grouped_by_action(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2), row(3), missing_users="delete", limits={"removals": "none", "updates": "none"})
    with servers() as server:
        apply(folder, server)
        folder.export(row(1, LastName="Married"), row(2), row(4))
        code, out = run(folder, server, "plan")
    lines = out.splitlines()
    assert code == 2
    assert lines[0] == "create 1"
    assert lines[1] == (
        f"  + {name(4)}  Given Family4; Agent; Basic Routing Profile  (row 4 of users.csv by users.rules[0])"
    )
    assert lines[2] == "update 1"
    assert "name: Given Family1 → Given Married" in lines[3]
    assert lines[4] == "delete 1"
    assert lines[5] == f"  - {name(3)}  was Given Family3; Agent; Basic Routing Profile  (not in users.csv)"
    assert lines[6] == "plan: 1 create, 1 update, 1 remove, 1 unchanged"
    assert lines[7] == "4 requests, about 1 s at 2 a second for each operation"


def test_a_replacement_shows_what_else_changes(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2), renamed_users="replace", limits={"removals": "none", "updates": "none"})
    with servers() as server:
        apply(folder, server)
        folder.write(
            row(1, Alias="boss", Profile_Name="Boss"), row(2), renamed_users="replace", limits={"removals": "none"},
            rules=[{**AGENT, "match": {"profile": "Boss"}, "security_profiles": ["Admin"]}, AGENT],
        )  # fmt: skip
        _, plan = document(folder, server, "plan")
    (change,) = plan["changes"]
    assert [field["field"] for field in change["fields"]] == ["username", "security_profiles"]
    assert change["fields"][1] == {"field": "security_profiles", "from": ["Agent"], "to": ["Admin"]}


def test_the_page_and_the_kept_plan_are_the_same_bytes_each_time_and_for_the_owner_only(
    folder: Folder, servers: Servers
) -> None:
    folder.write(row(1), row(2, FirstName="Chloé"))
    with servers() as server:
        for number in (1, 2):
            page, kept = folder.path / f"{number}.html", folder.path / f"{number}.json"
            code, _ = run(folder, server, "plan", "--html", str(page), "--out", str(kept))
            assert code == 2
            assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (page, kept))
    for suffix in ("html", "json"):
        assert (folder.path / f"1.{suffix}").read_bytes() == (folder.path / f"2.{suffix}").read_bytes()
    assert name(1) in (folder.path / "1.html").read_text(encoding="utf-8")
    assert "Chloé" in (folder.path / "1.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_an_error(folder: Folder, servers: Servers) -> None:
    folder.write(row(1))
    with servers() as server:
        code, plan = document(folder, server, "plan", "--html", str(folder.config / "x.html"))
    assert (code, plan["problems"][-1]["code"], plan["changes"]) == (1, "usage", [])


def _another_export(folder: Folder, server: ConnectServer) -> None:
    folder.export(row(1), row(2), row(3, IsActive="false"))


def _another_second_export(folder: Folder, server: ConnectServer) -> None:
    with (folder.path / "sets.csv").open("a") as file:
        file.write(f"{row(3)['Id']},Other\n")


def _another_config(folder: Folder, server: ConnectServer) -> None:
    folder.config.write_text(folder.config.read_text().replace("updates: none", "updates: 90%"))


def _another_routing_profile(folder: Folder, server: ConnectServer) -> None:
    chat = next(one for one in server.instance.routing_profiles.values() if one.name == "Chat")
    server.call("UpdateUserRoutingProfile", UserId=user(server, name(1)).id, RoutingProfileId=chat.id)


def _another_name(folder: Folder, server: ConnectServer) -> None:
    names = {"FirstName": "By", "LastName": "Hand"}
    server.call("UpdateUserIdentityInfo", UserId=user(server, name(1)).id, IdentityInfo=names)


def _another_user(folder: Folder, server: ConnectServer) -> None:
    profile = next(one for one in server.instance.security_profiles.values() if one.name == "Agent")
    routing = next(iter(server.instance.routing_profiles.values()))
    server.call(
        "CreateUser", Username="byhand", SecurityProfileIds=[profile.id], RoutingProfileId=routing.id,
        IdentityInfo={"FirstName": "By", "LastName": "Hand"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (_another_export, "the export changed since"),
        (_another_second_export, "the permission-set export changed since"),
        (_another_config, "the config changed since"),
        (_another_routing_profile, f"the state of the instance changed since; changes differ for {name(1)}"),
        (_another_name, f"the state of the instance changed since; changes differ for {name(1)}"),
        (_another_user, "the state of the instance changed since; plan again"),
    ],
)
def test_a_stale_plan_names_what_changed(folder: Folder, servers: Servers, change: Any, what: str) -> None:
    from local_aws.connect_server import InstanceSeed  # noqa: PLC0415

    (folder.path / "sets.csv").write_text(f"AssigneeId,PermissionSet.Name\n{row(1)['Id']},A\n")
    folder.write(row(1), permission_sets="sets.csv", rules=[{**AGENT, "match": {"permission_set": "A"}}, AGENT])
    kept = folder.path / "plan.json"
    with servers(seed=InstanceSeed(routing_profiles=("Chat",))) as server:
        apply(folder, server)
        folder.export(row(1), row(2))
        document(folder, server, "plan", "--out", str(kept))
        change(folder, server)
        code, refused = apply(folder, server, "--plan", str(kept))
        assert (code, refused["refused"]["code"]) == (3, "stale_plan")
        assert what in refused["refused"]["message"]
        assert refused["outcomes"] == []
        assert len([entry for entry in server.log if entry.operation == "CreateUser"]) == 1


def test_a_persons_own_choice_of_phone_makes_no_plan_stale(folder: Folder, servers: Servers) -> None:
    folder.write(row(1))
    kept = folder.path / "plan.json"
    with servers() as server:
        apply(folder, server)
        folder.export(row(1), row(2))
        document(folder, server, "plan", "--out", str(kept))
        phone = {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+15550100"}
        server.call("UpdateUserPhoneConfig", UserId=user(server, name(1)).id, PhoneConfig=phone)
        code, _ = apply(folder, server, "--plan", str(kept))
    assert code == 0


def test_a_plan_for_another_instance_or_of_another_version_is_stale(folder: Folder, servers: Servers) -> None:
    folder.write(row(1))
    kept = folder.path / "plan.json"
    with servers() as server:
        document(folder, server, "plan", "--out", str(kept))
        plan = json.loads(kept.read_text())
        for changed, what in (
            ({"instance": plan["instance"][:-1] + "x"}, "the instance's ARN changed since"),
            ({"version": 2}, "has version 2, this is 1"),
        ):
            kept.write_text(json.dumps({**plan, **changed}))
            code, refused = apply(folder, server, "--plan", str(kept))
            assert (code, refused["refused"]["code"]) == (3, "stale_plan")
            assert what in refused["refused"]["message"]
        assert not server.calls()["CreateUser"]


def test_a_plan_that_somebody_edited_is_stale(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2))
    kept = folder.path / "plan.json"
    with servers() as server:
        document(folder, server, "plan", "--out", str(kept))
        plan = json.loads(kept.read_text())
        kept.write_text(json.dumps({**plan, "changes": plan["changes"][:1]}))
        code, refused = apply(folder, server, "--plan", str(kept))
    assert (code, refused["refused"]["code"]) == (3, "stale_plan")
    assert f"changes differ for {name(2)}" in refused["refused"]["message"]


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 1}',
        '{"digests": {}, "changes": [1]}',
        '{"digests": [], "changes": []}',
        '{"digests": {}, "changes": [{"username": "x", "action": []}]}',
    ],
)
def test_what_is_no_plan_is_an_error(folder: Folder, servers: Servers, text: str) -> None:
    folder.write(row(1))
    (folder.path / "plan.json").write_text(text)
    with servers() as server:
        code, refused = apply(folder, server, "--plan", str(folder.path / "plan.json"))
    assert (code, refused["problems"][-1]["code"]) == (1, "usage")


def test_a_long_reading_says_how_far_it_is(folder: Folder, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connect_sso.terminal._LINE_EACH_USERS", 500)
    folder.write(row(1), requests_per_second=1000)
    with servers(user_quota=2000) as server:
        for number in range(1_100):
            _by_hand(server, f"hand{number}")
        for more in ((), ("--json",)):
            run(folder, server, "plan", *more)
            assert "500 of about 1,100 users read\n1,000 of about 1,100 users read" in folder.stderr
        run(folder, server, "plan", "-q")
        assert folder.stderr == ""


def _by_hand(server: ConnectServer, username: str) -> None:
    profile = next(one for one in server.instance.security_profiles.values() if one.name == "Agent")
    routing = next(iter(server.instance.routing_profiles.values()))
    server.call(
        "CreateUser", Username=username, SecurityProfileIds=[profile.id], RoutingProfileId=routing.id,
        IdentityInfo={"FirstName": "By", "LastName": "Hand"},
    )  # fmt: skip


def test_a_name_is_no_command_to_the_terminal(folder: Folder, servers: Servers) -> None:
    folder.write(row(1, FirstName="A\x1b[2Jnn\u202e"))
    with servers() as server:
        code, out = run(folder, server, "plan")
    assert code == 2
    assert "A?[2Jnn? Family1" in out
    assert "\x1b" not in out + folder.stderr


def test_many_warnings_alike_are_counted(folder: Folder, servers: Servers) -> None:
    folder.write(*(row(n) for n in range(1, 31)))
    with servers() as server:
        for number in range(1, 31):
            _by_hand(server, name(number))
        code, out = run(folder, server, "plan")
        assert (code, folder.stderr.count("exists in the instance without our tags")) == (0, 20)
        assert "and 10 more warnings like these [existing_user]: all of them with -v or --json" in folder.stderr
        assert out.count("(without our tags)") == 20
        assert "… the others with -v" in out
        _, out = run(folder, server, "plan", "-v")
        assert folder.stderr.count("exists in the instance without our tags") == 30
        assert out.count("(without our tags)") == 30
        _, plan = document(folder, server, "plan")
        assert len(plan["problems"]) == 31


def test_a_protected_name_that_is_nobodys_is_told(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), protected=[name(1), name(1).replace("user", "User")])
    with servers() as server:
        code, plan = document(folder, server, "plan")
    (problem,) = (p for p in plan["problems"] if p["code"] == "protected_unknown")
    assert (code, problem["column"], problem["file"]) == (2, "users.protected[1]", str(folder.config))
    assert f"did you mean {name(1)}" in problem["message"]
    assert "User1@" in Path(folder.config).read_text().splitlines()[problem["row"] - 1]

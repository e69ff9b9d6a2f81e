"""Disabling people at a terminal: the profile without permissions, and sessions that a run left open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connect_sso import lease
from connect_sso.deployed import Buckets
from local_aws.connect_server import ConnectServer, Fault
from tests.unit.connect_sso.conftest import Folder, Servers, row
from tests.unit.user_sync.bucket import Bucket
from user_sync.lock import Lock, holder
from user_sync.policy import TAG_CONTACT_CENTER, TAG_ORGANIZATION
from user_sync.state_before import NOT_KNOWN
from user_sync.stored import Store

SESSIONS = "DeleteAllEntitySessions"
PROFILE = "acmeservice-disabled"


def apply(folder: Folder, server: ConnectServer) -> tuple[int, dict[str, Any]]:
    server.log.clear()
    reports = str(folder.path / "reports")
    return folder.json(
        "users", "apply", str(folder.config), "--instance", server.instance.arn, "--report", reports, "--yes"
    )


def people(folder: Folder, *numbers: int) -> None:
    folder.write(*(row(n) for n in numbers), missing_users="disable", limits={"removals": "none"})


def reports(folder: Folder) -> set[Path]:
    return set((folder.path / "reports").glob("*.json"))


def test_the_profile_is_made_once_and_looked_at_each_time(folder: Folder, servers: Servers) -> None:
    with servers() as server:
        for numbers, made in (((1, 2, 3), 0), ((1, 2), 1), ((1,), 0)):
            people(folder, *numbers)
            assert apply(folder, server)[0] == 0
            assert server.calls()["CreateSecurityProfile"] == made
            assert server.calls()["ListSecurityProfilePermissions"] == server.calls()[SESSIONS] == (len(numbers) < 3)
        (profile,) = (one for one in server.instance.security_profiles.values() if one.name == PROFILE)
        assert profile.permissions == ()
        assert profile.tags == {TAG_CONTACT_CENTER: "acmeservice", TAG_ORGANIZATION: "00D5e000000AbCd"}
        assert sum(user.security_profiles == (profile.id,) for user in server.instance.users.values()) == 2


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_profile_that_has_got_permissions_is_given_to_nobody(
    folder: Folder, servers: Servers, meanwhile: bool
) -> None:
    def make(_: object) -> bool:
        server.call("CreateSecurityProfile", SecurityProfileName=PROFILE, Permissions=["BasicAgentAccess"])
        return False

    with servers() as server:
        people(folder, 1, 2)
        apply(folder, server)
        before, written = dict(server.instance.users), reports(folder)
        people(folder, 1)
        if meanwhile:  # after the instance was read
            server.faults.append(Fault(operation="CreateSecurityProfile", when=make))
        else:
            make(None)
        code, document = apply(folder, server)
        assert (code, document["refused"]["code"]) == (3, "disabled_profile")
        assert server.instance.users == before
        assert reports(folder) == written


def cut_off(folder: Folder, server: ConnectServer) -> Path:
    """Disable somebody, and make the report what it is where the run was killed before it ended sessions."""
    people(folder, 1, 2)
    apply(folder, server)
    before = reports(folder)
    people(folder, 1)
    apply(folder, server)
    (path,) = reports(folder) - before
    document = json.loads(path.read_text())
    for outcome in document["outcomes"]:
        outcome |= {"status": "skipped", "code": NOT_KNOWN}
    path.write_text(json.dumps(document))
    for suffix in (".html", ".csv"):
        path.with_suffix(suffix).unlink()
    server.instance.ended_sessions.clear()
    return path


def test_the_next_run_ends_the_sessions_once_and_notes_it(folder: Folder, servers: Servers) -> None:
    with servers() as server:
        path = cut_off(folder, server)
        server.faults.append(Fault(operation=SESSIONS, error="AccessDeniedException", status=403))
        assert apply(folder, server)[0] == 0
        assert "connect:DeleteAllEntitySessions is not granted" in folder.stderr
        assert apply(folder, server)[0] == 0
        assert f"{path.name} was cut off: ended the live sessions of 1" in folder.stderr
        assert len(server.instance.ended_sessions) == 1
        assert json.loads(path.read_text())["outcomes"][0]["status"] == "done"
        assert path.stat().st_mode & 0o077 == 0
        apply(folder, server)
        assert not server.calls()[SESSIONS]


def test_a_run_that_is_going_on_is_not_taken_for_one_that_was_cut_off(
    folder: Folder, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket()
    store = Store(bucket, "reports")
    with servers() as server:
        path = cut_off(folder, server)
        before = path.read_bytes()
        monkeypatch.setattr(lease, "buckets", lambda _center: Buckets(bucket, store, store))
        other = Lock(store, run="other", way_in="terminal", now="then")
        other.take()
        code, document = apply(folder, server)
        assert (code, document["refused"]["code"]) == (3, "locked")
        assert not server.calls()[SESSIONS]
        assert path.read_bytes() == before
        other.release()
        assert apply(folder, server)[0] == 0
        assert server.calls()[SESSIONS] == 1
        assert holder(store) is None


@pytest.mark.parametrize("case", ["back", "ended", "elsewhere", "broken", "deep", "another file", "odd outcomes"])
def test_nobody_elses_sessions_are_ended(folder: Folder, servers: Servers, case: str) -> None:
    with servers() as server:
        path = cut_off(folder, server)
        document = json.loads(path.read_text())
        match case:
            case "back":
                people(folder, 1, 2)
                names = {one.name: one.id for one in server.instance.security_profiles.values()}
                for user_id in server.instance.users:
                    server.call("UpdateUserSecurityProfiles", UserId=user_id, SecurityProfileIds=[names["Agent"]])
            case "ended":
                path.with_suffix(".html").touch()
            case "elsewhere":
                document["run"]["instance"] = server.instance.arn.replace("us-west-2", "eu-central-1")
                path.write_text(json.dumps(document))
            case "broken":
                path.write_text(path.read_text()[:-9])
            case "deep":
                path.write_text("[" * 100_000)
            case "another file":
                path.write_text(json.dumps({"run": {}, "outcomes": {}, "changes": 7}))
            case _:
                path.write_text(json.dumps({**document, "outcomes": [None, 7, *document["outcomes"]]}))
        assert apply(folder, server)[0] == 0
        assert not server.calls()[SESSIONS]

"""kill -9 of a terminal's `users apply` at any of its requests; then it is run again, and everybody is right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from local_aws.connect_server import ConnectServer, Fault
from tests.unit.connect_sso.conftest import Folder, Servers, row
from tests.unit.user_sync import small_set

NONE = {"removals": "none", "updates": "none", "creates": "none"}
MOST_REQUESTS = 40


def write(folder: Folder, missing_users: str) -> None:
    """Write the config and the export from which the small set's AFTER comes out."""
    rows, rules = [], []
    for wanted in small_set.AFTER:
        profile = f"profile of {wanted.username}"
        names = {"FirstName": wanted.first_name, "LastName": wanted.last_name, "Profile_Name": profile}
        rows.append(row(int(wanted.salesforce_id[-3:]), Username=wanted.username, **names))
        rules.append(
            {
                "match": {"profile": profile},
                "security_profiles": list(wanted.security_profiles),
                "routing_profile": wanted.routing_profile,
                "after_contact_work_seconds": wanted.phone.after_contact_work_seconds,
                "auto_accept": wanted.phone.auto_accept,
                **({"hierarchy_group": wanted.hierarchy_group} if wanted.hierarchy_group else {}),
            }
        )
    how = {"missing_users": missing_users, "existing_users": "adopt", "renamed_users": "replace"}
    folder.write(*rows, rules=rules, username="salesforce_username", limits=NONE, requests_per_second=1000, **how)


@dataclass(slots=True)
class Guillotine(Fault):
    """Kills the process whose request of a kind it is, before it is carried out or once it is."""

    victim: subprocess.Popen[bytes] | None = None

    def hits(self, operation: str, parameters: Mapping[str, Any]) -> bool:
        # A dataclass with slots is made anew, so that super() without arguments does not find it.
        if not Fault.hits(self, operation, parameters) or self.victim is None:
            return False
        self.victim.send_signal(signal.SIGKILL)
        self.victim.wait()
        return True


def arguments(folder: Folder, server: ConnectServer) -> list[str]:
    reports = str(folder.path / "reports")
    return ["users", "apply", str(folder.config), "--instance", server.instance.arn, "--report", reports, "--yes"]


def killed(folder: Folder, server: ConnectServer, blade: Guillotine) -> bool:
    """Apply in a process of its own; return whether it was killed."""
    server.faults.append(blade)
    command = [sys.executable, "-m", "connect_sso", *arguments(folder, server)]
    with subprocess.Popen(
        command, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        blade.victim = process
        code = process.wait(timeout=60)
    server.faults.clear()
    assert code in (0, -signal.SIGKILL)
    return code != 0


def assert_the_next_run_mends_it(folder: Folder, server: ConnectServer, leaver: str, missing_users: str) -> None:
    code, document = folder.json(*arguments(folder, server))
    assert (code, {outcome["status"] for outcome in document["outcomes"]} - {"done"}) == (0, set()), folder.stderr
    assert small_set.state(server) == small_set.expected(missing_users)
    assert small_set.signed_out(server, leaver)
    assert folder.json("users", "plan", str(folder.config), "--instance", server.instance.arn)[0] == 0


@pytest.mark.parametrize(
    ("missing_users", "operation", "carried_out"),
    [
        ("disable", "CreateUser", True),
        ("disable", "TagResource", True),
        ("disable", "DeleteAllEntitySessions", False),
        ("delete", "UpdateUserPhoneConfig", False),
        ("delete", "DeleteQuickConnect", True),
    ],
)
def test_a_run_that_is_killed_at_a_write_is_mended_by_the_next(
    folder: Folder, servers: Servers, missing_users: str, operation: str, carried_out: bool
) -> None:
    how = {"lost_answer": True} if carried_out else {"error": "InternalServiceException"}
    with servers(seed=small_set.SEED) as server:
        write(folder, missing_users)
        leaver = small_set.fill(server)
        about = (lambda p: p["EntityId"] == leaver) if operation == "DeleteAllEntitySessions" else (lambda _: True)
        assert killed(folder, server, Guillotine(operation=operation, when=about, **how))
        assert_the_next_run_mends_it(folder, server, leaver, missing_users)


@pytest.mark.full
@pytest.mark.parametrize("missing_users", ["disable", "delete"])
@pytest.mark.parametrize("how", [{"lost_answer": True}, {"error": "InternalServiceException"}])
def test_a_run_that_is_killed_at_any_request_is_mended_by_the_next(
    folder: Folder, servers: Servers, missing_users: str, how: dict[str, Any]
) -> None:
    for number in range(MOST_REQUESTS):
        with servers(seed=small_set.SEED) as server:
            write(folder, missing_users)
            leaver = small_set.fill(server)
            if not killed(folder, server, Guillotine(operation="*", after=number, **how)):
                assert number > 20
                return
            assert_the_next_run_mends_it(folder, server, leaver, missing_users)
    raise AssertionError("more requests than this set needs")

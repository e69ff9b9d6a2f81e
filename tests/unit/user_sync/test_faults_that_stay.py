"""Faults that trying again does not mend: denied actions, users that always fail; and odd pages and clocks."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

import pytest

from local_aws.connect_server import Fault
from tests.unit.user_sync import small_set
from tests.unit.user_sync.conftest import Center, Centers
from tests.unit.user_sync.small_set_runs import assert_right, assert_true, run
from user_sync.connect import Connect, InstanceArn, client_for
from user_sync.errors import SyncError
from user_sync.pace import Pace, SystemClock

READS = {
    "SearchUsers": "delete", "ListSecurityProfiles": "delete", "ListRoutingProfiles": "delete",
    "SearchUserHierarchyGroups": "delete", "SearchQuickConnects": "delete",
    "ListSecurityProfilePermissions": "disable", "CreateSecurityProfile": "disable",
}  # fmt: skip
WRITES = {
    "CreateUser": "disable", "TagResource": "disable", "UpdateUserIdentityInfo": "disable",
    "UpdateUserSecurityProfiles": "disable", "UpdateUserRoutingProfile": "disable", "UpdateUserHierarchy": "disable",
    "UpdateUserPhoneConfig": "disable", "DeleteQuickConnect": "delete", "DeleteUser": "delete",
}  # fmt: skip


def denied(operation: str) -> Fault:
    message = f"User: arn:aws:iam::111122223333:user/ops is not authorized to perform: connect:{operation}"
    return Fault(operation=operation, error="AccessDeniedException", message=message, status=403, times=None)


@pytest.mark.parametrize(("operation", "missing_users"), READS.items())
@pytest.mark.parametrize("named", [True, False])
def test_a_denied_reading_is_named_before_the_first_write(
    filled: Centers, operation: str, missing_users: str, named: bool
) -> None:
    with filled() as center:
        before = small_set.state(center.server)
        center.server.faults.append(denied(operation))
        if not named:
            center.server.faults[0].message = "Access denied"
        with pytest.raises(SyncError, match=f"connect:{operation}"):
            run(center, missing_users)
        assert small_set.state(center.server) == before
        center.server.faults.clear()
        run(center, missing_users)
        assert_right(center, missing_users)


@pytest.mark.parametrize(("operation", "missing_users"), WRITES.items())
def test_a_denied_write_is_named_and_nobody_is_half_written_unsaid(
    filled: Centers, operation: str, missing_users: str
) -> None:
    with filled() as center:
        before, after = small_set.state(center.server)["users"], small_set.expected(missing_users)["users"]
        center.server.faults.append(denied(operation))
        outcomes = run(center, missing_users)
        assert_true(center, missing_users, outcomes)
        failed = [outcome for outcome in outcomes if outcome.status == "failed"]
        assert failed
        now = small_set.state(center.server)["users"]
        for outcome in failed:
            assert f"connect:{operation} is not granted" in outcome.message
            if now.get(outcome.username) not in (before.get(outcome.username), after.get(outcome.username)):
                assert "made until then: " in outcome.message
        center.server.faults.clear()
        assert {outcome.status for outcome in run(center, missing_users)} == {"done"}
        assert_right(center, missing_users)


@pytest.mark.parametrize("missing_users", ["disable", "delete"])
def test_sessions_that_may_not_be_ended_are_told_and_keep_nobody(filled: Centers, missing_users: str) -> None:
    with filled() as center:
        center.server.faults.append(denied("DeleteAllEntitySessions"))
        outcomes = run(center, missing_users)
        assert {outcome.status for outcome in outcomes} == {"done"}
        told = {o.username for o in outcomes if "connect:DeleteAllEntitySessions" in o.message}
        assert told >= {small_set.LEAVER}
        assert_right(center, missing_users, signed_out=False)


@pytest.mark.parametrize("missing_users", ["disable", "delete"])
@pytest.mark.parametrize("code", ["InvalidParameterException", "InternalServiceException"])
def test_a_user_that_always_fails_keeps_nobody_else(filled: Centers, missing_users: str, code: str) -> None:
    for username in sorted({wanted.username for wanted in small_set.AFTER[1:]} | {small_set.LEAVER}):
        with filled() as center:
            center.server.faults.append(Fault(operation="*", error=code, times=None, when=about(center, username)))
            outcomes = run(center, missing_users)
            assert {outcome.username for outcome in outcomes if outcome.status != "done"} == {username}
            assert_true(center, missing_users, outcomes)
            center.server.faults.clear()
            assert {outcome.status for outcome in run(center, missing_users)} == {"done"}
            assert_right(center, missing_users)


def about(center: Center, username: str) -> Any:
    """Return what says whether a request is about a user."""
    ids = {user.id for user in center.server.instance.users.values() if user.name == username}

    def is_about(parameters: Mapping[str, Any]) -> bool:
        arn = str(parameters.get("resourceArn", "")).rpartition("/")[2]
        # Not their sessions: that these were not ended is told, and keeps nothing.
        return parameters.get("Username") == username or bool(ids & {parameters.get("UserId"), arn})

    return is_about


@pytest.mark.parametrize("missing_users", ["disable", "delete"])
def test_a_reached_quota_keeps_newcomers_out_and_the_renamed_under_their_old_name(
    filled: Centers, missing_users: str
) -> None:
    with filled(user_quota=len(small_set.BEFORE)) as center:
        outcomes = run(center, missing_users)
        assert_true(center, missing_users, outcomes)
        refused = [outcome for outcome in outcomes if outcome.status != "done"]
        assert {outcome.code for outcome in refused} == {"LimitExceededException"}
        assert {outcome.action.value for outcome in refused} <= {"create", "replace"}
        assert all("'Users per instance' is reached: raise it" in outcome.message for outcome in refused)
        renamed = {"user4@acme.example", "renamed4@acme.example"} & set(center.usernames())
        assert len(renamed) == 1
        center.server.service.settings.user_quota += 5
        assert {outcome.status for outcome in run(center, missing_users)} == {"done"}
        assert_right(center, missing_users)


def test_credentials_that_end_stop_the_run_at_once(filled: Centers) -> None:
    with filled() as center:
        center.server.faults.append(
            Fault(operation="*", error="ExpiredTokenException", status=403, times=None, after=9)
        )
        outcomes = run(center, "disable")
        center.server.faults.clear()
        assert_true(center, "disable", outcomes)
        assert {"ExpiredTokenException", "stopped"} <= {outcome.code for outcome in outcomes}
        refused = [entry for entry in center.server.log if entry.code == "ExpiredTokenException"]
        assert len(refused) == 1
        run(center, "disable")
        assert_right(center, "disable")


class Pages:
    """A client whose pages are short, in any order, and now and then empty."""

    def __init__(self, client: Any, dice: random.Random) -> None:
        self._client, self._dice = client, dice

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        return method if not name.startswith(("search", "list")) else lambda **asked: self._page(method, asked)

    def _page(self, method: Any, asked: dict[str, Any]) -> dict[str, Any]:
        token = asked.pop("NextToken", "")
        if not token.startswith("empty:") and self._dice.random() < 0.3:
            return {"NextToken": f"empty:{token}"}
        token = token.removeprefix("empty:")
        page = method(**{**asked, "MaxResults": self._dice.randint(1, 3)}, **({"NextToken": token} if token else {}))
        for value in page.values():
            if isinstance(value, list):
                self._dice.shuffle(value)
        return dict(page)


@pytest.mark.parametrize("missing_users", ["disable", "delete"])
@pytest.mark.parametrize("seed", range(5))
def test_pages_that_are_short_empty_and_in_any_order(filled: Centers, missing_users: str, seed: int) -> None:
    with filled(faults=[Fault(operation="CreateUser", lost_answer=True)]) as center:
        instance = InstanceArn.parse(center.server.instance.arn)
        client = Pages(client_for(instance), random.Random(seed))
        door = Connect(client, instance, Pace(rate=2, burst=5, clock=center.clock))
        assert {outcome.status for outcome in run(center, missing_users, door=door)} == {"done"}
        assert_right(center, missing_users)


class Jumping:
    """A clock that leaps an hour, ahead and back, again and again."""

    def __init__(self, center: Center) -> None:
        self._clock, self._asked, self._ahead = center.clock, 0, 0.0

    def now(self) -> float:
        self._asked += 1
        if self._asked % 7 == 0:
            self._ahead = 3600.0 - self._ahead
        return self._clock.now() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


@pytest.mark.parametrize("missing_users", ["disable", "delete"])
def test_a_clock_that_jumps(filled: Centers, missing_users: str) -> None:
    with filled(throttle=2.0) as center:
        instance = InstanceArn.parse(center.server.instance.arn)
        door = Connect(client_for(instance), instance, Pace(rate=2, burst=5, clock=Jumping(center)))
        assert {outcome.status for outcome in run(center, missing_users, door=door)} == {"done"}
        assert_right(center, missing_users)


def test_the_clock_on_the_wall_is_not_looked_at(filled: Centers, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled() as center:
        wall = iter(range(10**9, 10**9 + 86_400 * 10**4, 86_400))
        backwards = iter(range(2 * 10**9, 0, -86_400))
        monkeypatch.setattr(time, "time", lambda: float(next(random.choice((wall, backwards)))))
        instance = InstanceArn.parse(center.server.instance.arn)
        door = Connect(client_for(instance), instance, Pace(rate=200, burst=500, clock=SystemClock()))
        assert {outcome.status for outcome in run(center, "disable", door=door, workers=4)} == {"done"}
        assert_right(center, "disable")

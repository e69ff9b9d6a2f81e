"""A strict Connect server with a clock that only sleeping moves, and the engine's door to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local_aws.connect_server import ConnectServer
from tests.unit.user_sync import small_set
from tests.unit.user_sync.clock import FakeClock
from tests.unit.user_sync.people import desired, policy
from user_sync.apply import apply_plan
from user_sync.connect import Connect, InstanceArn, client_for
from user_sync.model import DesiredUser, Outcome
from user_sync.pace import Pace
from user_sync.plan import Plan
from user_sync.planner import make_plan
from user_sync.policy import Policy


class Center:
    """A server, a clock that both sides share, and a door; the leaver's id where the small set is in there."""

    def __init__(self, server: ConnectServer, clock: FakeClock) -> None:
        self.server = server
        self.clock = clock
        self.client = client_for(InstanceArn.parse(server.instance.arn))
        self.door = self.new_door()
        self.leaver = ""

    def new_door(self) -> Connect:
        instance = InstanceArn.parse(self.server.instance.arn)
        return Connect(self.client, instance, Pace(rate=2, burst=5, clock=self.clock))

    def plan(self, *wanted: DesiredUser, rules: Policy | None = None) -> Plan:
        return make_plan(desired(*wanted), self.door.read_current(groups=True), rules or policy(), file="users.csv")

    def apply(
        self,
        *wanted: DesiredUser,
        rules: Policy | None = None,
        workers: int = 0,
        stop: Callable[[], str | None] = lambda: None,
    ) -> tuple[Outcome, ...]:
        return apply_plan(self.plan(*wanted, rules=rules), self.door, workers=workers, stop=stop)

    def usernames(self) -> list[str]:
        return sorted(user.name for user in self.server.instance.users.values())

    def sync_again(self, *wanted: DesiredUser, rules: Policy | None = None) -> Plan:
        return self.plan(*wanted, rules=rules)


Centers = Callable[..., Any]


@pytest.fixture
def centers(monkeypatch: pytest.MonkeyPatch) -> Centers:
    """Return a maker of strict servers; options are the server's."""

    @contextmanager
    def make(**options: Any) -> Iterator[Center]:
        clock = FakeClock()
        with ConnectServer(small_set.SEED, clock=clock.now, **options) as server:
            for name, value in server.environment().items():
                monkeypatch.setenv(name, value)
            yield Center(server, clock)

    return make


@pytest.fixture
def filled(centers: Centers) -> Centers:
    """Return a maker of strict servers that hold the small set as it is before a run."""

    @contextmanager
    def make(**options: Any) -> Iterator[Center]:
        with centers(**options) as center:
            center.leaver = small_set.fill(center.server)
            center.clock.sleep(600)
            yield center

    return make

"""Runs over the small set, and what must be true after each."""

from __future__ import annotations

from typing import Any

from tests.unit.user_sync import small_set
from tests.unit.user_sync.conftest import Center
from user_sync.connect import Connect
from user_sync.model import Outcome


def run(center: Center, missing_users: str, *, door: Connect | None = None, **options: Any) -> tuple[Outcome, ...]:
    """Plan and apply once, with a door that remembers nothing."""
    center.door = door or center.new_door()
    return center.apply(*small_set.AFTER, rules=small_set.rules(missing_users), **options)


def left(center: Center, missing_users: str) -> set[str]:
    """Return the usernames that a plan would change."""
    return {change.username for change in center.plan(*small_set.AFTER, rules=small_set.rules(missing_users)).changes}


def assert_right(center: Center, missing_users: str, *, signed_out: bool = True) -> None:
    """Everybody is as the export says, and a plan made once reads have caught up is empty."""
    assert small_set.state(center.server) == small_set.expected(missing_users)
    assert small_set.signed_out(center.server, center.leaver) is signed_out
    center.clock.sleep(600)
    assert left(center, missing_users) == set()


def assert_true(center: Center, missing_users: str, outcomes: tuple[Outcome, ...]) -> None:
    """What is called done is done, what is not is not, and why is said."""
    assert {outcome.username for outcome in outcomes if outcome.status != "done"} == left(center, missing_users)
    assert all(outcome.status == "done" or outcome.message for outcome in outcomes)

"""What must hold of the reader whatever comes in: our own error, or people who were judged soundly."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from tests.unit.user_sync.tables import policy, rule
from user_sync.desired import desired_users
from user_sync.errors import ExportUnreadable
from user_sync.explanation import explain_person
from user_sync.export import PermissionSets, read_export, read_permission_sets
from user_sync.identity import is_username
from user_sync.model import Desired, Dialect, Export
from user_sync.policy import Policy

NOW = datetime(2026, 11, 24, tzinfo=UTC)
POLICIES = (
    policy(),
    policy(rule(profile="*"), template="{Username}"),
    policy(rule("Agent", profile="Support*"), rule("Admin"), template="{Email}"),
    policy(rule(permission_set="ContactCenter*"), rule("Agent", Alias="u*")),
)


def check(data: bytes, random: Random) -> tuple[str, ...]:
    """Read, judge and explain; return what came of it.

    Raises:
        AssertionError: something that must hold does not.
    """
    try:
        sets: PermissionSets | None = read_permission_sets(data, file="sets.csv", now=NOW)
        seen = ["permission sets"]
    except ExportUnreadable as error:
        _sound(error)
        sets, seen = PermissionSets("sets.csv", Dialect("", "", ""), {}), []
    wanted = random.choice(POLICIES)
    try:
        export = read_export(data, file="users.csv", columns=dict(wanted.columns))
        desired = desired_users(export, sets, wanted)
    except ExportUnreadable as error:
        _sound(error)
        return (*seen, error.code)
    judged(desired, export)
    _explained(export, sets, wanted, random)
    codes = sorted({problem.code for problem in desired.problems})
    return (*seen, export.dialect.encoding, export.dialect.form, *codes, "people" if desired.users else "nobody")


def judged(desired: Desired, export: Export) -> None:
    """Check that a judgement is consistent with itself and with what was read."""
    errors = {p.row for p in desired.problems if p.severity == "error" and p.file == export.file}
    rows = {record.row for record in export.records}
    assert errors <= {held.row for held in desired.held}
    assert not errors & {user.row for user in desired.users}
    assert {user.row for user in desired.users} <= rows
    names = [user.username for user in desired.users]
    assert names == sorted(set(names))
    assert all(map(is_username, names))
    assert len({user.salesforce_id for user in desired.users}) == len(names)
    assert all(user.first_name and user.last_name for user in desired.users)
    for problem in desired.problems:
        _message(problem.message)


def _explained(export: Export, sets: PermissionSets | None, wanted: Policy, random: Random) -> None:
    if export.records:
        row = random.choice(export.records).row
        (found,) = explain_person(export, sets, wanted, who=str(row))
        assert found.row == row


def _sound(error: ExportUnreadable) -> None:
    _message(error.message)
    assert error.row is None or error.row > 0
    assert error.code.replace("_", "").isalpha()


def _message(text: str) -> None:
    assert text
    assert not text.endswith(".")
    assert len(text) < 20_000

"""The example's rules over the sample exports: everybody comes out as they should."""

from __future__ import annotations

from collections import Counter

from contact_center.load import load
from tests.unit.contact_center.test_config_load import EXAMPLE
from user_sync.desired import desired_users
from user_sync.export import read_export, read_permission_sets

FOLDER = EXAMPLE.parent


def test_twenty_active_people_come_out() -> None:
    policy = load(EXAMPLE).policy
    export = read_export((FOLDER / "users.csv").read_bytes(), file="users.csv")
    assignments = (FOLDER / "permission-set-assignments.csv").read_bytes()
    desired = desired_users(export, read_permission_sets(assignments, file="p.csv"), policy)
    assert desired.problems == ()
    assert Counter(user.security_profiles for user in desired.users) == {
        ("Admin",): 1,
        ("CallCenterManager",): 3,
        ("Agent",): 16,
    }
    assert policy.protected == tuple(u.username for u in desired.users if u.security_profiles == ("Admin",))

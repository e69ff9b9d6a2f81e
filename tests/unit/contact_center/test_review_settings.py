"""What of the sync's settings got looser, in words that name nobody."""

from __future__ import annotations

from typing import Any

import pytest

from contact_center.review.settings import setting_findings, sync_settings

RULE = {
    "match": [["permission_set", ["Agents"]]],
    "security_profiles": ["Agent"],
    "routing_profile": "Basic",
    "hierarchy_group": None,
    "phone": {"after_contact_work_seconds": 0, "auto_accept": False},
}
POLICY: dict[str, Any] = {
    "missing_users": "keep",
    "existing_users": "leave",
    "renamed_users": "refuse",
    "invalid_rows": "refuse",
    "failed_users": "report",
    "limits": {"removals": {"text": "10%"}, "updates": {"text": "50%"}, "creates": {"text": "none"}},
    "protected": ["ckrug@0055e000RQ4F5ZR@00D5e000000AbCd"],
    "privileged": ["Admin"],
    "provisioned": False,
    "requests_per_second": 2.0,
    "rules": [RULE],
}


def limits(**changed: str) -> dict[str, Any]:
    return {"limits": {**POLICY["limits"], **{name: {"text": text} for name, text in changed.items()}}}


@pytest.mark.parametrize(
    ("change", "shown", "looser"),
    [
        ({"missing_users": "disable"}, ("missing_users", "keep", "disable"), True),
        ({"existing_users": "adopt"}, ("existing_users", "leave", "adopt"), True),
        ({"failed_users": "fail"}, ("failed_users", "report", "fail"), False),
        ({"protected": []}, ("protected", "1 protected user", "0 protected users"), True),
        ({"protected": [*POLICY["protected"], "b@c"]}, ("protected", "1 protected user", "2 protected users"), False),
        ({"privileged": []}, ("privileged", "Admin", "none"), True),
        ({"requests_per_second": 3.0}, ("requests_per_second", "2.0", "3.0"), False),
        (limits(removals="11%"), ("limits.removals", "10%", "11%"), True),
        (limits(removals="9%"), ("limits.removals", "10%", "9%"), False),
        (limits(removals="5"), ("limits.removals", "10%", "5"), True),
        (limits(removals="none"), ("limits.removals", "10%", "none"), True),
        (limits(creates="5"), ("limits.creates", "none", "5"), False),
    ],
)
def test_a_setting(change: dict[str, Any], shown: tuple[str, str, str], looser: bool) -> None:
    (one,) = sync_settings(POLICY, {**POLICY, **change})
    assert ((one.name, one.before, one.after), one.looser) == (shown, looser)
    (finding,) = setting_findings((one,))
    assert finding.level == ("danger" if looser else "attention")


@pytest.mark.parametrize(
    ("rule", "words", "looser"),
    [
        ({"security_profiles": ["Admin"]}, "permission_set is Agents: Admin, routed by Basic", True),
        ({"security_profiles": ["ADMIN"]}, "permission_set is Agents: ADMIN, routed by Basic", True),
        ({"security_profiles": ["QualityAnalyst"]}, "permission_set is Agents: QualityAnalyst, routed by Basic", False),
        ({"match": [["Email", ["jo@acme.example"]]]}, "Email is one of 1 value: Agent, routed by Basic", False),
        ({"match": []}, "everybody: Agent, routed by Basic", False),
        (
            {"hierarchy_group": "EMEA", "phone": {"after_contact_work_seconds": 5, "auto_accept": True}},
            "permission_set is Agents: Agent, routed by Basic, group EMEA, 5 s after-contact work, auto-accept",
            False,
        ),
    ],
)
def test_a_rule(rule: dict[str, Any], words: str, looser: bool) -> None:
    (one,) = sync_settings(POLICY, {**POLICY, "rules": [{**RULE, **rule}]})
    assert (one.name, one.after, one.looser) == ("rules[0]", words, looser)


def test_who_gets_admin_by_another_match_is_looser() -> None:
    admin = {**RULE, "security_profiles": ["Admin"]}
    wider = {**admin, "match": [["profile", ["*"]]]}
    (one,) = sync_settings({**POLICY, "rules": [admin]}, {**POLICY, "rules": [wider]})
    assert one.looser


def test_nothing_to_compare_with() -> None:
    assert sync_settings(None, POLICY) == ()
    assert sync_settings(POLICY, POLICY) == ()

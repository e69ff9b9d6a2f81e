"""Bad values under `users`: each is told with line, key path, code and what would be right."""

from __future__ import annotations

import pytest

from contact_center.load import examine
from tests.unit.contact_center.conftest import Case, Write, assert_told, changed

AFTER = "      routing_profile: Basic Routing Profile\n"

CASES: list[Case] = [
    # users
    (13, "  export: s3://", 13, "users.export", "export_location_invalid", "names no bucket"),
    (13, "  export: s3://acme-exports/", 13, "users.export", "export_location_invalid", "names no object"),
    (13, "  export: s3://acme-exports/u.csv?versionId=", 13, "users.export", "export_location_invalid", "no version"),
    (13, "  export: S3://acme-exports/u.csv", 13, "users.export", "export_location_invalid", "names no bucket"),
    (13, "  export: https://x.example/u.csv", 13, "users.export", "export_location_invalid", "neither a file"),
    (14, "  rules: []\n  xrules:", 14, "users.rules", "empty_list", "0 rules: allowed are at least 1"),
    (15, "    - match: {profile: 123}", 15, "users.rules[0].match.profile", "wrong_type", 'put it in quotes, "123"'),
    (
        15,
        "    - match: {IsActive: true}",
        15,
        "users.rules[0].match.IsActive",
        "wrong_type",
        'put it in quotes, "true"',
    ),
    (15, "    - match: {profile: []}", 15, "users.rules[0].match.profile", "empty_list", "at least 1"),
    (15, "    - match: {profil: x}", 15, "users.rules[0].match.profil", "match_key_invalid", "did you mean profile"),
    (15, "    - match: {First Name: x}", 15, "users.rules[0].match.First Name", "match_key_invalid", "users.columns"),
    (15, "    - match: all", 15, "users.rules[0].match", "wrong_type", "not a mapping of keys"),
    (16, "      security_profiles: []", 16, "users.rules[0].security_profiles", "empty_list", "1 to 10"),
    (16, "      security_profiles: Agent", 16, "users.rules[0].security_profiles", "wrong_type", 'write ["Agent"]'),
    (16, "      security_profiles: [A, a]", 16, "users.rules[0].security_profiles", "duplicate_entry", "there twice"),
    (16, "      security_profiles: [' A']", 16, "users.rules[0].security_profiles[0]", "profile_invalid", "no space"),
    (
        16,
        f"      security_profiles: {list('ABCDEFGHIJK')}",
        16,
        "users.rules[0].security_profiles",
        "too_many",
        "1 to 10",
    ),
    (17, "      routing_profile: 7", 17, "users.rules[0].routing_profile", "wrong_type", "put it in quotes"),
    (
        17,
        f"{AFTER}      hierarchy_group: a/b/c/d/e/f",
        18,
        "users.rules[0].hierarchy_group",
        "hierarchy_invalid",
        "6 levels",
    ),
    (
        17,
        f"{AFTER}      hierarchy_group: a//b",
        18,
        "users.rules[0].hierarchy_group",
        "hierarchy_invalid",
        "empty level",
    ),
    (17, f"{AFTER}      hierarchy_group: a / b", 18, "users.rules[0].hierarchy_group", "hierarchy_invalid", "space"),
    (
        17,
        f"{AFTER}      after_contact_work_seconds: -1",
        18,
        "users.rules[0].after_contact_work_seconds",
        "out_of_range",
        "0 to",
    ),
    (
        17,
        f"{AFTER}      after_contact_work_seconds: 2000001",
        18,
        "users.rules[0].after_contact_work_seconds",
        "out_of_range",
        "0 to",
    ),
    (17, f"{AFTER}      auto_accept: 'on'", 18, "users.rules[0].auto_accept", "wrong_type", "true or false"),
    (
        17,
        f"{AFTER}      session_hours: 4",
        18,
        "users.rules[0].session_hours",
        "unknown_key",
        "it belongs under sign_on",
    ),
    (
        17,
        f"{AFTER}  managed_fields: [name, hierarchy]",
        18,
        "users.managed_fields[1]",
        "not_allowed",
        "did you mean hierarchy_group",
    ),
    (17, f"{AFTER}  managed_fields: [name, name]", 18, "users.managed_fields", "duplicate_entry", "there twice"),
    (17, f"{AFTER}  missing_users: remove", 18, "users.missing_users", "not_allowed", "keep, disable or delete"),
    (17, f"{AFTER}  limits: {{removals: 101%}}", 18, "users.limits.removals", "limit_invalid", "0% to 100%"),
    (17, f"{AFTER}  limits: {{removals: -1}}", 18, "users.limits.removals", "limit_invalid", "a count of users"),
    (17, f"{AFTER}  limits: {{removals: 1.5}}", 18, "users.limits.removals", "limit_invalid", "a count of users"),
    (17, f"{AFTER}  limits: {{removals: None}}", 18, "users.limits.removals", "limit_invalid", "or none"),
    (17, f"{AFTER}  limits: {{remove: 1}}", 18, "users.limits.remove", "unknown_key", "did you mean removals"),
    (17, f"{AFTER}  limits: 10%", 18, "users.limits", "wrong_type", "not a mapping of keys"),
    (17, f"{AFTER}  max_export_age: 8", 18, "users.max_export_age", "wrong_type", "put it in quotes"),
    (17, f"{AFTER}  max_export_age: 0d", 18, "users.max_export_age", "age_invalid", "such as 8d or 36h"),
    (17, f"{AFTER}  max_export_age: 367d", 18, "users.max_export_age", "age_invalid", "at most 366d"),
    (17, f"{AFTER}  protected: [a b]", 18, "users.protected[0]", "username_invalid", "2 to 64"),
    (17, f"{AFTER}  privileged: Admin", 18, "users.privileged", "wrong_type", 'write ["Admin"]'),
    (17, f"{AFTER}  requests_per_second: 0", 18, "users.requests_per_second", "out_of_range", "above 0"),
    (17, f"{AFTER}  requests_per_second: .inf", 18, "users.requests_per_second", "out_of_range", "above 0"),
    (17, f"{AFTER}  requests_per_second: .nan", 18, "users.requests_per_second", "out_of_range", "above 0"),
    (17, f"{AFTER}  requests_per_second: '2'", 18, "users.requests_per_second", "wrong_type", "without quotes"),
    (17, f"{AFTER}  requests_per_second: yes", 18, "users.requests_per_second", "wrong_type", "yes is not a number"),
    (17, f"{AFTER}  columns: {{Vorname: First Name}}", 18, "users.columns.Vorname", "column_invalid", "API name"),
    (17, f"{AFTER}  columns: {{A: Id, B: Id}}", 18, "users.columns", "column_invalid", "both called Id"),
    (17, f"{AFTER}alerts: {{email: ops}}", 18, "alerts.email", "email_invalid", "not an e-mail address"),
    (17, f"{AFTER}alert: {{email: ops@acme.example}}", 18, "alert", "unknown_key", "did you mean alerts"),
    (17, f"{AFTER}xyz: 1", 18, "xyz", "unknown_key", "allowed are name, account"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case[1].split())[:60])
def test_a_bad_value_is_told_once_with_its_place(write: Write, case: Case) -> None:
    assert_told(write, case, {"unknown_key"} if case[0] == 14 else set())


AT_LIMITS = [
    (15, "    - match: {}"),
    (15, "    - match: {profile: '*'}"),
    (16, f"      security_profiles: {list('ABCDEFGHIJ')}"),
    (17, f"{AFTER}      hierarchy_group: a/b/c/d/e"),
    (17, f"{AFTER}      after_contact_work_seconds: 2000000"),
    (17, f"{AFTER}  managed_fields: []"),
    (17, f"{AFTER}  privileged: []"),
    (17, f"{AFTER}  max_export_age: 366d"),
    (17, f"{AFTER}  requests_per_second: 0.1"),
    (17, f"{AFTER}  limits: {{removals: 100%, updates: 0, creates: none}}"),
]


@pytest.mark.parametrize(("number", "text"), AT_LIMITS, ids=lambda value: str(value).strip()[:50])
def test_at_the_limit_is_allowed(write: Write, number: int, text: str) -> None:
    assert examine(write(changed({number: text}))).problems == ()


def test_every_bad_key_and_value_of_a_match_is_told(write: Write) -> None:
    text = "    - match:\n        profil: x\n        First Name: y\n        Department: [on, 7]\n        role: []"
    found = {(problem.row, problem.column) for problem in examine(write(changed({15: text}))).problems}
    assert found == {
        (16, "users.rules[0].match.profil"),
        (17, "users.rules[0].match.First Name"),
        (18, "users.rules[0].match.Department[0]"),
        (18, "users.rules[0].match.Department[1]"),
        (19, "users.rules[0].match.role"),
    }

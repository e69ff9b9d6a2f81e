"""Keys that must agree with one another, and warnings about what is likely not meant."""

from __future__ import annotations

import pytest

from contact_center.load import examine, load
from tests.unit.contact_center.conftest import BASE, Write, changed

INSTANCE = "arn:aws:connect:us-west-2:111122223333:instance/0f6e5c2a-1111-2222-3333-444455556666"
PROVIDER = "arn:aws:iam::111122223333:saml-provider/SalesforceServiceVoiceIdp_00D5e000000AbCd"
ROLE = "arn:aws:iam::111122223333:role/acmeservice-SAMLRole"
OKTA = "  third_party: {name: okta, metadata: okta-idp.xml, login_url: https://acme.okta.com/x}"
RULE = "      security_profiles: [Agent]\n      routing_profile: Basic Routing Profile"

Place = tuple[int | None, str | None, str]


def told(write: Write, changes: dict[int, str], severity: str = "error", more: str = "") -> list[Place]:
    """Return the places of the errors (or warnings) of a changed base config."""
    problems = examine(write(changed(changes) + more)).problems
    return [(problem.row, problem.column, problem.code) for problem in problems if problem.severity == severity]


@pytest.mark.parametrize(
    ("changes", "more", "expected"),
    [
        ({4: f"  existing: {INSTANCE}\n  alias: acme"}, "", [(5, "instance.alias", "conflict")]),
        ({4: f"  existing: {INSTANCE}\n  contact_lens: true"}, "", [(5, "instance.contact_lens", "conflict")]),
        ({4: "  inbound_calls: true"}, "", [(3, "instance", "missing_key")]),
        ({4: f"  existing: {INSTANCE.replace('west-2', 'east-1')}"}, "", [(4, "instance.existing", "region_mismatch")]),
        ({4: f"  existing: {INSTANCE}"}, "account: '999922223333'\n", [(4, "instance.existing", "account_mismatch")]),
        ({4: f"  existing: {INSTANCE}"}, "account: 999922223333\n", [(4, "instance.existing", "account_mismatch")]),
        (
            {4: f"  existing: {INSTANCE.replace('aws:', 'aws-us-gov:', 1)}"},
            "",
            [(4, "instance.existing", "partition_mismatch")],
        ),
        ({6: f"  role: {ROLE}"}, "account: '999922223333'\n", [(6, "sign_on.role", "account_mismatch")]),
        ({6: f"  role: {ROLE.replace('aws:', 'aws-us-gov:', 1)}"}, "", [(6, "sign_on.role", "partition_mismatch")]),
        # A person of another account may have emergency access; one of another partition cannot.
        ({6: f"  emergency_access: {{principals: ['{ROLE}']}}"}, "account: '999922223333'\n", []),
        (
            {2: "region: us-gov-west-1", 6: f"  emergency_access: {{principals: ['{ROLE}']}}"},
            "",
            [(6, "sign_on.emergency_access.principals[0]", "partition_mismatch")],
        ),
    ],
)
def test_arns_agree_with_region_and_account(
    write: Write, changes: dict[int, str], more: str, expected: list[Place]
) -> None:
    assert told(write, changes, more=more) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({7: OKTA}, [(7, "sign_on.third_party", "not_with_arrangement")]),
        ({6: OKTA}, [(6, "sign_on.third_party", "not_with_arrangement")]),
        ({6: "  identity_provider: third_party"}, [(5, "sign_on.third_party", "missing_key")]),
        ({6: "  identity_provider: salesforce_and_third_party", 7: OKTA}, []),
        ({6: "  identity_provider: third_party", 7: OKTA, 10: "", 11: ""}, []),
        ({10: ""}, [(8, "sign_on.salesforce.my_domain", "missing_key")]),
        ({11: ""}, [(8, "sign_on.salesforce.metadata", "missing_key")]),
        ({11: f"    provider: {PROVIDER}"}, []),
        (
            {6: "  identity_provider: third_party", 7: "  third_party: {name: okta}", 11: ""},
            [(7, "sign_on.third_party.metadata", "missing_key")],
        ),
        (
            {6: "  identity_provider: third_party", 7: "  third_party: {name: Salesforce, metadata: okta-idp.xml}"},
            [(7, "sign_on.third_party.name", "name_invalid")],
        ),
        (
            {6: "  identity_provider: third_party", 7: "  third_party: {name: okta, metadata: okta.xml}", 11: ""},
            [(7, "sign_on.third_party.metadata", "metadata_missing")],
        ),
        ({9: ""}, [(8, "sign_on.salesforce.organization_id", "missing_key")]),
        ({8: "", 9: "", 10: "", 11: ""}, [(5, "sign_on.salesforce", "missing_key")]),
        ({8: "  salesforce:", 9: "", 10: "", 11: ""}, [(8, "sign_on.salesforce", "empty_value")]),
    ],
)
def test_an_arrangement_has_what_it_needs(write: Write, changes: dict[int, str], expected: list[Place]) -> None:
    assert told(write, changes) == expected


@pytest.mark.parametrize(
    ("changes", "more", "expected"),
    [
        ({9: "    organization_id: 00D5e000000AbCd\n    contact_center: provisioned"}, "", (10, "role_exists")),
        ({7: "  username: email"}, "", (7, "username_not_unique")),
        ({7: "  username: '{Alias}@{OrganizationId}'"}, "", (7, "username_not_unique")),
        ({11: f"    metadata: salesforce-idp.xml\n    provider: {PROVIDER}"}, "", (11, "metadata_not_deployed")),
        ({6: "  identity_provider: third_party", 7: OKTA}, "", (11, "unused_key")),
        (
            {
                6: "  identity_provider: third_party",
                7: OKTA.replace(", login_url: https://acme.okta.com/x", ""),
                11: "",
            },
            "",
            (7, "login_url_missing"),
        ),
        ({13: "  export: s3://acme-exports/users.csv"}, "", (13, "export_not_pinned")),
        ({15: "    - match: {permission_set: A}"}, "", (15, "permission_sets_not_given")),
        ({16: "      security_profiles: [acmeservice-disabled]"}, "", (16, "profile_reserved")),
        ({}, f"    - match: {{profile: [Support Rep]}}\n{RULE}\n", (18, "rule_unreachable")),
        ({15: "    - match: {}"}, f"    - match: {{profile: A}}\n{RULE}\n", (18, "rule_unreachable")),
    ],
)
def test_what_is_likely_not_meant_is_a_warning(
    write: Write, changes: dict[int, str], more: str, expected: tuple[int, str]
) -> None:
    center = load(write(changed(changes) + more))
    assert [(problem.row, problem.code) for problem in center.warnings] == [expected]
    assert {problem.severity for problem in center.warnings} == {"warning"}


def test_an_existing_role_quiets_the_warning_about_a_provisioned_contact_center(write: Write) -> None:
    changes = {6: f"  role: {ROLE}", 9: "    organization_id: 00D5e000000AbCd\n    contact_center: provisioned"}
    center = load(write(changed(changes)))
    assert center.warnings == ()
    assert center.policy.provisioned


def test_metadata_of_a_provider_that_is_not_used_may_be_missing(write: Write) -> None:
    changes = {6: "  identity_provider: third_party", 7: OKTA, 11: "    metadata: gone.xml"}
    assert told(write, changes) == []


def test_agreement_is_judged_beside_bad_values(write: Write) -> None:
    assert told(write, {1: "name: aws", 7: OKTA}) == [
        (1, "name", "name_invalid"),
        (7, "sign_on.third_party", "not_with_arrangement"),
    ]


def test_the_base_is_clean(write: Write) -> None:
    assert examine(write(BASE)).problems == ()

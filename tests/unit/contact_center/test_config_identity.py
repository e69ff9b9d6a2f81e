"""Bad values of instance and sign-on: each is told with line, key path, code and what would be right."""

from __future__ import annotations

import pytest

from contact_center.load import examine
from tests.unit.contact_center.conftest import Case, Write, assert_told, changed

CASES: list[Case] = [
    # name
    (1, "name: awsservice", 1, "name", "name_invalid", "starts with aws or ssm"),
    (1, "name: SSMservice", 1, "name", "name_invalid", "starts with aws or ssm"),
    (1, "name: acme-service", 1, "name", "name_invalid", "letters and digits"),
    (1, "name: 1acme", 1, "name", "name_invalid", "a letter first"),
    (1, "name: abcdefghijklmnopqrstu", 1, "name", "name_invalid", "at most 20"),
    (1, "name: 42", 1, "name", "wrong_type", 'put it in quotes, "42"'),
    (1, "name: NO", 1, "name", "wrong_type", 'name is NO, which YAML reads as false: put it in quotes, "NO"'),
    (1, "name: 2026-01-31", 1, "name", "wrong_type", "reads as the date 2026-01-31"),
    (1, "name: [acme]", 1, "name", "wrong_type", "is a list, not a text"),
    (1, "name:", 1, "name", "empty_value", "name has no value"),
    # account
    (1, "name: acme\naccount: 011122223333", 2, "account", "account_invalid", "011122223333 is not an AWS account"),
    (1, "name: acme\naccount: 12345", 2, "account", "account_invalid", "12 digits"),
    (1, 'name: acme\naccount: "1111-2222-3333"', 2, "account", "account_invalid", "12 digits"),
    (1, "name: acme\naccount: true", 2, "account", "wrong_type", "put it in quotes"),
    # bootstrap
    (2, "region: us-west-2\nbootstrap: {}", 3, "bootstrap.qualifier", "missing_key", "qualifier"),
    (
        2,
        "region: us-west-2\nbootstrap: {qualifier: Acme}",
        3,
        "bootstrap.qualifier",
        "qualifier_invalid",
        "small letters",
    ),
    (2, "region: us-west-2\nbootstrap: {qualifier: hnb659fds}", 3, "bootstrap.qualifier", "qualifier_invalid", "share"),
    (
        2,
        "region: us-west-2\nbootstrap: {qualifier: acme, permissions_boundary: arn:aws:iam::1:policy/x}",
        3,
        "bootstrap.permissions_boundary",
        "policy_name_invalid",
        "without path and ARN",
    ),
    # region
    (2, "region: us-west-3", 2, "region", "region_unknown", "did you mean us-west-2"),
    (2, "region: cn-north-1", 2, "region", "region_unknown", "does not exist in cn-north-1"),
    (2, "region: eu-west-1", 2, "region", "region_unknown", "allowed are af-south-1"),
    # tags
    (2, "region: us-west-2\ntags: {aws:x: y}", 3, "tags.aws:x", "tag_invalid", "starts with aws:"),
    (
        2,
        "region: us-west-2\ntags: {connect-sso:organization: y}",
        3,
        "tags.connect-sso:organization",
        "tag_invalid",
        "this project owns",
    ),
    (2, "region: us-west-2\ntags: {Team: 'a;b'}", 3, "tags.Team", "tag_invalid", 'holds ";"'),
    (2, "region: us-west-2\ntags: {Team: a, team: b}", 3, "tags", "tag_invalid", "in case only"),
    (2, "region: us-west-2\ntags: {Team: 42}", 3, "tags.Team", "wrong_type", 'put it in quotes, "42"'),
    (2, "region: us-west-2\ntags: {Team: on}", 3, "tags.Team", "wrong_type", "reads as true"),
    (2, "region: us-west-2\ntags: [a]", 3, "tags", "wrong_type", "not a mapping of keys"),
    # instance
    (4, "  alias: d-acme", 4, "instance.alias", "alias_invalid", "not starting with d-"),
    (4, "  alias: acme-", 4, "instance.alias", "alias_invalid", "no hyphen at its ends"),
    (4, f"  alias: {'a' * 46}", 4, "instance.alias", "alias_invalid", "1 to 45"),
    (4, "  alias: acme\n  inbound_calls: 'true'", 5, "instance.inbound_calls", "wrong_type", "without quotes"),
    (4, "  alias: acme\n  inbound_calls: 1", 5, "instance.inbound_calls", "wrong_type", "true or false"),
    (
        4,
        "  existing: arn:aws:connect:us-west-2:1:instance/x",
        4,
        "instance.existing",
        "arn_invalid",
        "ACCOUNT:instance/ID",
    ),
    (4, "  aliass: acme\n  alias: acme", 4, "instance.aliass", "unknown_key", "did you mean alias"),
    # sign_on
    (6, "  identity_provider: saleforce", 6, "sign_on.identity_provider", "not_allowed", "did you mean salesforce"),
    (6, "  identity_provider: off", 6, "sign_on.identity_provider", "not_allowed", '"off" is not allowed'),
    (6, "  session_hours: 0", 6, "sign_on.session_hours", "out_of_range", "allowed are 1 to 12"),
    (6, "  session_hours: 13", 6, "sign_on.session_hours", "out_of_range", "allowed are 1 to 12"),
    (6, "  session_hours: 12.0", 6, "sign_on.session_hours", "wrong_type", "whole number"),
    (6, "  session_hours: true", 6, "sign_on.session_hours", "wrong_type", "whole number"),
    (6, "  session_tags: 'no'", 6, "sign_on.session_tags", "wrong_type", "without quotes"),
    (6, "  role: acmeservice-SAMLRole", 6, "sign_on.role", "arn_invalid", "arn:aws:iam::ACCOUNT:role/NAME"),
    (6, "  emergency_access: {principals: []}", 6, "sign_on.emergency_access.principals", "empty_list", "1 to 10"),
    (
        6,
        "  emergency_access:\n    principals:\n      - arn:aws:iam::111122223333:root",
        8,
        "sign_on.emergency_access.principals[0]",
        "arn_invalid",
        "no account, group or session",
    ),
    (
        6,
        "  emergency_access: {}",
        6,
        "sign_on.emergency_access.principals",
        "missing_key",
        "principals is missing: IAM",
    ),
    # username
    (7, "  username: {Username}", 7, "sign_on.username", "wrong_type", "a text that starts with { or holds a colon"),
    (7, "  username: salesforce_voce", 7, "sign_on.username", "username_invalid", "did you mean salesforce_voice"),
    (7, "  username: '{Alias'", 7, "sign_on.username", "username_invalid", 'a "{" without its partner'),
    (7, "  username: 'Alias}'", 7, "sign_on.username", "username_invalid", 'a "}" without its partner'),
    (7, "  username: '{{Id}}'", 7, "sign_on.username", "username_invalid", "without its partner"),
    (7, "  username: '{}'", 7, "sign_on.username", "username_invalid", "names no column"),
    (7, "  username: '{First Name}'", 7, "sign_on.username", "username_invalid", "names no column"),
    (7, "  username: '{Id} {Alias}'", 7, "sign_on.username", "username_invalid", "holds space"),
    (7, "  username: '{Id}+é'", 7, "sign_on.username", "username_invalid", 'holds "+" and "é"'),
    (7, "  username: 'x{OrganizationId}'", 7, "sign_on.username", "username_invalid", "the same for everybody"),
    (7, f"  username: '{'x' * 64}{{Id}}'", 7, "sign_on.username", "username_invalid", "longer than the 64"),
    # salesforce
    (
        9,
        "    organization_id: 0055e000000AbCd",
        9,
        "sign_on.salesforce.organization_id",
        "id_invalid",
        "start with 00D",
    ),
    (9, "    organization_id: 00D5e000000AbC", 9, "sign_on.salesforce.organization_id", "id_invalid", "15 or 18"),
    (9, "    organization_id: 00D5E000000ABCDEAK", 9, "sign_on.salesforce.organization_id", "id_invalid", "its case"),
    (10, "    my_domin: x", 10, "sign_on.salesforce.my_domin", "unknown_key", "did you mean my_domain"),
    (
        10,
        "    my_domain: https://acme.my.salesforce.com",
        10,
        "sign_on.salesforce.my_domain",
        "my_domain_invalid",
        "write acme",
    ),
    (10, "    my_domain: acme_x", 10, "sign_on.salesforce.my_domain", "my_domain_invalid", "acme--uat.sandbox"),
    (11, "    metadata: []", 11, "sign_on.salesforce.metadata", "empty_list", "1 to 2"),
    (
        11,
        "    metadata: https://acme.my.salesforce.com/x.xml",
        11,
        "sign_on.salesforce.metadata",
        "file_invalid",
        "as a file",
    ),
    (
        11,
        "    metadata: salesforce.xml",
        11,
        "sign_on.salesforce.metadata",
        "metadata_missing",
        "did you mean salesforce-idp.xml",
    ),
    (11, "    metadata: .", 11, "sign_on.salesforce.metadata", "metadata_missing", "is a folder"),
    (11, "    metadata: no/idp.xml", 11, "sign_on.salesforce.metadata", "metadata_missing", "there is no folder"),
    (
        11,
        "    metadata:\n      - salesforce-idp.xml\n      - new.xml",
        13,
        "sign_on.salesforce.metadata[1]",
        "metadata_missing",
        "does not exist",
    ),
    (
        11,
        "    metadata: [okta-idp.xml, okta-idp.xml]",
        11,
        "sign_on.salesforce.metadata",
        "duplicate_entry",
        "there twice",
    ),
    (
        11,
        "    metadata: salesforce-idp.xml\n    provider: arn:aws:iam::111122223333:role/x",
        12,
        "sign_on.salesforce.provider",
        "arn_invalid",
        "saml-provider/NAME",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case[1].split())[:60])
def test_a_bad_value_is_told_once_with_its_place(write: Write, case: Case) -> None:
    follows = {10: {"missing_key"}, 11: {"missing_key", "metadata_not_deployed"}}
    assert_told(write, case, follows.get(case[0], set()))


def _tags(count: int, value: str = "x") -> str:
    return "region: us-west-2\ntags: {" + ", ".join(f"T{number}: {value}" for number in range(count)) + "}"


def _principals(count: int) -> str:
    arns = ", ".join(f"'arn:aws:iam::111122223333:role/r{number}'" for number in range(count))
    return f"  emergency_access: {{principals: [{arns}]}}"


OVER_LIMITS: list[Case] = [
    (2, _tags(51), 3, "tags", "too_many", "51 tags"),
    (2, _tags(1, "v" * 257), 3, "tags.T0", "tag_invalid", "257 letters"),
    (2, f"region: us-west-2\ntags: {{{'k' * 129}: x}}", 3, f"tags.{'k' * 129}", "tag_invalid", "129 letters"),
    (6, _principals(11), 6, "sign_on.emergency_access.principals", "too_many", "1 to 10"),
    (
        11,
        "    metadata: [salesforce-idp.xml, okta-idp.xml, users.csv]",
        11,
        "sign_on.salesforce.metadata",
        "too_many",
        "",
    ),
]


@pytest.mark.parametrize("case", OVER_LIMITS, ids=lambda case: case[3][:40])
def test_over_the_limit_is_refused(write: Write, case: Case) -> None:
    assert_told(write, case, set())


AT_LIMITS = [
    (2, _tags(50)),
    (2, _tags(1, "v" * 256)),
    (2, f"region: us-west-2\ntags: {{{'k' * 128}: x}}"),
    (6, _principals(10)),
    (11, "    metadata: [salesforce-idp.xml, okta-idp.xml]"),
    (1, "name: abcdefghijklmnopqrst"),
    (4, f"  alias: {'a' * 45}"),
    (6, "  session_hours: 1"),
    (6, "  session_hours: 12"),
    (7, f"  username: '{'x' * 63}{{Id}}'"),
    (10, "    my_domain: acme-dev-ed.develop"),
]


@pytest.mark.parametrize(("number", "text"), AT_LIMITS, ids=lambda value: str(value).strip()[:50])
def test_at_the_limit_is_allowed(write: Write, number: int, text: str) -> None:
    assert examine(write(changed({number: text}))).problems == ()


def test_every_problem_is_told_at_once(write: Write) -> None:
    text = changed({1: "name: aws", 2: "region: us-west-9", 7: "  usrname: x", 10: "", 13: "", 17: ""})
    found = [(problem.row, problem.column, problem.code) for problem in examine(write(text)).problems]
    assert found == [
        (1, "name", "name_invalid"),
        (2, "region", "region_unknown"),
        (7, "sign_on.usrname", "unknown_key"),
        (8, "sign_on.salesforce.my_domain", "missing_key"),
        (11, "users.export", "missing_key"),
        (13, "users.rules[0].routing_profile", "missing_key"),
    ]

"""A good config: its values, its defaults, its names, its policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_center.load import ConfigInvalid, examine, load, missing_exports
from tests.unit.contact_center.conftest import BASE, Write, changed
from user_sync.policy import Limit, Policy

EXAMPLE = Path("config/acmeservice/contact-center.yaml")

SAMPLE = """\
name: acmeservice
account: "111122223333"
region: us-west-2
tags: {Team: contact-center}
instance:
  alias: acme-service
  inbound_calls: true
  outbound_calls: true
  contact_lens: true
sign_on:
  identity_provider: salesforce_and_third_party
  username: "{Alias}@{Id}@{OrganizationId}"
  session_hours: 12
  session_tags: false
  emergency_access:
    principals: [arn:aws:iam::111122223333:role/on-call]
  salesforce:
    contact_center: imported
    organization_id: 00D5e000000AbCdEAK
    my_domain: acme--uat.sandbox
    metadata: [salesforce-idp.xml, okta-idp.xml]
  third_party:
    name: okta
    metadata: okta-idp.xml
    login_url: https://acme.okta.com/home/amazon_aws/0oa1?x=y
users:
  export: s3://acme-exports/users/users.csv?versionId=3HL4kqtJlcpXroDTDmJ
  permission_sets: permission-set-assignments.csv
  columns: {Vorname: FirstName}
  rules:
    - match: {permission_set: ContactCenterAdminExternalTelephony}
      security_profiles: [Admin]
      routing_profile: Basic Routing Profile
    - match: {profile: [Support Rep, Support Rep EU], role: "EMEA*", Custom__c: ""}
      security_profiles: [Agent, CallCenterManager]
      routing_profile: Basic Routing Profile
      hierarchy_group: EMEA/Support
      after_contact_work_seconds: 30
      auto_accept: true
  managed_fields: [phone, name]
  extra_security_profiles: keep
  existing_users: adopt
  missing_users: disable
  renamed_users: replace
  invalid_rows: skip
  failed_users: fail
  limits: {removals: 5, updates: 7.5 %, creates: 100%}
  privileged: [Admin, Owner]
  max_export_age: 8d
  protected: [ckrug@0055e000RQ4F5ZR@00D5e000000AbCd]
  requests_per_second: 10
alerts: {email: contact-center-ops@acme.example}
"""


def test_every_key_of_the_design_is_read(write: Write) -> None:
    center = load(write(SAMPLE))
    config = center.config
    assert config.account == "111122223333"
    assert config.sign_on.salesforce.metadata == ("salesforce-idp.xml", "okta-idp.xml")
    assert config.sign_on.emergency_access is not None
    assert config.users.max_export_age_hours == 192
    assert center.warnings == ()
    assert center.policy == Policy.from_json(center.policy.to_json())
    assert center.policy.organization_id == "00D5e000000AbCd"
    assert center.policy.limits.removals == Limit("5")
    assert center.policy.limits.updates == Limit("7.5%")
    assert center.policy.managed_fields == ("name", "phone")
    assert center.policy.requests_per_second == 10.0
    assert center.policy.columns == (("Vorname", "FirstName"),)
    assert center.policy.rules[1].match == (
        ("profile", ("Support Rep", "Support Rep EU")),
        ("role", ("EMEA*",)),
        ("Custom__c", ("",)),
    )
    assert center.policy.rules[1].phone.after_contact_work_seconds == 30


def test_defaults_are_those_of_the_design(write: Write) -> None:
    center = load(write(BASE))
    users = center.config.users
    assert (users.extra_security_profiles, users.existing_users, users.missing_users) == ("remove", "leave", "keep")
    assert (users.renamed_users, users.invalid_rows, users.failed_users) == ("refuse", "refuse", "report")
    assert (users.limits.removals, users.limits.updates, users.limits.creates) == ("10%", "50%", "none")
    assert users.privileged == ("Admin",)
    assert users.requests_per_second == 2
    assert users.protected == () and users.max_export_age is None and users.permission_sets is None
    assert center.config.sign_on.session_hours == 12 and center.config.sign_on.session_tags is False
    assert center.config.instance.contact_lens is True
    # The engine's own defaults say the same.
    policy = center.policy
    assert policy == Policy(policy.contact_center, policy.organization_id, policy.username_template, policy.rules)


def test_names_are_a_contract(write: Write) -> None:
    config = load(write(BASE)).config
    assert config.role_name == "acmeservice-SAMLRole"
    assert config.salesforce_provider_name == "acmeservice-salesforce"
    assert config.third_party_provider_name is None
    assert (config.instance_stack_name, config.sign_on_stack_name) == ("acmeservice-instance", "acmeservice-sign-on")
    assert (config.storage_stack_name, config.users_stack_name) == ("acmeservice-storage", "acmeservice-users")
    assert config.partition == "aws"
    assert load(write(changed({2: "region: us-gov-west-1"}))).config.partition == "aws-us-gov"


@pytest.mark.parametrize(
    ("setting", "template"),
    [
        ("salesforce_voice", "{Alias}@{Id}@{OrganizationId}"),
        ("salesforce_voice_government", "{Id}@{OrganizationId}"),
        ("salesforce_username", "{Username}"),
        ("email", "{Email}"),
        ("federation_id", "{FederationIdentifier}"),
        ('"{Custom__c}.{Profile.Name}_{Id}"', "{Custom__c}.{Profile.Name}_{Id}"),
    ],
)
def test_username_formats(write: Write, setting: str, template: str) -> None:
    assert load(write(changed({7: f"  username: {setting}"}))).policy.username_template == template


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("0", "0"), ("5", "5"), ('"5"', "5"), ("0%", "0%"), ("100%", "100%"), ("12.5 %", "12.5%"), ("none", "none")],
)
def test_limits_as_written(write: Write, written: str, canonical: str) -> None:
    text = BASE + f"  limits: {{removals: {written}}}\n"
    assert load(write(text)).policy.limits.removals == Limit(canonical)


@pytest.mark.parametrize("written", ["111122223333", '"111122223333"', '"000000000001"'])
def test_account_as_text_or_as_a_number_that_lost_nothing(write: Write, written: str) -> None:
    assert load(write(BASE + f"account: {written}\n")).config.account == written.strip('"')


def test_an_existing_instance_takes_the_place_of_alias(write: Write) -> None:
    arn = "arn:aws:connect:us-west-2:111122223333:instance/0f6e5c2a-1111-2222-3333-444455556666"
    config = load(write(changed({4: f"  existing: {arn}"}) + "account: 111122223333\n")).config
    assert config.instance.existing_id == "0f6e5c2a-1111-2222-3333-444455556666"


def test_anchors_and_merges_are_plain_yaml(write: Write) -> None:
    text = changed(
        {
            15: "    - &agent\n      match: {profile: A}",
            17: "      routing_profile: Basic Routing Profile\n    - <<: *agent\n      match: {profile: B}",
        }
    )
    rules = load(write(text)).policy.rules
    assert [rule.match[0][1] for rule in rules] == [("A",), ("B",)]
    assert rules[0].security_profiles == rules[1].security_profiles


@pytest.mark.parametrize("encode", [lambda t: t.encode("utf-8-sig"), lambda t: t.replace("\n", "\r\n").encode()])
def test_byte_order_mark_and_windows_line_ends(write: Write, encode: object) -> None:
    assert callable(encode)
    assert load(write(encode(BASE))).rows["users.rules[0].match"] == 15


def test_the_same_file_gives_the_same_values(write: Write) -> None:
    path = write(SAMPLE)
    assert load(path) == load(path)
    assert load(path).policy.to_json() == load(path).policy.to_json()


def test_a_missing_export_does_not_stop_load(write: Write) -> None:
    center = load(write(changed({13: "  export: user.csv"})))
    (problem,) = missing_exports(center)
    assert (problem.row, problem.column, problem.code) == (13, "users.export", "export_missing")
    assert "did you mean users.csv" in problem.message


def test_a_broken_config_still_names_its_files(write: Write) -> None:
    path = write(changed({1: "name: aws"}))
    examination = examine(path)
    assert examination.contact_center is None
    assert [file.path for file in examination.exports] == [path.parent / "users.csv"]
    assert [file.path for file in examination.metadata["salesforce"]] == [path.parent / "salesforce-idp.xml"]


def test_the_error_is_readable(write: Write) -> None:
    path = write(changed({1: "nane: acmeservice"}))
    with pytest.raises(ConfigInvalid) as caught:
        load(path)
    assert f'{path}:1: error: nane: "nane" is not a key of the file; did you mean name [unknown_key]' in str(
        caught.value
    )


def test_the_example_is_clean() -> None:
    center = load(EXAMPLE)
    assert center.warnings == ()
    assert missing_exports(center) == ()
    assert center.resolve("users.csv") == EXAMPLE.parent / "users.csv"

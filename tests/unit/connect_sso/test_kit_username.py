"""One setting, three texts: the Connect username, Salesforce's formula and the third party's claim agree."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contact_center import username
from contact_center.username_claims import WHOLE_USERNAME, Vendor, claim
from contact_center.username_formula import NotExpressibleError, salesforce_formula
from tests.unit.connect_sso import kit_evaluators
from user_sync import salesforce_id
from user_sync.desired import desired_users
from user_sync.model import Dialect, Export, Record
from user_sync.policy import Policy, Rule

ORGANIZATION = "00D5e000000AbCd"
VENDORS: tuple[Vendor, ...] = ("okta", "entra", "ping")
# Column of the export, and the merge field that Salesforce has for it.
FIELDS = {
    "Id": "$User.Id",
    "Username": "$User.Username",
    "Alias": "$User.Alias",
    "Email": "$User.Email",
    "FederationIdentifier": "$User.FederationIdentifier",
    "EmployeeNumber": "$User.EmployeeNumber",
    "ProfileId": "$Profile.Id",
    "Profile.Name": "$Profile.Name",
    "UserRole.Name": "$UserRole.Name",
    "ManagerId": "$User.ManagerId",
    "ConnectName__c": "$User.ConnectName__c",
}
IDS = {"Id", "ProfileId", "ManagerId"}

letters = st.text("ABCXYZabcxyz0189_.@-", min_size=1, max_size=12)
short_ids = st.text("ABCDEFabcdef0123456789", min_size=12, max_size=12)
literals = st.text("AZaz09_.@-", min_size=1, max_size=3)
places = st.sampled_from([*FIELDS, "OrganizationId"]).map("{{{}}}".format)
templates = st.lists(st.one_of(places, literals), min_size=1, max_size=6).map("".join)
settings = st.one_of(st.sampled_from(sorted(username.NAMED_FORMATS)), templates).filter(lambda s: not username.fault(s))


def person(draw_id: str, cells: list[str]) -> dict[str, str]:
    """Return the fields of a person; ids with 15 characters."""
    values = dict(zip([name for name in FIELDS if name not in IDS], cells, strict=True))
    return values | {"Id": f"005{draw_id}", "ProfileId": f"00e{draw_id}", "ManagerId": f"005{draw_id[::-1]}"}


people = st.builds(person, short_ids, st.lists(letters, min_size=len(FIELDS) - 3, max_size=len(FIELDS) - 3))


def planned(setting: str, values: dict[str, str]) -> str | None:
    """Return the username that the plan would have, or None where it cannot be one."""
    cells = values | {"IsActive": "true", "FirstName": "Given", "LastName": "Family"}
    export = Export("users.csv", Dialect("utf-8", ",", "api names"), {n: n for n in cells}, (Record(2, cells),))
    policy = Policy("acmeservice", ORGANIZATION, username.template(setting), (Rule((), ("Agent",), "Basic"),))
    users = desired_users(export, None, policy).users
    return users[0].username if users else None


@given(setting=settings, values=people, extended=st.booleans())
@example(setting="salesforce_voice", values=person("e000RQ4F5ZRx", ["ckrug"] * 8), extended=True)
def test_formula_and_claims_give_the_planned_username(setting: str, values: dict[str, str], extended: bool) -> None:
    exported = {k: salesforce_id.extend(v) if extended and k in IDS else v for k, v in values.items()}
    expected = planned(setting, exported)
    if expected is None:
        return
    fields = {
        field: salesforce_id.extend(values[name]) if name in IDS else values[name] for name, field in FIELDS.items()
    }
    fields["$Organization.Id"] = salesforce_id.extend(ORGANIZATION)
    assert kit_evaluators.salesforce(salesforce_formula(setting), fields) == expected
    for vendor in VENDORS:
        made = claim(vendor, setting, ORGANIZATION)
        # A directory may hold ids with 15 or 18 characters.
        attributes = {name: exported[column] if column else expected for name, column in made.attributes}
        assert kit_evaluators.claim(made, attributes) == expected


@pytest.mark.parametrize(
    ("setting", "formula"),
    [
        ("salesforce_voice", "$User.Alias & '@' & $User.Id & '@' & $Organization.Id"),
        ("salesforce_voice_government", "$User.Id & '@' & $Organization.Id"),
        ("salesforce_username", "$User.Username"),
        ("email", "$User.Email"),
        ("federation_id", "$User.FederationIdentifier"),
        ("{alias}.{Department}_x", "$User.Alias & '.' & $User.Department & '_x'"),
    ],
)
def test_formula_of(setting: str, formula: str) -> None:
    assert salesforce_formula(setting) == formula


@pytest.mark.parametrize("column", ["Manager.Username", "IsActive", "Name", "Contact.Email", "Benutzername"])
def test_what_salesforce_cannot_send_is_an_error_that_says_so(column: str) -> None:
    with pytest.raises(NotExpressibleError, match=rf"\{{{column}\}} is no field .* allowed are Id, Username") as caught:
        salesforce_formula(f"x{{{column}}}")
    assert caught.value.column == column


def test_near_miss_is_offered() -> None:
    with pytest.raises(NotExpressibleError, match="did you mean Username"):
        salesforce_formula("{UserName1}")


@pytest.mark.parametrize(
    ("vendor", "value"),
    [
        ("okta", 'user.salesforceAlias + "@" + String.substring(user.salesforceId, 0, 15) + "@00D5e000000AbCd"'),
        ("entra", "user.extensionattribute2"),
        ("ping", "user.salesforceAlias + '@' + #string.substring(user.salesforceId, 0, 15) + '@00D5e000000AbCd'"),
    ],
)
def test_claim_of_salesforce_voice(vendor: Vendor, value: str) -> None:
    made = claim(vendor, "salesforce_voice", ORGANIZATION)
    assert made.value == value
    assert [column for _, column in made.attributes] == ["Alias", "Id"]
    assert not made.is_whole


def test_email_needs_no_attribute_of_its_own() -> None:
    assert [claim(vendor, "email", ORGANIZATION).value for vendor in VENDORS] == [
        "user.email",
        "user.mail",
        "user.email",
    ]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("setting", ["{Thing.Id}_x", "{Profile.Name}{ProfileName}"])
def test_what_cannot_be_put_together_is_held_whole(vendor: Vendor, setting: str) -> None:
    made = claim(vendor, setting, ORGANIZATION)
    assert made.is_whole
    assert made.value == ("user.extensionattribute1" if vendor == "entra" else f"user.{WHOLE_USERNAME}")


def test_entra_cuts_one_id_only() -> None:
    assert claim("entra", "{Id}{ProfileId}", ORGANIZATION).is_whole
    assert claim("entra", "{Id}", ORGANIZATION).pattern == "^(?'input'.{15}).*$"

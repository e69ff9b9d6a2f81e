"""Who comes out of an export as a Connect user, and how."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.user_sync.tables import (
    EVERYONE,
    FILE,
    FOOTER,
    HEADER,
    ORGANIZATION,
    REPORT_HEADER,
    SAMPLES,
    judge,
    people,
    person,
    policy,
    rule,
    short_id,
    table,
    text,
)
from user_sync.desired import explain
from user_sync.errors import ExportUnreadable
from user_sync.export import read_export, read_permission_sets
from user_sync.model import Desired, Phone
from user_sync.policy import Rule
from user_sync.salesforce_id import extend

CONTACT_CENTER = (
    rule("Admin", permission_set="ContactCenterAdminExternalTelephony"),
    rule("CallCenterManager", permission_set="ContactCenterSupervisorExternalTelephony"),
    rule("Agent", permission_set="ContactCenterAgentExternalTelephony"),
)
SETS = (SAMPLES / "permission-set-assignments.csv").read_bytes()


def _codes(desired: Desired, severity: str = "error") -> list[tuple[int | None, str | None, str]]:
    return [(p.row, p.column, p.code) for p in desired.problems if p.severity == severity]


@pytest.mark.parametrize("name", ["users-data-loader.csv", "users-sf-cli.csv", "users-report.csv"])
def test_the_samples_give_one_admin_three_supervisors_sixteen_agents(name: str) -> None:
    desired = judge((SAMPLES / name).read_bytes(), policy(*CONTACT_CENTER), permission_sets=SETS)
    assert Counter(user.security_profiles for user in desired.users) == {
        ("Admin",): 1,
        ("CallCenterManager",): 3,
        ("Agent",): 16,
    }
    assert (desired.problems, desired.held, desired.records) == ((), (), 24)
    admin = next(user for user in desired.users if user.security_profiles == ("Admin",))
    assert admin.username == "ckrug@0055e000RQ4F5ZR@00D5e000000AbCd"
    assert (admin.salesforce_id, admin.first_name, admin.row) == ("0055e000RQ4F5ZR", "Chloé", 2)


def test_a_user_gets_what_the_rule_says() -> None:
    gives = Rule((), ("Zeta", "Admin", "Zeta"), "Basic Routing Profile", "EMEA/Support", Phone(30, True))
    (user,) = judge(table(person(1)), policy(gives)).users
    assert user.security_profiles == ("Admin", "Zeta")
    assert (user.routing_profile, user.hierarchy_group, user.phone) == (
        "Basic Routing Profile",
        "EMEA/Support",
        Phone(30, True),
    )


@pytest.mark.parametrize("word", ["true", "TRUE", "True", "yes", "Y", "on", "1", "WAHR", "VRAI", "VERDADERO"])
def test_every_spelling_of_active(word: str) -> None:
    assert len(judge(table(person(1, IsActive=word))).users) == 1


@pytest.mark.parametrize("word", ["false", "FALSE", "no", "n", "off", "0", "FALSCH", "FAUX"])
def test_every_spelling_of_inactive(word: str) -> None:
    desired = judge(table(person(1, IsActive=word), person(2)))
    assert [user.row for user in desired.users] == [3]
    assert desired.problems == ()


def test_an_inactive_row_and_one_that_no_rule_matches_are_not_judged_further() -> None:
    broken = {"FirstName": "", "Alias": "ñ"}
    data = table(
        person(1, IsActive="false", Id="broken", **broken),
        person(2, Profile_Name="Other", Id="", **broken),
        person(3, Profile_Name="Other", IsActive="perhaps", **broken),
        person(4),
    )
    desired = judge(data, policy(rule(profile="Support Rep")))
    assert [user.row for user in desired.users] == [5]
    assert (desired.problems, desired.held, desired.records) == ((), (), 4)


def test_a_damaged_id_is_judged_where_a_permission_set_might_match() -> None:
    desired = judge(table(person(1, Id="broken")), policy(*CONTACT_CENTER), permission_sets=SETS)
    assert _codes(desired) == [(2, "Id", "id_length")]
    other = policy(rule(profile="Other", permission_set="X"), EVERYONE)
    assert _codes(judge(table(person(1, Id="broken")), other, permission_sets=SETS)) == [(2, "Id", "id_length")]
    none = policy(rule(profile="Other", permission_set="X"))
    assert _codes(judge(table(person(1, Id="broken")), none, permission_sets=SETS)) == []


@pytest.mark.parametrize(
    ("template", "username"),
    [
        ("{Alias}@{Id}@{OrganizationId}", f"u1@{short_id(1)}@{ORGANIZATION}"),
        ("{Id}@{OrganizationId}", f"{short_id(1)}@{ORGANIZATION}"),
        ("{Username}", "user1@acme.example"),
        ("{ email }", "user1@acme.example"),
        ("{Alias}-{CallCenterId}", "u1-04v5e000000XyZ1"),
        ("{Alias}-{Ref__c}", "u1-04v5e000000XyZ1AAK"),
        ("cc.{Konto}", "cc.7"),
    ],
)
def test_username_templates(template: str, username: str) -> None:
    header = [*HEADER, "CallCenterId", "Ref__c", "Konto"]
    data = table([*person(1), "04v5e000000XyZ1AAK", "04v5e000000XyZ1AAK", "7"], header=header)
    (user,) = judge(data, policy(template=template)).users
    assert user.username == username


@pytest.mark.parametrize("length", [2, 64])
def test_a_username_at_the_limit(length: int) -> None:
    (user,) = judge(table(person(1, Username="x" * length)), policy(template="{Username}")).users
    assert len(user.username) == length


def test_names_at_the_limit() -> None:
    (user,) = judge(table(person(1, FirstName="é" * 255, LastName="x" * 300))).users
    assert (len(user.first_name), len(user.last_name)) == (255, 300)
    over = judge(table(person(1, FirstName="e\u0301" * 256, LastName="x" * 301)))
    assert _codes(over) == [(2, "FirstName", "first_name_too_long"), (2, "LastName", "last_name_too_long")]


def test_everything_at_once_in_the_order_of_rows() -> None:
    data = table(
        person(1, Alias="müller", FirstName=""),
        person(2),
        person(3, Id="", IsActive=""),
        person(4, LastName=""),
    )
    desired = judge(data)
    assert _codes(desired) == [
        (2, "Alias", "username_letter"),
        (2, "FirstName", "first_name_missing"),
        (4, "IsActive", "active_unreadable"),
        (4, "Id", "id_missing"),
        (5, "LastName", "last_name_missing"),
    ]
    assert [user.row for user in desired.users] == [3]
    assert [(h.row, h.salesforce_id, h.username, h.raw_id) for h in desired.held] == [
        (2, short_id(1), None, extend(short_id(1))),
        (4, None, None, ""),
        (5, short_id(4), f"u4@{short_id(4)}@{ORGANIZATION}", extend(short_id(4))),
    ]


def test_columns_are_named_as_the_file_has_them() -> None:
    rows = [person(1, FirstName="", Alias="a b"), *[person(n) for n in (2, 3)]]
    desired = judge(text([REPORT_HEADER, *rows, *FOOTER]).encode())
    assert _codes(desired) == [(2, "Alias", "username_letter"), (2, "First Name", "first_name_missing")]


@pytest.mark.parametrize(
    ("letter", "named"),
    [
        ("ñ", "'ñ' (LATIN SMALL LETTER N WITH TILDE)"),
        (" ", "'space'"),
        ("+", "'+'"),
        ("'", "'''"),
        ("\u200b", "'ZERO WIDTH SPACE'"),
        ("\u00a0", "'NO-BREAK SPACE'"),
        ("\u0430", "'а' (CYRILLIC SMALL LETTER A)"),
        ("\n", "'line feed'"),
        ("\t", "'tab'"),
        ("\ue000", "'U+E000'"),
    ],
)
def test_the_letter_at_fault_is_named(letter: str, named: str) -> None:
    desired = judge(table(person(1, Alias=f"a{letter}b")))
    (problem,) = [p for p in desired.problems if p.severity == "error"]
    assert (problem.row, problem.column, problem.code) == (2, "Alias", "username_letter")
    assert f"Alias holds {named};" in problem.message


def test_a_letter_of_the_template_itself_is_told() -> None:
    (problem,) = judge(table(person(1)), policy(template="{Alias}+{Id}")).problems
    assert (problem.row, problem.column) == (2, None)
    assert "the template of the username holds '+'" in problem.message


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ChloÃ©", "name_suspicious"),
        ("Chlo?", "name_suspicious"),
        ("Chl\u200boé", "name_suspicious"),
        ("Chloe\nKrug", "name_suspicious"),
        ("Chloé", None),
        ("Zoë-Ÿ", None),
        ("Ñandú", None),
    ],
)
def test_names_that_a_program_damaged_are_doubted(name: str, code: str | None) -> None:
    desired = judge(table(person(1, FirstName=name)))
    assert len(desired.users) == 1
    assert _codes(desired, "warning") == ([(2, "FirstName", code)] if code else [])


def test_an_export_without_people_is_not_for_the_judge_to_refuse() -> None:
    desired = judge(table())
    assert (desired.users, desired.held, desired.records) == ((), (), 0)


def test_rules_are_warned_about() -> None:
    wanted = policy(rule("Agent", profile="support rep"), rule("Agent"), rule("Agent", role="X"))
    header = [*HEADER, "UserRole.Name"]
    desired = judge(table([*person(1), ""], header=header), wanted)
    assert _codes(desired, "warning") == [
        (None, "users.rules[0]", "rule_misspelt"),
        (None, "users.rules", "no_admin"),
    ]
    nobody = judge(table(person(1)), policy(rule("Admin", profile="Boss"), rule("Agent")))
    assert [p.code for p in nobody.problems] == ["rule_without_anybody", "no_admin"]
    assert judge(table(person(1)), policy(rule("ADMIN"))).problems == ()


def test_an_unreadable_assignment_holds_whom_it_means() -> None:
    rows = [
        (short_id(1), "ContactCenterAdminExternalTelephony"),
        (short_id(2), "ContactCenterAgentExternalTelephony"),
        (extend(short_id(2)).upper(), "ContactCenterSupervisorExternalTelephony"),
        ("5.50E+12", "ContactCenterAgentExternalTelephony"),
    ]
    sets = table(*rows, header=("AssigneeId", "PermissionSet.Name"))
    desired = judge(table(*people(3)), policy(*CONTACT_CENTER), permission_sets=sets)
    assert [user.row for user in desired.users] == [2]
    assert [(p.file, p.row, p.column, p.code) for p in desired.problems] == [
        ("sets.csv", 4, "AssigneeId", "id_case_lost"),
        ("sets.csv", 5, "AssigneeId", "id_scientific"),
    ]
    # Whom the first means is in the export; the second could be anybody's.
    assert [(h.row, h.salesforce_id, h.raw_id) for h in desired.held] == [
        (3, short_id(2), extend(short_id(2))),
        (5, None, "5.50E+12"),
    ]
    unused = judge(table(*people(3)), policy(EVERYONE), permission_sets=sets)
    assert (len(unused.users), unused.problems, unused.held) == (3, (), ())


def test_explain_a_row() -> None:
    export = read_export((SAMPLES / "users-report.csv").read_bytes(), file=FILE)
    sets = read_permission_sets(SETS, file="sets.csv")
    verdicts = explain(export, sets, policy(*CONTACT_CENTER), row=5)
    assert [(v.rule, v.matched) for v in verdicts] == [(0, False), (1, True)]
    with pytest.raises(ExportUnreadable) as error:
        explain(export, sets, policy(*CONTACT_CENTER), row=26)
    assert error.value.code == "row_unknown"

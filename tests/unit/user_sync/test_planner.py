"""Planning: who is created, updated, adopted, left alone, removed, and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.user_sync.instance_model import carried_out
from tests.unit.user_sync.people import current, desired, have, person, policy, want
from user_sync.model import Action, Current, CurrentUser, DesiredUser, HeldRow, Phone
from user_sync.plan import Plan
from user_sync.planner import make_plan
from user_sync.policy import TAG_CONTACT_CENTER, TAG_SALESFORCE_ID, Policy


def plan(wanted: object, instance: Current, rules: Policy | None = None) -> Plan:
    return make_plan(wanted, instance, rules or policy(), file="exports/users.csv")  # type: ignore[arg-type]


def actions(made: Plan) -> list[tuple[str, str]]:
    return [(change.action.value, change.username) for change in made.changes]


def test_a_newcomer_is_created_with_every_field() -> None:
    made = plan(desired(want(1, hierarchy_group="EMEA")), current())
    (change,) = made.changes
    assert change.action is Action.CREATE
    assert [field.field for field in change.fields] == [
        "name", "security_profiles", "routing_profile", "hierarchy_group", "phone",
    ]  # fmt: skip
    assert change.why == "row 2 of users.csv"
    assert made.summary["create"] == 1


def test_an_equal_user_is_unchanged() -> None:
    made = plan(desired(want(1)), current(have(1)))
    assert made.changes == ()
    assert made.summary["unchanged"] == 1
    assert made.managed == 1


@pytest.mark.parametrize(
    ("difference", "field", "before", "after"),
    [
        ({"first_name": "New"}, "name", {"first_name": "Given", "last_name": "Family1"},
         {"first_name": "New", "last_name": "Family1"}),
        ({"security_profiles": ("Admin", "Agent")}, "security_profiles", ["Agent"], ["Admin", "Agent"]),
        ({"routing_profile": "Chat"}, "routing_profile", "Basic Routing Profile", "Chat"),
        ({"hierarchy_group": "EMEA/Support"}, "hierarchy_group", None, "EMEA/Support"),
        ({"phone": Phone(30, True)}, "phone", {"after_contact_work_seconds": 0, "auto_accept": False},
         {"after_contact_work_seconds": 30, "auto_accept": True}),
    ],
)  # fmt: skip
def test_each_managed_field_is_updated(
    difference: dict[str, object], field: str, before: object, after: object
) -> None:
    made = plan(desired(want(1, **difference)), current(have(1)))
    (change,) = made.changes
    assert change.action is Action.UPDATE
    assert [f.as_json() for f in change.fields] == [{"field": field, "from": before, "to": after}]
    unmanaged = tuple(name for name in policy().managed_fields if name != field)
    assert plan(desired(want(1, **difference)), current(have(1)), policy(managed_fields=unmanaged)).changes == ()


def test_names_of_two_words_do_not_hide_a_change() -> None:
    made = plan(
        desired(want(1, first_name="Ana Maria", last_name="Silva")),
        current(have(1, first_name="Ana", last_name="Maria Silva")),
    )
    assert actions(made) == [("update", "user1@acme.example")]


def test_a_default_name_is_found_in_another_case() -> None:
    made = plan(desired(want(1, routing_profile="basic routing profile")), current(have(1)))
    assert made.changes == ()


def test_profiles_given_by_hand_are_removed_or_kept_as_the_policy_says() -> None:
    instance = current(have(1, security_profiles=("Agent", "CallCenterManager")))
    assert actions(plan(desired(want(1)), instance)) == [("update", "user1@acme.example")]
    assert plan(desired(want(1)), instance, policy(extra_security_profiles="keep")).changes == ()


def test_a_stranger_with_the_username_is_left_alone_and_said() -> None:
    made = plan(desired(want(1)), current(have(1, ours=False)))
    assert made.changes == ()
    assert [problem.code for problem in made.problems] == ["existing_user"]
    assert made.summary["unmanaged"] == 1


def test_a_stranger_is_adopted_where_the_policy_says_so() -> None:
    made = plan(
        desired(want(1)),
        current(have(1, ours=False, routing_profile="Chat"), have(9, ours=False)),
        policy(existing_users="adopt"),
    )
    assert actions(made) == [("adopt", "user1@acme.example")]
    assert [field.field for field in made.changes[0].fields] == ["routing_profile"]
    assert made.summary["unmanaged"] == 1


def test_another_contact_centers_user_is_never_adopted() -> None:
    foreign = have(1, tags={TAG_CONTACT_CENTER: "other"})
    made = plan(desired(want(1)), current(foreign), policy(existing_users="adopt"))
    assert made.changes == ()
    assert [problem.code for problem in made.problems] == ["other_owner"]


def test_another_organizations_users_are_not_missing() -> None:
    tags = {**policy().ownership_tags(person(1)), "connect-sso:organization": "00D5e000000ZZZZ"}
    made = plan(desired(want(2)), current(have(1, tags=tags), have(2)), policy(missing_users="delete"))
    assert made.changes == ()
    assert (made.managed, made.summary["unmanaged"], made.summary["missing"]) == (1, 1, 0)


def test_a_username_of_somebody_else_is_rejected() -> None:
    made = plan(desired(want(1, username="user2@acme.example")), current(have(2)))
    assert made.changes == ()
    assert made.summary["rejected"] == 1
    assert [(problem.severity, problem.code, problem.row) for problem in made.problems] == [
        ("error", "username_taken", 2)
    ]


def test_an_18_character_tag_is_the_same_person() -> None:
    tags = {**policy().ownership_tags(person(1)), TAG_SALESFORCE_ID: person(1) + "AAA"}
    assert plan(desired(want(1)), current(have(1, tags=tags))).changes == ()


@pytest.mark.parametrize(
    ("mode", "expected", "missing"),
    [
        ("keep", [], 1),
        ("disable", [("disable", "user2@acme.example")], 0),
        ("delete", [("delete", "user2@acme.example")], 0),
    ],
)
def test_leavers(mode: str, expected: list[tuple[str, str]], missing: int) -> None:
    made = plan(desired(want(1)), current(have(1), have(2)), policy(missing_users=mode))
    assert actions(made) == expected
    assert made.summary["missing"] == missing
    assert made.summary["remove"] == len(expected)


def test_somebody_disabled_stays_so_without_a_change() -> None:
    made = plan(
        desired(want(1)),
        current(have(1), have(2, security_profiles=("acmeservice-disabled",))),
        policy(missing_users="disable"),
    )
    assert made.changes == ()


def test_somebody_who_comes_back_is_an_update_even_where_profiles_are_not_managed() -> None:
    made = plan(
        desired(want(1)),
        current(have(1, security_profiles=("acmeservice-disabled",))),
        policy(managed_fields=("name",)),
    )
    assert actions(made) == [("update", "user1@acme.example")]
    assert made.changes[0].fields[0].after == ["Agent"]


def test_a_rename_is_a_replacement() -> None:
    made = plan(desired(want(1, username="new@acme.example")), current(have(1)))
    assert [field.as_json() for field in made.changes[0].fields] == [
        {"field": "username", "from": "user1@acme.example", "to": "new@acme.example"}
    ]
    assert made.summary["replace"] == 1


def test_an_interrupted_rename_is_finished() -> None:
    new = have(1, username="new@acme.example", user_id="user-1-new")
    made = plan(desired(want(1, username="new@acme.example")), current(have(1), new), policy(renamed_users="replace"))
    assert actions(made) == [("replace", "new@acme.example")]
    assert made.changes[0].current is not None
    assert made.changes[0].current.user_id == "user-1"
    assert made.summary["unchanged"] == 1


def test_provisioned_creates_and_removes_nobody_and_says_whom() -> None:
    rules = policy(provisioned=True, missing_users="delete", existing_users="adopt")
    made = plan(
        desired(want(1), want(3, username="new@x.example"), want(4)),
        current(have(2), have(3), have(4, ours=False)),
        rules,
    )
    assert actions(made) == [("adopt", "user4@acme.example")]
    assert [problem.code for problem in made.problems] == ["provisioned"] * 3
    assert all(problem.severity == "warning" for problem in made.problems)


def held(**values: object) -> HeldRow:
    defaults: dict[str, object] = {
        "row": 9, "salesforce_id": None, "username": None, "first_name": "", "last_name": "", "raw_id": "",
    }  # fmt: skip
    return HeldRow(**{**defaults, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "row",
    [
        held(salesforce_id=person(2)),
        held(username="user2@acme.example"),
        held(raw_id=person(2).upper() + "AAA"),
        held(first_name="Given", last_name="Family2"),
    ],
)
def test_who_a_rejected_row_means_is_not_missing(row: HeldRow) -> None:
    made = plan(desired(want(1), held=(row,)), current(have(1), have(2), have(3)), policy(missing_users="delete"))
    assert actions(made) == [("delete", "user3@acme.example")]
    assert made.summary["rejected"] == 1


def test_a_rejected_row_that_could_be_anybody_holds_every_removal() -> None:
    row = held(raw_id="0.55E+10", first_name="Nobody", last_name="Known")
    made = plan(desired(want(1), held=(row,)), current(have(1), have(2)), policy(missing_users="delete"))
    assert made.changes == ()
    assert [problem.code for problem in made.problems] == ["nobody_removed"]


def test_the_case_of_a_username_is_told() -> None:
    made = plan(desired(want(1, username="User2@acme.example")), current(have(2, ours=False)))
    assert actions(made) == [("create", "User2@acme.example")]
    assert [problem.code for problem in made.problems] == ["username_case"]


def test_the_estimate_is_that_of_the_busiest_operation() -> None:
    made = plan(desired(*(want(n) for n in range(1, 26))), current())
    assert made.as_json()["api_calls"] == 25
    assert made.estimated_seconds == 10  # 5 at once, then 2 a second


# --- properties -----------------------------------------------------------------------------------------

_numbers = st.integers(1, 12)
_profiles = st.sampled_from([("Agent",), ("Admin",), ("Agent", "CallCenterManager")])
_routing = st.sampled_from(["Basic Routing Profile", "Chat"])
_groups = st.sampled_from([None, "EMEA", "EMEA/Support"])
_wanted = st.builds(
    lambda n, p, r, g: want(n, security_profiles=p, routing_profile=r, hierarchy_group=g),
    _numbers, _profiles, _routing, _groups,
)  # fmt: skip
_existing = st.builds(
    lambda n, ours, p, r: have(n, ours=ours, security_profiles=p, routing_profile=r),
    _numbers, st.booleans(), st.one_of(_profiles, st.just(("acmeservice-disabled",))), _routing,
)  # fmt: skip
_people = st.lists(_wanted, unique_by=lambda u: u.username)
_instances = st.lists(_existing, unique_by=lambda u: u.username)
_policies = st.builds(
    policy,
    missing_users=st.sampled_from(["keep", "disable", "delete"]),
    existing_users=st.sampled_from(["leave", "adopt"]),
    extra_security_profiles=st.sampled_from(["remove", "keep"]),
)


@given(_people, _instances, _policies)
def test_a_plan_that_is_carried_out_leaves_nothing_to_plan(
    wanted: list[DesiredUser], users: list[CurrentUser], rules: Policy
) -> None:
    first = plan(desired(*wanted), current(*users), rules)
    assert plan(desired(*wanted), carried_out(first), rules).changes == ()


@given(_people, _instances, _policies, st.randoms(use_true_random=False))
def test_order_does_not_matter(
    wanted: list[DesiredUser], users: list[CurrentUser], rules: Policy, random: object
) -> None:
    first = plan(desired(*wanted), current(*users), rules)
    random.shuffle(wanted)  # type: ignore[attr-defined]
    random.shuffle(users)  # type: ignore[attr-defined]
    shuffled = replace(desired(), users=tuple(wanted))
    second = plan(shuffled, replace(current(), users=tuple(users)), rules)
    assert json.dumps(first.as_json()) == json.dumps(second.as_json())


@given(_people, _instances, _policies)
def test_only_users_of_ours_are_changed_unless_adopted(
    wanted: list[DesiredUser], users: list[CurrentUser], rules: Policy
) -> None:
    made = plan(desired(*wanted), current(*users), rules)
    for change in made.changes:
        if change.action is not Action.CREATE:
            assert change.current is not None
            assert change.action is Action.ADOPT or change.current.tags

"""Applying on a strict server: rates, retries, lost answers, lag, quotas, strangers; and a true outcome each."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from local_aws.connect_server import Fault
from tests.unit.user_sync.people import policy, want
from user_sync.apply import apply_plan
from user_sync.errors import Refused
from user_sync.model import Action, Outcome, Phone


def statuses(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [outcome.status for outcome in outcomes]


EVERYTHING_ELSE = {
    "first_name": "New", "security_profiles": ("CallCenterManager",), "routing_profile": "Chat",
    "hierarchy_group": "EMEA/Support", "phone": Phone(45, True),
}  # fmt: skip


def test_a_team_is_created_then_unchanged_then_changed(centers: Any) -> None:
    people = [want(n, hierarchy_group="EMEA") for n in range(1, 8)]
    with centers(throttle=2.0) as center:
        assert statuses(center.apply(*people)) == ["done"] * 7
        assert center.sync_again(*people).changes == ()
        changed = [want(1, **EVERYTHING_ELSE), *people[1:]]
        center.server.log.clear()
        assert statuses(center.apply(*changed)) == ["done"]
        writes = [entry.operation for entry in center.server.log if entry.operation.startswith("Update")]
        assert sorted(writes) == [
            "UpdateUserHierarchy", "UpdateUserIdentityInfo", "UpdateUserPhoneConfig", "UpdateUserRoutingProfile",
            "UpdateUserSecurityProfiles",
        ]  # fmt: skip
        assert center.sync_again(*changed).changes == ()
        assert statuses(center.apply(want(1), *people[1:])) == ["done"]  # the hierarchy group is cleared again
        assert center.sync_again(want(1), *people[1:]).changes == ()


def test_the_rate_is_kept_and_used(centers: Any) -> None:
    with centers(throttle=2.0) as center:
        plan = center.plan(*(want(n) for n in range(1, 101)))
        start = center.clock.now()
        outcomes = apply_plan(plan, center.door, workers=0)
        elapsed = center.clock.now() - start
        assert statuses(outcomes) == ["done"] * 100
        assert center.door.traffic.throttled == 0
        assert elapsed <= 1.05 * (100 - 5) / 2


def test_three_kinds_of_changes_go_side_by_side(centers: Any) -> None:
    people = [want(n) for n in range(1, 41)]
    with centers() as center:
        center.apply(*people)
        changed = [want(n, first_name="New", routing_profile="Chat", phone=Phone(9, False)) for n in range(1, 41)]
        center.server.service.throttle.rate = 2.0
        center.door = center.new_door()
        plan = center.plan(*changed)
        start = center.clock.now()
        outcomes = apply_plan(plan, center.door, workers=0)
        assert statuses(outcomes) == ["done"] * 40
        # One after the other would be three times this.
        assert center.clock.now() - start <= 1.1 * (40 - 5) / 2


def test_many_workers_do_the_same(centers: Any) -> None:
    with centers() as center:
        people = [want(n) for n in range(1, 30)]
        plan = center.plan(*people)
        outcomes = apply_plan(plan, center.door, workers=8)
        assert [outcome.username for outcome in outcomes] == [change.username for change in plan.changes]
        assert statuses(outcomes) == ["done"] * 29
        assert center.sync_again(*people).changes == ()


def test_a_neighbor_who_uses_the_quota_slows_us_down_and_loses_nobody(centers: Any) -> None:
    with centers(throttle=0.4) as center:
        people = [want(n) for n in range(1, 21)]
        outcomes = center.apply(*people)
        assert statuses(outcomes) == ["done"] * 20
        assert center.door.traffic.throttled > 0


@pytest.mark.parametrize("error", ["InternalServiceException", "ThrottlingException", "TooManyRequestsException"])
def test_errors_that_pass_are_tried_again(centers: Any, error: str) -> None:
    with centers(faults=[Fault(operation="CreateUser", error=error, times=4)]) as center:
        assert statuses(center.apply(want(1), want(2))) == ["done", "done"]


def test_an_error_that_stays_is_the_outcome_of_that_user_alone(centers: Any) -> None:
    fault = Fault(
        operation="CreateUser", error="InvalidParameterException", when=lambda p: p["Username"].startswith("user1")
    )
    with centers(faults=[fault]) as center:
        outcomes = center.apply(want(1), want(2))
        assert [(o.status, o.code) for o in outcomes] == [("failed", "InvalidParameterException"), ("done", "")]
        assert center.server.calls()["CreateUser"] == 2


def test_a_user_that_was_made_although_the_answer_was_lost_is_done(centers: Any) -> None:
    with centers(faults=[Fault(operation="CreateUser", lost_answer=True)]) as center:
        people = [want(1), want(2)]
        assert statuses(center.apply(*people)) == ["done", "done"]
        assert center.usernames() == ["user1@acme.example", "user2@acme.example"]
        assert center.sync_again(*people).changes == ()


@pytest.mark.parametrize("seed", range(6))
def test_many_faults_at_once_end_with_every_user_right_after_one_more_run(centers: Any, seed: int) -> None:
    dice = random.Random(seed)

    def one_in_ten(_: object) -> bool:
        return dice.random() < 0.1

    faults = [
        fault
        for operation in ("CreateUser", "UpdateUserRoutingProfile", "UpdateUserSecurityProfiles", "SearchUsers")
        for fault in (
            Fault(operation=operation, error="InternalServiceException", times=10_000, when=one_in_ten),
            Fault(operation=operation, lost_answer=True, times=10_000, when=one_in_ten),
        )
    ]
    people = [want(n) for n in range(1, 41)]
    moved = [want(n, routing_profile="Chat", security_profiles=("CallCenterManager",)) for n in range(1, 41)]
    with centers(faults=faults, search_lag=5.0) as center:
        for wanted in (people, moved):
            outcomes = center.apply(*wanted)
            center.clock.sleep(10)
            assert len(outcomes) == 40
            left = {change.username for change in center.plan(*wanted).changes}
            # The outcome list is true: what it calls done is done.
            assert left == {o.username for o in outcomes if o.status != "done"}
            if left:
                assert statuses(center.apply(*wanted)) == ["done"] * len(left)
                center.clock.sleep(10)
            assert center.plan(*wanted).changes == ()


def test_a_search_that_takes_no_exact_username_reads_all_users(centers: Any) -> None:
    refused = Fault(
        operation="SearchUsers", error="InvalidParameterException", times=99, when=lambda p: "SearchCriteria" in p
    )
    with centers(faults=[Fault(operation="CreateUser", lost_answer=True), refused]) as center:
        assert statuses(center.apply(want(1), want(2))) == ["done", "done"]


@pytest.mark.parametrize("lag", [5.0, 180.0])
def test_a_lost_answer_and_a_reading_that_lags(centers: Any, lag: float) -> None:
    with centers(search_lag=lag, faults=[Fault(operation="CreateUser", lost_answer=True)]) as center:
        assert statuses(center.apply(want(1), want(2))) == ["done", "done"]
        assert len(center.usernames()) == 2


def test_a_second_run_that_does_not_see_the_first_ones_users_makes_nobody_twice(centers: Any) -> None:
    with centers(search_lag=60.0) as center:
        assert statuses(center.apply(want(1))) == ["done"]
        assert statuses(center.apply(want(1, routing_profile="Chat"))) == ["done"]
        (user,) = center.server.instance.users.values()
        center.clock.sleep(120)
        assert center.sync_again(want(1, routing_profile="Chat")).changes == ()
        assert user.name == "user1@acme.example"


def test_a_stranger_who_came_in_between_is_left_or_adopted(centers: Any) -> None:
    for rules, status in ((policy(), "skipped"), (policy(existing_users="adopt"), "done")):
        with centers() as center:
            plan = center.plan(want(1), rules=rules)
            admin = next(p.id for p in center.server.instance.security_profiles.values() if p.name == "Admin")
            routing = next(iter(center.server.instance.routing_profiles))
            center.server.call(
                "CreateUser", Username="user1@acme.example", SecurityProfileIds=[admin], RoutingProfileId=routing,
                IdentityInfo={"FirstName": "Some", "LastName": "Stranger"},
            )  # fmt: skip
            (outcome,) = apply_plan(plan, center.door, workers=0)
            assert outcome.status == status
            (user,) = center.server.instance.users.values()
            assert bool(user.tags) is (status == "done")


def test_a_reached_quota_stops_the_creates_and_nothing_else(centers: Any) -> None:
    with centers(user_quota=5) as center:
        center.apply(want(1), want(2))
        outcomes = center.apply(*(want(n) for n in range(2, 12)), want(1, routing_profile="Chat"))
        by_action = {(o.action, o.status): o.code for o in outcomes}
        assert by_action[Action.UPDATE, "done"] == ""
        assert by_action[Action.CREATE, "failed"] == "LimitExceededException"
        assert by_action[Action.CREATE, "skipped"] == "LimitExceededException"
        assert len(center.usernames()) == 5
        assert center.server.calls()["CreateUser"] <= 2 + 9


def test_leavers_are_disabled_or_deleted_and_their_sessions_end(centers: Any) -> None:
    with centers() as center:
        center.apply(*(want(n) for n in range(1, 4)))
        rules = policy(missing_users="disable")
        assert statuses(center.apply(want(1), want(2), rules=rules)) == ["done"]
        assert center.server.calls()["DeleteAllEntitySessions"] == 1
        assert center.sync_again(want(1), want(2), rules=rules).changes == ()
        assert statuses(center.apply(want(1), want(2), want(3))) == ["done"]  # comes back: the same user
        assert statuses(center.apply(want(1), want(2), rules=policy(missing_users="delete"))) == ["done"]
        assert center.usernames() == ["user1@acme.example", "user2@acme.example"]


def test_a_disabled_profile_with_permissions_stops_before_the_first_write(centers: Any) -> None:
    with centers() as center:
        center.apply(want(1), want(2))
        center.server.call(
            "CreateSecurityProfile", SecurityProfileName="acmeservice-disabled", Permissions=["BasicAgentAccess"]
        )
        center.server.log.clear()
        with pytest.raises(Refused, match="has permissions"):
            center.apply(want(1), rules=policy(missing_users="disable"))
        assert not [entry for entry in center.server.log if entry.operation.startswith(("Update", "Delete", "Create"))]


def test_a_rename_makes_the_new_user_before_the_old_one_goes(centers: Any) -> None:
    with centers() as center:
        center.apply(want(1), want(2))
        center.server.log.clear()
        rules = policy(renamed_users="replace")
        assert statuses(center.apply(want(1, username="new@acme.example"), want(2), rules=rules)) == ["done"]
        writes = [e.operation for e in center.server.log if e.operation in ("CreateUser", "DeleteUser")]
        assert writes == ["CreateUser", "DeleteUser"]
        assert center.usernames() == ["new@acme.example", "user2@acme.example"]


def test_an_admin_is_made_before_another_is_removed(centers: Any) -> None:
    boss = want(1, security_profiles=("Admin",))
    heir = want(2, security_profiles=("Admin",))
    rules = policy(missing_users="delete")
    with centers() as center:
        center.apply(boss)
        center.server.log.clear()
        assert statuses(center.apply(heir, rules=rules)) == ["done", "done"]
        writes = [e.operation for e in center.server.log if e.operation in ("CreateUser", "DeleteUser")]
        assert writes == ["CreateUser", "DeleteUser"]


def test_no_admin_is_removed_when_the_new_one_could_not_be_made(centers: Any) -> None:
    rules = policy(missing_users="delete")
    with centers() as center:
        center.apply(want(1, security_profiles=("Admin",)))
        center.server.faults.append(Fault(operation="CreateUser", error="InvalidParameterException"))
        outcomes = center.apply(want(2, security_profiles=("Admin",)), rules=rules)
        assert sorted((o.action.value, o.status, o.code) for o in outcomes) == [
            ("create", "failed", "InvalidParameterException"),
            ("delete", "skipped", "last_admin"),
        ]
        assert center.usernames() == ["user1@acme.example"]


def test_permissions_are_taken_first_and_given_last(centers: Any) -> None:
    manager = want(1, security_profiles=("CallCenterManager",), routing_profile="Chat")
    with centers() as center:
        center.apply(manager)
        for wanted, last in ((want(1), "UpdateUserRoutingProfile"), (manager, "UpdateUserRoutingProfile")):
            center.server.log.clear()
            center.apply(wanted)
            assert [e.operation for e in center.server.log if e.operation.startswith("Update")][-1] == last
        center.server.log.clear()
        center.apply(replace(want(1), security_profiles=("Agent", "CallCenterManager")))
        assert [e.operation for e in center.server.log if e.operation.startswith("Update")][
            -1
        ] == "UpdateUserSecurityProfiles"


def test_a_stop_leaves_the_rest_and_says_so(centers: Any) -> None:
    with centers() as center:
        plan = center.plan(*(want(n) for n in range(1, 30)))
        asked = iter([None] * 8)
        outcomes = apply_plan(plan, center.door, workers=0, stop=lambda: next(asked, "interrupted"))
        assert {o.status for o in outcomes} == {"done", "skipped"}
        assert len(outcomes) == 29
        done = [o.username for o in outcomes if o.status == "done"]
        assert center.usernames() == sorted(done)


def test_a_phone_of_ones_own_is_kept(centers: Any) -> None:
    with centers() as center:
        center.apply(want(1))
        (user,) = center.server.instance.users.values()
        desk = {
            "PhoneType": "DESK_PHONE",
            "DeskPhoneNumber": "+15550100",
            "AutoAccept": True,
            "AfterContactWorkTimeLimit": 7,
        }
        center.server.call("UpdateUserPhoneConfig", UserId=user.id, PhoneConfig=desk)
        assert statuses(center.apply(want(1))) == ["done"]
        sent = [e.parameters["PhoneConfig"] for e in center.server.log if e.operation == "UpdateUserPhoneConfig"][-1]
        assert sent == {**desk, "AutoAccept": False, "AfterContactWorkTimeLimit": 0}


def test_pages_are_all_read_and_cost_little(centers: Any) -> None:
    with centers(user_quota=2000) as center:
        agent = next(p.id for p in center.server.instance.security_profiles.values() if p.name == "Agent")
        routing = next(
            r.id for r in center.server.instance.routing_profiles.values() if r.name == "Basic Routing Profile"
        )
        for n in range(1, 1201):
            wanted = want(n)
            center.server.call(
                "CreateUser", Username=wanted.username, SecurityProfileIds=[agent], RoutingProfileId=routing,
                IdentityInfo={"FirstName": wanted.first_name, "LastName": wanted.last_name},
                PhoneConfig={"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0},
                Tags=policy().ownership_tags(wanted.salesforce_id),
            )  # fmt: skip
        assert center.plan(*(want(n) for n in range(1, 1201))).changes == ()
        assert sum(center.door.traffic.calls.values()) == 3 + 3

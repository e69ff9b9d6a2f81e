"""As fast as the quota allows, hardly ever refused: the strict server by the engine's own clock.

`make bench` measures the same with real time, requests side by side and thousands of people (docs/benchmarks.md).
"""

from __future__ import annotations

import random
from functools import partial

from local_aws.connect.errors import ConnectError
from local_aws.connect.throttle import Throttle
from tests.unit.user_sync.conftest import Center, Centers
from tests.unit.user_sync.people import policy, want
from user_sync.model import DesiredUser, Phone
from user_sync.pace import Bucket
from user_sync.plan import Plan
from user_sync.steps import Instance, Request, steps_of

QUOTA = 2.0
REST = {"hierarchy_group": "EMEA/Support", "phone": Phone(45, True)}


def seconds(center: Center, *wanted: DesiredUser) -> float:
    """Plan as a new process does, and apply; return the seconds from the first write on."""
    center.door = center.new_door()
    started: list[float] = []

    def note_start() -> None:
        started.append(center.clock.now())

    outcomes = center.apply(*wanted, stop=note_start)
    assert {outcome.status for outcome in outcomes} == {"done"}
    return center.clock.now() - started[0]


def refused(center: Center) -> int:
    return sum(request.code == "ThrottlingException" for request in center.server.log)


def fill(center: Center, plan: Plan) -> None:
    """Make the users of a plan without the API's quota."""
    for change in plan.changes:
        request = next(steps_of(change, Instance(plan.current, policy(), {})))
        assert isinstance(request, Request)
        center.server.call(request.operation, **request.parameters)


def let_arrive_unevenly(center: Center) -> None:
    """Let requests be up to half a second on their way."""
    dice = random.Random(1)
    center.server.service.clock = lambda: center.clock.now() + dice.uniform(0.05, 0.45)


def test_requests_that_arrive_unevenly_are_not_refused(centers: Centers) -> None:
    people = [want(n) for n in range(1, 301)]
    with centers(throttle=QUOTA) as center:
        let_arrive_unevenly(center)
        assert seconds(center, *people) <= 1.05 * len(people) / QUOTA
        assert refused(center) == 0


def test_five_kinds_of_changes_take_as_long_as_one_and_a_call_each(centers: Centers) -> None:
    changed = [
        want(n, first_name="New", security_profiles=("CallCenterManager",), routing_profile="Chat", **REST)
        for n in range(1, 101)
    ]
    with centers(throttle=QUOTA) as center:
        fill(center, center.plan(*(want(n) for n in range(1, 101))))
        center.server.log.clear()
        assert seconds(center, *changed) <= 1.05 * 100 / QUOTA
        updates = [request.operation for request in center.server.log if request.operation.startswith("Update")]
        assert {operation: updates.count(operation) for operation in updates} == {
            "UpdateUserHierarchy": 100, "UpdateUserIdentityInfo": 100, "UpdateUserPhoneConfig": 100,
            "UpdateUserRoutingProfile": 100, "UpdateUserSecurityProfiles": 100,
        }  # fmt: skip
        assert refused(center) == 0


def test_nothing_to_do_costs_a_call_a_page_and_three_lists(centers: Centers) -> None:
    people = [want(n) for n in range(1, 601)]
    with centers(user_quota=1000) as center:
        fill(center, center.plan(*people))
        center.server.log.clear()
        assert center.apply(*people) == ()
        # So 10,000 users take 23.
        assert center.server.calls().total() == 2 + 3


def test_beside_a_neighbor_with_80_percent_the_rest_is_used_and_few_are_refused(centers: Centers) -> None:
    people = [want(n) for n in range(1, 151)]
    with centers(throttle=QUOTA) as center:
        let_arrive_unevenly(center)
        throttle = center.server.service.throttle
        throttle.neighbor = 0.8 * QUOTA
        assert seconds(center, *people) <= 1.2 * len(people) / (0.2 * QUOTA)
        assert 0 < refused(center) <= 0.15 * len(people)
        assert throttle.neighbor_refused <= 0.1 * throttle.neighbor_served


def test_a_service_that_takes_fewer_at_once_than_believed_refuses_few_and_costs_nothing(centers: Centers) -> None:
    with centers(throttle=QUOTA, burst=1) as center:
        assert seconds(center, *(want(n) for n in range(1, 101))) <= 1.05 * 100 / QUOTA
        assert refused(center) <= 2


def test_after_pauses_it_soon_sends_no_more_at_once_than_the_service_takes() -> None:
    # A quota that was raised to 10 a second, with the burst that 2 a second has.
    service, bucket = Throttle(rate=10, burst=5), Bucket(10, 20)
    refusals = 0
    for pause in range(50):
        now = 1000.0 + 5 * pause
        while bucket.delay(now) == 0:
            bucket.take(now)
            try:
                service.admit("CreateUser", partial(float, now))
            except ConnectError:
                bucket.throttled(now)
                refusals += 1
            else:
                bucket.answered()
    assert refusals <= 3


def test_the_full_rate_is_back_two_minutes_after_the_neighbor_has_gone() -> None:
    bucket, now = Bucket(QUOTA, 5), 0.0
    for _ in range(4):
        bucket.throttled(now)
        now += 1.5
    assert bucket.pace == QUOTA / 8
    while bucket.pace < QUOTA:
        now += 1 / bucket.pace
        bucket.answered()
    assert 60 < now < 240

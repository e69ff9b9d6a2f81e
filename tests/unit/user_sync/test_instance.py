"""Reading the instance: pages of SearchUsers and each list once, whatever the pages are cut into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.user_sync.clock import FakeClock
from tests.unit.user_sync.people import INSTANCE_ARN, desired, policy, want
from user_sync.connect import Connect, InstanceArn
from user_sync.errors import InstanceUnusable
from user_sync.instance import current_user
from user_sync.model import Phone
from user_sync.pace import Pace
from user_sync.planner import make_plan
from user_sync.report import as_json

PROFILES = [{"Id": "sp-1", "Name": "Agent"}, {"Id": "sp-2", "Name": "Admin"}]
ROUTING = [{"Id": "rp-1", "Name": "Basic Routing Profile"}]
GROUPS = [
    {
        "Id": "hg-1",
        "Name": "Support",
        "HierarchyPath": {"LevelOne": {"Id": "hg-0", "Name": "EMEA"}, "LevelTwo": {"Id": "hg-1", "Name": "Support"}},
    }
]


def item(number: int, **changes: Any) -> dict[str, Any]:
    """Return a user as SearchUsers shows them."""
    user = want(number)
    shown = {
        "Id": f"user-{number}",
        "Arn": f"{INSTANCE_ARN}/agent/user-{number}",
        "Username": user.username,
        "IdentityInfo": {"FirstName": user.first_name, "LastName": user.last_name},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0},
        "SecurityProfileIds": ["sp-1"],
        "RoutingProfileId": "rp-1",
        "Tags": policy().ownership_tags(user.salesforce_id),
    }
    return {**shown, **changes}


class FakeClient:
    """A Connect client that answers reads out of pages."""

    def __init__(self, pages: Sequence[Sequence[dict[str, Any]]], *, circle: bool = False) -> None:
        self.pages = pages or [[]]
        self.circle = circle
        self.calls: Counter[str] = Counter()

    def search_users(self, *, InstanceId: str, MaxResults: int, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803
        self.calls["SearchUsers"] += 1
        assert MaxResults == 500
        assert InstanceId == INSTANCE_ARN.rsplit("/", 1)[1]
        number = int(NextToken)
        following = "0" if self.circle else str(number + 1)
        more = {"NextToken": following} if self.circle or number + 1 < len(self.pages) else {}
        total = sum(map(len, self.pages))
        return {"Users": list(self.pages[number]), "ApproximateTotalCount": total, **more}

    def list_security_profiles(self, **_: Any) -> dict[str, Any]:
        self.calls["ListSecurityProfiles"] += 1
        return {"SecurityProfileSummaryList": PROFILES}

    def list_routing_profiles(self, **_: Any) -> dict[str, Any]:
        self.calls["ListRoutingProfiles"] += 1
        return {"RoutingProfileSummaryList": ROUTING}

    def search_user_hierarchy_groups(self, **_: Any) -> dict[str, Any]:
        self.calls["SearchUserHierarchyGroups"] += 1
        return {"UserHierarchyGroups": GROUPS}


def door(client: FakeClient) -> Connect:
    return Connect(client, InstanceArn.parse(INSTANCE_ARN), Pace(rate=1e9, burst=1e9, clock=FakeClock()))


@given(st.data(), st.integers(0, 12))
def test_the_plan_depends_neither_on_pages_nor_on_their_order(data: st.DataObject, count: int) -> None:
    groups = st.sampled_from([{}, {"HierarchyGroupId": "hg-1"}])
    items = [item(n, **data.draw(groups)) for n in range(count)]
    straight = door(FakeClient([items])).read_current(groups=True)
    mixed = data.draw(st.permutations(items))
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=4)))
    pages = [mixed[start:end] for start, end in zip([0, *cuts], [*cuts, count], strict=True)]
    client = FakeClient(pages)
    other = door(client).read_current(groups=True)
    assert other == straight
    assert client.calls["SearchUsers"] == len(pages)
    asked = desired(*(want(n) for n in range(0, count, 2)))
    plans = [make_plan(asked, current, policy(), file="users.csv") for current in (straight, other)]
    assert as_json(plans[0].as_json()) == as_json(plans[1].as_json())


def test_each_list_is_read_once_and_groups_only_where_somebody_has_one() -> None:
    without = FakeClient([[item(1)], [item(2)]])
    door(without).read_current(groups=False)
    assert without.calls == {"SearchUsers": 2, "ListSecurityProfiles": 1, "ListRoutingProfiles": 1}
    later = FakeClient([[item(1)], [item(2, HierarchyGroupId="hg-1")], [item(3, HierarchyGroupId="hg-1")]])
    current = door(later).read_current(groups=False)
    assert later.calls["SearchUserHierarchyGroups"] == 1
    assert [user.hierarchy_group for user in current.users] == [None, "EMEA/Support", "EMEA/Support"]


def test_a_user_on_two_pages_is_one_user() -> None:
    # A page that was cut while somebody was made shows a user twice.
    current = door(FakeClient([[item(1), item(2)], [item(2), item(3)]])).read_current(groups=False)
    assert [user.user_id for user in current.users] == ["user-1", "user-2", "user-3"]


def test_progress_is_told_a_page_at_a_time() -> None:
    told: list[tuple[int, int | None]] = []
    pages = [[item(1), item(2)], [item(3)]]
    door(FakeClient(pages)).read_current(groups=False, progress=lambda read, total: told.append((read, total)))
    assert told == [(2, 3), (3, 3)]


def test_a_service_that_turns_in_a_circle_is_an_error() -> None:
    with pytest.raises(InstanceUnusable) as error:
        door(FakeClient([[item(1)]], circle=True)).read_current(groups=False)
    assert error.value.code == "paging"


def test_what_is_missing_in_an_answer_has_its_default() -> None:
    bare = {"Id": "user-1", "Arn": "arn", "Username": "ann"}
    user = current_user(bare, {}, {}, {})
    assert (user.first_name, user.security_profiles, user.routing_profile, user.phone) == ("", (), "", Phone())
    assert (dict(user.tags), user.phone_type, user.hierarchy_group) == ({}, "SOFT_PHONE", None)


def test_names_stand_for_ids_and_seconds_for_milliseconds() -> None:
    phone = {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+15550100", "AfterContactWorkTimeLimit": 30_000}
    shown = item(1, PhoneConfig=phone, SecurityProfileIds=["sp-1", "sp-2", "sp-9"], HierarchyGroupId="hg-9")
    user = current_user(shown, {"sp-1": "Agent", "sp-2": "Admin"}, {"rp-1": "Basic"}, {})
    assert user.security_profiles == ("Admin", "Agent", "sp-9")
    assert (user.routing_profile, user.hierarchy_group) == ("Basic", "hg-9")
    assert user.phone == Phone(after_contact_work_seconds=30)
    assert (user.phone_type, user.desk_phone_number) == ("DESK_PHONE", "+15550100")

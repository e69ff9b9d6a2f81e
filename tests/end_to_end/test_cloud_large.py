"""Thousands of users through the state machine, and a slice that hangs until Lambda ends it: minutes, not seconds."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.end_to_end.assembly import Assembly
from tests.end_to_end.cloud import Cloud, for_many, people
from tests.end_to_end.product import running

pytestmark = [pytest.mark.local_aws, pytest.mark.full, pytest.mark.xdist_group("cloud")]

PEOPLE = 3000


@pytest.fixture(scope="module")
def quick(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Fifty times the pace that AWS allows, so that an hour takes about a minute."""
    return for_many(assembly, tmp_path_factory.mktemp("quick") / "cdk.out", requests_per_second=100.0)


@pytest.fixture(scope="module")
def cloud(quick: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("large"), user_quota=10_000) as product:
        product.put_all(quick)
        cloud = Cloud(product)
        cloud.settings(beat_seconds=0.5)
        yield cloud


def test_three_thousand_users_in_many_slices_of_which_one_is_killed(cloud: Cloud, quick: Assembly) -> None:
    before = cloud.users()
    cloud.settings(slice_seconds=3)
    begun = time.monotonic()
    execution = cloud.drop(people(quick, PEOPLE))
    cloud.writing(len(before) + PEOPLE // 2, within_seconds=300)
    assert cloud.signal_worker() >= 1
    assert cloud.ended(execution, 600) == "SUCCEEDED"
    seconds = time.monotonic() - begun
    slices = cloud.steps(execution).count("Apply")
    print(f"{PEOPLE} users in {seconds:.0f} s and {slices} slices")
    assert slices > 3
    after = cloud.users()
    assert len(after) == len(before) + PEOPLE
    assert {username: after[username] for username in before} == before
    assert Counter(one["status"] for one in cloud.report(execution)["outcomes"]) == {"done": PEOPLE}
    assert cloud.record(execution)["counts"]["done"] == PEOPLE
    again = cloud.start()
    assert cloud.ended(again) == "SUCCEEDED"
    assert cloud.record(again)["state"] == "nothing to do"


def test_a_slice_that_hangs_is_ended_by_lambda_and_gone_on_with(cloud: Cloud, quick: Assembly) -> None:
    before = len(cloud.users())
    # A slice stops 45 seconds before the function's time is up: here after three.
    cloud.settings(slice_seconds=None)
    cloud.timeout(48)
    execution = cloud.drop(people(quick, PEOPLE + 600))
    cloud.writing(before + 100)
    assert cloud.signal_worker(signal.SIGSTOP) >= 1
    begun = time.monotonic()
    assert cloud.ended(execution, 180) == "SUCCEEDED"
    assert time.monotonic() - begun > 30  # it did hang
    assert "Task timed out" in cloud.history(execution)
    assert len(cloud.users()) == before + 600
    assert Counter(one["status"] for one in cloud.report(execution)["outcomes"]) == {"done": 600}

"""15 and 18 characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_sync.salesforce_id import check_suffix, extend, parse

IDS = st.text("ABYZabyz0159", min_size=15, max_size=15)


@pytest.mark.parametrize("long_id", ["001M000000qfPySIAU", "a0RE000000IJmcNMAT", "0055e000RQ4F5ZRAY0"])
def test_known_ids(long_id: str) -> None:
    assert extend(long_id[:15]) == long_id
    assert parse(long_id) == parse(long_id[:15]) == long_id[:15]


@given(IDS)
def test_the_check_is_that_of_the_documentation(short_id: str) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    chunks = [short_id[start : start + 5] for start in (0, 5, 10)]
    slow = "".join(letters[sum(c.isupper() << bit for bit, c in enumerate(chunk))] for chunk in chunks)
    assert check_suffix(short_id) == slow
    assert parse(extend(short_id)) == short_id


@given(IDS)
def test_an_id_whose_case_was_lost_is_none(short_id: str) -> None:
    long_id = extend(short_id)
    if long_id != long_id.upper():
        assert parse(long_id.upper()) is None


@pytest.mark.parametrize(
    "text", ["", "0055e000RQ4F5Z", "0055e000RQ4F5ZRAY", "0055e000RQ4F5ZRAY6", "0055e000RQ4F5Zé", "a" * 19]
)
def test_what_is_none(text: str) -> None:
    assert parse(text) is None

"""What has to do with time, judged at a moment that the caller gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contact_center.metadata import judge_times
from tests.unit.contact_center.conftest import Read
from tests.unit.contact_center.idp import END, START, certificate, entity, key_descriptor

SECOND = timedelta(seconds=1)
Told = list[tuple[str, str]]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - SECOND, [("warning", "certificate_not_yet_valid")]),
        (START, []),
        (END - timedelta(days=60) - SECOND, []),
        (END - timedelta(days=60), [("warning", "certificate_ends_soon")]),
        (END, [("warning", "certificate_ends_soon")]),
        (END + SECOND, [("error", "certificate_expired")]),
    ],
)
def test_one_certificate(read: Read, now: datetime, expected: Told) -> None:
    problems = judge_times(read(entity()), now)
    assert [(problem.severity, problem.code) for problem in problems] == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2027, 1, 1, tzinfo=UTC), [("warning", "certificate_not_yet_valid")]),
        (datetime(2027, 12, 1, tzinfo=UTC), [("warning", "certificate_ends_soon")]),
        (datetime(2028, 6, 1, tzinfo=UTC), [("warning", "certificate_expired")]),
        (datetime(2030, 6, 1, tzinfo=UTC), [("error", "certificate_expired"), ("error", "certificate_expired")]),
    ],
)
def test_a_rollover(read: Read, now: datetime, expected: Told) -> None:
    new = certificate(2, start=datetime(2027, 6, 1, tzinfo=UTC), end=datetime(2030, 1, 1, tzinfo=UTC))
    reading = read(entity(key_descriptor(certificate(1)), key_descriptor(new)))
    assert [(problem.severity, problem.code) for problem in judge_times(reading, now)] == expected


def test_messages_name_day_and_remedy(read: Read) -> None:
    (alone,) = judge_times(read(entity()), END - timedelta(days=12))
    assert "ends on 2028-01-01, in 12 days: begin a rollover" in alone.message
    assert (alone.row, alone.column) == (3, "X509Certificate")
    new = certificate(2, end=datetime(2030, 1, 1, tzinfo=UTC))
    (beside,) = judge_times(read(entity(), entity(key_descriptor(new))), END - timedelta(days=12))
    assert "another one lasts longer" in beside.message


@pytest.mark.parametrize(("after", "expected"), [(timedelta(0), []), (SECOND, [("error", "metadata_expired")])])
def test_the_metadata_itself_ends(read: Read, after: timedelta, expected: Told) -> None:
    reading = read(entity(attributes=' validUntil="2027-01-01T00:00:00Z"'))
    problems = judge_times(reading, datetime(2027, 1, 1, tzinfo=UTC) + after)
    assert [(problem.severity, problem.code) for problem in problems] == expected
    assert all((problem.row, problem.column) == (1, "validUntil") for problem in problems)


def test_times_are_not_form(read: Read) -> None:
    long_ago = certificate(end=datetime(2026, 2, 1, tzinfo=UTC))
    reading = read(entity(key_descriptor(long_ago), attributes=' validUntil="2001-01-01T00:00:00Z"'))
    assert reading.problems == ()
    assert reading.document is not None


def test_a_moment_without_a_zone_is_a_mistake_of_the_caller(read: Read) -> None:
    with pytest.raises(ValueError, match="time zone"):
        judge_times(read(entity()), datetime(2027, 1, 1))

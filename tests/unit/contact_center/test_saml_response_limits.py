"""At a limit it passes, over the limit it fails; and what is told beside the verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from contact_center.sign_in import relay_state
from tests.unit.contact_center.saml import ATTRIBUTES, INSTANCE_ID, NOW, World, check_of, failing
from tests.unit.contact_center.saml_cases import GOOD

SECOND = timedelta(seconds=1)
HERE = relay_state("us-west-2", INSTANCE_ID, "/ccp-v2")


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "users.csv").write_text("")
    return World(tmp_path)


@pytest.mark.parametrize(
    ("seconds", "lasts", "expected"),
    [
        (0, 300, []),
        (299, 300, []),
        (300, 300, ["times"]),
        (299, 3600, []),
        (300, 3600, ["times"]),
        (59, 60, []),
        (60, 60, ["times"]),
        (-60, 300, []),
        (-61, 300, ["times"]),
    ],
)
def test_times_to_the_second(world: World, seconds: int, lasts: int, expected: list[str]) -> None:
    response = replace(GOOD, issued=NOW - seconds * SECOND, lasts=lasts * SECOND)
    assert failing(world.judge(response)) == expected


def test_a_clock_that_is_ahead_is_told(world: World) -> None:
    check = check_of(world.judge(replace(GOOD, issued=NOW + 30 * SECOND)), "times")
    assert check.ok
    assert "30 seconds ahead" in check.message
    assert "NTP" in check.fix


@pytest.mark.parametrize(
    ("duration", "hours", "expected"),
    [("900", 12, []), ("899", 12, ["duration"]), ("43200", 12, []), ("28800", 8, []), ("28801", 8, ["duration"])],
)
def test_duration_to_the_second(world: World, duration: str, hours: int, expected: list[str]) -> None:
    changes = {"  username:": f"  session_hours: {hours}\n  username:"}
    judgement = world.judge(replace(GOOD, duration=duration), changes=changes)
    assert failing(judgement) == expected


def test_what_shortens_a_session_is_told(world: World) -> None:
    capped = replace(GOOD, sessions='SessionNotOnOrAfter="2026-11-24T20:00:00Z"')
    assert "caps the session at 480 minutes" in check_of(world.judge(capped), "duration").message
    assert "1 hour" in check_of(world.judge(replace(GOOD, duration=None)), "duration").message


@pytest.mark.parametrize(
    ("letters", "expected"), [(2, []), (1, ["role_session_name"]), (64, []), (65, ["role_session_name"])]
)
def test_name_to_the_letter(world: World, letters: int, expected: list[str]) -> None:
    assert failing(world.judge(replace(GOOD, name="x" * letters))) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"team": ["x" * 256]}, []),
        ({"team": ["x" * 257]}, ["session_tags"]),
        ({"k" * 128: ["x"]}, []),
        ({"k" * 129: ["x"]}, ["session_tags"]),
        ({"team": ["x", "y"]}, ["session_tags"]),
        ({f"k{number}": ["x"] for number in range(50)}, []),
        ({f"k{number}": ["x"] for number in range(51)}, ["session_tags"]),
    ],
)
def test_session_tags_where_the_role_trusts_them(
    world: World, tags: Mapping[str, list[str]], expected: list[str]
) -> None:
    attributes = {f"{ATTRIBUTES}PrincipalTag:{name}": values for name, values in tags.items()}
    trusted = {"  username:": "  session_tags: true\n  username:"}
    assert failing(world.judge(replace(GOOD, attributes=attributes), changes=trusted)) == expected


@pytest.mark.parametrize(("characters", "expected"), [(100_000, []), (100_004, ["parse"])])
def test_length_to_the_character(world: World, characters: int, expected: list[str]) -> None:
    bare = len(replace(GOOD, attributes={"groups": ["g"]}).xml())
    more = characters // 4 * 3 - bare + 1
    assert failing(world.judge(replace(GOOD, attributes={"groups": ["g" * more]}))) == expected


@pytest.mark.parametrize(
    ("state", "passes", "part"),
    [
        (HERE, True, "/ccp-v2"),
        (relay_state("us-west-2", INSTANCE_ID), True, "the home page"),
        (HERE + "&new_domain=true", True, "/ccp-v2"),
        (relay_state("eu-west-2", INSTANCE_ID), False, "in eu-west-2"),
        (relay_state("us-west-2", "another"), False, "leads to instance another"),
        (relay_state("us-gov-west-1", INSTANCE_ID), False, "GovCloud"),
        ("https://acme.example", False, "not the address of a Connect instance"),
        ("https%3A%2F%2Fus-west-2.console.aws.amazon.com%2Fconnect%2Ffederate%2F" + INSTANCE_ID, False, "twice"),
        (HERE.replace("%2Fccp", "%2Fconnect%2Fccp"), False, "old domain"),
        ("https://[", False, "not the address"),
        ("http://us-west-2.console.aws.amazon.com/connect/federate/" + INSTANCE_ID, False, "not the address"),
    ],
)
def test_where_the_relay_state_leads(world: World, state: str, passes: bool, part: str) -> None:
    form = urlencode({"SAMLResponse": GOOD.base64(), "RelayState": state})
    check = check_of(world.judge(form), "relay_state")
    assert check.ok is passes
    assert part in check.message
    assert passes or relay_state("us-west-2", INSTANCE_ID) in check.fix


def har(response: str, started: object = None, **fields: str) -> str:
    """Return a HAR with one post to AWS."""
    data = {"text": urlencode({"SAMLResponse": response, **fields})}
    entry = {
        "startedDateTime": started,
        "request": {"url": "https://us-west-2.signin.aws.amazon.com/saml", "postData": data},
    }
    return json.dumps({"log": {"entries": [entry]}})


def test_a_har_without_a_relay_state_lands_nowhere(world: World) -> None:
    assert failing(world.judge(har(GOOD.base64()))) == ["relay_state"]
    assert failing(world.judge(har(GOOD.base64(), RelayState=HERE))) == []


@pytest.mark.parametrize(
    ("posted", "live", "expected"),
    [
        # The browser posted it in time, and it is looked at an hour later.
        (NOW + 10 * SECOND, True, []),
        (NOW + timedelta(minutes=6), True, ["times"]),
        # Such a clock is of no use: the response was not issued yet.
        (NOW - timedelta(days=300), True, ["times"]),
        # What is asked for goes before.
        (NOW + 10 * SECOND, False, ["times"]),
    ],
)
def test_a_har_is_judged_as_of_its_post(world: World, posted: datetime, live: bool, expected: list[str]) -> None:
    text = har(GOOD.base64(), posted.isoformat(), RelayState=HERE)
    assert failing(world.judge(text, now=NOW + timedelta(hours=1), live=live)) == expected


@pytest.mark.parametrize("started", [None, 7, "yesterday", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_har_without_a_usable_time_is_judged_by_the_clock(world: World, started: object) -> None:
    assert failing(world.judge(har(GOOD.base64(), started, RelayState=HERE))) == []

"""Every row of `connect-sso matrix` against running sign-ins: a "yes" lands as the right user, a "no" is refused."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from contact_center.sign_in import AGENT_WORKSPACE, CCP
from tests.end_to_end.sign_in import kit_reading
from tests.end_to_end.sign_in.walking import Person
from tests.end_to_end.sign_in.world import OKTA, SALESFORCE, Json, World
from tests.unit.contact_center.test_use_cases import TABLE

ROWS = [(arrangement, number) for arrangement, rows in TABLE.items() for number in range(len(rows))]
IDS = [f"{arrangement}: {'/'.join(TABLE[arrangement][number][:3])}" for arrangement, number in ROWS]
AGENT = "jlind"


def page_of(row: Json) -> str:
    return CCP if row["then_uses"] == "ccp" else "/home"


def provider_host(row: Json) -> str:
    return urlsplit(OKTA if row["provider"] == "acmeservice-okta" else SALESFORCE).netloc


@pytest.mark.parametrize(("arrangement", "number"), ROWS, ids=IDS)
def test_a_row_is_what_happens(world: World, arrangement: str, number: int) -> None:
    world.arrange(arrangement)
    row = world.matrix()[number]
    assert (
        tuple(row[key] for key in ("signs_in_via", "then_uses", "supported", "provider")) == TABLE[arrangement][number]
    )
    if row["supported"] == "no":
        refuse(world, row)
    else:
        walk(world, row)


def walk(world: World, row: Json) -> None:
    app = world.app("third_party" if row["provider"] == "acmeservice-okta" else "salesforce")
    assert app is not None
    assert kit_reading.provider_of(app) == row["provider"]
    start, someone = world.start(row), world.people[AGENT]
    landed = Person(world.internet, AGENT).walk(start)
    assert landed.signed_in == (someone.username, page_of(row))
    assert landed.address == f"https://acme-service.my.connect.aws{page_of(row)}"
    assert landed.posted_from == (provider_host(row),)
    # Who is not signed in at the provider gets no further than its sign-in page.
    stranger = Person(world.internet).walk(start)
    assert (stranger.signed_in, set(stranger.says)) == (None, {"login"})


def refuse(world: World, row: Json) -> None:
    assert row["url"] is None
    center = kit_reading.definition(world.kit)
    if row["signs_in_via"] == "third_party":
        # Signed in there only, and Omni-Channel asks Salesforce.
        assert center["reqThirdPartyIDP"] == "false"
        assert center["reqIdentityUrl"].startswith(SALESFORCE)
        only_there = Person(world.internet, AGENT, at=OKTA)
        landed = only_there.walk(f"{center['reqIdentityUrl']}&RelayState={center['reqRelayState']}")
        assert (landed.signed_in, set(landed.says)) == (None, {"login"})
    nobody = Person(world.internet)
    for start in (center["reqRelayState"], f"https://acme-service.my.connect.aws{CCP}"):
        landed = nobody.walk(start)
        assert landed.signed_in is None
        assert landed.says["error"].startswith("Sign in")


@pytest.mark.parametrize("arrangement", TABLE)
def test_the_links_of_the_kit_lead_where_they_say(world: World, arrangement: str) -> None:
    world.arrange(arrangement)
    pages = {}
    for link in kit_reading.links(world.kit):
        landed = Person(world.internet, AGENT).walk(link)
        assert landed.signed_in, landed
        pages.setdefault(landed.posted_from[0], set()).add(landed.signed_in[1])
    wanted = {TABLE[arrangement][number][3] for number in range(len(TABLE[arrangement]))} - {None}
    assert len(pages) == len(wanted)
    assert all({CCP, AGENT_WORKSPACE, "/home"} <= seen for seen in pages.values())


@pytest.mark.parametrize("arrangement", TABLE)
def test_everybody_of_the_export_gets_in_as_themselves(world: World, arrangement: str) -> None:
    world.arrange(arrangement)
    row = next(row for row in world.matrix() if row["then_uses"] == "ccp")
    for alias, someone in world.people.items():
        assert Person(world.internet, alias).walk(world.start(row)).signed_in == (someone.username, CCP)

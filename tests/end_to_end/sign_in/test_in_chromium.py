"""The same ways in, in a real browser: it posts the provider's form, follows, and shows who is signed in."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from contact_center.sign_in import AGENT_WORKSPACE, CCP
from tests.end_to_end.sign_in import kit_reading
from tests.end_to_end.sign_in.test_walks import TABLE, page_of, provider_host
from tests.end_to_end.sign_in.walking import in_chromium
from tests.end_to_end.sign_in.world import OKTA, SALESFORCE, World

AGENT, SUPERVISOR, ADMINISTRATOR = "jlind", "tnune", "ckrug"


def test_a_few_ways_in(world: World, tmp_path: Path) -> None:
    world.arrange("salesforce_and_third_party")
    who = {alias: someone.username for alias, someone in world.people.items()}
    by_salesforce, by_okta = world.link("salesforce", CCP), world.link("third_party", AGENT_WORKSPACE)
    straight = f"https://acme-service.my.connect.aws{CCP}"
    walks = [(by_salesforce, AGENT), (by_okta, ADMINISTRATOR), (by_okta, None), (straight, AGENT)]
    salesforce, okta, nobody, refused = in_chromium(world.internet, walks, tmp_path)
    assert salesforce.signed_in == (who[AGENT], CCP)
    assert salesforce.address == straight
    assert salesforce.posted_from == (urlsplit(SALESFORCE).netloc,)
    assert okta.signed_in == (who[ADMINISTRATOR], AGENT_WORKSPACE)
    assert okta.posted_from == (urlsplit(OKTA).netloc,)
    assert set(nobody.says) == {"login"}
    assert refused.says["error"].startswith("Sign in")


@pytest.mark.full
@pytest.mark.parametrize("arrangement", TABLE)
def test_every_row_and_every_link_of_the_kit(world: World, arrangement: str, tmp_path: Path) -> None:
    world.arrange(arrangement)
    center = kit_reading.definition(world.kit)
    walks, wanted = [], []
    for row in world.matrix():
        if row["supported"] == "no":
            walks.append((center["reqRelayState"], None))
            wanted.append((None, ()))
            continue
        for alias in (AGENT, SUPERVISOR, ADMINISTRATOR):
            walks.append((world.start(row), alias))
            wanted.append(((world.people[alias].username, page_of(row)), (provider_host(row),)))
    seen = in_chromium(world.internet, walks, tmp_path)
    assert [(landed.signed_in, landed.posted_from) for landed in seen] == wanted
    of_the_kit = in_chromium(world.internet, [(link, AGENT) for link in kit_reading.links(world.kit)], tmp_path)
    assert of_the_kit
    assert {landed.signed_in and landed.signed_in[1] for landed in of_the_kit} == {CCP, AGENT_WORKSPACE, "/home"}
    assert {landed.signed_in and landed.signed_in[0] for landed in of_the_kit} == {world.people[AGENT].username}

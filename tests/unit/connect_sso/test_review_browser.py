"""The page of a review in a real browser: every danger on the first screen; on a phone and on paper too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.connect_server import ConnectServer, InstanceSeed
from tests.unit.connect_sso.browser import look_at
from tests.unit.connect_sso.reviews import Change, alias, broader, stranger, unkept

# What must stand in the red part of the first screen, by prepared change.
DANGERS = {
    "alias": ("REFUSED", "instance acme-service", "a new, empty instance"),
    "stranger": ("REFUSED", "role acmeservice-SAMLRole", "acmeservice-rogue, which the config does not name"),
    "broader": ("DANGER", "it may do more than before", "connect:UpdateUserSecurityProfiles"),
    "unkept": ("REFUSED", "S3 Bucket", "it was kept whatever happens, and is not any more"),
    "people": ("DANGER", "1 user gets the security profile Admin", "1 person loses access"),
}
SCRIPT = Path(__file__).with_name("look_at_first_screen.cjs")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """The pages of the prepared changes, in the order of DANGERS."""
    folder = tmp_path_factory.mktemp("reviews")
    edits = {"alias": alias, "stranger": stranger, "broader": broader, "unkept": unkept}
    changes = {}
    for name in DANGERS:
        changes[name] = Change(folder / name)
        changes[name].configure({"instance.alias": "acme-support"} if name == "alias" else {})
        changes[name].write(changes[name].after, edits.get(name, lambda _templates: None))
    with pytest.MonkeyPatch.context() as patch, ConnectServer(InstanceSeed()) as server:
        for key, value in {**server.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}.items():
            patch.setenv(key, value)
        plan = changes["people"].people_change(server.instance.arn)
    for name, change in changes.items():
        change.review(*(["--plan", str(plan)] if name == "people" else []))
    yield [change.folder / "review.html" for change in changes.values()]


@pytest.fixture(scope="module")
def seen(pages: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return look_at(pages, tmp_path_factory.mktemp("browser"))


def test_each_danger_is_on_the_first_screen(pages: list[Path], tmp_path_factory: pytest.TempPathFactory) -> None:
    scratch = tmp_path_factory.mktemp("first-screen")
    for name, view in zip(DANGERS, look_at(pages, scratch, script=SCRIPT, views=1), strict=True):
        text = "\n".join(view["red"])
        assert [one for one in DANGERS[name] if one.lower() not in text.lower()] == [], name
        assert len(view["red"]) == view["all"], name
        assert view["badge"] == ("Refused" if DANGERS[name][0] == "REFUSED" else "To be decided")


def test_nothing_sticks_out(seen: list[dict[str, Any]]) -> None:
    assert [(view["page"], view["width"], view["overflow"]) for view in seen if view["overflow"] > 0] == []


def test_loads_nothing_else_and_complains_of_nothing(seen: list[dict[str, Any]]) -> None:
    assert [view["requests"] for view in seen] == [[f"file://{view['page']}"] for view in seen]
    assert [view["complaints"] for view in seen if view["complaints"]] == []


def test_axe_finds_nothing_serious(seen: list[dict[str, Any]]) -> None:
    serious = [v for view in seen for v in view["violations"] if v["impact"] in ("serious", "critical")]
    assert serious == []

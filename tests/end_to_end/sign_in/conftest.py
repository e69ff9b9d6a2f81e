from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.server import LocalAws, Options
from tests.end_to_end.sign_in.providers import OurProvider, Samlp
from tests.end_to_end.sign_in.signers import Signers, add_analyst
from tests.end_to_end.sign_in.world import OKTA, SALESFORCE, START, World
from tests.infra.conftest import code

__all__ = ["code"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these in one process, where `tests.infra` has the JavaScript kernel: starting one takes seconds."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("infra"))
            item.add_marker(pytest.mark.local_aws)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Iterator[World]:
    """A local AWS with nothing deployed yet, and two identity providers."""
    folder = tmp_path_factory.mktemp("sign-in")
    options = Options(throttle=None)
    with (
        LocalAws(folder / "aws", options=options) as aws,
        OurProvider(SALESFORCE) as salesforce,
        Samlp(f"{OKTA}/exk1", START["third_party"]) as okta,
    ):
        yield World(aws, folder, code, salesforce, okta)


@pytest.fixture
def signers(world: World) -> Signers:
    """The arrangement with both providers."""
    world.arrange("salesforce_and_third_party")
    add_analyst(world)
    return Signers(world)

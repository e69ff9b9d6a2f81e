from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local_aws.cdk import Cdk
from local_aws.example import ExampleCopy
from tests.end_to_end.assembly import Assembly
from tests.end_to_end.product import Product, running

# Tests that need `assembly` belong into one of a few xdist groups: it is synthesized once a process.


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> ExampleCopy:
    """The example with an identity provider whose key exists."""
    return ExampleCopy.make(tmp_path_factory.mktemp("example") / "acmeservice")


@pytest.fixture(scope="session")
def own_cdk(tmp_path_factory: pytest.TempPathFactory, example: ExampleCopy) -> Iterator[tuple[Product, Cdk, Assembly]]:
    """A bootstrapped local AWS, the CDK's command line for it, and the example synthesized by it."""
    folder = tmp_path_factory.mktemp("deployment")
    # Room for 20 people and not for 50: what the quota is asked for, a test sees.
    with running(folder, user_quota=45) as product, ThreadPoolExecutor(2) as pool:
        cdk = Cdk(environment=product.aws.environment(), log=folder / "cdk.log", timeout=240)
        waiting = [
            pool.submit(cdk.bootstrap, product.aws.account, product.aws.region),
            pool.submit(cdk.synth, folder / "cdk.out", "-c", f"config={example.config}"),
        ]
        for each in waiting:
            each.result()
        yield product, cdk, Assembly(folder / "cdk.out")


@pytest.fixture(scope="session")
def assembly(own_cdk: tuple[Product, Cdk, Assembly], tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The example as it is, but for the pace: the emulator is as quick as one likes."""
    return own_cdk[2].edited(tmp_path_factory.mktemp("assembly") / "cdk.out", policy={"requests_per_second": 100.0})

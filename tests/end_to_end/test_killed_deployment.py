"""A deployment that is killed in the middle, and the next one, which ends right."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_aws.cdk import Cdk
from local_aws.environment import ROOT
from tests.end_to_end.assembly import STACKS, Assembly
from tests.end_to_end.product import NOTHING_DONE, Product, running

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("broken_off")]

PEOPLE = 20
COMPLETE = dict.fromkeys(STACKS, "CREATE_COMPLETE")


@contextmanager
def deploying(cdk: Cdk, assembly: Assembly) -> Iterator[subprocess.Popen[str]]:
    """`cdk deploy` under way; leaving the block kills it with all its children, as a power cut does."""
    command = [str(ROOT / "node_modules/.bin/cdk"), "deploy", "--all", "--require-approval", "never", "--no-notices"]
    process = subprocess.Popen(
        [*command, "--progress", "events", "--app", str(assembly.out)],
        cwd=ROOT,
        env=dict(cdk.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], bool], within_seconds: float = 60.0) -> None:
    deadline = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_deploy_that_is_killed_between_stacks_and_among_the_users(assembly: Assembly, tmp_path: Path) -> None:
    slow = assembly.edited(tmp_path / "slow", policy={"requests_per_second": 2.0})
    with running(tmp_path) as product:
        cdk = Cdk(environment=product.aws.environment(), log=tmp_path / "cdk.log", timeout=240)
        cdk.bootstrap(product.aws.account, product.aws.region)
        with deploying(cdk, slow) as first:
            assert any("acmeservice-instance: creating" in line for line in first.stdout or ())
        assert "users" not in product.statuses()
        # What a kill between the making of a change set and its execution leaves.
        untouched = next(name for name in ("storage", "sign-on", "users") if name not in product.statuses())
        product.stacks[untouched].api.create_change_set(
            StackName=f"acmeservice-{untouched}",
            ChangeSetName="cdk-deploy-change-set",
            ChangeSetType="CREATE",
            Capabilities=["CAPABILITY_NAMED_IAM"],
            TemplateBody=(assembly.out / f"acmeservice-{untouched}.template.json").read_text(),
        )
        assert product.statuses()[untouched] == "REVIEW_IN_PROGRESS"

        with deploying(cdk, slow):
            until(lambda: "users" in product.statuses() and len(product.users()) > 5)
        assert product.statuses()["users"] == "CREATE_IN_PROGRESS"
        assert len(product.users()) < PEOPLE
        # CloudFormation goes on without the command line; a stack in progress takes no other deployment.
        product.users_stack.settled()

        printed = cdk.deploy(app=slow.out)
        assert printed.count("(no changes)") == len(STACKS)
        assert product.statuses() == COMPLETE
        assert len(product.users()) == PEOPLE
        assert product.outputs("users")["Created"] == str(PEOPLE)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_a_sync_that_dies_in_the_middle_is_gone_on_with(assembly: Assembly, tmp_path: Path) -> None:
    slow = assembly.edited(tmp_path / "slow", policy={"requests_per_second": 2.0})
    with running(tmp_path) as product:
        for stack in ("instance", "sign-on", "storage"):
            product.put(assembly, stack)
        ended: list[str] = []
        deployment = threading.Thread(target=lambda: ended.append(product.put(slow)))
        deployment.start()
        until(lambda: len(product.users()) > 2)
        _kill_functions(product)
        made = len(product.users())
        deployment.join()
        # The state machine tries the slice again, and that goes on from what the instance says.
        assert ended == ["CREATE_COMPLETE"], product.last_failure()
        assert 2 < made < PEOPLE
        assert {key: product.outputs("users")[key] for key in NOTHING_DONE} == {**NOTHING_DONE, "Created": str(PEOPLE)}
        assert len(product.users()) == PEOPLE


def _kill_functions(product: Product) -> None:
    """Kill the processes in which the local AWS runs functions."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == product.aws.pid and b"ministack-lambda" in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)

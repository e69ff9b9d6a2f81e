"""``make demo``: the example contact center, really deployed to the local AWS, and sign-ins proved.

Everything happens on loopback and in ``.local/demo``. Whatever fails, nothing is left running, and the
failing step's log is named.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local_aws.cdk import Cdk, CdkFailedError
from local_aws.environment import ROOT
from local_aws.example import ExampleCopy
from local_aws.server import LocalAws, LocalAwsFailedError
from local_aws.sign_in import Door, Proof, admissions, refusals

WORK = ROOT / ".local" / "demo"
_LIMIT_SECONDS = 240.0


class DemoFailedError(RuntimeError):
    """A step failed; the message says why, and the log says more."""


class Steps:
    """Says what is done, and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.begun = time.monotonic()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Run one step: a spinner on a terminal, a plain line elsewhere."""
        begun = time.monotonic()
        try:
            if self.console.is_terminal:
                with self.console.status(name):
                    yield
            else:
                yield
        except BaseException:
            self._line("✗", "bold red", name, begun)
            raise
        self._line("✓", "green", name, begun)

    def _line(self, mark: str, style: str, name: str, begun: float) -> None:
        self.console.print(Text.assemble((mark, style), f" {name} ", (f"{time.monotonic() - begun:.1f} s", "dim")))


def main() -> int:
    """Run the demo; return the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    steps = Steps(console)
    log = WORK / "cdk.log"
    console.print(Text("connect-sso demo: an Amazon Connect contact center on a local AWS", style="bold"))
    try:
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir(parents=True)
        with LocalAws(WORK / "aws") as aws:
            _forget_the_callers_settings(aws)
            failed = _run(steps, aws, log)
    except KeyboardInterrupt:
        console.print("interrupted: the local AWS is stopped")
        return 130
    except (CdkFailedError, LocalAwsFailedError, DemoFailedError, OSError) as error:
        console.print(Text.assemble(("failed: ", "bold red"), str(error)))
        console.print(f"logs: {_shown(log)} {_shown(WORK / 'aws' / 'server.log')}")
        return 1
    console.print(Text(f"done in {time.monotonic() - steps.begun:.0f} s; the local AWS is stopped", style="bold"))
    return 1 if failed else 0


def _forget_the_callers_settings(aws: LocalAws) -> None:
    """Keep profiles, proxies and endpoints of the shell from the clients in this process, as from its children."""
    environment = aws.environment()
    os.environ.clear()
    os.environ.update(environment)


def _run(steps: Steps, aws: LocalAws, log: Path) -> bool:
    cdk = Cdk(environment=aws.environment(), directory=ROOT, log=log, timeout=_LIMIT_SECONDS)
    assembly, outputs_file = WORK / "cdk.out", WORK / "outputs.json"
    with steps.step("example contact center with a fresh identity provider"):
        example = ExampleCopy.make(WORK / "acmeservice")
    with steps.step("cdk bootstrap, cdk synth with cdk-nag"), ThreadPoolExecutor(2) as pool:
        # One needs the server, the other the CPU.
        waiting = [
            pool.submit(cdk.bootstrap, aws.account, aws.region),
            pool.submit(cdk.synth, assembly, "-c", f"config={example.config}"),
        ]
        _ = [each.result() for each in waiting]
    with steps.step("cdk deploy: instance, sign-on, storage, users"):
        cdk.deploy(app=assembly, outputs=outputs_file)
    outputs = json.loads(outputs_file.read_text())
    door = Door(
        url=aws.url,
        region=aws.region,
        account=aws.account,
        instance_id=outputs["acmeservice-instance"]["InstanceId"],
        role=outputs["acmeservice-sign-on"]["RoleArn"],
        provider=outputs["acmeservice-sign-on"]["SalesforceProviderArn"],
    )
    with steps.step("users as Connect has them, report"):
        people = _users_by_profile(door)
        report = _fetch_report(door, outputs["acmeservice-users"]["Report"])
    proofs = _proofs(example, door, people)
    with steps.step(f"sign-ins: {len(proofs)} signed SAML responses to sts and connect"):
        results = [(proof, *proof.result()) for proof in proofs]
    _show(steps.console, people, results, outputs, report)
    return not all(ok for _, ok, _ in results)


def _users_by_profile(door: Door) -> dict[str, list[str]]:
    connect = door.administrator("connect")
    names = {
        profile["Id"]: profile["Name"]
        for profile in connect.list_security_profiles(InstanceId=door.instance_id)["SecurityProfileSummaryList"]
    }
    people: dict[str, list[str]] = {}
    for user in connect.search_users(InstanceId=door.instance_id, MaxResults=500)["Users"]:
        for profile in user["SecurityProfileIds"]:
            people.setdefault(names[profile], []).append(user["Username"])
    if not people:
        raise DemoFailedError("the deployment made no users")
    return {name: sorted(people[name]) for name in sorted(people)}


def _fetch_report(door: Door, address: str) -> Path:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    report = WORK / f"report{Path(key).suffix}"
    report.write_bytes(door.administrator("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    return report


def _proofs(example: ExampleCopy, door: Door, people: dict[str, list[str]]) -> list[Proof]:
    some = [username for usernames in people.values() for username in usernames[:2]]
    return [*admissions(door, example.provider, some), *refusals(door, example.provider, some[0])]


def _show(
    console: Console,
    people: dict[str, list[str]],
    results: list[tuple[Proof, bool, str]],
    outputs: dict[str, Any],
    report: Path,
) -> None:
    counts = Counter({profile: len(usernames) for profile, usernames in people.items()})
    console.print()
    made = ", ".join(f"{count} {profile}" for profile, count in counts.items())
    console.print(Text.assemble(("users made: ", "bold"), f"{counts.total()} ({made})"))
    table = Table("a response", "must", "what happened", title="sign-in", title_justify="left", title_style="bold")
    for proof, ok, how in results:
        must = "get in" if proof.username else "be refused"
        table.add_row(Text(proof.what), must, Text(how, style="" if ok else "bold red"))
    # Not as narrow as a pipe says it is: a line a row is what a log needs.
    Console(highlight=False, width=None if console.is_terminal else 160).print(table)
    wrong = sum(not ok for _, ok, _ in results)
    verdict = "every one as it must" if not wrong else f"{wrong} NOT as it must"
    console.print(Text.assemble((f"{len(results)} responses: ", "bold"), verdict))
    console.print(Text("to read next", style="bold"))
    for what, where in (
        ("relay state (the sign-in link)", outputs["acmeservice-sign-on"]["RelayState"]),
        ("report of the user sync", _shown(report)),
        ("templates", _shown(WORK / "cdk.out" / "*.template.json")),
        ("outputs", _shown(WORK / "outputs.json")),
        ("the example's config", "config/acmeservice/contact-center.yaml"),
    ):
        console.print(f"  {what}: {where}")
    console.print(Text("to deploy to a real account", style="bold"))
    console.print("  ten steps, each with the way back: README.md, From demo to your first deployment")


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())

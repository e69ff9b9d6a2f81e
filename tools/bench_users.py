"""Measure reading and planning: 50,000 people, CPU and memory of whole commands, each limit within one run.

Commands run as processes of their own, so that their CPU time and peak memory are the system's figures; the
Connect API is a server in this process that answers with pages made beforehand, so that it costs them nothing.
All cases run in turn within each round, and a ratio is the median of the rounds' ratios: whatever else the
machine does meets all of them. Exit code 1 when a figure is above its limit.

Usage: bench_users.py [--people N] [--rounds N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench_people import ARN, Server, pages_of, people, write

PYTHON = sys.executable
COMMAND = str(Path(PYTHON).with_name("connect-sso"))
# What reads the same pages with boto3 and does nothing with them.
BARE = """
import boto3
from botocore.config import Config
client = boto3.client("connect", config=Config(retries={"total_max_attempts": 1}))
pages = client.get_paginator("search_users").paginate(InstanceId="i", PaginationConfig={"PageSize": 500})
print(sum(len(page["Users"]) for page in pages))
"""
# A child's peak memory begins with that of the process that started it, so a small one has to.
LAUNCH = """
import json, os, sys
null = os.open(os.devnull, os.O_WRONLY)
actions = [(os.POSIX_SPAWN_DUP2, null, 1)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
_, status, used = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""
CLIENT = 'import boto3; boto3.client("connect", region_name="us-west-2")'


@dataclass(frozen=True)
class Used:
    """What one process used: CPU seconds and peak memory in MB."""

    cpu: float
    memory: float


def measure(command: list[str], environment: Mapping[str, str], *, codes: tuple[int, ...] = (0,)) -> Used:
    """Run a process to its end; return what it used.

    Raises:
        SystemExit: it ended with another exit code.
    """
    launch = [PYTHON, "-S", "-c", LAUNCH, *command]
    ended = subprocess.run(launch, env=environment, capture_output=True, text=True, check=True)
    code, cpu, memory = json.loads(ended.stdout)
    if code not in codes:
        sys.exit(f"error: {' '.join(command[:4])} ended with {code}\n{ended.stderr[-2000:]}")
    # ru_maxrss is in KB on Linux, in bytes on macOS.
    return Used(cpu, memory / (1024 if sys.platform != "darwin" else 1024 * 1024))


def run(count: int, rounds: int) -> tuple[dict[str, list[Used]], int]:
    """Return what each case used in each round, and the calls that one plan made; a first round is not counted."""
    used: dict[str, list[Used]] = {}
    everybody = people(count)
    server = Server(pages_of(everybody))
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "AWS_ENDPOINT_URL_CONNECT": server.url,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nothing else is there
        "AWS_ACCESS_KEY_ID": "111122223333",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with tempfile.TemporaryDirectory() as scratch:
        one, half, full = (
            str(write(Path(scratch) / name, somebody))
            for name, somebody in (("one", everybody[:1]), ("half", everybody[: count // 2]), ("full", everybody))
        )
        plan = [COMMAND, "users", "plan", full, "--instance", ARN, "--json"]
        cases: dict[str, tuple[list[str], tuple[int, ...]]] = {
            "bare python": ([PYTHON, "-c", ""], (0,)),
            "--help": ([COMMAND, "--help"], (0,)),
            "boto3 and a client": ([PYTHON, "-c", CLIENT], (0,)),
            "import user_sync": ([PYTHON, "-c", "import user_sync.handler"], (0,)),
            "check of one": ([COMMAND, "check", one], (0,)),
            "check of half": ([COMMAND, "check", half], (0,)),
            "check of all": ([COMMAND, "check", full], (0,)),
            "bare boto3": ([PYTHON, "-c", BARE], (0,)),
            "plan": (plan, (2,)),
        }
        for number in range(rounds + 1):
            for name, (command, codes) in cases.items():
                server.calls.clear()
                took = measure(command, environment, codes=codes)
                if number:
                    used.setdefault(name, []).append(took)
            sys.stderr.write(f"round {number} of {rounds}\n" if number else "warm\n")
    return used, server.calls.total()


def figures(used: Mapping[str, list[Used]], calls: int) -> list[tuple[str, float, float, str]]:
    """Return name, figure, limit and unit of each requirement of issue 5."""

    def each(formula: Callable[[Mapping[str, float]], float]) -> float:
        rounds = zip(*used.values(), strict=True)
        return statistics.median(formula({n: u.cpu for n, u in zip(used, one, strict=True)}) for one in rounds)

    def memory(name: str) -> float:
        return max(one.memory for one in used[name])

    return [
        ("check of all: CPU over --help", each(lambda u: u["check of all"] - u["--help"]), 2.5, "s"),
        ("check of all: memory", memory("check of all"), 200, "MB"),
        (
            "check: the second half over the first",
            each(lambda u: (u["check of all"] - u["check of half"]) / (u["check of half"] - u["check of one"])),
            1.5,
            "times",
        ),
        (
            "plan: CPU over check and bare boto3",
            each(lambda u: u["plan"] / (u["check of all"] + u["bare boto3"])),
            1.5,
            "times",
        ),
        ("plan: memory", memory("plan"), 350, "MB"),
        ("plan: Connect calls", calls, 115, "calls"),
        (
            "import user_sync over boto3 and a client",
            each(lambda u: u["import user_sync"] / u["boto3 and a client"]),
            1.2,
            "times",
        ),
        ("--help: CPU over bare python", each(lambda u: u["--help"] - u["bare python"]), 0.3, "s"),
    ]


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--people", type=int, default=50_000, help="size of the export and the instance")
    parser.add_argument("--rounds", type=int, default=5, help="how often each case is measured (default: 5)")
    parser.add_argument("--json", type=Path, help="also write the figures and every measurement here")
    arguments = parser.parse_args()
    used, calls = run(arguments.people, arguments.rounds)
    found = figures(used, calls)
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, {arguments.rounds} rounds")
    for name, one in used.items():
        cpu = statistics.median(u.cpu for u in one)
        print(f"{name:42} {cpu:7.2f} s of CPU {max(u.memory for u in one):7.0f} MB")
    for name, figure, limit, unit in found:
        print(f"{name:42} {figure:7.2f} {unit}, at most {limit:g}: {'yes' if figure <= limit else 'NO'}")
    if arguments.json:
        measured = {name: [(one.cpu, one.memory) for one in each] for name, each in used.items()}
        document = {"figures": [list(figure) for figure in found], "used": measured}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0 if all(figure <= limit for _, figure, limit, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Measure applying against a strict server: how near to the service's quota it comes, and what the usual ways cost.

The server (2 requests a second, burst 5, for each operation) refuses what is too much. So that it does not take
hours, quota and engine are sped up alike: 2 becomes 2 x SPEED a second, while the burst stays 5. That is a clock that
runs SPEED times as fast on both sides, and it is hard on us: each millisecond of latency, of a busy machine or
of our own code weighs as much as SPEED milliseconds at the real quota. The run in slices is measured the other
way round: at the real quota and with real latencies, by a clock that skips the waiting.

Whatever else the machine does can only add, so the lowest figure of the rounds counts; the highest stands beside it.
Exit code 1 when a figure is above its limit.

Usage: bench_apply.py [--people N] [--rounds N] [--speed N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bench_people import people
from bench_slices import in_slices
from bench_strict import FIVE_KINDS, POLICY, THREE_KINDS, StrictServer, apply, export, review
from bench_usual import CALLS_TO_CHANGE, CALLS_TO_CREATE, CALLS_TO_LOOK, sleeper, stacks

QUOTA = 2.0  # requests a second and operation
SMALL = 1000
SLEEPER = 200  # people that a caller that sleeps is measured with; it is linear
LEFT_BY_NEIGHBOR = 0.2


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, its limit (None: for comparison only) and unit."""

    name: str
    value: float
    limit: float | None
    unit: str = "times"

    def line(self, highest: float) -> str:
        """Return the figure as it is printed, with the highest of the rounds."""
        limit = "" if self.limit is None else f", at most {self.limit:g}: {'yes' if self.good else 'NO'}"
        low, high = (f"{value:,.0f}" if value >= 1000 else f"{value:.4g}" for value in (self.value, highest))
        return f"{self.name:80} {low:>8} (to {high}) {self.unit}{limit}"

    @property
    def good(self) -> bool:
        """Return whether it is within its limit."""
        return self.limit is None or self.value <= self.limit


def creates(count: int, quota: float) -> list[Figure]:
    """Create so many people, then sync again with nothing to do."""
    data = export(people(count))
    with StrictServer(quota) as server:
        connect = server.connect()
        seconds = apply(review(data, POLICY, connect), connect)
        refused = sum(server.counts().throttled.values())
        again = review(data, POLICY, server.connect()).plan.changes
        calls = sum(server.counts().calls.values())
    if again:
        raise SystemExit(f"error: {len(again)} changes are left")
    return [
        Figure(f"{count:,} creates: elapsed over N / quota", seconds / (count / quota), 1.05),
        Figure(f"{count:,} creates: requests that were refused", refused, 0.01 * count, "requests"),
        Figure(f"nothing to do for {count:,} users: calls", calls, 25, "calls"),
    ]


def changes(count: int, quota: float) -> list[Figure]:
    """Change three attribute families of each of so many users, then all five."""
    everybody = people(count)
    found = []
    with StrictServer(quota) as server:
        connect = server.connect()
        apply(review(export(everybody), POLICY, connect), connect)
        for policy, kinds in ((THREE_KINDS, 3), (FIVE_KINDS, 5)):
            connect = server.connect()
            reviewed = review(export(everybody, name=f"New{kinds}"), policy, connect)
            server.counts()
            seconds = apply(reviewed, connect)
            seen = server.counts()
            refused = sum(seen.throttled.values())
            busiest = max(calls - seen.throttled.get(operation, 0) for operation, calls in seen.calls.items())
            name = f"{kinds} kinds of changes on {count:,} users"
            found += [
                Figure(f"{name}: elapsed over the busiest operation's limit", seconds / (busiest / quota), 1.05),
                Figure(f"{name}: requests that were refused", refused, 0.01 * count, "requests"),
                Figure(f"{name}: calls a user", (sum(seen.calls.values()) - refused) / count, kinds, "calls"),
            ]
    return found


def beside_a_neighbor(count: int, quota: float) -> list[Figure]:
    """Create people while somebody else in the account sends 80 % of the quota."""
    with StrictServer(quota, neighbor=(1 - LEFT_BY_NEIGHBOR) * quota) as server:
        connect = server.connect()
        reviewed = review(export(people(count)), POLICY, connect)
        before = server.counts()
        seconds = apply(reviewed, connect)
        seen = server.counts()
    served = seen.neighbor_served - before.neighbor_served
    lost = seen.neighbor_refused - before.neighbor_refused
    name = f"{count:,} creates beside a neighbor with 80 %"
    return [
        Figure(f"{name}: elapsed over N / the rest", seconds / (count / (LEFT_BY_NEIGHBOR * quota)), 1.2),
        Figure(f"{name}: refused, of our requests", seen.throttled.get("CreateUser", 0) / count, 0.15, ""),
        Figure(f"{name}: refused, of the neighbor's", lost / (served + lost), 0.1, ""),
    ]


def usual(count: int, quota: float) -> list[Figure]:
    """What other ways cost: a caller that sleeps, and CloudFormation with a resource a person."""
    creating, updating = sleeper(SLEEPER, quota)
    cloudformation = f"AWS::Connect::User for {count:,} users"
    return [
        Figure("a caller that sleeps, creates: elapsed over N / quota", creating, None),
        Figure("a caller that sleeps, 3 kinds of changes: elapsed over N / quota", updating, None),
        Figure(f"{cloudformation}: templates", stacks(count), None, ""),
        Figure(f"{cloudformation}: calls to create them", CALLS_TO_CREATE * count, None, "calls"),
        Figure(f"{cloudformation}: calls to see whether anything differs", CALLS_TO_LOOK * count, None, "calls"),
        Figure(f"{cloudformation}: calls for 3 kinds of changes", 3 * CALLS_TO_CHANGE * count, None, "calls"),
    ]


def sliced(count: int) -> list[Figure]:
    """Create so many people in slices, as the cloud does."""
    seconds, slices, refused = in_slices(count)
    name = f"{count:,} creates in {slices} slices"
    return [
        Figure(f"{name}: elapsed over N / quota", seconds / (count / QUOTA), 1.05),
        Figure(f"{name}: requests that were refused", refused, 0.01 * count, "requests"),
    ]


def measure(cases: Mapping[str, Callable[[], list[Figure]]], rounds: int) -> dict[str, list[list[Figure]]]:
    """Run all cases in turn within each round; return each case's figures by round."""
    measured: dict[str, list[list[Figure]]] = {name: [] for name in cases}
    for number in range(1, rounds + 1):
        for name, case in cases.items():
            measured[name].append(case())
            sys.stderr.write(f"round {number} of {rounds}: {name}\n")
    return measured


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--people", type=int, default=10_000, help="size of the large cases (default: 10,000)")
    parser.add_argument("--rounds", type=int, default=2, help="how often each case is measured (default: 2)")
    parser.add_argument("--speed", type=float, default=50, help="times the real quota (default: 50)")
    parser.add_argument("--json", type=Path, help="also write the figures of each round here")
    arguments = parser.parse_args()
    quota, many = QUOTA * arguments.speed, arguments.people
    few = min(SMALL, many)
    cases: dict[str, Callable[[], list[Figure]]] = {
        f"{few:,} creates": lambda: creates(few, quota),
        f"{many:,} creates": lambda: creates(many, quota),
        "changes": lambda: changes(few, quota),
        "neighbor": lambda: beside_a_neighbor(few // 2, quota),
        "slices": lambda: sliced(many),
        "usual ways": lambda: usual(many, quota),
    }
    measured = measure(cases, arguments.rounds)
    by_figure = [
        sorted(same, key=lambda one: one.value) for rounds in measured.values() for same in zip(*rounds, strict=True)
    ]
    print(
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, "
        f"{arguments.rounds} rounds, {quota:g} requests a second"
    )
    for same in by_figure:
        print(same[0].line(same[-1].value))
    if arguments.json:
        document = {name: [[asdict(one) for one in figures] for figures in rounds] for name, rounds in measured.items()}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0 if all(same[0].good for same in by_figure) else 1


if __name__ == "__main__":
    sys.exit(main())

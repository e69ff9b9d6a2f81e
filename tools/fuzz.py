"""Fuzz the reader and the planner: damaged and hostile exports in, nothing but our own error or a sound plan out.

Each case is made from the seed and its number alone, so a failure is repeated with ``--seed S --case N``. An
input whose outcome is new (other codes, another dialect, another mixture of actions) joins the corpus that
later cases are mutated from, so one of them depends on the cases before: its bytes are kept beside.

Usage: fuzz.py [--seconds N] [--seed S] [--case N]; the input of a failure is left in .local/fuzz.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzz import mutate, planner, reader  # noqa: E402 - the checkout has to be on the path first

FOUND = ROOT / ".local" / "fuzz"
SLOW_SECONDS = 5.0  # CPU of one case: hostile input must not buy time
Target = Callable[[bytes, Random], tuple[str, ...]]
TARGETS: dict[str, Target] = {"reader": reader.check, "planner": planner.check}


def run(seconds: float, seed: int) -> int:
    """Fuzz for so long; print what was seen; return the exit code."""
    corpus = mutate.seeds()
    seen: Counter[tuple[str, ...]] = Counter()
    cases: Counter[str] = Counter()
    slowest = 0.0
    begun = told = time.monotonic()
    number = 0
    while (now := time.monotonic()) - begun < seconds:
        name, data, random = case(seed, number, corpus)
        started = time.process_time()
        try:
            outcome = (name, *TARGETS[name](data, random))
        except Exception:  # noqa: BLE001 - whatever it is, it is what fuzzing looks for
            return failed(name, seed, number, data, traceback.format_exc())
        took = time.process_time() - started
        slowest = max(slowest, took)
        if took > SLOW_SECONDS:
            return failed(name, seed, number, data, f"took {took:.1f} s of CPU")
        if not seen[outcome] and len(data) < 100_000:
            corpus.append(data)
        seen[outcome] += 1
        cases[name] += 1
        number += 1
        if now - told > 60:
            told = now
            print(f"{now - begun:.0f} s: {number:,} cases, {len(seen):,} outcomes", flush=True)
    codes = Counter(name for outcome, count in seen.items() for name in set(outcome[1:]) for _ in range(count))
    print(f"seed {seed}: {', '.join(f'{count:,} cases of the {name}' for name, count in sorted(cases.items()))}")
    print(f"in {seconds:.0f} s, no failure; {len(seen):,} different outcomes, the slowest case {slowest:.2f} s of CPU")
    print("seen: " + ", ".join(f"{name} {count:,}" for name, count in sorted(codes.items())))
    return 0


def case(seed: int, number: int, corpus: list[bytes]) -> tuple[str, bytes, Random]:
    """Return target, input and source of chance of one case."""
    random = Random(f"{seed}:{number}")  # noqa: S311 - no secret: a case that can be repeated
    name = "planner" if random.random() < 0.4 else "reader"
    data = mutate.well_formed(random) if name == "planner" else mutate.mutated(random, corpus)
    # A new one, so that a kept input is checked as it was, whatever the corpus then held.
    return name, data, Random(f"{seed}:{number}:check")  # noqa: S311


def failed(name: str, seed: int, number: int, data: bytes, what: str) -> int:
    """Keep the input of a failure, and say how to repeat it."""
    FOUND.mkdir(parents=True, exist_ok=True)
    kept = FOUND / f"{name}-{seed}-{number}"
    kept.write_bytes(data)
    print(
        f"{name}: case {number} of seed {seed}: {what}\ninput: {kept}\nrepeat: fuzz.py --input {kept}", file=sys.stderr
    )
    return 1


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="how long (default: 600)")
    parser.add_argument("--seed", type=int, default=None, help="where chance starts (default: the time)")
    parser.add_argument("--input", type=Path, help="repeat the failure that was kept here")
    arguments = parser.parse_args()
    if arguments.input:
        name, seed, number = arguments.input.name.split("-")
        _, _, random = case(int(seed), int(number), mutate.seeds())
        print(TARGETS[name](arguments.input.read_bytes(), random))
        return 0
    return run(arguments.seconds, int(time.time()) if arguments.seed is None else arguments.seed)


if __name__ == "__main__":
    sys.exit(main())

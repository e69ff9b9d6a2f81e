"""Measure what a synth of the example costs over a synth of an empty Python CDK app, and cdk-nag's part of it.

All cases run in turn within each round, so that whatever else the machine does meets all of them. Measured
as a person runs it (`cdk synth`) and the app alone (without the CDK's command line, where the ratio is
higher because nothing hides it). Exit code 1 when `cdk synth` of the example takes more than the limit.

Usage: bench_synth.py [--rounds N] [--json FILE]
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
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CDK = ROOT / "node_modules" / ".bin" / "cdk"
WAYS = ("cdk synth", "app alone")
LIMIT = 1.5

_EMPTY = """
import aws_cdk
app = aws_cdk.App()
aws_cdk.Stack(app, "Empty")
app.synth()
"""
# The product's app as it is, but for cdk-nag; the product itself has no such switch.
_WITHOUT_NAG = """
import gc
gc.disable()
from app import import_meanwhile
import_meanwhile()
from pathlib import Path
from aws_cdk import App, CloudFormationValidatePlugin, Validations
from contact_center.load import load
from contact_center.providers import identity_providers
from stacks.contact_center import add_contact_center
root = Path({root!r})
app = App(analytics_reporting=False)
center = load(root / app.node.try_get_context("config"))
layers = (root / "build" / "layer.zip", root / "build" / "layer")
layer = next(path for path in layers if path.exists())
add_contact_center(app, center=center, providers=identity_providers(center), engine=root / "src", layer=layer)
Validations.of(app).add_plugins(CloudFormationValidatePlugin(include_default_rules=False))
app.synth()
gc.freeze()
"""


@dataclass(frozen=True)
class Case:
    """An app to synthesize: its folder (with a cdk.json) and its program."""

    name: str
    folder: Path
    program: Path


def cases(scratch: Path) -> list[Case]:
    """Return the three cases; the two that are not the product's own app are written into `scratch`."""
    empty, without = scratch / "empty", scratch / "without-nag"
    for folder, program in ((empty, _EMPTY), (without, _WITHOUT_NAG.format(root=str(ROOT)))):
        folder.mkdir()
        (folder / "synthesize.py").write_text(program)
    (empty / "cdk.json").write_text(json.dumps({"versionReporting": False}))
    settings = json.loads((ROOT / "cdk.json").read_text())
    (without / "cdk.json").write_text(json.dumps(settings))
    return [
        Case("empty", empty, empty / "synthesize.py"),
        Case("example", ROOT, ROOT / "app.py"),
        Case("without nag", without, without / "synthesize.py"),
    ]


def measure(case: Case, out: Path, *, through_cli: bool) -> float:
    """Synthesize once; return the wall seconds.

    Raises:
        SystemExit: the synthesis failed.
    """
    environment = _environment(case, out)
    app = [sys.executable, str(case.program)]
    options = ["--quiet", "--no-notices", "--no-version-reporting", "--output", str(out)]
    command = [str(CDK), "synth", *options, "--app", " ".join(app)] if through_cli else app
    begun = time.perf_counter()
    ended = subprocess.run(command, cwd=case.folder, env=environment, check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if ended.returncode:
        sys.exit(f"error: synth of {case.name} failed\n{ended.stderr[-2000:]}")
    return seconds


def _environment(case: Case, out: Path) -> Mapping[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))}
    context = json.loads((case.folder / "cdk.json").read_text()).get("context", {})
    return {
        **clean,
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "PYTHONPATH": str(ROOT),
        "NODE_NO_WARNINGS": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }


def run(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of each round by way (`cdk synth`, `app alone`) and case; a first round is not counted."""
    seconds: dict[str, dict[str, list[float]]] = {way: {} for way in WAYS}
    with tempfile.TemporaryDirectory() as scratch:
        apps = cases(Path(scratch))
        for number in range(rounds + 1):
            for case in apps:
                for way in WAYS:
                    took = measure(case, Path(scratch) / "out" / case.name, through_cli=way == "cdk synth")
                    if number:
                        seconds[way].setdefault(case.name, []).append(took)
            sys.stderr.write(f"round {number} of {rounds}\n" if number else "warm\n")
    return seconds


def figures(seconds: Mapping[str, Mapping[str, list[float]]]) -> dict[str, dict[str, float]]:
    """Return the figures by way: seconds, ratios, and what cdk-nag adds.

    The fastest round of each case counts: whatever else the machine does can only add to it. The median of
    the rounds' ratios stands beside it; far from the other, it says that the machine was busy. cdk-nag's part
    is small against that noise, so it is the median of the rounds' differences.
    """
    found = {}
    for way, measured in seconds.items():
        empty, example, without = (measured[name] for name in ("empty", "example", "without nag"))
        found[way] = {
            "empty_seconds": min(empty),
            "example_seconds": min(example),
            "nag_seconds": statistics.median(a - b for a, b in zip(example, without, strict=True)),
            "ratio": min(example) / min(empty),
            "ratio_without_nag": min(without) / min(empty),
            "median_ratio": statistics.median(a / b for a, b in zip(example, empty, strict=True)),
        }
    return found


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="how often each case is measured (default: 5)")
    parser.add_argument("--json", type=Path, help="also write the figures and every measurement here")
    arguments = parser.parse_args()
    seconds = run(arguments.rounds)
    found = figures(seconds)
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, {arguments.rounds} rounds")
    print(f"{'fastest':10} {'empty':>8} {'example':>8} {'nag':>8} {'ratio':>6} {'no nag':>7} {'median ratio':>13}")
    for way, one in found.items():
        print(
            f"{way:10} {one['empty_seconds']:6.2f} s {one['example_seconds']:6.2f} s {one['nag_seconds']:6.2f} s "
            f"{one['ratio']:6.2f} {one['ratio_without_nag']:7.2f} {one['median_ratio']:13.2f}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps({"figures": found, "seconds": seconds}, indent=2) + "\n")
    good = found["cdk synth"]["ratio"] <= LIMIT
    print(f"synth of the example over synth of an empty app: at most {LIMIT}: {'yes' if good else 'NO'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

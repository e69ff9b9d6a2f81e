"""From a contact center's files to a cloud assembly, or to all that is wrong with the files.

A pure function of the files: reads no clock, network, git, user name or environment.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from aws_cdk import App, Validations

from contact_center.load import ConfigInvalid, load
from contact_center.providers import identity_providers, provider_problems
from stacks.contact_center import add_contact_center
from stacks.template_checks import checks
from user_sync.model import Problem

_ROOT = Path(__file__).resolve().parents[1]
_ENGINE = _ROOT / "src"
# `make install` makes both; the .zip file is hashed and copied in a moment, the folder's 2,400 files are not.
_LAYERS = (_ROOT / "build" / "layer.zip", _ROOT / "build" / "layer")


def build(app: App, config: Path, *, engine: Path = _ENGINE, layer: Path | None = None) -> tuple[Problem, ...]:
    """Add the stacks of a contact center and the checks that they must pass.

    Args:
        app: to add to.
        config: the config file.
        engine: folder that holds the package ``user_sync``.
        layer: what the sync's function imports, as a .zip file or a folder; by default what `make install` made.

    Returns:
        Problems; with an error among them, nothing was added.
    """
    try:
        center = load(config)
    except ConfigInvalid as invalid:
        return invalid.problems
    providers = identity_providers(center)
    problems = [*center.warnings, *provider_problems(center, providers)]
    layer = layer or next((path for path in _LAYERS if path.exists()), _LAYERS[0])
    if not layer.exists():
        problems.append(Problem("error", str(layer), None, None, "layer_missing", "is not there: run make install"))
    if not _refused(problems):
        add_contact_center(app, center=center, providers=providers, engine=engine, layer=layer)
        Validations.of(app).add_plugins(*checks(app))
    return tuple(problems)


def main() -> int:
    """Synthesize; return the exit code."""
    app = App(analytics_reporting=False)
    config = app.node.try_get_context("config")
    if not config:
        sys.stderr.write(
            "error: no config: start the app through npx cdk, which reads cdk.json, or add -c config=FILE\n"
        )
        return 1
    problems = build(app, Path(config))
    for problem in problems:
        sys.stderr.write(_line(problem) + "\n")
    if _refused(problems):
        return 1
    try:
        app.synth()
    except RuntimeError as refused:
        # The reason, without the trace through two languages.
        sys.stderr.write(f"error: {refused}".splitlines()[0] + "\n")
        return 1
    return 0


def _refused(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _line(problem: Problem) -> str:
    where = ":".join([problem.file, *([str(problem.row)] if problem.row else [])])
    column = f"{problem.column}: " if problem.column else ""
    return f"{problem.severity}: {where}: {column}{problem.message}"

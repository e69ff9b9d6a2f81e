"""What the app says about files that it cannot use: everything at once, a line each, and nothing is synthesized."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

from stacks.synthesis import build
from tests.infra.synthesis import CONTEXT, EXAMPLE, ROOT, config_with


def _run(config: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "CDK_CONTEXT_JSON": json.dumps({**CONTEXT, "config": str(config)}),
        "CDK_OUTDIR": str(tmp_path / "cdk.out"),
    }
    command = [sys.executable, "app.py"]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)


def test_every_problem_of_a_config_is_told_with_its_line(tmp_path: Path) -> None:
    path = config_with(tmp_path / "config", {"region": "us-west-9", "users.missing_users": "vanish"})
    path.write_text(path.read_text() + "colour: blue\n")
    ended = _run(path, tmp_path)
    assert ended.returncode == 1
    assert ended.stdout == ""
    told = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    lines = path.read_text().splitlines()
    for key in ("region", "missing_users", "colour"):
        row = next(number for number, line in enumerate(lines, 1) if line.strip().startswith(f"{key}:"))
        assert [line for line in told if f"{path}:{row}: " in line], key
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "cdk.out" / "manifest.json").exists()


def _problems(app: cdk.App, config: Path, code: Path) -> list[tuple[str, str]]:
    return [(problem.severity, problem.code) for problem in build(app, config, layer=code / "layer.zip")]


@pytest.fixture
def app(tmp_path: Path) -> cdk.App:
    return cdk.App(outdir=str(tmp_path / "cdk.out"), context=CONTEXT, analytics_reporting=False)


def test_metadata_of_the_wrong_form_is_an_error(app: cdk.App, tmp_path: Path, code: Path) -> None:
    path = config_with(tmp_path / "config", {})
    (path.parent / "salesforce-idp.xml").write_text("<html>please sign in</html>")
    assert "error" in {severity for severity, _ in _problems(app, path, code)}
    assert app.node.find_all() == [app]


def test_a_missing_layer_says_what_to_run(app: cdk.App, tmp_path: Path) -> None:
    problems = build(app, EXAMPLE / "contact-center.yaml", layer=tmp_path / "layer.zip")
    assert [(problem.code, problem.message) for problem in problems] == [
        ("layer_missing", "is not there: run make install")
    ]
    assert app.node.find_all() == [app]


def test_what_is_imported_meanwhile_talks_to_no_javascript() -> None:
    """Two threads must not talk to the one kernel at once."""
    program = (
        "import importlib, app, aws_cdk, jsii._kernel.providers.process as process\n"
        "def send(*_): raise AssertionError('an import talks to the kernel')\n"
        "process._NodeProcess.send = send\n"
        "for name in app.MEANWHILE: importlib.import_module(name)\n"
        "import os; os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)

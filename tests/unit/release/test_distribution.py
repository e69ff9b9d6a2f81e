"""The wheel works where the checkout is not; wheel and source distribution hold what they must, and nobody's export.

The wheel's dependencies are those of the checkout's environment, without the checkout itself. `make dist` installs
them from the lock file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("connect_sso", "contact_center", "user_sync")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


@dataclass(frozen=True)
class Built:
    """A wheel, a source distribution, and an environment with the wheel in it."""

    wheel: Path
    source: Path
    environment: Path

    def run(self, *command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment."""
        words = [str(self.environment / "bin" / command[0]), *command[1:]]
        return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build as `make dist` does, and install the wheel."""
    folder = tmp_path_factory.mktemp("distribution")
    (command,) = re.findall(
        r"^(\.venv/bin/uv build .*) --out-dir dist$", (ROOT / "tools/dist.sh").read_text("utf-8"), re.M
    )
    subprocess.run([*command.split(), "--out-dir", str(folder)], cwd=ROOT, check=True, timeout=300)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True, timeout=120)
    here = next(path for path in sys.path if path.endswith("site-packages"))
    (packages,) = environment.glob("lib/python*/site-packages")
    # What .pth files there add, such as the checkout, is not added: that is done for an environment's own folder only.
    (packages / "dependencies.pth").write_text(here, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin/python"), "--disable-pip-version-check"]
    install = ["install", "--quiet", "--no-index", "--no-deps", "--force-reinstall", "--ignore-installed", str(wheel)]
    subprocess.run([*pip, *install], check=True, timeout=120, env={**os.environ, "PYTHONPATH": ""})
    return Built(wheel, source, environment)


def test_the_command_line_works_outside_of_the_checkout(built: Built, tmp_path: Path) -> None:
    where = "import connect_sso, contact_center, user_sync; print(connect_sso.__file__, contact_center.__file__)"
    places = built.run("python", "-c", where, folder=tmp_path).stdout.split()
    assert len(places) == 2
    assert all(Path(place).is_relative_to(built.environment) for place in places)
    shutil.copytree(ROOT / "config/acmeservice", tmp_path / "acmeservice")
    config = "acmeservice/contact-center.yaml"
    for words, told in (
        (["--version"], f"connect-sso {VERSION}\n"),
        (["check", config], "ok: 20 Connect users come out"),
        (["kit", config, "--out", "kit", "--offline"], ""),
        (["review", "--help"], "usage: connect-sso review"),
    ):
        done = built.run("connect-sso", *words, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, done.stderr)
        assert told in done.stdout
    assert (tmp_path / "kit/index.html").is_file()


def test_it_writes_the_published_schema(built: Built, tmp_path: Path) -> None:
    done = built.run("python", "-m", "contact_center.schema", "schema.json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "schema.json").read_bytes() == (ROOT / "config/contact-center.schema.json").read_bytes()


def test_the_wheel_holds_the_packages_whole_and_nothing_else(built: Built) -> None:
    files = [path for package in PACKAGES for path in (ROOT / "src" / package).rglob("*") if path.is_file()]
    expected = {
        path.relative_to(ROOT / "src").as_posix(): path.read_bytes()
        for path in files
        if path.suffix not in (".pyc", ".pyo")
    }
    with zipfile.ZipFile(built.wheel) as wheel:
        held = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
        about = [name.partition(".dist-info/")[2] for name in wheel.namelist() if ".dist-info/" in name]
    assert held.keys() == expected.keys()
    assert [name for name in held if held[name] != expected[name]] == []
    assert "licenses/LICENSE" in about


def test_the_source_distribution_is_the_checkout_without_peoples_own_folders(built: Built) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: git knows which files belong to it")
    tracked, untracked = _of_git("--cached"), _of_git("--others", "--exclude-standard")
    with tarfile.open(built.source) as source:
        held = {member.name.partition("/")[2] for member in source if member.isfile()}
    made = {"PKG-INFO", "setup.cfg", *(name for name in held if ".egg-info/" in name)}
    assert held - made <= tracked | untracked
    # Of config/, the example alone: what else is there is somebody's contact center, with people.
    examples = {name for name in tracked if name.startswith(("config/acmeservice/", "config/contact-center.schema"))}
    assert {name for name in held if name.startswith("config/")} == examples
    assert {name for name in tracked if not name.startswith("config/")} <= held


def _of_git(*which: str) -> set[str]:
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", *which], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    told = re.findall(r"^## \[([^\]]+)\](?: - \d{4}-\d{2}-\d{2})?$", changelog, re.MULTILINE)
    assert told[0] == "Unreleased"
    assert VERSION in told[1:] or told == ["Unreleased"]

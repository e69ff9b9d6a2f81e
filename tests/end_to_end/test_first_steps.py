"""What README and docs tell a newcomer to type, typed: in their order, in a copy of the checkout, on a local AWS.

Left out is what other tests do (`make demo`, starting and stopping the local AWS) and what needs Salesforce, a pipeline
or a captured response. Which lines those are stands here, so that a new one is not left out in silence.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_aws.server import LocalAws
from tests.unit.docs.pages import DOCS, ROOT, lines

pytestmark = [pytest.mark.local_aws, pytest.mark.full, pytest.mark.xdist_group("demo")]

OWN = {"build", "cdk.out", "config", "dist", "reports", ".git", ".local", ".venv-docs"}
ELSEWHERE = re.compile(r"make (demo|test|local-up|local-down)|eval |sf |aws |.*connect-sso explain ")
# These say with 2 that there is something to read.
TELLS = re.compile(r".*connect-sso (users plan|review|doctor) ")


@dataclass(frozen=True)
class Newcomer:
    """A copy of the checkout, and a shell whose AWS is the local one."""

    folder: Path
    environment: dict[str, str]

    def type(self, line: str, *, ends: tuple[int, ...] = (0,)) -> str:
        """Type a line as a page has it; return what it says on both streams."""
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode in (*ends, *((2,) if TELLS.match(line) else ())), f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def follow(self, *pages: Path) -> dict[str, str]:
        """Type every line of these pages but those that other tests type; return what each said."""
        return {line: self.type(line) for page in pages for line in lines(page) if not ELSEWHERE.match(line)}


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """A newcomer with the tools installed and nothing deployed."""
    folder = tmp_path / "checkout"
    (folder / "build").mkdir(parents=True)
    for entry in (*(each for each in ROOT.iterdir() if each.name not in OWN), *(ROOT / "build").glob("layer*")):
        (folder / entry.relative_to(ROOT)).symlink_to(entry)
    shutil.copytree(ROOT / "config", folder / "config")
    with LocalAws(tmp_path / "aws") as aws:
        # Nobody is there to be asked.
        nobody = {"YES": "1", "CDK_REQUIRE_APPROVAL": "never", "HOME": str(tmp_path)}
        path = f"{folder}/.venv/bin:{os.environ['PATH']}"
        yield Newcomer(folder, {**aws.environment(), **nobody, "PATH": path})


def test_the_quick_start_and_what_the_other_pages_show(newcomer: Newcomer) -> None:
    said = newcomer.follow(DOCS / "quick-start.md")
    plans = [text for line, text in said.items() if "users plan" in line]
    assert "20 unchanged" in plans[0]
    assert "1 update" in plans[1]
    assert (newcomer.folder / "build/review.html").is_file()
    assert list((newcomer.folder / "reports").glob("*.html"))
    (newcomer.folder / "users.csv").symlink_to("config/acmeservice/users.csv")
    newcomer.follow(*(DOCS / name for name in ("rules.md", "export.md", "safety.md", "review.md", "sign-in-fails.md")))
    assert (newcomer.folder / "review.md").is_file()


def test_from_demo_to_the_first_deployment(newcomer: Newcomer) -> None:
    steps = [line for line in lines(ROOT / "README.md") if not ELSEWHERE.match(line)]
    (copy, *rest) = steps
    newcomer.type(copy)
    config = newcomer.folder / "config/yourname/contact-center.yaml"
    text = config.read_text("utf-8").replace("name: acmeservice ", "name: yourname ", 1)
    text = text.replace("alias: acme-service ", "alias: your-name ", 1).replace('# account: "', 'account: "', 1)
    config.write_text(text + "\nbootstrap: {qualifier: yours}\n", encoding="utf-8")
    said = {line: newcomer.type(line) for line in rest}
    told = list(said.values())
    assert "0 errors" in said["make check CONFIG=config/yourname/contact-center.yaml"]
    assert "bootstrapped:" in said["make bootstrap CONFIG=config/yourname/contact-center.yaml"]
    (plan,) = (text for line, text in said.items() if "users plan" in line)
    assert "20 create" in plan
    assert (newcomer.folder / "kit/index.html").is_file()
    assert "nothing was found that stops a sign-in" in told[-1]
    report = json.loads((newcomer.folder / "outputs.json").read_text())["yourname-users"]["Report"]
    undo = f"connect-sso users undo {config} {report.removesuffix('html')}json --yes"
    assert "last_admin" in newcomer.type(undo, ends=(3,))
    assert "20 unchanged" in newcomer.type(next(line for line in rest if "users plan" in line))

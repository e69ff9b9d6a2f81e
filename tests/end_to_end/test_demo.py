"""`make demo`'s program, as on a stranger's machine: an empty HOME and a shell full of AWS settings."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from local_aws.environment import ROOT

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("demo")]

# As `python -m local_aws.demo`, but in a folder of the test's: .local/demo belongs to whoever works here.
PROGRAM = (
    "import pathlib, sys; from local_aws import demo; demo.WORK = pathlib.Path(sys.argv[1]); sys.exit(demo.main())"
)


class Listener:
    """Notes who connects to what a stray variable names, and never answers."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, where = self._socket.accept()
            except OSError:
                return
            self.seen.append(where)
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with closing(Listener()) as listening:
        yield listening


@pytest.fixture
def work() -> Iterator[Path]:
    folder = ROOT / ".local" / f"test-demo-{os.getpid()}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    # The CDK unpacks 200 MB into an empty one, and pytest keeps its folders.
    folder = tmp_path / "home"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def strays(url: str, home: Path) -> dict[str, str]:
    """What a person's shell may hold: each of it leads to the listener or to an account that is not ours."""
    (home / "config").write_text(f"[default]\nregion = eu-west-1\nendpoint_url = {url}\n")
    return {
        **os.environ,
        "HOME": str(home),
        "AWS_PROFILE": "not-there",
        "AWS_CONFIG_FILE": str(home / "config"),
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_CONNECT": url,
        "AWS_ENDPOINT_URL_STS": url,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": url,
        "HTTP_PROXY": url,
        "HTTPS_PROXY": url,
        "http_proxy": url,
        "https_proxy": url,
        "CDK_DEFAULT_ACCOUNT": "999999999999",
        "CDK_DEFAULT_REGION": "eu-west-1",
        "NODE_OPTIONS": "--no-such-option",
        "JSII_RUNTIME": "",
        "PYTHONPATH": str(home / "nowhere"),
    }


def left_running(folder: Path) -> list[str]:
    """Processes that work in a folder or have it in their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in command or (process / "cwd").readlink().is_relative_to(folder):
                found.append(command)
        except OSError:
            continue
    return found


def test_it_deploys_and_proves_sign_ins_and_asks_nobody_else(listener: Listener, work: Path, home: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(work)],
        env=strays(listener.url, home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    log = work / "aws" / "server.log"
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "users made: 20 (1 Admin, 16 Agent, 3 CallCenterManager)" in ran.stdout
    assert re.search(r"\b13 responses: every one as it must", ran.stdout)
    assert "to deploy to a real account" in ran.stdout
    assert ran.stderr == ""
    assert listener.seen == []
    assert left_running(work) == []
    ports = re.findall(r"127\.0\.0\.1:(\d+)", log.read_text())
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(port))) != 0
    for shown in re.findall(r"(\.local/\S+?):? *$", ran.stdout, re.MULTILINE):
        assert list(ROOT.glob(shown)), f"{shown} is named and is not there"

"""The local AWS starts on loopback only, and whatever ends it leaves no process and no port."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws import server
from local_aws.cdk import Cdk, CdkFailedError
from local_aws.server import LocalAws, LocalAwsFailedError, Options

pytestmark = pytest.mark.local_aws


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), options=Options(throttle=None)) as running:
        yield running


def refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def running(group: int) -> bool:
    """Whether a process of a group runs; one that only waits to be reaped does not count."""
    if not Path("/proc/self/stat").exists():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, 0)
            return True
        return False
    for process in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, its_group = process.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                return True
    return False


def group_is_gone(group: int, within_seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + within_seconds
    while running(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running(group)


def listening_addresses(pid: int) -> set[str]:
    """The local addresses (as /proc has them, in hex) that a process listens on."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue  # closed since it was listed, as a connection that ended is: nobody listens on it
        if target.startswith("socket:["):
            sockets.add(target.removeprefix("socket:[").rstrip("]"))
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in sockets and (table.startswith("udp") or fields[3] == "0A"):
                found.add(fields[1])
    return found


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="needs Linux's /proc")
def test_it_listens_on_loopback_only_on_one_port(aws: LocalAws) -> None:
    assert aws.pid
    assert listening_addresses(aws.pid) == {f"0100007F:{aws.port:04X}"}


def test_strays_of_the_caller_reach_neither_server_nor_client(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://real.example")
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    answer = subprocess.run(
        [sys.executable, "-c", code], env=aws.environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == aws.account


def test_a_port_in_use_and_a_server_that_dies_are_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LocalAwsFailedError, match="is in use: stop what uses it"):
            LocalAws(tmp_path, taken.getsockname()[1]).start()
    monkeypatch.setattr(Options, "settings", lambda _self: {"LOCAL_AWS_USER_QUOTA": "many"})
    with pytest.raises(LocalAwsFailedError, match=r"(?s)server\.log.*invalid literal for int"):
        LocalAws(tmp_path).start()


def test_a_port_that_is_snatched_between_choice_and_start_is_chosen_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = server._free_port
    with socket.socket() as snatcher:
        snatcher.bind(("127.0.0.1", 0))
        snatcher.listen()
        choices = iter([snatcher.getsockname()[1], free()])
        monkeypatch.setattr(server, "_free_port", lambda: next(choices))
        # The snatcher keeps its port, so waiting for it to be free again would be in vain.
        monkeypatch.setattr(server, "_is_free", lambda _port: True)
        with LocalAws(tmp_path) as aws:
            assert aws.port != snatcher.getsockname()[1]


SCRIPT = """
import sys, time
from pathlib import Path
from local_aws import server
from local_aws.cdk import Cdk
from local_aws.server import LocalAws
here = Path(sys.argv[1])
with LocalAws(here / "aws") as aws:
    print(aws.port, aws.pid, flush=True)
    Cdk(environment=aws.environment(), directory=here, timeout=60).run("deploy", "--all")
"""
# An app that never ends: the command line waits for it, as in the middle of a deploy.
HANGING = "import os, pathlib, time; pathlib.Path('app.pid').write_text(str(os.getpgrp())); time.sleep(120)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_it_is_ended_in_the_middle_of_a_deploy_nothing_is_left(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "app.py").write_text(HANGING)
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    script = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert script.stdout
    port, group = (int(word) for word in script.stdout.readline().split())
    app = tmp_path / "app.pid"
    for _ in range(400):
        if app.exists() and app.read_text():
            break
        time.sleep(0.05)
    deploy = int(app.read_text())
    os.kill(script.pid, number)
    assert script.wait(timeout=20) != 0
    assert group_is_gone(group)
    assert group_is_gone(deploy)
    assert refused(port)


def test_a_command_that_takes_too_long_is_ended_with_all_its_children(tmp_path: Path, aws: LocalAws) -> None:
    (tmp_path / "app.py").write_text(HANGING)
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    cdk = Cdk(environment=aws.environment(), directory=tmp_path, log=tmp_path / "cdk.log", timeout=4)
    with pytest.raises(CdkFailedError, match="cdk synth took too long") as failed:
        cdk.synth(tmp_path / "out")
    assert failed.value.timed_out
    assert group_is_gone(int((tmp_path / "app.pid").read_text()), within_seconds=2)


def test_up_env_and_down_from_the_command_line(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def local_aws(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "local_aws", *arguments, "--directory", str(tmp_path), "--port", str(port)]
        environment = {**os.environ, "AWS_PROFILE": "production"}
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)

    assert local_aws("env").returncode == 1
    up = local_aws("up")
    try:
        assert up.returncode == 0, up.stderr
        assert "already running" in local_aws("up").stdout
        exports = local_aws("env").stdout
        assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in exports
        assert "AWS_PROFILE" in exports.splitlines()[0].removeprefix("unset ").split()
        group = json.loads((tmp_path / "server.json").read_text())["pid"]
    finally:
        down = local_aws("down")
    assert down.stdout.strip() == "stopped"
    assert group_is_gone(group)
    assert refused(port)
    assert local_aws("down").stdout.strip() == "not running"

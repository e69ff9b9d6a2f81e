"""Start and stop the local AWS from the product's environment.

    with LocalAws(Path(".local/aws")) as aws:
        subprocess.run([...], env=aws.environment())

The server is one process in ``.venv-local-aws``, bound to 127.0.0.1 only, in a session of its own. It stops
when the block is left for whatever reason, and by itself when this process is gone.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from local_aws.connect.service_model import MODEL_VARIABLE, default_model_path
from local_aws.environment import ROOT, client_environment, server_environment
from local_aws.processes import end_group, terminating_raises

READY_PATH = "/_local_aws/ready"
_START_SECONDS = 60.0
_FREE_SECONDS = 10.0
_TAIL_LINES = 25


class LocalAwsFailedError(RuntimeError):
    """The server did not start or did not stop; the message has the log's last lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How strict the local AWS is.

    Attributes:
        iam: whether policies are evaluated and signatures checked.
        throttle: Connect requests a second and operation (burst 2.5 times that); None for no limit.
        user_quota: users an instance.
        search_lag: seconds until ListUsers and SearchUsers see a write.
    """

    iam: bool = True
    throttle: float | None = 2.0
    user_quota: int = 500
    search_lag: float = 0.0

    def settings(self) -> dict[str, str]:
        """Return the add-on's environment variables."""
        return {
            "AUTH": "true" if self.iam else "false",
            "LOCAL_AWS_REQUESTS_PER_SECOND": str(self.throttle or 0),
            "LOCAL_AWS_USER_QUOTA": str(self.user_quota),
            "LOCAL_AWS_SEARCH_LAG": str(self.search_lag),
        }


class LocalAws:
    """One server.

    Args:
        directory: private to it: log, temporary files, clients' private files; made where missing.
        port: a free one where None.
        account, region: of :meth:`environment`; the server itself serves any.
        detached: lives on when this process ends (``up``); else it is ended with it.
    """

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        options: Options | None = None,
        *,
        account: str = "111122223333",
        region: str = "us-west-2",
        detached: bool = False,
    ) -> None:
        self.directory = directory.resolve()
        self.port = port or 0
        self.account = account
        self.region = region
        self.token = secrets.token_hex(16)
        self._options = options or Options()
        self._choose_port = port is None
        self._detached = detached
        self._process: subprocess.Popen[bytes] | None = None
        self._leaving = contextlib.ExitStack()

    @property
    def url(self) -> str:
        """Return the server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Return the log's path."""
        return self.directory / "server.log"

    @property
    def pid(self) -> int | None:
        """Return the server's process id; None when it does not run."""
        return self._process.pid if self._process else None

    def environment(self) -> dict[str, str]:
        """Return the whole environment for a client, without anything of the caller's that steers one."""
        return client_environment(self.url, self.directory, account=self.account, region=self.region)

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            LocalAwsFailedError: it does not come up; nothing is left running.
        """
        for attempt in range(3):
            if self._choose_port:
                self.port = _free_port()
            elif not _is_free(self.port):
                raise LocalAwsFailedError(f"port {self.port} is in use: stop what uses it, or choose another")
            if self._started():
                return
            # Another program may have taken the port between our look and the server's.
            if not self._choose_port or attempt == 2 or "address already in use" not in _tail(self.log).lower():
                break
        raise LocalAwsFailedError(f"the local AWS did not start; log: {self.log}\n{_tail(self.log)}")

    def stop(self) -> None:
        """Stop the server and wait until nothing of it is left.

        Raises:
            LocalAwsFailedError: the port stays in use.
        """
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.stop)
        end_group(process)
        deadline = time.monotonic() + _FREE_SECONDS
        while not _is_free(self.port):
            if time.monotonic() > deadline:
                raise LocalAwsFailedError(f"port {self.port} is still in use after the server was stopped")
            time.sleep(0.05)

    def _started(self) -> bool:
        python = ROOT / ".venv-local-aws" / "bin" / "python"
        if not python.exists():
            raise LocalAwsFailedError(f"not installed: {python} is missing, run `make install`")
        settings = {
            **self._options.settings(),
            MODEL_VARIABLE: str(default_model_path()),
            "LOCAL_AWS_TOKEN": self.token,
        }
        if not self._detached:
            settings["LOCAL_AWS_PARENT"] = str(os.getpid())
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(python), "-m", "local_aws.addon"],
                env=server_environment(self.directory, self.port, settings),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if not self._detached:
            atexit.register(self.stop)
        try:
            ready = self._wait()
        except BaseException:
            self.stop()
            raise
        if not ready:
            self.stop()
        return ready

    def _wait(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while self._process and self._process.poll() is None and time.monotonic() < deadline:
            if answers(self.url, self.token):
                return True
            time.sleep(0.05)
        return False

    def __enter__(self) -> LocalAws:
        """Start the server."""
        self._leaving.enter_context(terminating_raises())
        try:
            self.start()
        except BaseException:
            self._leaving.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        try:
            self.stop()
        finally:
            self._leaving.close()


def answers(url: str, token: str) -> bool:
    """Return whether the server at an address is the one with this token."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}{READY_PATH}", timeout=2) as answer:
            found = json.loads(answer.read())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("token") == token


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: connections that only wait for their time to run out do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _tail(log: Path) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])

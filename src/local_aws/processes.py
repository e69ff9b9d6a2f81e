"""Child processes that never outlive their purpose: groups that are ended whole, also when we are ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.5


def end_group(process: subprocess.Popen[bytes], grace_seconds: float = _GRACE_SECONDS) -> None:
    """End a process that leads its own group, and whatever of the group is left.

    Args:
        grace_seconds: time to end by itself after SIGTERM.
    """
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def terminating_raises() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit while inside, so that every `with` is left properly."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    replaced = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                replaced[number] = signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)


def supervised(command: list[str]) -> list[str]:
    """Return a command that runs another and ends it when this process is gone (even by SIGKILL)."""
    return [sys.executable, "-m", __name__, str(os.getpid()), *command]


def _supervise(parent: int, command: list[str]) -> int:
    process = subprocess.Popen(command)

    def watch() -> None:
        # A poll rather than the kernel's parent-death signal: that one follows the thread that started us.
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(_supervise(int(sys.argv[1]), sys.argv[2:]))

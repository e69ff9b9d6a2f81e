"""Serve on 127.0.0.1:$GATEWAY_PORT in this one process, until told to stop or until the parent is gone."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import threading
import time

from local_aws.addon.application import app

_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.5


async def _serve() -> None:
    # Imported by name: hypercorn is in the local AWS's environment only, this file is type-checked in the other.
    hypercorn = importlib.import_module("hypercorn")
    serve = importlib.import_module("hypercorn.asyncio").serve
    config = hypercorn.Config()
    config.bind = [f"127.0.0.1:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(app, config, shutdown_trigger=stop.wait)


def _die_with(parent: int) -> None:
    # A poll rather than the kernel's parent-death signal: that one follows the thread that started us.
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    """Run the server."""
    parent = os.environ.get("LOCAL_AWS_PARENT")
    if parent:
        threading.Thread(target=_die_with, args=(int(parent),), daemon=True).start()
    asyncio.run(_serve())
    # Threads of warm functions may still sleep; nothing that they would do matters any more.
    os._exit(0)


if __name__ == "__main__":
    main()

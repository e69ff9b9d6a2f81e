"""`python -m local_aws up|down|env`: keep a local AWS for trying things by hand."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path

from local_aws.browser.addresses import stand_in
from local_aws.environment import ROOT, client_environment
from local_aws.server import LocalAws, LocalAwsFailedError, Options, answers

_STOP_SECONDS = 15.0
_GRACE_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    options = _parser().parse_args(arguments)
    directory: Path = options.directory
    try:
        if options.verb == "up":
            return _up(directory, options)
        return _down(directory) if options.verb == "down" else _env(directory)
    except LocalAwsFailedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    parser.add_argument("verb", choices=("up", "down", "env"))
    parser.add_argument("--directory", type=Path, default=ROOT / ".local" / "aws")
    parser.add_argument("--port", type=int, default=4600)
    parser.add_argument("--account", default="111122223333")
    parser.add_argument("--region", default="us-west-2")
    parser.add_argument("--no-iam", action="store_true", help="do not evaluate policies")
    parser.add_argument("--requests-per-second", type=float, default=2.0, help="Connect's quota; 0 for none")
    return parser


def _up(directory: Path, options: argparse.Namespace) -> int:
    if _running(directory):
        print(f"already running, environment:\n{_exports(directory)}")
        return 0
    strictness = Options(iam=not options.no_iam, throttle=options.requests_per_second or None)
    aws = LocalAws(directory, options.port, strictness, account=options.account, region=options.region, detached=True)
    aws.start()
    state = {"pid": aws.pid, "url": aws.url, "token": aws.token, "account": aws.account, "region": aws.region}
    (directory / "server.json").write_text(json.dumps(state))
    print(f"the local AWS runs at {aws.url} (log: {aws.log}), environment:\n{_exports(directory)}")
    address = stand_in("https://signin.aws.amazon.com/saml", aws.url)
    print(f"an identity provider's form for https://signin.aws.amazon.com/saml goes to {address}")
    print("then: cdk bootstrap, cdk deploy; everything is forgotten when it stops: make local-down")
    return 0


def _down(directory: Path) -> int:
    state = _running(directory)
    if not state:
        print("not running")
        return 0
    group, url, token = int(str(state["pid"])), str(state["url"]), str(state["token"])
    os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while answers(url, token) and time.monotonic() < deadline:
        time.sleep(0.05)
    # What is left of the group has nothing more to do: warm functions, or a server that does not listen.
    time.sleep(_GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    (directory / "server.json").unlink()
    print("stopped")
    return 0


def _env(directory: Path) -> int:
    if not _running(directory):
        print("error: the local AWS is not running: make local-up", file=sys.stderr)
        return 1
    print(_exports(directory))
    return 0


def _running(directory: Path) -> dict[str, object]:
    try:
        state = json.loads((directory / "server.json").read_text())
    except (OSError, ValueError):
        return {}
    # The token, because a process id may have been given to somebody else since.
    return state if answers(state["url"], state["token"]) else {}


def _exports(directory: Path) -> str:
    state = _running(directory)
    wanted = client_environment(
        str(state["url"]),
        directory.resolve(),
        account=str(state["account"]),
        region=str(state["region"]),
        base={},
    )
    strays = sorted(name for name in os.environ if name.startswith("AWS_") and name not in wanted)
    lines = [f"unset {' '.join(strays)}"] if strays else []
    lines += [f"export {name}={shlex.quote(value)}" for name, value in wanted.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

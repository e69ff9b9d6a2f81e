"""Publishes a synthesized app's assets and templates with the CDK's own command line, through its publishing role."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from user_sync.errors import SyncError

_SECONDS = 900
_TAIL = 15  # lines of the CDK's output that are shown where it fails


def publish(assembly: Path, stacks: Sequence[str], say: Callable[[str], None]) -> None:
    """Put into the CDK's bucket what these stacks need and what is not there.

    Args:
        assembly: what cdk synth wrote.
        stacks: names.
        say: told each line of the CDK's.

    Raises:
        SyncError: the CDK's command line is not there, or failed.
    """
    cdk = shutil.which("cdk", path=os.pathsep.join(["node_modules/.bin", os.environ.get("PATH", os.defpath)]))
    if cdk is None:
        raise SyncError("cdk_missing", "the CDK's command line is in neither node_modules/.bin nor PATH: run npm ci")
    command = [str(Path(cdk).absolute()), "publish-assets", *stacks, "--exclusively", "--app", str(assembly.absolute())]
    # Pinned in package-lock.json; the flag says that its options may change with another version.
    command += ["--unstable=publish-assets", "--no-notices", "--no-version-reporting", "--no-color"]
    try:
        ended = subprocess.run(
            command,
            # Beside no cdk.json, whose settings are for a synthesis.
            cwd=assembly,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SyncError("publish_failed", f"cdk publish-assets: {type(error).__name__}; prepare again") from error
    lines = ended.stdout.splitlines()
    if ended.returncode:
        said = "\n".join(lines[-_TAIL:])
        raise SyncError("publish_failed", f"cdk publish-assets failed; is the account bootstrapped?\n{said}")
    for line in filter(str.strip, lines):
        say(line)

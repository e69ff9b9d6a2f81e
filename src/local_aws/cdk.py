"""The AWS CDK's command line against the local AWS: bootstrap, synth, deploy, destroy.

Each run has a time limit and a process group of its own; leaving it for whatever reason ends the group.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local_aws.environment import ROOT
from local_aws.processes import end_group, supervised

_ALWAYS = ("--no-notices", "--no-version-reporting", "--no-color")
_TAIL_LINES = 40


class CdkFailedError(RuntimeError):
    """A CDK command failed or took too long.

    Args:
        output: everything that it printed.
        timed_out: whether the time limit ended it.
    """

    def __init__(self, command: str, output: str, *, timed_out: bool, log: Path | None) -> None:
        how = "took too long" if timed_out else "failed"
        where = f"; log: {log}" if log else ""
        tail = "\n".join(output.splitlines()[-_TAIL_LINES:])
        super().__init__(f"cdk {command} {how}{where}\n{tail}")
        self.output = output
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdk:
    """The command line with a place and an environment.

    Attributes:
        environment: the whole one, such as :meth:`LocalAws.environment`.
        directory: where commands run (the app's folder).
        log: what is printed is appended here.
        on_line: called with each line printed, without its line end.
        timeout: seconds a command may take.
    """

    environment: Mapping[str, str]
    directory: Path = ROOT
    log: Path | None = None
    on_line: Callable[[str], None] = field(default=lambda _line: None)
    timeout: float = 600.0

    def bootstrap(self, account: str, region: str, *extra: str) -> str:
        """Bootstrap an account and Region; needs no app. Returns what was printed."""
        target = f"aws://{account}/{region}"
        # From a folder without cdk.json: the CLI would synthesize the app first.
        home = Path(self.environment["CDK_HOME"])
        home.mkdir(parents=True, exist_ok=True)
        return self.run("bootstrap", target, *extra, directory=home)

    def synth(self, output: Path, *extra: str) -> str:
        """Synthesize the app into a folder. Returns what was printed."""
        return self.run("synth", "--quiet", "--output", str(output), *extra)

    def deploy(
        self, *extra: str, app: Path | None = None, stacks: Sequence[str] = (), outputs: Path | None = None
    ) -> str:
        """Deploy stacks, without asking. Returns what was printed.

        Args:
            app: a synthesized folder; else the app is synthesized first.
            stacks: names; all where empty.
            outputs: file for the stacks' outputs, as JSON.
        """
        arguments = [*(stacks or ("--all",)), "--require-approval", "never", "--progress", "events"]
        arguments += ["--app", str(app)] if app else []
        arguments += ["--outputs-file", str(outputs)] if outputs else []
        return self.run("deploy", *arguments, *extra)

    def destroy(self, *extra: str, app: Path | None = None, stacks: Sequence[str] = ()) -> str:
        """Destroy stacks, without asking. Returns what was printed."""
        arguments = [*(stacks or ("--all",)), "--force", *(["--app", str(app)] if app else [])]
        return self.run("destroy", *arguments, *extra)

    def run(self, command: str, *arguments: str, directory: Path | None = None) -> str:
        """Run one command and return what it printed.

        Raises:
            CdkFailedError: it failed or took too long; nothing of it is left running.
        """
        started = time.monotonic()
        process = subprocess.Popen(
            supervised(
                [str(ROOT / "node_modules" / ".bin" / "cdk"), command, *arguments, *_ALWAYS],
            ),
            cwd=directory or self.directory,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        lines: list[str] = []
        reader = threading.Thread(target=self._read, args=(process, lines), daemon=True)
        reader.start()
        timed_out = False
        try:
            process.wait(self.timeout - (time.monotonic() - started))
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            end_group(process)
            reader.join(timeout=5)
        output = "".join(lines)
        if timed_out or process.returncode:
            raise CdkFailedError(command, output, timed_out=timed_out, log=self.log)
        return output

    def _read(self, process: subprocess.Popen[bytes], lines: list[str]) -> None:
        for raw in process.stdout or ():
            line = raw.decode(errors="replace")
            lines.append(line)
            if self.log:
                with self.log.open("a") as log:
                    log.write(line)
            self.on_line(line.rstrip("\n"))

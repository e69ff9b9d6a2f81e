"""What a person sees while users are applied: on a terminal, elsewhere, and when they press Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connect_sso.progress import Tally
from connect_sso.terminal import Screen
from local_aws.connect_server import ConnectServer, Fault
from tests.unit.connect_sso.conftest import Folder, Servers, row
from tests.unit.user_sync.clock import FakeClock
from tests.unit.user_sync.people import current, desired, have, policy, want
from user_sync.connect import Traffic
from user_sync.model import Action, Outcome
from user_sync.plan import Plan
from user_sync.planner import make_plan

DEADLINE_SECONDS = 60
_COLOR = re.compile(r"\x1b\[[0-9;]*3[0-8][;m]")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command in a pseudo-terminal, its stdout elsewhere where that is asked for."""

    def __init__(self, command: list[str], *, stdout: Path | None = None, **environment: str) -> None:
        controller, side = pty.openpty()
        self._controller = controller
        self.shown = ""
        inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        with (stdout or Path(os.devnull)).open("wb") as file:
            self.process = subprocess.Popen(
                command,
                env={**inherited, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
                stdin=side,
                stdout=file if stdout else side,
                stderr=side,
                start_new_session=True,
            )
        os.close(side)

    def until(self, done: Callable[[str], bool]) -> None:
        """Read what is shown until it is as wanted, or the command has ended."""
        end = time.monotonic() + DEADLINE_SECONDS
        while not done(self.text):
            assert time.monotonic() < end, self.text
            if not select.select([self._controller], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(self._controller, 65536)
            except OSError:  # Linux says so when the other side is closed
                data = b""
            if not data:
                return
            self.shown += data.decode(errors="replace")

    @property
    def text(self) -> str:
        """Return what is shown, without what a terminal obeys; the frames of a bar follow one another."""
        return _CONTROL.sub("", self.shown)

    def end(self) -> int:
        """Read to the end; return the exit code."""
        self.until(lambda _: False)
        code = self.process.wait(DEADLINE_SECONDS)
        os.close(self._controller)
        return code


def command(folder: Folder, server: ConnectServer, *more: str) -> list[str]:
    where = ["--instance", server.instance.arn, "--report", str(folder.path / "reports")]
    return [sys.executable, "-m", "connect_sso", "users", "apply", str(folder.config), *where, "--yes", *more]


class Gate:
    """Lets so many requests through, then holds all the others back until it is opened."""

    def __init__(self, server: ConnectServer, after: int) -> None:
        self._open = threading.Event()
        self._left = after
        server.faults.append(Fault(operation="CreateUser", when=self._hold))

    def _hold(self, _: object) -> bool:
        self._left -= 1
        if self._left < 0:
            self._open.wait(DEADLINE_SECONDS)
        return False

    def open(self) -> None:
        self._open.set()


def test_a_bar_on_a_terminal(folder: Folder, servers: Servers, tmp_path: Path) -> None:
    folder.write(*(row(n) for n in range(1, 13)))
    out = tmp_path / "out"
    with servers(throttle=2.0, faults=[Fault(operation="CreateUser", error="ThrottlingException")]) as server:
        shown = Terminal(command(folder, server, "--json"), stdout=out)
        assert shown.end() == 0
    frames = re.findall(r"━ +(\d+) of 12 changes, (\d+\.\d) a second, (\d+) throttled, (\d+) s left", shown.text)
    assert frames
    counts = [int(frame[0]) for frame in frames]
    assert counts == sorted(counts)
    assert _COLOR.search(shown.shown)
    assert counts[-1] > 0
    assert max(int(frame[2]) for frame in frames) > 0
    assert shown.shown.rindex("\x1b[?25h") > shown.shown.rindex("\x1b[?25l")  # the cursor is there again
    assert [outcome["status"] for outcome in json.loads(out.read_text())["outcomes"]] == ["done"] * 12


def test_no_color_and_quiet(folder: Folder, servers: Servers) -> None:
    folder.write(*(row(n) for n in range(1, 4)))
    with servers() as server:
        shown = Terminal(command(folder, server, "-q"))
        assert shown.end() == 0
        assert shown.text == ""
        folder.export(*(row(n) for n in range(1, 9)))
        shown = Terminal(command(folder, server), NO_COLOR="1")
        assert shown.end() == 0
    assert "5 done" in shown.text
    assert not _COLOR.search(shown.shown)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_one_ends_in_order_with_a_report(folder: Folder, servers: Servers, number: signal.Signals) -> None:
    folder.write(*(row(n) for n in range(1, 31)))
    with servers(throttle=2.0) as server:
        shown = Terminal(command(folder, server))
        shown.until(lambda text: bool(re.search(r"[1-9]\d* of 30 changes", text)))
        os.kill(shown.process.pid, number)
        assert shown.end() == 4
        made = len(server.instance.users)
    assert 0 < made < 30
    assert "stopping: what is under way ends" in shown.text
    assert f"{made} done, {30 - made} skipped" in shown.text
    (report,) = (folder.path / "reports").glob("*.json")
    outcomes = json.loads(report.read_text())["outcomes"]
    assert {one["username"] for one in outcomes if one["status"] == "done"} == {
        user.name for user in server.instance.users.values()
    }
    assert {one["code"] for one in outcomes if one["status"] == "skipped"} == {"stopped"}
    assert shown.text.count("run again to go on from here") == 1  # not once for each of those left
    assert len(list((folder.path / "reports").glob("*.html"))) == 1


def test_the_second_one_stops_at_once(folder: Folder, servers: Servers) -> None:
    folder.write(*(row(n) for n in range(1, 31)))
    with servers() as server:
        gate = Gate(server, after=2)
        try:
            shown = Terminal(command(folder, server))
            shown.until(lambda text: "of 30 changes" in text and len(server.instance.users) == 2)
            os.kill(shown.process.pid, signal.SIGINT)
            shown.until(lambda text: "stopping:" in text)
            assert shown.process.poll() is None  # it waits for what is under way
            os.kill(shown.process.pid, signal.SIGINT)
            assert shown.end() == -signal.SIGINT
        finally:
            gate.open()


def test_ctrl_c_before_the_first_write_is_an_error_with_a_document(
    folder: Folder, servers: Servers, tmp_path: Path
) -> None:
    folder.write(row(1))
    asked, held = threading.Event(), threading.Event()
    out = tmp_path / "out"

    def hold(_: object) -> bool:
        asked.set()
        held.wait(DEADLINE_SECONDS)
        return False

    with servers() as server:
        server.faults.append(Fault(operation="SearchUsers", when=hold))
        shown = Terminal(command(folder, server, "--json"), stdout=out)
        # Only then: Python ignores what is raised while it runs a callback of its own, such as in an import.
        assert asked.wait(DEADLINE_SECONDS)
        os.kill(shown.process.pid, signal.SIGINT)
        assert shown.end() == 1
        held.set()
        assert not server.instance.users
    document = json.loads(out.read_text())
    assert (document["outcomes"], document["problems"][0]["message"]) == ([], "interrupted")


def plan_of(count: int, **changes: Any) -> Plan:
    wanted = [want(n, **changes) for n in range(1, count + 1)]
    return make_plan(
        desired(*wanted), current(*(have(n) for n in range(1, count + 1)) if changes else ()), policy(), file=""
    )


def outcomes_of(plan: Plan) -> list[Outcome]:
    return [Outcome(change.username, change.action, "done") for change in plan.changes]


def tally_after(plan: Plan, ended: int, seconds: float, *, traffic: Traffic | None = None) -> Tally:
    clock = FakeClock()
    tally = Tally(plan, traffic or Traffic(), clock.now)
    for outcome in outcomes_of(plan)[:ended]:
        clock.sleep(seconds / ended)
        tally.count(outcome)
        tally.look()
    return tally


def test_time_left_is_that_of_the_busiest_operation() -> None:
    created = Tally(plan_of(100), Traffic(), FakeClock().now)
    assert created.seconds_left == 100 / 2
    # Two requests for each person, side by side: no more than for one.
    both = Tally(plan_of(100, first_name="New", routing_profile="Chat"), Traffic(), FakeClock().now)
    assert both.seconds_left == 100 / 2


@pytest.mark.parametrize(("seconds", "left"), [(20, 30), (10, 30), (40, 60), (200, 300)])
def test_time_left_is_stretched_by_how_slow_it_is_and_never_below_the_quota(seconds: float, left: float) -> None:
    tally = tally_after(plan_of(100), 40, seconds)
    assert tally.seconds_left == pytest.approx(left, rel=0.1)


def test_while_nothing_goes_on_it_says_so_and_throttled_is_counted_from_the_start() -> None:
    clock, traffic = FakeClock(), Traffic(throttled=7)
    tally = Tally(plan_of(3), traffic, clock.now)
    assert str(tally) == "0 of 3 changes, 0.0 a second, 0 throttled, 2 s left"
    traffic.throttled += 1_234
    clock.sleep(90)
    tally.look()
    assert str(tally) == "0 of 3 changes, 0.0 a second, 1,234 throttled, waiting"


@pytest.mark.parametrize(
    ("people", "said"),
    [(2, "1 s"), (118, "59 s"), (119, "1 min"), (121, "2 min"), (7_199, "1 h 00 min"), (9_000, "1 h 15 min")],
)
def test_time_left_in_words(people: int, said: str) -> None:
    plan = plan_of(1)
    plan = replace(plan, changes=plan.changes * people)
    assert str(Tally(plan, Traffic(), FakeClock().now)).endswith(f"{said} left")


def test_lines_elsewhere_every_ten_seconds(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    monkeypatch.setattr(time, "monotonic", clock.now)
    plan = plan_of(100)
    for screen, lines in ((Screen(), 5), (Screen(json=True), 5), (Screen(quiet=True), 0)):
        with screen.progress(plan, Traffic()) as progress:
            for outcome in outcomes_of(plan):
                clock.sleep(0.5)
                progress(outcome)
                progress.look()
        said = capsys.readouterr()
        assert (said.out, len(said.err.splitlines())) == ("", lines)
        if lines:
            assert said.err.splitlines()[1] == "40 of 100 changes, 2.0 a second, 0 throttled, 30 s left"
            assert said.err.splitlines()[-1] == "100 of 100 changes"


def test_of_many_alike_the_first_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    failed = [Outcome(f"user{n}", Action.CREATE, "failed", "AccessDenied", f"why {n}") for n in range(50)]
    stopped = [Outcome(f"user{n}", Action.CREATE, "skipped", "stopped", "interrupted") for n in range(50)]
    Screen().outcomes([*failed, *stopped])
    said = capsys.readouterr()
    assert said.err.splitlines()[-4:] == [
        "failed create user19: AccessDenied: why 19",
        "and 30 more like this: all of them with -v and in the report",
        "skipped create user0: stopped: interrupted",
        "and 49 more like this: all of them with -v and in the report",
    ]
    assert said.out == "50 failed, 50 skipped\n"
    Screen(verbose=True).outcomes([*failed, *stopped])
    assert len(capsys.readouterr().err.splitlines()) == 100

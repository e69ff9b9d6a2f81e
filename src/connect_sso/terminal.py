"""What a person sees: problems, the plan, progress. Everything here goes to stderr or stdout as text.

Colors on a terminal only, and never with NO_COLOR; names are printed as they are, never read as markup.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from connect_sso.progress import Tally
from user_sync.instance import Reading
from user_sync.model import Outcome, Problem
from user_sync.plan import Plan

if TYPE_CHECKING:
    from user_sync.connect import Traffic  # brings boto3, which offline commands do without

_STYLES = {"error": "bold red", "warning": "yellow"}
_MOST_ALIKE = 20  # warnings of one kind
_LINE_EACH_USERS = 5_000  # of a long reading
_LINE_EACH_SECONDS = 10  # of a long applying

# Text and style; a line is some of these.
Part = tuple[str, str]


class Screen:
    """A person's terminal.

    Args:
        quiet: say nothing but errors.
        verbose: say more.
        json: stdout is for the document alone; errors and progress are said on stderr.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False, json: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.text = not (quiet or json)
        self.out = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self.err = Console(file=sys.stderr, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a line on stderr, unless quiet."""
        if not self.quiet:
            self.err.print(Text(harmless(text)))

    def error(self, text: str) -> None:
        """Print an error on stderr, always."""
        self.err.print(Text.assemble(("error: ", "bold red"), harmless(text)))

    def problems(self, problems: Iterable[Problem]) -> None:
        """Print problems on stderr as ``file:row: column: message``.

        Errors always; warnings not when quiet and not beside a document, and of many alike the first ones only,
        unless verbose.
        """
        alike: Counter[str] = Counter()
        for problem in problems:
            if problem.severity == "warning" and not self.verbose:
                alike[problem.code] += 1
                if not self.text or alike[problem.code] > _MOST_ALIKE:
                    continue
            row = f":{problem.row}" if problem.row is not None else ""
            column = f" {problem.column}:" if problem.column else ""
            code = f" [{problem.code}]" if self.verbose else ""
            head, tail = f"{problem.file}{row}: ", f"{column} {problem.message}{code}"
            self.print(self.err, (head, ""), (f"{problem.severity}:", _STYLES[problem.severity]), (tail, ""))
        for code, count in alike.items():
            if self.text and count > _MOST_ALIKE:
                self.say(
                    f"and {count - _MOST_ALIKE:,} more warnings like these [{code}]: all of them with -v or --json"
                )

    def print(self, console: Console, *parts: Part) -> None:
        """Print a line; where there are no colors, without the detour through them: 50,000 lines take a second."""
        shown = [(harmless(text), style) for text, style in parts]
        if console.color_system is None:
            console.file.write("".join(text for text, _ in shown) + "\n")
        else:
            console.print(Text.assemble(*shown))

    def lines(self, lines: Iterable[Sequence[Part]], *, must_be_seen: bool = False) -> None:
        """Print lines on stdout; when quiet or beside a document not at all, or on stderr where they must be seen."""
        for parts in lines if self.text or must_be_seen else ():
            self.print(self.out if self.text else self.err, *parts)

    def verdict(self, *, ok: bool, problems: Sequence[Problem], users: int) -> None:
        """Print how a check ended."""
        if not self.text:
            return
        counts = Counter(problem.severity for problem in problems)
        found = f"{_many(counts['error'], 'error')}, {_many(counts['warning'], 'warning')}"
        comes = "comes" if users == 1 else "come"
        word, style = ("ok", "bold green") if ok else ("not ok", "bold red")
        self.out.print(Text.assemble((word, style), f": {_many(users, 'Connect user')} {comes} out; {found}"))

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Show how many users of the instance are read: a bar on a terminal, a line now and then elsewhere."""
        if self.quiet or not self.err.is_terminal:
            yield _ReadingLines(self)
            return
        columns = (TextColumn("reading users"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task("reading", total=None)
            yield lambda read, total: bar.update(task, completed=read, total=max(read, total or 0))

    @contextmanager
    def progress(self, plan: Plan, traffic: Traffic) -> Iterator[Applying]:
        """Show how applying goes on: a bar on a terminal, a line now and then elsewhere, nothing when quiet.

        Args:
            plan: what is applied.
            traffic: the door's count of requests.
        """
        tally = Tally(plan, traffic, time.monotonic)
        if self.quiet or not self.err.is_terminal:
            yield Applying(self, tally)
            return
        columns = (BarColumn(None), TextColumn("{task.fields[pace]}"))
        with Progress(*columns, console=self.err, transient=True, expand=True) as bar:
            yield Applying(self, tally, bar)

    def outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Print what was not done or needs a word, of many alike the first ones only; then the counts."""
        alike: dict[tuple[str, str], list[Outcome]] = {}
        for outcome in outcomes:
            if outcome.status != "done" or (outcome.message and self.text):
                alike.setdefault((outcome.status, outcome.code), []).append(outcome)
        for (status, code), found in alike.items():
            # What a stop left over says the same of everybody.
            most = len(found) if self.verbose else 1 if code == "stopped" else _MOST_ALIKE
            for outcome in found[:most]:
                style = "green" if status == "done" else "bold red"
                told = ": ".join(filter(None, (f"{outcome.action} {outcome.username}", code, outcome.message)))
                self.err.print(Text.assemble((f"{status} ", style), harmless(told)))
            if len(found) > most:
                self.err.print(Text(f"and {len(found) - most:,} more like this: all of them with -v and in the report"))
        if self.text:
            counts = Counter(outcome.status for outcome in outcomes)
            self.out.print(
                ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing to do"
            )

    def confirm(self, question: str) -> bool:
        """Ask on the terminal; only ``yes`` is yes."""
        self.err.print(Text(f"{question} Type yes to go on: ", style="bold"), end="")
        try:
            return input().strip().lower() == "yes"
        except EOFError:
            return False


class Applying:
    """Told each outcome as it comes, and asked to look around in between."""

    def __init__(self, screen: Screen, tally: Tally, bar: Progress | None = None) -> None:
        self._screen, self._tally, self._bar = screen, tally, bar
        self._task = bar.add_task("applying", total=tally.total, pace=str(tally)) if bar else None
        self._failed = 0
        self._looked = self._said = time.monotonic()

    def __call__(self, outcome: Outcome) -> None:
        """Count an outcome; a failure is told at once, unless there are many."""
        self._tally.count(outcome)
        self._failed += outcome.status == "failed"
        if self._bar and outcome.status == "failed" and self._failed <= _MOST_ALIKE:
            self._screen.err.print(Text(harmless(f"failed: {outcome.username}: {outcome.code}"), style="red"))
        if self._bar is None and self._tally.done == self._tally.total:
            self._screen.say(f"{self._tally.total:,} of {self._tally.total:,} changes")

    def look(self) -> None:
        """Show how it goes, about once a second; called at least as often."""
        now = time.monotonic()
        if now - self._looked < 1:
            return
        self._looked = now
        self._tally.look()
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=self._tally.done, pace=str(self._tally))
        elif now - self._said >= _LINE_EACH_SECONDS and self._tally.done < self._tally.total:
            self._said = now
            self._screen.say(str(self._tally))


class _ReadingLines:
    """A reading where there is no terminal: a line at each of so many users, none for a short one."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._said = screen, 0

    def __call__(self, read: int, total: int | None) -> None:
        if read // _LINE_EACH_USERS > self._said // _LINE_EACH_USERS:
            self._said = read
            self._screen.say(f"{read:,} of about {total:,} users read" if total else f"{read:,} users read")


def harmless(text: str) -> str:
    """Return a text without what a terminal would obey: a person's name, or a file, may hold anything."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in text)


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"

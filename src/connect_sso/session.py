"""One `users` command's config, instance and plan, and how it ends where there is no plan."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from connect_sso import documents, terminal
from connect_sso.lease import Lease
from connect_sso.plan_text import plan_lines
from connect_sso.sources import InputsUnusableError, find_instance, read_inputs
from contact_center.load import ConfigInvalid, ContactCenter, load
from user_sync import run
from user_sync.connect import Connect, Reading, client_for, user_quota
from user_sync.errors import Refused, SyncError
from user_sync.inputs import Source
from user_sync.model import Problem
from user_sync.pace import Pace, SystemClock

ERROR = 1


class StoppedError(Exception):
    """The command ends here: what is wrong, and what was read until then."""

    def __init__(self, problems: Sequence[Problem], connect: Connect | None = None) -> None:
        super().__init__()
        self.problems = tuple(problems)
        self.connect = connect


class Session:
    """One command's config, instance and plan: of `plan`, `apply` and `undo`."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.screen = terminal.Screen(quiet=options.quiet, verbose=options.verbose, json=options.json)
        self.center: ContactCenter
        self.connect: Connect
        self.lease: Lease
        self.export: Source | None = None  # that the plan was made from
        self.started = datetime.now(UTC)

    def open(self, *, applying: bool) -> None:
        """Load the config and find the instance.

        Args:
            applying: whether users are to be written, so that nobody else may write from here on.

        Raises:
            StoppedError: either cannot be used.
        """
        options = self.options
        with self.stopping():
            self.center = load(options.config)
            instance = find_instance(self.center, options.instance)
            policy = self.center.policy
            pace = Pace(rate=policy.requests_per_second, burst=policy.burst, clock=SystemClock())
            self.connect = Connect(client_for(instance), instance, pace)
        if applying:
            self.lease = Lease(self.center, self.screen)

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """End the command with what is wrong with config, files or instance.

        Raises:
            StoppedError: anything is.
        """
        connect = getattr(self, "connect", None)
        try:
            yield
        except Refused:
            raise
        except ConfigInvalid as invalid:
            raise StoppedError(invalid.problems) from invalid
        except InputsUnusableError as error:
            raise StoppedError([error.problem], connect) from error
        except run.NotPlannedError as error:
            raise StoppedError(error.problems, connect) from error
        except SyncError as error:
            problem = Problem("error", str(self.options.config), None, None, error.code, error.message)
            raise StoppedError([problem], connect) from error

    def review(self, *, applying: bool = False) -> run.Reviewed:
        """Load, read and plan.

        Args:
            applying: as for `open`.

        Raises:
            StoppedError: there is no plan.
        """
        self.open(applying=applying)
        with self.stopping():
            inputs = read_inputs(self.center, self.options.export, offline=False)
            self.export = inputs.export
            with self.reading() as progress:
                return run.review(inputs, self.connect, way_in="terminal", quota=self.quota, progress=progress)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Say that the instance is read, and show how far."""
        instance = self.connect.instance
        self.screen.say(f"reading instance {instance.instance_id} in {instance.region}")
        with self.screen.reading() as progress:
            yield progress

    def quota(self) -> int | None:
        """Ask for the quota of users per instance."""
        return user_quota(self.connect.instance)

    def stopped(self, stop: StoppedError, *, applying: bool) -> int:
        """Show why there is no plan."""
        document = documents.no_plan(stop.problems, applying=applying)
        if applying and stop.connect:
            traffic = stop.connect.traffic
            document |= documents.nothing_applied(dict(sorted(traffic.calls.items())), traffic.throttled)
        if self.options.json:
            documents.emit(document)
        self.screen.problems(stop.problems)
        return ERROR

    def show(self, reviewed: run.Reviewed, *, asking: bool = False) -> None:
        """Print problems, plan and refusals for a person.

        Args:
            asking: whether the person is asked to agree to it, so that it must be seen.
        """
        self.screen.problems(reviewed.plan.problems)
        self.screen.lines(plan_lines(reviewed.plan, verbose=self.screen.verbose), must_be_seen=asking)
        self.say_refused(reviewed.refused)

    def say_refused(self, refused: Sequence[Refused]) -> None:
        """Print why a plan may not be applied."""
        for refusal in refused:
            self.screen.error(f"refused ({refusal.code}): {refusal.message}")


def usage(message: str) -> Problem:
    """Return what is wrong with the command line."""
    return Problem("error", "command line", None, None, "usage", message)

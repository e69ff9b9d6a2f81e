"""A contact center's folder, a server for it, and runs over both that are applied and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_aws.connect_server import ConnectServer, InstanceSeed
from tests.unit.connect_sso.conftest import AGENT, Folder, Servers

MANAGER = {**AGENT, "match": {"profile": "Manager"}, "security_profiles": ["CallCenterManager"]}
RULES = [MANAGER, AGENT]
LIMITS = {"removals": "none", "updates": "none"}
APPLY_KEYS = [
    "summary", "changes", "problems", "refused", "api_calls", "estimated_seconds", "outcomes", "elapsed_seconds",
    "calls", "throttled",
]  # fmt: skip


class Desk:
    """A contact center's folder and a server, and runs over both."""

    def __init__(self, folder: Folder, server: ConnectServer) -> None:
        self.folder = folder
        self.server = server
        self.reports = folder.path / "reports"

    def write(self, *rows: dict[str, str], **users: Any) -> None:
        """Write config and export."""
        self.folder.write(*rows, **{"rules": RULES, "limits": LIMITS, **users})

    def apply(self, *more: str, code: int = 0) -> Path:
        """Apply, and return the report."""
        there = set(self.reports.glob("*.json"))
        found, document = self._run("apply", *more)
        assert found == code, document
        (report,) = set(self.reports.glob("*.json")) - there
        return report

    def undo(self, report: Path | str, *more: str, yes: bool = True) -> tuple[int, dict[str, Any]]:
        """Take a run back."""
        code, document = self._run("undo", str(report), *more, yes=yes)
        assert list(document) == APPLY_KEYS
        assert (document["refused"] is not None) is (code == 3)
        return code, document

    def _run(self, verb: str, *more: str, yes: bool = True) -> tuple[int, dict[str, Any]]:
        return self.folder.json(*self.asked(verb), *(["--yes"] if yes else []), *more)

    def asked(self, verb: str) -> list[str]:
        """Return a command line."""
        config, arn = str(self.folder.config), self.server.instance.arn
        return ["users", verb, config, "--instance", arn, "--report", str(self.reports)]

    def users(self) -> dict[str, Any]:
        """Return all that the instance knows of each user, ids and times aside, by the start of the username."""
        names = {one.id: one.name for table in self.server.instance.tables.values() for one in table.values()}
        return {
            user.name.split("@")[0]: (
                user.first_name, user.last_name, sorted(names[p] for p in user.security_profiles),
                names[user.routing_profile], dict(user.phone), dict(user.tags),
            )
            for user in self.server.instance.users.values()
        }  # fmt: skip

    def newest(self) -> Path:
        """Return the newest report."""
        return max(self.reports.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)

    def user(self, start: str) -> Any:
        """Return a user of the server by the start of the username."""
        return next(user for user in self.server.instance.users.values() if user.name.startswith(start))

    def named(self, kind: str, name: str) -> str:
        """Return an id of something in the instance."""
        return next(one.id for one in self.server.instance.tables[kind].values() if one.name == name)


@contextmanager
def desk_of(folder: Folder, servers: Servers) -> Iterator[Desk]:
    """Give a desk with an instance that has one more routing profile."""
    with servers(seed=InstanceSeed(routing_profiles=("Chat",))) as server:
        yield Desk(folder, server)


def codes(document: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in document["problems"]]


def kinds(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change["action"], change["username"].split("@")[0]) for change in document["changes"]]


def rewritten(report: Path, edit: Callable[[dict[str, Any]], Any]) -> Path:
    """Return a copy of a report that somebody edited."""
    document = json.loads(report.read_text())
    edit(document)
    copy = report.with_name("edited.json")
    copy.write_text(json.dumps(document))
    return copy

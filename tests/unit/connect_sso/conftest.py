"""A contact center in a folder of its own, and a strict Connect server for it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from connect_sso.main import main
from local_aws.connect_server import ConnectServer, InstanceSeed
from tests.unit.connect_sso.reviews import Change
from user_sync import salesforce_id

HEADER = ["Id", "Username", "Alias", "FirstName", "LastName", "Email", "IsActive", "Profile.Name", "UserRole.Name"]
AGENT = {"match": {}, "security_profiles": ["Agent"], "routing_profile": "Basic Routing Profile"}


def row(number: int, **changes: str) -> dict[str, str]:
    """Return an export's row of a made-up person."""
    values = {
        "Id": salesforce_id.extend(f"0055e0000000{number:03d}"),
        "Username": f"user{number}@acme.example",
        "Alias": f"user{number}",
        "FirstName": "Given",
        "LastName": f"Family{number}",
        "Email": f"user{number}@acme.example",
        "IsActive": "true",
        "Profile.Name": "Support Rep",
        "UserRole.Name": "EMEA",
    }
    return {**values, **{key.replace("_", "."): value for key, value in changes.items()}}


class Folder:
    """A contact center's folder, and its command line."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.config = path / "contact-center.yaml"
        self.stderr = ""
        self._capsys = capsys

    def write(self, *rows: dict[str, str], rules: list[dict[str, Any]] | None = None, **users: Any) -> None:
        """Write config and export."""
        document = {
            "name": "acmeservice",
            "region": "us-west-2",
            "instance": {"alias": "acme-service", "inbound_calls": True, "outbound_calls": True, "contact_lens": True},
            "sign_on": {
                "identity_provider": "salesforce",
                "username": users.pop("username", "salesforce_voice"),
                "salesforce": {
                    "contact_center": users.pop("contact_center", "imported"),
                    "organization_id": "00D5e000000AbCd",
                    "my_domain": "acme",
                    "metadata": "salesforce-idp.xml",
                },
            },
            "users": {"export": "users.csv", "rules": rules or [AGENT], "limits": {"updates": "none"}, **users},
        }
        example = Path("config/acmeservice/salesforce-idp.xml")
        (self.path / "salesforce-idp.xml").write_bytes(example.read_bytes())
        self.config.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        self.export(*rows)

    def export(self, *rows: dict[str, str]) -> None:
        """Write the export alone."""
        with (self.path / "users.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, HEADER)
            writer.writeheader()
            writer.writerows(rows)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run the command line; return its exit code and stdout, keep stderr."""
        self._capsys.readouterr()
        code = main(arguments)
        captured = self._capsys.readouterr()
        self.stderr = captured.err
        return code, captured.out

    def json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run with --json; return its exit code and the document."""
        code, out = self.run(*arguments, "--json")
        document: dict[str, Any] = json.loads(out)
        return code, document


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    """Return an empty folder with the command line."""
    return Folder(tmp_path, capsys)


Servers = Callable[..., Any]


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    """Return a maker of strict Connect servers that the command line then talks to."""

    @contextmanager
    def make(**options: Any) -> Iterator[ConnectServer]:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        with ConnectServer(options.pop("seed", InstanceSeed()), **options) as server:
            for name, value in server.environment().items():
                monkeypatch.setenv(name, value)
            # Nothing but Connect is there: other services must refuse quickly and change nothing.
            monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            yield server

    return make


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """Return a change to review, without an edit yet."""
    return Change(tmp_path)

"""A folder with the files that the test configs name, and a writer of configs into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contact_center.load import examine
from contact_center.metadata import MetadataReading, read_metadata

BASE = """\
name: acmeservice
region: us-west-2
instance:
  alias: acme-service
sign_on:
  identity_provider: salesforce
  username: salesforce_voice
  salesforce:
    organization_id: 00D5e000000AbCd
    my_domain: acme
    metadata: salesforce-idp.xml
users:
  export: users.csv
  rules:
    - match: {profile: Support Rep}
      security_profiles: [Agent]
      routing_profile: Basic Routing Profile
"""

# Line of the base config, its new text, then what is expected: line, key path, code, a part of the message.
Case = tuple[int, str, int, str, str, str]
Read = Callable[..., MetadataReading]
Write = Callable[[str | bytes], Path]


def changed(changes: dict[int, str]) -> str:
    """Return the base config with lines replaced (the first is 1; an empty text removes the line)."""
    lines = BASE.splitlines()
    for number, text in changes.items():
        lines[number - 1] = text
    return "\n".join(line for number, line in enumerate(lines, 1) if line or number not in changes) + "\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a config beside the files that it names, and returns its path."""
    for name in ("salesforce-idp.xml", "okta-idp.xml", "users.csv"):
        (tmp_path / name).write_text("", encoding="utf-8")

    def writer(text: str | bytes) -> Path:
        path = tmp_path / "contact-center.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return writer


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that writes documents and reads them as one identity provider's metadata."""

    def reader(*documents: str | bytes) -> MetadataReading:
        paths = []
        for number, document in enumerate(documents):
            paths.append(tmp_path / f"idp{number}.xml")
            paths[-1].write_bytes(document.encode() if isinstance(document, str) else document)
        return read_metadata(paths)

    return reader


def codes(reading: MetadataReading, severity: str = "error") -> list[str]:
    """Return the codes of the reading's problems."""
    return [problem.code for problem in reading.problems if problem.severity == severity]


def assert_told(write: Write, case: Case, follows: set[str]) -> None:
    """Assert that a bad value is told with its place, and nothing else is.

    Args:
        follows: codes that may come too, because the case took the base's own key away.
    """
    number, text, row, column, code, part = case
    examination = examine(write(changed({number: text})))
    assert examination.contact_center is None
    told = {(problem.row, problem.column, problem.code): problem.message for problem in examination.problems}
    message = told.pop((row, column, code))
    assert part in message
    assert not message.endswith(".")
    assert {code for _, _, code in told} <= follows

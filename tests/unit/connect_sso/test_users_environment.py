"""An AWS environment that names what is not there: the command ends with a document that says so."""

from __future__ import annotations

import boto3
import pytest

from tests.unit.connect_sso.conftest import Folder, Servers, row
from tests.unit.connect_sso.desk import APPLY_KEYS


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_PROFILE", "mistyped", "The config profile (mistyped) could not be found"),
        ("AWS_ENDPOINT_URL_CONNECT", "localhost:4566", "Invalid endpoint: localhost:4566"),
    ],
)
@pytest.mark.parametrize("verb", ["plan", "apply", "undo"])
def test_it_is_told_and_asked_nobody(
    folder: Folder, servers: Servers, monkeypatch: pytest.MonkeyPatch, verb: str, name: str, value: str, said: str
) -> None:
    folder.write(row(1))
    with servers() as server:
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the profile that it found first
        monkeypatch.setenv(name, value)
        more = ["report.json"] if verb == "undo" else []
        code, document = folder.json("users", verb, str(folder.config), *more, "--instance", server.instance.arn)
        assert (code, document["problems"][0]["code"]) == (1, "aws_environment")
        assert said in document["problems"][0]["message"]
        assert list(document) == (APPLY_KEYS[:6] if verb == "plan" else APPLY_KEYS)
        assert server.log == []


@pytest.mark.parametrize(("verb", "said"), [("plan", "no_instance"), ("status", "not_deployed")])
def test_where_the_stack_is_to_be_asked_too(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, verb: str, said: str
) -> None:
    folder.write(row(1))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:4566")
    code, document = folder.json("users", verb, str(folder.config))
    assert (code, document["problems"][0]["code"]) == (1, said)

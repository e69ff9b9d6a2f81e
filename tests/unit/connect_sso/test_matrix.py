"""`matrix`: the table of the configured arrangement, with what the outputs, the config or the kit know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connect_sso.kit.open_values import mark
from contact_center.use_cases import IDENTITY_URL, INSTANCE_ID
from tests.unit.connect_sso.conftest import Folder, Servers, row

ARN = "arn:aws:connect:us-west-2:111122223333:instance/0f6e5c2a-1111-2222-3333-444455556666"
KEYS = ["signs_in_via", "then_uses", "supported", "provider", "url", "todo"]


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no AWS service answer."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")


def outputs(folder: Folder, content: Any) -> str:
    path = folder.path / "outputs.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def of(folder: Folder, *more: str) -> tuple[int, dict[str, Any]]:
    folder.write(row(1))
    return folder.json("matrix", str(folder.config), *more)


def test_the_document(folder: Folder) -> None:
    stacks = {"acmeservice-instance": {"InstanceArn": ARN}, "acmeservice-sign-on": {"RoleArn": "x"}}
    code, document = of(folder, "--outputs", outputs(folder, stacks))
    assert (code, list(document)) == (0, ["identity_provider", "rows"])
    assert document["identity_provider"] == "salesforce"
    assert [list(item) for item in document["rows"]] == [KEYS] * 3
    assert [item["supported"] for item in document["rows"]] == ["yes", "yes_with_configuration", "no"]
    assert document["rows"][0]["url"].endswith("/connect/federate/0f6e5c2a-1111-2222-3333-444455556666")
    assert not any("--outputs outputs.json" in step for item in document["rows"] for step in item["todo"])


def test_a_table_for_people(folder: Folder, nowhere: None) -> None:
    folder.write(row(1))
    code, out = folder.run("matrix", str(folder.config))
    assert code == 0
    assert "1 Salesforce Omni-Channel yes acmeservice-salesforce" in " ".join(out.split())
    assert out.count("https://us-west-2.console.aws.amazon.com/connect/federate/") == 1
    assert "not supported" in out


def test_without_outputs_and_without_aws_the_link_is_marked(folder: Folder, nowhere: None) -> None:
    code, document = of(folder)
    assert code == 0
    assert INSTANCE_ID in document["rows"][0]["url"]
    assert any("--outputs" in step for step in document["rows"][0]["todo"])


def test_the_marks_are_the_kits() -> None:
    assert (mark("instance_id"), mark("identity_url")) == (INSTANCE_ID, IDENTITY_URL)


def test_a_filled_in_kit_completes_the_link(folder: Folder, tmp_path: Path) -> None:
    kit, url = tmp_path / "kit", "https://acme.my.salesforce.com/idp/login?app=0sp5e0000004C92"
    kit.mkdir()
    (kit / "salesforce-values.json").write_text(json.dumps({"identity_url": url}))
    given = outputs(folder, {"acmeservice-sign-on": {"InstanceArn": ARN}})
    _, document = of(folder, "--outputs", given, "--kit", str(kit))
    assert document["rows"][1]["url"].startswith(f"{url}&RelayState=https")
    (kit / "salesforce-values.json").write_text("{")
    code, document = of(folder, "--outputs", given, "--kit", str(kit))
    assert (code, document["rows"]) == (1, [])


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([], "has no InstanceArn"),
        ({"other-instance": {"InstanceArn": ARN}}, "has no InstanceArn"),
        ({"acmeservice-instance": {"InstanceArn": "x"}}, "not the ARN"),
        ({"acmeservice-instance": {"InstanceArn": ARN.replace("us-west-2", "eu-west-2")}}, "in eu-west-2"),
    ],
)
def test_outputs_of_something_else_are_1(folder: Folder, content: Any, part: str) -> None:
    code, document = of(folder, "--outputs", outputs(folder, content))
    assert (code, document["identity_provider"], document["rows"]) == (1, None, [])
    assert part in document["problems"][0]["message"]


def test_a_config_that_cannot_be_used_is_1(folder: Folder) -> None:
    code, document = folder.json("matrix", str(folder.path / "no.yaml"))
    assert (code, document["rows"]) == (1, [])
    assert "no.yaml" in folder.stderr or folder.stderr == ""


def test_the_instance_of_the_config_and_of_the_outputs_must_be_one(folder: Folder) -> None:
    folder.write(row(1))
    text = folder.config.read_text()
    start, end = text.index("instance:"), text.index("sign_on:")
    folder.config.write_text(f"{text[:start]}instance: {{existing: '{ARN}'}}\n{text[end:]}")
    code, document = folder.json("matrix", str(folder.config))
    assert (code, document["rows"][0]["url"][-36:]) == (0, ARN[-36:])
    other = outputs(folder, {"acmeservice-sign-on": {"InstanceArn": ARN[:-1] + "7"}})
    assert folder.json("matrix", str(folder.config), "--outputs", other)[0] == 1
    without = outputs(folder, {"acmeservice-sign-on": {}})
    assert folder.json("matrix", str(folder.config), "--outputs", without)[0] == 0


def test_the_deployed_stack_is_asked_only_where_nothing_else_knows(folder: Folder, servers: Servers) -> None:
    with servers():
        assert of(folder)[0] == 0

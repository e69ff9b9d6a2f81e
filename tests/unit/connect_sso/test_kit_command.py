"""The command: exit codes, the JSON document, and everything that stops it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connect_sso.main import main
from tests.unit.connect_sso.kits import fill_in, kit, write_config, write_outputs

KEYS = {"ok", "out", "files", "checklist", "left_out", "problems"}


def run(config: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["kit", str(config), "--out", str(config.parent / "kit"), "--offline", "--json", *more])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert set(document) == KEYS
    return code, document


def codes(document: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in document["problems"] if problem["severity"] == "error"]


def test_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path)
    code, document = run(config, capsys, "--outputs", str(write_outputs(tmp_path)))
    assert (code, document["ok"]) == (0, True)
    assert "index.html" in document["files"]
    assert {item["known_by"] for item in document["checklist"]} == {"salesforce"}
    first = document["checklist"][0]
    assert first["value"] == "identity_url"
    assert first["files"] == ["contact-center.xml"]
    assert "acmeservice_Connect_SSO" in first["where"]


def test_says_what_is_left_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path)
    assert main(["kit", str(config), "--out", str(tmp_path / "kit"), "--offline"]) == 0
    captured = capsys.readouterr()
    assert "index.html" in captured.out
    assert "to fill in (only Salesforce knows): identity_url" in captured.err
    assert "left out: people/add-users.csv" in captured.err


def test_username_that_salesforce_cannot_send(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path, sign_on__username="{Manager.Username}")
    code, document = run(config, capsys)
    assert (code, codes(document)) == (1, ["username_not_expressible"])
    problem = document["problems"][-1]
    assert problem["column"] == "sign_on.username" and problem["row"]
    assert not (tmp_path / "kit").exists()
    assert kit(write_config(tmp_path / "other", "third_party", sign_on__username="{Manager.Username}"))


def test_bad_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(write_config(tmp_path, region="mars-north-1"), capsys)
    assert (code, codes(document)) == (1, ["region_unknown"])


def test_bad_metadata(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path)
    (tmp_path / "salesforce-idp.xml").write_text("<html></html>")
    code, document = run(config, capsys)
    assert code == 1 and codes(document)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "outputs_unreadable"),
        ("[]", "outputs_of_others"),
        ('{"other-sign-on": {}}', "outputs_of_others"),
        ('{"acmeservice-sign-on": {}}', "output_invalid"),
    ],
)
def test_unusable_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, expected: str) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(text)
    code, document = run(write_config(tmp_path), capsys, "--outputs", str(path))
    assert code == 1 and set(codes(document)) == {expected}
    assert "npx cdk deploy" in document["problems"][-1]["message"] or expected == "output_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"region": "eu-central-1"},
        {"RoleArn": "arn:aws-us-gov:iam::111122223333:role/acmeservice-SAMLRole"},
        {"InstanceArn": "arn:aws:connect:us-west-2:999999999999:instance/11111111-2222-3333-4444-555555555555"},
    ],
)
def test_outputs_of_another_deployment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any]
) -> None:
    config = write_config(tmp_path, account="111122223333")
    code, document = run(config, capsys, "--outputs", str(write_outputs(tmp_path, **changes)))
    assert (code, set(codes(document))) == (1, {"outputs_of_others"})


def test_missing_outputs_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(write_config(tmp_path), capsys, "--outputs", str(tmp_path / "none.json"))
    assert (code, codes(document)) == (1, ["outputs_unreadable"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"call_centre_id": "04v5e000000XyZ1"}, "did you mean call_center_id"),
        ({"call_center_id": "0055e000000XyZ1"}, "such as 04v"),
        ({"call_center_id": 5}, "write a text in quotes"),
        ({"identity_url": "http://acme.my.salesforce.com/idp/login?app=1"}, "which it cannot be"),
        ({"telephony_certificate": "-----BEGIN CERTIFICATE-----"}, "without BEGIN and END"),
    ],
)
def test_values_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], values: dict[str, Any], message: str
) -> None:
    config = write_config(tmp_path)
    before = kit(config)
    fill_in(config, values)
    code, document = run(config, capsys)
    assert (code, codes(document)) == (1, ["value_invalid"])
    assert message in document["problems"][-1]["message"]
    assert (tmp_path / "kit" / "index.html").read_text(encoding="utf-8") == before["index.html"]


def test_out_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kit", str(write_config(tmp_path))]) == 1
    assert "--out" in capsys.readouterr().err


def test_refused_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path)
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "thesis.txt").write_text("years")
    code, document = run(config, capsys)
    assert (code, codes(document)) == (1, ["out_not_a_kit"])

"""`explain` as its users run it: exit codes, and the document at every one of them."""

from __future__ import annotations

import base64
import io
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from local_aws.identity_provider import tampered
from tests.unit.connect_sso.conftest import Folder, Servers
from tests.unit.connect_sso.explaining import CLAIMS, IDP, add_user, check, explain, failing, form, prepare

NAMES = [
    "parse", "status", "assertion", "issuer", "signature", "times", "recipient", "audience", "role",
    "role_session_name", "session_tags", "duration", "relay_state", "user", "security_profile",
]  # fmt: skip


@pytest.fixture
def center(folder: Folder) -> Folder:
    return prepare(folder)


def test_a_sign_in_that_would_work_is_0(center: Folder, servers: Servers) -> None:
    with servers() as server:
        add_user(server, CLAIMS.session_name)
        code, document = explain(center, form(server, IDP.respond(CLAIMS)), "--instance", server.instance.arn)
        assert (code, failing(document)) == (0, [])
        assert [item["name"] for item in document["checks"]] == NAMES
        assert document["username"] == CLAIMS.session_name
        assert (document["provider"], document["role"]) == ("acmeservice-salesforce", CLAIMS.role)
        assert not any(item["message"].startswith("not judged") for item in document["checks"])
        assert server.calls()["SearchUsers"] == 1


def test_the_instance_of_another_account_changes_what_role_is_right(center: Folder, servers: Servers) -> None:
    with servers() as server:
        add_user(server, CLAIMS.session_name)
        other = replace(
            CLAIMS, role=CLAIMS.role.replace("1111", "9999"), provider=CLAIMS.provider.replace("1111", "9999")
        )
        code, document = explain(center, IDP.respond(other), "--instance", server.instance.arn)
        assert (code, failing(document)) == (2, ["role"])


def test_without_an_instance_the_rest_is_judged_and_soon(center: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in (("ENDPOINT_URL", "http://127.0.0.1:9"), ("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", "http://127.0.0.1:9")
    started = time.monotonic()
    code, document = explain(center, IDP.respond(CLAIMS))
    arn = "arn:aws:connect:us-west-2:111122223333:instance/0f6e5c2a-1111-2222-3333-444455556666"
    assert (code, failing(document)) == (0, [])
    assert "--instance ARN" in check(document, "user")["fix"]
    code, document = explain(center, IDP.respond(CLAIMS), "--instance", arn)
    assert (code, "cannot be asked" in check(document, "user")["message"]) == (0, True)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert explain(center, IDP.respond(CLAIMS), "--instance", arn)[0] == 0
    assert time.monotonic() - started < 20


def test_a_captured_response_is_judged_as_of_a_time(center: Folder, servers: Servers) -> None:
    then = datetime.now(UTC) - timedelta(hours=2)
    with servers() as server:
        add_user(server, CLAIMS.session_name)
        response = IDP.respond(CLAIMS, now=then)
        # The certificate is not older than the test: sign-ins before it are not valid.
        code, document = explain(center, response, "--instance", server.instance.arn)
        assert (code, failing(document)) == (2, ["times"])
        at = (then + timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
        code, document = explain(center, response, "--instance", server.instance.arn, "--at", at)
        assert failing(document) == ["signature"]
        assert "is not valid before" in check(document, "signature")["message"]


def test_forged_responses_are_2_and_nothing_of_them_is_printed(center: Folder, servers: Servers) -> None:
    with servers() as server:
        secret = replace(CLAIMS, more_attributes={"nickname": ["very-private-nickname"]})
        for response in (tampered(IDP.respond(secret), "user1@", "admin@"), IDP.respond(secret, sign=())):
            code, document = explain(center, response, "--instance", server.instance.arn)
            assert (code, failing(document)[0]) == (2, "signature")
            code, out = center.run("explain", str(center.config), str(center.path / "response.txt"), "-v")
            assert code == 2
            for text in (out, json.dumps(document), center.stderr):
                assert "very-private" not in text
                assert response[100:140] not in text
                assert "local identity provider" not in text


@pytest.mark.parametrize(
    ("content", "part"),
    [("", "empty"), ("hello", "neither base64"), ("<x/>", "not a SAML response"), ("<html/>", "HTML")],
)
def test_unusable_input_is_1_with_a_document(center: Folder, content: str, part: str) -> None:
    code, document = explain(center, content)
    assert (code, failing(document), document["username"]) == (1, ["parse"], None)
    assert part in document["checks"][0]["message"]
    assert document["checks"][0]["fix"]


@pytest.mark.parametrize("name", ["nowhere.txt", ".", "", "x\0y"])
def test_a_file_that_cannot_be_read_is_1(center: Folder, name: str) -> None:
    code, document = center.json("explain", str(center.config), name)
    assert (code, failing(document)) == (1, ["parse"])
    assert "cannot read" in document["checks"][0]["message"]


def test_other_inputs_that_cannot_be_used_are_1(center: Folder) -> None:
    response = IDP.respond(CLAIMS)
    code, document = explain(center, response, "--instance", "x")
    assert (code, failing(document)) == (1, ["instance"])
    code, document = explain(center, response, "--export", str(center.path / "no.csv"))
    assert (code, failing(document)) == (1, ["export"])
    center.config.write_text("name: 1")
    code, document = explain(center, response)
    assert (code, set(failing(document))) == (1, {"config"})


def test_standard_input_is_read(center: Folder, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    with servers() as server:
        add_user(server, CLAIMS.session_name)
        data = base64.b64decode(IDP.respond(CLAIMS))
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        code, document = center.json("explain", str(center.config), "-", "--instance", server.instance.arn)
        assert (code, failing(document)) == (0, [])


def test_a_person_reads_what_it_breaks_at(center: Folder, servers: Servers) -> None:
    with servers() as server:
        arn, path = server.instance.arn, center.path / "r.txt"
        path.write_text(IDP.respond(replace(CLAIMS, session_name="a\x9b31m", audience="urn:x")))
        code, out = center.run("explain", str(center.config), str(path), "--instance", arn)
        assert code == 2
        assert "it breaks at audience" in out
        assert "\x9b" not in out
        code, quiet = center.run("explain", str(center.config), str(path), "--instance", arn, "-q")
        assert [line.split()[1] for line in quiet.splitlines() if line.startswith("fail")] == [
            "audience:",
            "role_session_name:",
            "user:",
        ]
        add_user(server, CLAIMS.session_name)
        path.write_text(IDP.respond(CLAIMS))
        code, out = center.run("explain", str(center.config), str(path), "--instance", arn)
        assert (code, "the sign-in would work (not judged: relay_state, security_profile)" in out) == (0, True)


@pytest.mark.parametrize("arguments", [("--at", "tomorrow"), ("--at", "0001-01-01T00:00:00+05:00"), ("--nonsense",)])
def test_usage_errors_are_1(center: Folder, arguments: tuple[str, ...]) -> None:
    code, _ = center.run("explain", str(center.config), "x", *arguments)
    assert code == 1
    assert "usage:" in center.stderr

"""Nothing of the person's own environment reaches a client or the server."""

from __future__ import annotations

from pathlib import Path

from local_aws.environment import client_environment, server_environment, without_strays

STRAYS = {
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL": "https://real.example",
    "AWS_ENDPOINT_URL_CONNECT": "https://real.example",
    "AWS_SESSION_TOKEN": "token",
    "AWS_CA_BUNDLE": "/x",
    "AWS_CONFIG_FILE": "/home/me/.aws/config",
    "CDK_DEFAULT_ACCOUNT": "999999999999",
    "CDK_CONTEXT_JSON": "{}",
    "JSII_RUNTIME": "",
    "NODE_OPTIONS": "--inspect",
    "https_proxy": "http://proxy.example:3128",
    "HTTP_PROXY": "http://proxy.example:3128",
    "ALL_PROXY": "http://proxy.example:3128",
    "PYTHONPATH": "/x",
    "GATEWAY_PORT": "1",
    "LOCALSTACK_HOSTNAME": "x",
}


def test_strays_are_dropped_and_the_rest_is_kept() -> None:
    assert without_strays({**STRAYS, "PATH": "/bin", "LANG": "C"}) == {"PATH": "/bin", "LANG": "C"}


def test_a_client_finds_the_local_endpoint_and_no_profile(tmp_path: Path) -> None:
    found = client_environment(
        "http://127.0.0.1:1234", tmp_path, account="111122223333", region="us-west-2", base={**STRAYS, "PATH": "/bin"}
    )
    assert found["PATH"] == "/bin"
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1234"
    assert found["AWS_ACCESS_KEY_ID"] == "111122223333"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-west-2"
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert Path(found[name]).read_text() == ""
        assert Path(found[name]).is_relative_to(tmp_path)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_CONNECT", "JSII_RUNTIME"} & found.keys()
    assert "proxy.example" not in str(found)


def test_the_server_inherits_its_path_and_nothing_else(tmp_path: Path) -> None:
    found = server_environment(tmp_path, 4600, {"AUTH": "true"})
    assert not [name for name in found if name.startswith(("AWS_", "CDK_"))]
    assert found["BIND_HOST"] == "127.0.0.1"
    assert found["GATEWAY_PORT"] == "4600"
    assert found["AUTH"] == "true"
    for name in ("TMPDIR", "STATE_DIR", "HOME"):
        assert Path(found[name]).is_relative_to(tmp_path)

"""Runs `explain` on responses of an identity provider of our own, against a strict Connect server."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from contact_center.sign_in import relay_state
from local_aws.connect_server import ConnectServer
from local_aws.identity_provider import Claims, IdentityProvider
from tests.unit.connect_sso.conftest import Folder, row

ACCOUNT = "111122223333"
CLAIMS = Claims(
    role=f"arn:aws:iam::{ACCOUNT}:role/acmeservice-SAMLRole",
    provider=f"arn:aws:iam::{ACCOUNT}:saml-provider/acmeservice-salesforce",
    session_name="user1@0055e0000000001@00D5e000000AbCd",
    recipient="https://us-west-2.signin.aws.amazon.com/saml",
)
IDP = IdentityProvider.fresh()


def prepare(folder: Folder) -> Folder:
    """Return the folder of a contact center with two people, whose identity provider is ours."""
    folder.write(row(1), row(2))
    (folder.path / "salesforce-idp.xml").write_text(IDP.metadata())
    return folder


def add_user(server: ConnectServer, username: str, profile: str = "Agent", **tags: str) -> None:
    instance = server.instance
    profiles = {item.name: item.id for item in instance.security_profiles.values()}
    routing = next(iter(instance.routing_profiles))
    server.call(
        "CreateUser",
        Username=username,
        IdentityInfo={"FirstName": "Given", "LastName": "Family"},
        PhoneConfig={"PhoneType": "SOFT_PHONE"},
        SecurityProfileIds=[profiles[profile]],
        RoutingProfileId=routing,
        Tags=tags or {"x": "y"},
    )


def explain(folder: Folder, response: str | bytes, *more: str) -> tuple[int, dict[str, Any]]:
    path = folder.path / "response.txt"
    path.write_bytes(response.encode() if isinstance(response, str) else response)
    code, document = folder.json("explain", str(folder.config), str(path), *more)
    assert list(document) == ["ok", "username", "provider", "role", "checks"]
    assert all(list(check) == ["name", "ok", "message", "fix"] for check in document["checks"])
    assert document["ok"] is (code == 0)
    assert folder.stderr == ""
    return code, document


def failing(document: dict[str, Any]) -> list[str]:
    return [check["name"] for check in document["checks"] if not check["ok"]]


def check(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in document["checks"] if item["name"] == name)
    return found


def form(server: ConnectServer, response: str, page: str | None = "/ccp-v2") -> str:
    state = relay_state("us-west-2", server.instance.id, page)
    return urlencode({"SAMLResponse": response, "RelayState": state})

"""Contact centers of all arrangements, what a deployment says of them, and the kit command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from connect_sso.main import main
from local_aws.identity_provider import IdentityProvider

ARRANGEMENTS = ("salesforce", "salesforce_and_third_party", "third_party")
INSTANCE_ID = "11111111-2222-3333-4444-555555555555"
ACCOUNT = "111122223333"
LOGIN_URL = "https://acme.okta.com/home/amazon_aws/0oa1/272"
EXAMPLE = Path("config/acmeservice")
_METADATA: dict[str, str] = {}


def metadata(issuer: str) -> str:
    """Return an identity provider's metadata; made once, because keys take time."""
    if issuer not in _METADATA:
        _METADATA[issuer] = IdentityProvider.fresh(issuer).metadata()
    return _METADATA[issuer]


def write_config(folder: Path, arrangement: str = "salesforce", **changes: Any) -> Path:
    """Write a contact center's folder and return its config.

    Args:
        changes: key path with ``__`` for a dot, such as ``sign_on__username``; None takes a key out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    salesforce: dict[str, Any] = {"organization_id": "00D5e000000AbCd", "my_domain": "acme"}
    sign_on: dict[str, Any] = {"identity_provider": arrangement, "salesforce": salesforce}
    if arrangement != "third_party":
        salesforce["metadata"] = "salesforce-idp.xml"
        (folder / "salesforce-idp.xml").write_text(metadata("https://acme.my.salesforce.com"), encoding="utf-8")
    if arrangement != "salesforce":
        sign_on["third_party"] = {"name": "okta", "metadata": "okta-idp.xml", "login_url": LOGIN_URL}
        (folder / "okta-idp.xml").write_text(metadata("http://www.okta.com/exk1"), encoding="utf-8")
    document = {
        "name": "acmeservice",
        "region": "us-west-2",
        "instance": {"alias": "acme-service"},
        "sign_on": sign_on,
        "users": {
            "export": "users.csv",
            "rules": [{"match": {}, "security_profiles": ["Agent"], "routing_profile": "Basic Routing Profile"}],
        },
        "alerts": {"email": "ops@acme.example"},
    }
    for path, value in changes.items():
        *parents, key = path.split("__")
        section: Any = document
        for parent in parents:
            section = section.setdefault(parent, {})
        if value is None:
            section.pop(key)
        else:
            section[key] = value
    (folder / "users.csv").write_bytes((EXAMPLE / "users.csv").read_bytes())
    config = folder / "contact-center.yaml"
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    return config


def write_outputs(folder: Path, *, region: str = "us-west-2", **changes: Any) -> Path:
    """Write what `cdk deploy --outputs-file` writes."""
    partition = "aws-us-gov" if region.startswith("us-gov") else "aws"
    instance = f"arn:{partition}:connect:{region}:{ACCOUNT}:instance/{INSTANCE_ID}"
    iam = f"arn:{partition}:iam::{ACCOUNT}"
    sign_on = {
        "RoleArn": f"{iam}:role/acmeservice-SAMLRole",
        "SalesforceProviderArn": f"{iam}:saml-provider/acmeservice-salesforce",
        "ThirdPartyProviderArn": f"{iam}:saml-provider/acmeservice-okta",
        "InstanceArn": instance,
        "RelayState": "unused",
        **changes,
    }
    document = {
        "acmeservice-sign-on": {key: value for key, value in sign_on.items() if value is not None},
        "acmeservice-instance": {"InstanceArn": instance, "InstanceId": INSTANCE_ID, "InstanceAlias": "acme-service"},
    }
    path = folder / "outputs.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def kit(config: Path, *more: str, outputs: Path | None = None, code: int = 0) -> dict[str, str]:
    """Write a kit beside the config and return its files by path; it asks no AWS.

    Args:
        code: the exit code that is expected.
    """
    out = config.parent / "kit"
    given = ["--outputs", str(outputs)] if outputs else []
    assert main(["kit", str(config), "--out", str(out), "--offline", "-q", *given, *more]) == code
    return read(out)


def read(out: Path) -> dict[str, str]:
    """Return a kit's files by path."""
    return {path.relative_to(out).as_posix(): path.read_bytes().decode() for path in out.rglob("*") if path.is_file()}


def fill_in(config: Path, values: Mapping[str, str]) -> None:
    """Fill in what only Salesforce knows."""
    (config.parent / "kit" / "salesforce-values.json").write_text(json.dumps(values), encoding="utf-8")


SALESFORCE_VALUES = {
    "identity_url": "https://acme.my.salesforce.com/idp/login?app=0sp5e000000001",
    "connected_app_id": "0H45e0000008OwGXXX",
    "permission_set_id": "0PS5e000000001AAAQ"[:18],
    "call_center_id": "04v5e000000XyZ1AAK",
    "telephony_certificate": "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa",
    "telephony_certificate_end": "25/02/2027 09:04:49",
}

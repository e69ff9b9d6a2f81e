"""A config that names an account: what the terminal puts into the cloud goes to no other."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import pytest
import yaml

from tests.unit.connect_sso.conftest import Folder, row

ACCOUNT, OTHER = "111122223333", "444455556666"


@pytest.fixture
def signed_in_elsewhere(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Credentials of another account, where a contact center of the same name is deployed; what is put there."""
    stack = {
        "StackId": f"arn:aws:cloudformation:us-west-2:{OTHER}:stack/acmeservice-storage/1",
        "Outputs": [{"OutputKey": f"{kind}BucketName", "OutputValue": kind.lower()} for kind in ("Export", "Report")],
    }
    put: list[str] = []

    def put_object(**given: str) -> dict[str, str]:
        put.append(given["Key"])
        return {"VersionId": "1"}

    client = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [stack]}, put_object=put_object)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    return put


@pytest.mark.parametrize(("account", "code", "objects"), [(ACCOUNT, 1, 0), (OTHER, 0, 1)])
def test_an_export_is_put_into_the_account_that_the_config_names_only(
    folder: Folder, signed_in_elsewhere: list[str], account: str, code: int, objects: int
) -> None:
    folder.write(row(1), row(2))
    config = yaml.safe_load(folder.config.read_text())
    folder.config.write_text(yaml.safe_dump({**config, "account": account}))
    assert folder.run("users", "upload", str(folder.config))[0] == code
    assert len(signed_in_elsewhere) == objects
    if code:
        assert f"the credentials are of account {OTHER}, and the config says account: {account}" in folder.stderr

"""The environments of the local AWS: what its server starts in, and what its clients see.

Neither lets anything through that could lead to a real account: no variable, profile, configuration file,
proxy or endpoint of the person who runs it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A 12-digit access key is the root of that account. MiniStack takes any secret for it (and verifies the
# signatures of credentials that it issued itself).
ROOT_SECRET = "test"
_STRAY_PREFIXES = ("AWS_", "CDK_", "JSII_", "NODE_", "BOTO", "LOCAL_AWS_", "LOCALSTACK_", "MINISTACK_")
_STRAYS = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "GATEWAY_PORT", "EDGE_PORT"}
_NODE_MAJORS = ",".join(str(major) for major in range(18, 40))


def without_strays(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without anything that steers an AWS client, the CDK or an interpreter."""
    return {
        name: value
        for name, value in environment.items()
        if not name.upper().startswith(_STRAY_PREFIXES) and not name.upper().endswith("_PROXY") and name not in _STRAYS
    }


def client_environment(
    url: str, directory: Path, *, account: str, region: str, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the whole environment for a client of the local AWS.

    Args:
        url: the server's address.
        directory: where private files of clients may lie.
        base: what to start from (default: this process's environment); strays in it are dropped.
    """
    home = directory / "clients"
    home.mkdir(parents=True, exist_ok=True)
    for name in ("config", "credentials"):
        (home / name).touch()
    return {**without_strays(os.environ if base is None else base), **_settings(url, home, account, region)}


def _settings(url: str, home: Path, account: str, region: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,  # boto3 reads this one, the CDK the other
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(home / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
        "CDK_HOME": str(home / "cdk"),  # the CLI caches account ids there
        "NO_PROXY": "127.0.0.1,localhost",
        "NODE_NO_WARNINGS": "1",
        # Lists of major versions: any other value silences nothing.
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": _NODE_MAJORS,
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": _NODE_MAJORS,
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": _NODE_MAJORS,
    }


def server_environment(directory: Path, port: int, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment for the server: Lambda functions inherit all of it.

    Args:
        directory: private to this server.
        settings: the add-on's own variables.
    """
    private = {name: directory / name for name in ("tmp", "state", "home")}
    for path in private.values():
        path.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(private["home"]),
        "TMPDIR": str(private["tmp"]),
        "STATE_DIR": str(private["state"]),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        # Not there: MiniStack leaves a container engine alone, also where one runs.
        "DOCKER_HOST": f"unix://{private['tmp']}/none.sock",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOG_LEVEL": "INFO",
        **settings,
    }

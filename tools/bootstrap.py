"""`make bootstrap CONFIG=…`: a CDK bootstrap for one contact center alone. docs/bootstrap.md

First a stack with policies and boundaries, then `cdk bootstrap`, which makes a role that has them. Both are
deployed with the caller's own rights; both may be run again at any time. Further arguments go to `cdk bootstrap`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from contact_center.config import Config
from contact_center.load import ConfigInvalid, load

ROOT = Path(__file__).resolve().parents[1]
CDK = (str(ROOT / "node_modules" / ".bin" / "cdk"), "--no-notices", "--no-version-reporting")


class BootstrapError(Exception):
    """Nothing more can be done; the message says why, and what to do."""


def main(arguments: list[str]) -> int:
    """Bootstrap; return the exit code.

    Args:
        arguments: the config file, perhaps ``--yes``, and what `cdk bootstrap` gets beside.
    """
    approval = "never" if "--yes" in arguments else "any-change"
    path, *more = [argument for argument in arguments if argument != "--yes"]
    try:
        config = _config(Path(path))
        account = _account(config)
        print(f"bootstrapping {config.name} in account {account}, {config.region}", flush=True)
        outputs = _deploy_policies(config, Path(path).resolve(), approval)
        _bootstrap(config, account, outputs, more)
    except BootstrapError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"bootstrapped: the stacks of {config.name} are deployed through cdk-{config.qualifier}-…")
    return 0


def _config(path: Path) -> Config:
    try:
        config = load(path).config
    except ConfigInvalid as invalid:
        text = "".join(f"\n{one.file}:{one.row or 1}: {one.message}" for one in invalid.problems)
        raise BootstrapError(f"the config cannot be used:{text}") from invalid
    if config.bootstrap is None:
        raise BootstrapError(
            f"{path} has no bootstrap, so its stacks are deployed through the one that all apps of the account share: "
            "npx cdk bootstrap makes that; for one of its own add bootstrap: {qualifier: …} (docs/bootstrap.md)"
        )
    return config


def _account(config: Config) -> str:
    """Return the account of the credentials, which must be the one that the config names."""
    try:
        account = boto3.client("sts", region_name=config.region).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise BootstrapError(f"the account is not known ({error}): sign in (AWS_PROFILE)") from error
    if config.account and account != config.account:
        raise BootstrapError(
            f"the credentials are of account {account}, and the config says account: {config.account}; "
            "sign in to that account (AWS_PROFILE)"
        )
    return account


def _deploy_policies(config: Config, path: Path, approval: str) -> dict[str, str]:
    """Deploy the stack with the policies; return its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder) / "outputs.json"
        app = ["--app", ".venv/bin/python -m stacks.bootstrap", "--output", f"{folder}/cdk.out"]
        _run(
            "deploy",
            *app,
            "-c",
            f"config={path}",
            "--outputs-file",
            str(outputs),
            "--require-approval",
            approval,
            folder=ROOT,
        )
        found: dict[str, dict[str, str]] = json.loads(outputs.read_text())
    return found[config.bootstrap_stack_name]


def _bootstrap(config: Config, account: str, outputs: dict[str, str], more: list[str]) -> None:
    ours = config.bootstrap and not config.bootstrap.permissions_boundary
    flags = [
        *("--qualifier", config.qualifier, "--toolkit-stack-name", f"CDKToolkit-{config.qualifier}"),
        *("--cloudformation-execution-policies", outputs["ExecutionPolicies"]),
        *("--custom-permissions-boundary", outputs["DeploymentBoundary"]),
        # A boundary of the organization is for all roles, ours for the one that CloudFormation takes.
        f"--apply-permissions-boundary-to-all-roles={'false' if ours else 'true'}",
        *("--bootstrap-customer-key", "--termination-protection"),
        *(part for key, value in config.tags.items() for part in ("--tags", f"{key}={value}")),
    ]
    # From a folder without cdk.json: else the app of the stacks would be synthesized first.
    with tempfile.TemporaryDirectory() as folder:
        _run("bootstrap", f"aws://{account}/{config.region}", *flags, *more, folder=Path(folder))


def _run(*command: str, folder: Path) -> None:
    if subprocess.run([*CDK, *command], cwd=folder, check=False).returncode:
        raise BootstrapError(f"cdk {command[0]} failed: what it printed above says why; it may be run again")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

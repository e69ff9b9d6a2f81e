"""What the pipelines' files say is run, as it stands there, by the roles that run it there."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import aws_cdk as cdk
import pytest

from contact_center.delivery import CodePipeline
from contact_center.load import load
from local_aws.cdk import Cdk
from local_aws.environment import ROOT
from local_aws.example import ExampleCopy
from stacks.code_pipeline import CodePipelineStack
from tests.end_to_end.assembly import Assembly
from tests.end_to_end.delivering import Delivering, delivering
from tests.end_to_end.product import Product
from tests.infra.conftest import VARIANTS
from tests.unit.delivery.workflows import read

pytestmark = [pytest.mark.local_aws, pytest.mark.full, pytest.mark.xdist_group("deployment")]

CONFIG = "config/acmeservice/contact-center.yaml"
FOUNDATION = {"instance", "storage"}


@pytest.fixture
def account(own_cdk: tuple[Product, Cdk, Assembly], example: ExampleCopy, tmp_path: Path) -> Iterator[Delivering]:
    with delivering(tmp_path / "account", own_cdk[2], example) as found:
        yield found


@pytest.fixture
def checkout(tmp_path: Path, account: Delivering) -> Path:
    """This checkout, with a config and results of its own; the config has the section `delivery`."""
    folder = tmp_path / "checkout"
    (folder / "config").mkdir(parents=True)
    (folder / "build").mkdir()
    for path in ROOT.iterdir():
        if path.name not in ("build", "config", "cdk.out"):
            (folder / path.name).symlink_to(path)
    for path in (ROOT / "build").glob("layer*"):
        (folder / "build" / path.name).symlink_to(path)
    shutil.copytree(account.config.parent, folder / "config" / "acmeservice")
    (account.config.parent / "with-delivery.yaml").rename(folder / CONFIG)
    return folder


def shell(checkout: Path, account: Delivering, role: str, commands: Sequence[str], more: Mapping[str, str]) -> str:
    """Run commands in one shell that stops at the first that fails, as CodeBuild and GitHub do."""
    environment = {**account.product.aws.environment(), **account.role(role), "CONFIG": CONFIG, **more}
    ended = subprocess.run(
        ["/bin/sh", "-ec", "\n".join(commands)],
        cwd=checkout,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_code_pipeline(account: Delivering, checkout: Path, tmp_path: Path) -> None:
    settings = CodePipeline.model_validate(VARIANTS["delivered"]["delivery"]["code_pipeline"])
    app = cdk.App(outdir=str(tmp_path / "out"), analytics_reporting=False)
    stack = CodePipelineStack(app, config=load(account.config).config, settings=settings)
    template = app.synth().get_stack_by_name(stack.stack_name).template
    commands = {}
    for one in template["Resources"].values():
        if one["Type"] == "AWS::CodeBuild::Project":
            phases = json.loads(one["Properties"]["Source"]["BuildSpec"])["phases"]
            commands[one["Properties"]["Name"].rpartition("-")[2]] = phases["build"]["commands"]
    told = shell(checkout, account, "preparer", [*commands["preparer"], 'echo "exported:$delivery_digest"'], {})
    given = {
        "APPROVED": told.rpartition("exported:")[2].strip(),
        "CODEBUILD_SRC_DIR_Delivery": str(checkout / "build" / "delivery"),
    }
    shell(checkout, account, "deployer", commands["deployer"], given)
    assert account.product.statuses().keys() == FOUNDATION
    # What is left is drift, until another delivery brings it: there is nothing to compare users with.
    shell(checkout, account, "reader", commands["reader"], {})


def test_github(account: Delivering, checkout: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    shell(
        checkout,
        account,
        "reviewer",
        read("pull-request.yml").commands("review"),
        {"GITHUB_STEP_SUMMARY": str(summary)},
    )
    assert (checkout / "build" / "review" / "review.html").exists()
    assert summary.read_text() == (checkout / "build" / "review" / "review.md").read_text()
    outputs = tmp_path / "outputs"
    deliver = read("deliver.yml")
    given = {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
    shell(checkout, account, "preparer", deliver.commands("prepare"), given)
    (line,) = outputs.read_text().splitlines()
    digest = line.removeprefix("delivery_digest=")
    (take,) = (step for step in deliver.jobs["execute"]["steps"] if "actions/download-artifact" in step.get("uses", ""))
    # An artifact of several paths begins where they part: at the top of the checkout.
    shutil.move(checkout / "build" / "delivery", checkout / take["with"]["path"] / "build" / "delivery")
    given = {**deliver.jobs["execute"]["steps"][-1]["env"], "APPROVED": digest}
    shell(checkout, account, "deployer", deliver.commands("execute"), given)
    assert account.product.statuses().keys() == FOUNDATION
    shell(checkout, account, "reader", read("nightly.yml").commands("drift"), {})

"""``connect-sso review`` against what the CDK deployed; its two grants suffice, and it writes to no other account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from connect_sso.main import main
from local_aws.cdk import Cdk, CdkFailedError
from local_aws.example import ExampleCopy
from tests.end_to_end.assembly import Assembly, Json
from tests.end_to_end.product import Product, running

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("deployment")]

OTHER_ACCOUNT = "999988887777"
GRANTS = ("cloudformation:DescribeStacks", "cloudformation:GetTemplate")
DEPLOYED = ("acmeservice-instance", "acmeservice-sign-on", "acmeservice-storage")


@dataclass(frozen=True)
class Deployed:
    """Three of the stacks by ``cdk deploy``, and what they were deployed from; the users stack is not there yet."""

    product: Product
    cdk: Cdk
    config: Path
    out: Path

    def review(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, **keys: str
    ) -> tuple[int, Json]:
        """Run as whoever has the keys; return the exit code and the document."""
        with monkeypatch.context() as patch:
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
                patch.delenv(name, raising=False)
            for name, value in {**self.product.aws.environment(), **keys}.items():
                patch.setenv(name, value)
            patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the keys that it found first
            capsys.readouterr()
            code = main(["review", str(self.config), "--assembly", str(self.out), "--json"])
        document: Json = json.loads(capsys.readouterr().out)
        return code, document


@pytest.fixture(scope="module")
def deployed(
    own_cdk: tuple[Product, Cdk, Assembly], example: ExampleCopy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("review")
    with running(folder) as product:
        cdk = Cdk(environment=product.aws.environment(), log=folder / "cdk.log", timeout=240)
        cdk.bootstrap(product.aws.account, product.aws.region)
        cdk.deploy(app=own_cdk[2].out, stacks=DEPLOYED)
        yield Deployed(product, cdk, example.config, own_cdk[2].out)


def test_what_was_deployed_is_nothing_to_decide(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, document = deployed.review(capsys, monkeypatch)
    assert code == 2
    changed = [one for one in document["changes"] if one["stack"] != "acmeservice-users"]
    assert changed == []
    assert {one["name"]: (one["change"], one["settings"], one["unprotected"]) for one in document["stacks"]} == {
        **{name: ("kept", [], False) for name in DEPLOYED},
        "acmeservice-users": ("new", [], False),
    }
    assert {one["code"] for one in document["findings"]} == {"no_plan", "role_new", "stack_new"}
    assert document["account"] == deployed.product.aws.account
    assert document["against"] == f"what is deployed in account {deployed.product.aws.account}, us-west-2"


@pytest.fixture
def reader(deployed: Deployed, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Keys of a role that may do what the test says."""
    account = deployed.product.aws.account
    iam: Any = deployed.product.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account}}
    iam.create_role(RoleName="reviewer", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    stacks = f"arn:aws:cloudformation:us-west-2:{account}:stack/acmeservice-*"
    document = {"Statement": [{"Effect": "Allow", "Action": list(request.param), "Resource": stacks}]}
    iam.put_role_policy(RoleName="reviewer", PolicyName="read", PolicyDocument=json.dumps(document))
    session = deployed.product.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/reviewer", RoleSessionName="casey.krug@acme.example"
    )
    keys = session["Credentials"]
    yield {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    iam.delete_role_policy(RoleName="reviewer", PolicyName="read")
    iam.delete_role(RoleName="reviewer")


@pytest.mark.parametrize("reader", [GRANTS], indirect=True)
def test_the_two_grants_suffice(
    deployed: Deployed,
    reader: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert deployed.review(capsys, monkeypatch, **reader)[0] == 2


@pytest.mark.parametrize(("reader", "missing"), [(GRANTS[1:], GRANTS[0]), (GRANTS[:1], GRANTS[1])], indirect=["reader"])
def test_without_one_of_them_it_says_which(
    deployed: Deployed,
    reader: dict[str, str],
    missing: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, document = deployed.review(capsys, monkeypatch, **reader)
    (problem,) = (one for one in document["problems"] if one["severity"] == "error")
    assert (code, problem["code"]) == (1, "grant_missing")
    assert f"there is no grant for {missing} on stack acmeservice-" in problem["message"]
    assert "casey" not in problem["message"]


@pytest.fixture(scope="module")
def elsewhere(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The example with another account: its config, and what it synthesizes to."""
    folder = tmp_path_factory.mktemp("elsewhere")
    copy = ExampleCopy.make(folder / "acmeservice")
    document = yaml.safe_load(copy.config.read_text())
    copy.config.write_text(yaml.safe_dump({**document, "account": OTHER_ACCOUNT}))
    deployed.cdk.synth(folder / "cdk.out", "-c", f"config={copy.config}")
    return copy.config, folder / "cdk.out"


class TestAccount:
    """A config that names an account never deploys to another, whatever credentials there are."""

    def test_every_stack_is_bound_to_it(self, elsewhere: tuple[Path, Path]) -> None:
        artifacts = json.loads((elsewhere[1] / "manifest.json").read_text())["artifacts"].values()
        environments = {one["environment"] for one in artifacts if one["type"] == "aws:cloudformation:stack"}
        assert environments == {f"aws://{OTHER_ACCOUNT}/us-west-2"}

    def test_cdk_deploy_refuses_and_writes_nothing(self, deployed: Deployed, elsewhere: tuple[Path, Path]) -> None:
        cloudformation = deployed.product.client("cloudformation")
        before = {one["StackName"]: one["StackStatus"] for one in cloudformation.describe_stacks()["Stacks"]}
        with pytest.raises(CdkFailedError) as refused:
            deployed.cdk.deploy(app=elsewhere[1])
        assert OTHER_ACCOUNT in refused.value.output
        assert f"current credentials (which are for account {deployed.product.aws.account})" in refused.value.output
        after = {one["StackName"]: one["StackStatus"] for one in cloudformation.describe_stacks()["Stacks"]}
        assert after == before

    def test_review_refuses_to_compare_with_it(
        self,
        deployed: Deployed,
        elsewhere: tuple[Path, Path],
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        there = Deployed(deployed.product, deployed.cdk, *elsewhere)
        code, document = there.review(capsys, monkeypatch)
        (problem,) = (one for one in document["problems"] if one["severity"] == "error")
        assert (code, problem["code"]) == (1, "wrong_account")
        assert f"the config says account: {OTHER_ACCOUNT}" in problem["message"]

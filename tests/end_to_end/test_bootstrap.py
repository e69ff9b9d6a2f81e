"""`make bootstrap` for one contact center alone, a deployment through it, and neither into another account.

The local AWS evaluates neither CloudFormation's own role nor boundaries: tests/infra has both.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
import yaml

from local_aws.cdk import Cdk, CdkFailedError
from local_aws.environment import ROOT, client_environment
from local_aws.example import ExampleCopy
from local_aws.sign_in import admissions
from tests.end_to_end.assembly import STACKS
from tests.end_to_end.product import ADMIN, Product, running

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("demo")]

ROLES = "cdk-acmesvc-{}-role-111122223333-us-west-2"
ROOMS = ("compute", "identity", "instance", "storage", "watch")
OTHER = "444455556666"


def bootstrap(environment: dict[str, str], config: Path) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/env", "make", "--no-print-directory", "bootstrap", f"CONFIG={config}", "YES=1"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False)


@dataclass(frozen=True)
class Deployed:
    """What was made, and what with."""

    product: Product
    copy: ExampleCopy
    cdk: Cdk
    out: Path


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("bootstrap")
    copy = ExampleCopy.make(folder / "acmeservice")
    config = yaml.safe_load(copy.config.read_text())
    own = {"account": "111122223333", "bootstrap": {"qualifier": "acmesvc"}}
    config["users"]["requests_per_second"] = 100
    copy.config.write_text(yaml.safe_dump({**config, **own}))
    with running(folder) as product, ThreadPoolExecutor(2) as pool:
        cdk = Cdk(environment=product.aws.environment(), log=folder / "cdk.log", timeout=240)
        synth = pool.submit(cdk.synth, folder / "cdk.out", "-c", f"config={copy.config}")
        ran = bootstrap(product.aws.environment(), copy.config)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        synth.result()
        cdk.deploy(app=folder / "cdk.out")
        yield Deployed(product, copy, cdk, folder / "cdk.out")


def test_cloudformations_role_has_the_execution_policies_and_nothing_else(deployed: Deployed) -> None:
    iam, role = deployed.product.client("iam"), ROLES.format("cfn-exec")
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert sorted(one["PolicyName"] for one in attached) == [f"acmeservice-execution-{room}" for room in ROOMS]
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def test_the_bootstrap_is_bounded_protected_and_has_a_key_of_its_own(deployed: Deployed) -> None:
    described = deployed.product.client("cloudformation").describe_stacks()["Stacks"]
    stacks = {stack["StackName"]: stack for stack in described}
    for name in ("acmeservice-bootstrap", "CDKToolkit-acmesvc"):
        assert stacks[name]["EnableTerminationProtection"] is True
    given = {one["ParameterKey"]: one["ParameterValue"] for one in stacks["CDKToolkit-acmesvc"]["Parameters"]}
    assert given["InputPermissionsBoundary"] == "acmeservice-deployment-boundary"
    assert given["ApplyPermissionsBoundaryToAllRoles"] == "false"
    assert given["FileAssetsBucketKmsKeyId"] == ""  # the template then makes one
    aliases = deployed.product.client("kms").list_aliases()["Aliases"]
    assert "alias/cdk-acmesvc-assets-key" in [alias["AliasName"] for alias in aliases]
    assert "CDKToolkit" not in stacks


def test_the_stacks_are_deployed_through_it_and_people_get_in(deployed: Deployed) -> None:
    product = deployed.product
    assert set(product.statuses().values()) == {"CREATE_COMPLETE"}
    # The local AWS does not record with which role a stack was deployed; the assets lie where they came through.
    staged = product.client("s3").list_objects_v2(Bucket="cdk-acmesvc-assets-111122223333-us-west-2")["Contents"]
    assert len(staged) > len(STACKS)
    assert not [one for one in product.client("s3").list_buckets()["Buckets"] if "hnb659fds" in one["Name"]]
    assert len(product.users()) == 20
    assert [proof.result()[0] for proof in admissions(product.door(), deployed.copy.provider, [ADMIN])] == [True]


def test_neither_bootstrap_nor_deployment_goes_to_another_account(deployed: Deployed, tmp_path: Path) -> None:
    aws = deployed.product.aws
    elsewhere = client_environment(aws.url, tmp_path, account=OTHER, region=aws.region)
    ran = bootstrap(elsewhere, deployed.copy.config)
    assert ran.returncode != 0
    assert f"the credentials are of account {OTHER}, and the config says account: 111122223333" in ran.stderr
    before = deployed.product.statuses()
    with pytest.raises(CdkFailedError) as refused:
        Cdk(environment=elsewhere, timeout=120).deploy(app=deployed.out)
    assert "111122223333" in refused.value.output
    client = boto3.client(
        "cloudformation",
        endpoint_url=aws.url,
        region_name=aws.region,
        aws_access_key_id=OTHER,
        aws_secret_access_key="test",
    )
    assert client.describe_stacks()["Stacks"] == []
    assert deployed.product.statuses() == before


def test_a_config_without_a_bootstrap_is_told_what_to_add(deployed: Deployed, tmp_path: Path) -> None:
    config = ExampleCopy.make(tmp_path / "acmeservice").config
    ran = bootstrap(deployed.product.aws.environment(), config)
    assert ran.returncode != 0
    assert "has no bootstrap" in ran.stderr
    assert "bootstrap: {qualifier: …}" in ran.stderr

"""What is kept when a stack goes, and that a first deployment that fails leaves nothing in the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.assembly import STACKS, Assembly, Json
from tests.end_to_end.product import NOTHING_DONE, Product, running

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("grants")]


@pytest.fixture
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("retained")) as product:
        yield product


def failing(template: Json) -> Json:
    """The stack with a resource that comes last and cannot be made."""
    properties = {"Name": "too-short", "SamlMetadataDocument": "<EntityDescriptor/>"}
    last = {"Type": "AWS::IAM::SAMLProvider", "Properties": properties, "DependsOn": sorted(template["Resources"])}
    return {**template, "Resources": {**template["Resources"], "Last": last}}


def kept(product: Product) -> dict[str, list[str]]:
    """What must outlive its stack, by name."""
    connect, iam = product.client("connect"), product.client("iam")
    buckets = [bucket["Name"] for bucket in product.client("s3").list_buckets()["Buckets"]]
    return {
        "instances": [one["InstanceAlias"] for one in connect.list_instances()["InstanceSummaryList"]],
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].endswith("-SAMLRole")],
        "providers": [one["Arn"].rpartition("/")[2] for one in iam.list_saml_providers()["SAMLProviderList"]],
        "buckets": sorted(name.split("-storage")[-1] for name in buckets if name.startswith("acmeservice-")),
    }


def test_a_first_deployment_that_fails_leaves_nothing_that_blocks_the_next(
    product: Product, assembly: Assembly
) -> None:
    assembly.publish(product.aws)
    for name in STACKS:
        before, stack = kept(product), product.stacks[name]
        assert stack.put_template(failing(assembly.template(name))) == "ROLLBACK_COMPLETE"
        assert "1000 to 10000000 characters" in product.last_failure(name)
        assert kept(product) == before
        stack.api.delete_stack(StackName=stack.name)  # as the CDK's command line does with it
        assert product.put(assembly, name) == "CREATE_COMPLETE"
    # The users were made before the users stack failed; the next deployment finds them as they should be.
    assert len(product.users()) == 20
    outputs = product.outputs("users")
    assert {key: outputs[key] for key in NOTHING_DONE} == {**NOTHING_DONE, "Unchanged": "20"}


def test_deleting_the_stacks_touches_no_user_and_keeps_what_others_rely_on(
    product: Product, assembly: Assembly
) -> None:
    product.put_all(assembly)
    instance_id = product.instance_id
    users, there = product.users(), kept(product)
    assert {len(there[kind]) for kind in ("instances", "roles", "providers")} == {1}
    assert len(there["buckets"]) == 3
    report = product.outputs("users")["Report"].removeprefix("s3://").split("/", 1)
    stacks = product.stacks
    for name in reversed(STACKS):
        stacks[name].api.delete_stack(StackName=stacks[name].name)
        assert product.gone(name)
        if name == "users":
            assert product.users() == users
    assert kept(product) == there
    connect = product.client("connect")
    assert len(connect.list_users(InstanceId=instance_id)["UserSummaryList"]) == 20
    assert product.client("s3").get_object(Bucket=report[0], Key=report[1])["ContentLength"] > 0

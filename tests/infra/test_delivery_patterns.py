"""What the pipelines' roles name before it is there is what is there afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from constructs_lib.delivery_grants import Delivered, DeliveryGrants
from constructs_lib.drift_grants import READS, UNREAD
from constructs_lib.sync_grants import UserWrites
from contact_center.iam_policy import matches
from contact_center.review.assembly import read_assembly
from tests.infra.conftest import EXISTING_INSTANCE, VARIANTS
from tests.infra.delivery_roles import ACCOUNT, OWN, REGION, may, plain, statements
from tests.infra.synthesis import Synthesized, config_with, synthesize

Variant = Callable[[str], Synthesized]


@pytest.fixture(scope="module")
def delivered(variant: Variant) -> Synthesized:
    return variant("delivered")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Synthesized:
    """The longest name that a contact center can have, with capitals."""
    folder = tmp_path_factory.mktemp("long")
    path = config_with(folder / "config", {**VARIANTS["delivered"], "name": "AcmeServiceCenterAbc"})
    return synthesize(path, folder / "cdk.out", code)


def test_buckets(delivered: Synthesized, long: Synthesized) -> None:
    for synthesized, name in ((delivered, "acmeservice"), (long, "AcmeServiceCenterAbc")):
        side = read_assembly(synthesized.out, "")
        buckets = [one.id for one in side.of_type("AWS::S3::Bucket") if one.stack.endswith("storage")]
        template = json.dumps(plain(side.stacks[f"{name}-delivery"].template))
        patterns = set(re.findall(r'"arn:aws:s3:::([a-z]+[^"/]*-storage[a-z]+\*)', template))
        # CloudFormation cuts a stack's name to 24 letters where a name would be too long.
        for stack in (f"{name}-storage", f"{name}-storage"[:24]):
            generated = {f"{stack}-{id_}-1a2b3c4d5e6f".lower() for id_ in buckets}
            reached = {one for one in generated if any(matches(pattern, one) for pattern in patterns)}
            assert {one.split("-storage")[-1][:7] for one in reached} == {"reports", "exports"}
            assert len(reached) == 2, "the bucket of access logs is nobody's business"


def test_every_type_in_the_stacks_has_what_it_takes_to_find_its_drift(variant: Variant) -> None:
    for name in VARIANTS:
        for stack in OWN:
            if stack in variant(name).stacks:
                types = {one["Type"] for one in variant(name).template(stack)["Resources"].values()}
                assert types <= READS.keys() | UNREAD


def test_each_reading_action_is_granted_somewhere(delivered: Synthesized) -> None:
    granted = {action for one in statements(delivered, "reader") for action in one.actions}
    assert {action for actions in READS.values() for action in actions} <= granted


def test_an_existing_instance_and_exports_in_s3_are_named_to_the_letter(variant: Variant) -> None:
    existing = variant("delivered-existing")
    connect = {
        resource
        for role in ("preparer", "reader")
        for one in statements(existing, role)
        if one.actions[0].startswith("connect:")
        for resource in one.resources
    }
    assert all(resource.startswith(EXISTING_INSTANCE) for resource in connect)
    for role in ("preparer", "reader", "deployer"):
        pinned, newest = "arn:aws:s3:::acme-exports/users/2026-11.csv", "arn:aws:s3:::acme-exports/sets.csv"
        assert may(existing, role, "s3:GetObjectVersion", pinned)
        assert may(existing, role, "s3:GetObject", newest)
        assert not may(existing, role, "s3:GetObject", "arn:aws:s3:::acme-exports/other.csv")
        upload = "arn:aws:s3:::acmeservice-storage-storageexports1a2b3c4d-x/upload/users.csv"
        assert may(existing, role, "s3:GetObjectVersion", upload)


def test_another_bootstrap_is_another_name() -> None:
    stack = cdk.Stack(cdk.App(), "x", env=cdk.Environment(account=ACCOUNT, region=REGION))
    what = Delivered("acmesvc", ["a"], [], "a-storage", None, UserWrites({"owner": "us"}), {})
    text = str(DeliveryGrants(stack, what).prepare())
    assert "cdk-acmesvc-cfn-exec-role" in text
    assert "/cdk-bootstrap/acmesvc/version" in text
    assert "hnb659fds" not in text

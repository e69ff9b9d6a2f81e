"""IAM evaluation of Connect's operations: each resource, dependent actions, tags, conditions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.server import LocalAws, Options
from tests.end_to_end.direct import SignOn, client

pytestmark = pytest.mark.local_aws


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), options=Options(throttle=None)) as running:
        yield running


@pytest.fixture(scope="module")
def sign_on(aws: LocalAws) -> SignOn:
    return SignOn(aws)


class Sync:
    """A role like the sync's, whose policy a test takes grants from."""

    def __init__(self, sign_on: SignOn) -> None:
        self.sign_on = sign_on
        self.iam = client(sign_on.aws, "iam")
        root = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}
        self.iam.create_role(RoleName="sync", AssumeRolePolicyDocument=json.dumps({"Statement": [root]}))

    def connect(self, *statements: dict[str, Any]) -> Any:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **s} for s in statements]}
        self.iam.put_role_policy(RoleName="sync", PolicyName="p", PolicyDocument=json.dumps(document))
        keys = client(self.sign_on.aws, "sts").assume_role(
            RoleArn="arn:aws:iam::111122223333:role/sync", RoleSessionName="sync"
        )["Credentials"]
        return client(self.sign_on.aws, "connect", keys)


@pytest.fixture(scope="module")
def sync(sign_on: SignOn) -> Sync:
    return Sync(sign_on)


def test_every_resource_of_an_operation_needs_a_grant(sync: Sync) -> None:
    arn = f"arn:aws:connect:us-west-2:111122223333:instance/{sync.sign_on.instance_id}"
    kinds = ("agent", "routing-profile", "security-profile")
    for missing in kinds:
        resources = [f"{arn}/{kind}/*" for kind in kinds if kind != missing]
        connect = sync.connect({"Action": "connect:CreateUser", "Resource": resources})
        with pytest.raises(ClientError, match=f"connect:CreateUser on resource: {arn}/{missing}/"):
            connect.create_user(Username="new", **sync.sign_on.parameters)
    connect = sync.connect({"Action": "connect:CreateUser", "Resource": [f"{arn}/{kind}/*" for kind in kinds]})
    made = connect.create_user(Username="new", **sync.sign_on.parameters)
    sync.sign_on.connect.delete_user(InstanceId=sync.sign_on.instance_id, UserId=made["UserId"])


def test_dependent_actions_need_grants(sync: Sync) -> None:
    actions = ["connect:SearchUsers", "connect:DescribeUser", "connect:ListUserProficiencies"]
    for missing in actions:
        connect = sync.connect({"Action": [a for a in actions if a != missing], "Resource": "*"})
        with pytest.raises(ClientError, match=f"not authorized to perform: {missing}"):
            connect.search_users(InstanceId=sync.sign_on.instance_id)
    assert sync.connect({"Action": actions, "Resource": "*"}).search_users(InstanceId=sync.sign_on.instance_id)


def test_tags_bind_writes_to_what_is_ours(sync: Sync) -> None:
    instance_id, admin = sync.sign_on.instance_id, sync.sign_on.connect
    tag = {"StringEquals": {"aws:RequestTag/owner": "acme"}}
    bound = {"StringEquals": {"aws:ResourceTag/owner": "acme"}, "Null": {"aws:ResourceTag/owner": "false"}}
    connect = sync.connect(
        {"Action": "connect:CreateUser", "Resource": "*", "Condition": tag},
        {"Action": "connect:DeleteUser", "Resource": "*", "Condition": bound},
        {"Action": "connect:TagResource", "Resource": "*", "Condition": tag},
    )
    parameters = sync.sign_on.parameters
    for tags in ({}, {"Tags": {"owner": "other"}}, {"Tags": {"Owner2": "acme"}}):
        with pytest.raises(ClientError, match="AccessDenied"):
            connect.create_user(Username="ours", **parameters, **tags)
    ours = connect.create_user(Username="ours", **parameters, Tags={"owner": "acme"})
    theirs = admin.create_user(Username="theirs", **parameters, Tags={"owner": "other"})
    with pytest.raises(ClientError, match="AccessDenied"):
        connect.delete_user(InstanceId=instance_id, UserId=theirs["UserId"])
    with pytest.raises(ClientError, match="AccessDenied"):
        connect.tag_resource(resourceArn=theirs["UserArn"], tags={"owner": "mine"})
    connect.delete_user(InstanceId=instance_id, UserId=ours["UserId"])
    connect.tag_resource(resourceArn=theirs["UserArn"], tags={"owner": "acme"})
    connect.delete_user(InstanceId=instance_id, UserId=theirs["UserId"])


def test_an_instance_id_condition_and_an_explicit_deny_are_evaluated(sync: Sync) -> None:
    here = {"StringEquals": {"connect:InstanceId": sync.sign_on.instance_id}}
    other = {"StringEquals": {"connect:InstanceId": "another"}}
    allow = {"Action": "connect:ListUsers", "Resource": "*"}
    instance_id = sync.sign_on.instance_id
    assert sync.connect({**allow, "Condition": here}).list_users(InstanceId=instance_id)
    with pytest.raises(ClientError, match="no identity-based policy allows"):
        sync.connect({**allow, "Condition": other}).list_users(InstanceId=instance_id)
    with pytest.raises(ClientError, match="explicit deny"):
        sync.connect(allow, {**allow, "Effect": "Deny"}).list_users(InstanceId=instance_id)


def test_credentials_that_nobody_issued_are_refused(sign_on: SignOn) -> None:
    keys = sign_on.assume(sign_on.idp.respond(sign_on.claims))["Credentials"]
    for wrong in (
        {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"},
        {**keys, "SecretAccessKey": "wrong"},
        {**keys, "SessionToken": "wrong"},
    ):
        with pytest.raises(ClientError, match=r"security token|signature"):
            client(sign_on.aws, "connect", wrong).get_federation_token(InstanceId=sign_on.instance_id)


def test_quotas_tell_what_the_emulator_keeps_to(aws: LocalAws) -> None:
    quotas = client(aws, "service-quotas")
    assert quotas.get_service_quota(ServiceCode="connect", QuotaCode="L-9A46857E")["Quota"]["Value"] == 500
    listed = quotas.list_service_quotas(ServiceCode="connect")["Quotas"]
    assert [quota["QuotaName"] for quota in listed] == ["Users per instance"]

"""A delivery works with exactly the grants of its roles; each that is taken away is missed, and is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.cdk import Cdk
from local_aws.example import ExampleCopy
from tests.end_to_end.assembly import Assembly
from tests.end_to_end.delivering import PLACES, Delivering, Keys, delivering
from tests.end_to_end.product import Product
from tests.end_to_end.test_grants import pairs, without

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("deployment")]

OWN = ("acmeservice-instance", "acmeservice-sign-on", "acmeservice-storage", "acmeservice-users")


@pytest.fixture(scope="module")
def first(
    own_cdk: tuple[Product, Cdk, Assembly], example: ExampleCopy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Delivering]:
    """An account in which everything was delivered by the roles, round after round."""
    with delivering(tmp_path_factory.mktemp("delivering"), own_cdk[2], example) as found:
        # Before the last round somebody writes another description, which is no change: users do not wait for it.
        for text in ("", "", "described"):
            assembly = found.described(text) if text else None
            code, document, out = found.prepare(found.role("preparer"), assembly)
            assert code == 2, document
            code, document = found.execute(found.role("deployer"), out, document["approve"])
            assert code == 0, document
        yield found


def test_with_exactly_their_grants_the_roles_deliver_everything(first: Delivering) -> None:
    statuses = first.product.statuses()
    assert {f"acmeservice-{name}" for name, status in statuses.items() if status.endswith("_COMPLETE")} == set(OWN)
    assert len(first.product.users()) == 20
    code, document = first.run(first.role("reader"), "deliver", "drift", first.config)
    assert (code, document["problems"]) == (0, []), document
    code, document = first.run(first.role("reviewer"), "review", first.config, "--assembly", first.assembly.out)
    assert code == 0, document


class TestTrust:
    @pytest.mark.parametrize("role", sorted(PLACES))
    def test_a_role_is_for_its_own_place_alone(self, first: Delivering, role: str) -> None:
        elsewhere = {*PLACES.values(), "repo:other/contact-center:environment:production"} - {PLACES[role]}
        others = {*elsewhere, f"{PLACES[role]}x", PLACES[role].upper(), f"x{PLACES[role]}"}
        for token in (*map(first.token, sorted(others)), first.token(PLACES[role], audience="other")):
            with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
                first.take(role, token)
        assert first.take(role, first.token(PLACES[role]))


@pytest.fixture(scope="module")
def prepared(first: Delivering) -> str:
    """The ARN of a change set that could be executed."""
    code, document, _ = first.prepare(first.role("preparer"), first.renamed("Prepared"))
    assert code == 2, document
    (stack,) = document["delivery"]["stacks"]
    return str(stack["change_set"])


class TestNobodyDoesTheOthersWork:
    @pytest.mark.parametrize("role", ["preparer", "reader", "reviewer"])
    def test_only_the_deployer_executes(self, first: Delivering, prepared: str, role: str) -> None:
        api = first.client(first.role(role), "cloudformation")
        for call in (
            lambda: api.execute_change_set(ChangeSetName=prepared, StackName=OWN[3]),
            lambda: api.update_stack(StackName=OWN[3], UsePreviousTemplate=True, Capabilities=["CAPABILITY_NAMED_IAM"]),
            lambda: api.create_stack(StackName="acmeservice-users-2", TemplateBody="{}"),
            lambda: api.delete_stack(StackName=OWN[3]),
            lambda: api.update_termination_protection(StackName=OWN[2], EnableTerminationProtection=False),
        ):
            refused(call)

    @pytest.mark.parametrize("role", ["deployer", "reader", "reviewer"])
    def test_only_the_preparer_prepares(self, first: Delivering, prepared: str, role: str) -> None:
        api = first.client(first.role(role), "cloudformation")
        given = {"StackName": OWN[3], "UsePreviousTemplate": True}
        refused(lambda: api.create_change_set(ChangeSetName="x", **given))
        refused(lambda: api.delete_change_set(ChangeSetName=prepared, StackName=OWN[3]))
        bucket = first.product.outputs("storage")["ReportBucketName"]
        refused(lambda: first.client(first.role(role), "s3").put_object(Bucket=bucket, Key="plans/x.json", Body=b"{}"))
        sts, account = first.client(first.role(role), "sts"), first.product.aws.account
        for kind in ("file-publishing", "deploy", "cfn-exec"):
            arn = f"arn:aws:iam::{account}:role/cdk-hnb659fds-{kind}-role-{account}-us-west-2"
            refused(lambda arn=arn: sts.assume_role(RoleArn=arn, RoleSessionName="job"))

    @pytest.mark.parametrize("role", sorted(PLACES))
    def test_nobody_touches_the_delivery_stack_or_a_user(self, first: Delivering, role: str) -> None:
        api, name = first.client(first.role(role), "cloudformation"), "acmeservice-delivery"
        refused(lambda: api.create_change_set(StackName=name, ChangeSetName="x", UsePreviousTemplate=True))
        refused(lambda: api.execute_change_set(StackName=name, ChangeSetName="x"))
        connect, user = first.client(first.role(role), "connect"), next(iter(first.product.users().values()))["Id"]
        refused(lambda: connect.delete_user(InstanceId=first.product.instance_id, UserId=user))
        if role in ("reviewer", "deployer"):
            refused(lambda: connect.search_users(InstanceId=first.product.instance_id))

    def test_the_preparer_takes_no_role_but_the_one_that_publishes(self, first: Delivering) -> None:
        sts, account = first.client(first.role("preparer"), "sts"), first.product.aws.account
        for kind in ("deploy", "cfn-exec", "lookup", "image-publishing"):
            arn = f"arn:aws:iam::{account}:role/cdk-hnb659fds-{kind}-role-{account}-us-west-2"
            refused(lambda arn=arn: sts.assume_role(RoleArn=arn, RoleSessionName="job"))


def refused(call: Callable[[], Any]) -> None:
    with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
        call()


# What the local AWS does not evaluate: passing a role, what CloudFormation reads with the caller's rights (templates,
# and for drift each resource), and S3's use of a key. tests/infra looks at these on the template.
NOT_EVALUATED = {
    *("PassExecutionRole", "ReadTemplates", "UseKey", "UseKeyToKeep"),
    *("ReadCloudwatch", "ReadConnect", "ReadEvents", "ReadIam", "ReadKms", "ReadLambda", "ReadLogs", "ReadS3"),
    *("ReadSns", "ReadStates", "ReadWhatHasNoName"),
}
# The example's export is a file.
NOT_USED = {"ReadUploads"}


@dataclass(frozen=True)
class Work:
    """What a role does, so that it uses what it was granted.

    Attributes:
        role: of the pipeline.
        does: the verb, as whoever has the keys; returns whether it went as it should, and all that it said.
        only: the actions that it is about; else all that the role has.
        spared: statement and action that it can do without here.
        silent: actions that are missed, and named by nobody.
    """

    role: str
    does: Callable[[Delivering, Keys], tuple[bool, str]]
    only: frozenset[str] = frozenset()
    spared: frozenset[tuple[str, str]] = frozenset()
    silent: frozenset[str] = frozenset()


def prepares(first: Delivering, keys: Keys) -> tuple[bool, str]:
    first.no_change_sets()
    code, document, _ = first.prepare(keys, first.renamed(f"P{first.made}"))
    return code == 2, str(document)


def prepares_nothing(first: Delivering, keys: Keys) -> tuple[bool, str]:
    """Another description is another template and no change: the change set is empty, and is taken away again."""
    first.no_change_sets()
    code, document, _ = first.prepare(keys, first.described(f"D{first.made}"))
    return code == 0, str(document)


def executes(first: Delivering, keys: Keys) -> tuple[bool, str]:
    """Also the protection that somebody took off."""
    first.no_change_sets()
    api = first.product.client("cloudformation")
    api.update_termination_protection(StackName=OWN[2], EnableTerminationProtection=False)
    code, document, out = first.prepare({}, first.renamed(f"E{first.made}"))
    assert code == 2, document
    code, document = first.execute(keys, out, document["approve"])
    return code == 0, str(document)


def executes_what_is_stale(first: Delivering, keys: Keys) -> tuple[bool, str]:
    first.no_change_sets()
    code, document, out = first.prepare({}, first.renamed(f"S{first.made}"))
    assert code == 2, document
    undo = first.by_hand()
    code, document = first.execute(keys, out, document["approve"])
    undo()
    return code == 4 and document["failure"]["reason"].startswith("stale_plan"), str(document)


def compares(first: Delivering, keys: Keys) -> tuple[bool, str]:
    """With what was dropped: the same people as were delivered, and nobody is told."""
    events = first.product.client("events")
    (rule,) = (one["Name"] for one in events.list_rules()["Rules"] if "Object Created" in one.get("EventPattern", ""))
    events.disable_rule(Name=rule)
    bucket = first.product.outputs("storage")["ExportBucketName"]
    export = (first.config.parent / "users.csv").read_bytes()
    first.product.client("s3").put_object(Bucket=bucket, Key="drop/users.csv", Body=export)
    code, document = first.run(keys, "deliver", "drift", first.config)
    first.product.client("s3").delete_object(Bucket=bucket, Key="drop/users.csv")
    return code in (0, 2), str(document)


def reviews(first: Delivering, keys: Keys) -> tuple[bool, str]:
    assembly = first.renamed(f"R{first.made}")
    first.made += 1
    code, document = first.run(keys, "review", first.config, "--assembly", assembly.out)
    return code == 2, str(document)


# The example's rules name no group: tests/end_to_end/test_grants.py has one.
_GROUPS = {
    ("ReadInstance", "connect:SearchUserHierarchyGroups"),
    ("ReadGroups", "connect:DescribeUserHierarchyGroup"),
}
_PLANNING = frozenset(
    {
        *_GROUPS,
        ("ReadQuotas", "servicequotas:ListServiceQuotas"),  # a quota that is not known is not judged
        ("ReadBootstrapVersion", "ssm:GetParameters"),  # CloudFormation's, with the caller's rights
        ("PrepareChanges", "cloudformation:DeleteChangeSet"),  # "prepare nothing" does
    }
)
_EXECUTING = frozenset(
    {
        ("FindPlansAndRuns", "s3:ListBucket"),  # it then says that the end of the users' run is not known
        ("SeeStacks", "cloudformation:DescribeStackEvents"),  # "execute what is stale" does
    }
)
WORK = {
    "review": Work("reviewer", reviews),
    "prepare": Work("preparer", prepares, spared=_PLANNING, silent=frozenset({"sts:AssumeRole"})),
    "prepare nothing": Work("preparer", prepares_nothing, only=frozenset({"cloudformation:DeleteChangeSet"})),
    "execute": Work("deployer", executes, spared=_EXECUTING),
    "execute what is stale": Work(
        "deployer", executes_what_is_stale, only=frozenset({"cloudformation:DescribeStackEvents"})
    ),
    # AWS authorizes DetectStackDrift as both.
    "compare": Work(
        "reader", compares, spared=frozenset({*_GROUPS, ("DetectDrift", "cloudformation:DetectStackResourceDrift")})
    ),
}


def missed(first: Delivering, work: Work, only: frozenset[str]) -> tuple[set[tuple[str, str]], dict[str, str]]:
    """What is not missed when it is taken away; and what is missed and not named, with what was said instead."""
    statements, unmissed, unnamed = first.statements(work.role), set(), {}
    for sid, action in sorted(pairs(statements)):
        if sid in NOT_EVALUATED | NOT_USED or (only and action not in only):
            continue
        well, said = work.does(first, first.probe(without(statements, sid, action)))
        if well:
            unmissed.add((sid, action))
        elif action not in said:
            unnamed[action] = said
    return unmissed, unnamed


@pytest.mark.parametrize(
    ("what", "action"), [("prepare", "s3:PutObject"), ("execute", "cloudformation:ExecuteChangeSet")]
)
def test_a_grant_that_is_taken_away_is_missed_and_named(first: Delivering, what: str, action: str) -> None:
    assert missed(first, WORK[what], frozenset({action})) == (set(), {})


@pytest.mark.full
@pytest.mark.parametrize("what", WORK)
def test_each_grant_that_is_taken_away_is_missed_and_named(first: Delivering, what: str) -> None:
    work = WORK[what]
    well, said = work.does(first, first.probe(first.statements(work.role)))
    assert well, said
    unmissed, unnamed = missed(first, work, work.only)
    assert unnamed.keys() == work.silent, unnamed
    assert unmissed == work.spared


@pytest.mark.full
@pytest.mark.parametrize("what", ["prepare", "execute", "compare"])
def test_what_the_local_aws_does_not_evaluate_is_what_is_said(first: Delivering, what: str) -> None:
    """So that a grant is left out of the proof for no other reason."""
    work = WORK[what]
    evaluated = [one for one in first.statements(work.role) if one["Sid"] not in NOT_EVALUATED]
    well, said = work.does(first, first.probe(evaluated))
    assert well, said

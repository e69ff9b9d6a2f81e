"""Prepare, approve, execute, apply: what was approved happens, and nothing that was not."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from connect_sso.main import main
from local_aws.cdk import Cdk, CdkFailedError
from local_aws.example import ExampleCopy
from tests.end_to_end.assembly import Assembly, Json, write_rows
from tests.end_to_end.product import Product, running
from user_sync.stored import Store

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("deployment")]

FOUNDATION = ["acmeservice-instance", "acmeservice-storage"]


@dataclass(frozen=True)
class Approval:
    """What `prepare` printed and wrote."""

    code: int
    document: Json
    out: Path

    @property
    def file(self) -> Path:
        return self.out / "delivery.json"

    @property
    def stacks(self) -> list[str]:
        return [one["name"] for one in self.document["delivery"]["stacks"]]


@dataclass
class Deliveries:
    """A contact center's folder and a local AWS, and the verbs on them."""

    product: Product
    cdk: Cdk
    folder: Path
    assembly: Assembly
    made: int = 0
    rounds: list[tuple[Approval, int, Json]] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "acmeservice" / "contact-center.yaml"

    def run(self, *arguments: Any) -> tuple[int, Json]:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
                patch.delenv(name, raising=False)
            for name, value in self.product.aws.environment().items():
                patch.setenv(name, value)
            patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the keys that it found first
            written: list[str] = []
            patch.setattr("sys.stdout.writelines", written.extend)
            code = main(["deliver", *map(str, arguments), "--json"])
        document: Json = json.loads("".join(written))
        return code, document

    def prepare(self, assembly: Assembly, *arguments: str) -> Approval:
        self.made += 1
        out = self.folder / f"out-{self.made}"
        code, document = self.run("prepare", self.config, "--assembly", assembly.out, "--out", out, *arguments)
        return Approval(code, document, out)

    def execute(self, approval: Approval, approved: str | None = None) -> tuple[int, Json]:
        digest = approved or approval.document["approve"]
        return self.run("execute", self.config, "--delivery", approval.file, "--approved", digest)

    def renamed(self, name: str) -> Assembly:
        """The files with one person renamed, and what they synthesize to."""
        rows = [{**row, "LastName": name} if index == 1 else row for index, row in enumerate(self.assembly.rows())]
        self.export(write_rows(rows))
        return self.assembly.edited(self.folder / f"cdk-{name}", Export=write_rows(rows))

    @property
    def exported(self) -> bytes:
        return (self.config.parent / "users.csv").read_bytes()

    def change_sets(self) -> list[str]:
        api = self.product.client("cloudformation")
        names = [one["StackName"] for one in api.describe_stacks()["Stacks"]]
        return [one["ChangeSetId"] for name in names for one in api.list_change_sets(StackName=name)["Summaries"]]

    def export(self, data: bytes) -> None:
        (self.config.parent / "users.csv").write_bytes(data)

    def events(self) -> int:
        """How many events there are of any stack."""
        names = [one["StackName"] for one in self.product.client("cloudformation").describe_stacks()["Stacks"]]
        api = self.product.client("cloudformation")
        return sum(len(api.describe_stack_events(StackName=name)["StackEvents"]) for name in names)

    def change_set(self, stack: str, changes: Json) -> str:
        """Make a change set past the verbs: the deployed template with some sections changed."""
        api = self.product.client("cloudformation")
        template = dict(api.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"])
        resources = {**template["Resources"], "More": {"Type": "AWS::SNS::Topic"}}
        made = api.create_change_set(
            StackName=stack,
            ChangeSetName="another",
            TemplateBody=json.dumps({**template, **changes, "Resources": resources}),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return str(made["Id"])

    def forged(self, approval: Approval, **changes: Any) -> Approval:
        """A delivery whose only stack is another one's, and an approval of it."""
        document = json.loads(approval.file.read_text())
        document["stacks"][0] |= changes
        out = self.folder / "forged"
        out.mkdir(exist_ok=True)
        text = json.dumps(document)
        (out / "delivery.json").write_text(text)
        return Approval(2, {**approval.document, "approve": hashlib.sha256(text.encode()).hexdigest()}, out)

    def by_hand(self, username: str) -> Callable[[], None]:
        """Make a user past everything; return what deletes it."""
        connect, instance = self.product.client("connect"), {"InstanceId": self.product.instance_id}
        profiles = connect.list_security_profiles(**instance)["SecurityProfileSummaryList"]
        routing = connect.list_routing_profiles(**instance)["RoutingProfileSummaryList"]
        made = connect.create_user(
            Username=username,
            IdentityInfo={"FirstName": "By", "LastName": "Hand"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[next(one["Id"] for one in profiles if one["Name"] == "Agent")],
            RoutingProfileId=routing[0]["Id"],
            **instance,
        )
        return lambda: connect.delete_user(UserId=made["UserId"], **instance)

    def last_names(self) -> list[str]:
        return [user["IdentityInfo"]["LastName"] for user in self.product.users().values()]


@pytest.fixture(scope="module")
def deliveries(
    own_cdk: tuple[Product, Cdk, Assembly], example: ExampleCopy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deliveries]:
    """A new account: what is delivered first, round after round."""
    folder = tmp_path_factory.mktemp("deliveries")
    shutil.copytree(example.folder, folder / "acmeservice")
    with running(folder) as product:
        cdk = Cdk(environment=product.aws.environment(), log=folder / "cdk.log", timeout=240)
        cdk.bootstrap(product.aws.account, product.aws.region)
        found = Deliveries(product, cdk, folder, own_cdk[2])
        for _ in range(3):
            approval = found.prepare(found.assembly)
            found.rounds.append((approval, *found.execute(approval)))
        yield found


def test_a_first_deployment_takes_three_rounds_each_with_an_approval_of_its_own(deliveries: Deliveries) -> None:
    sign_on, users = "acmeservice-sign-on", "acmeservice-users"
    expected = [(FOUNDATION, [sign_on, users]), ([sign_on], [users]), ([users], [])]
    for (approval, code, executed), (stacks, left) in zip(deliveries.rounds, expected, strict=True):
        assert (approval.code, code) == (2, 0), executed
        assert approval.stacks == executed["executed"] == stacks
        assert approval.document["delivery"]["left"] == executed["next_round"] == left
        assert (approval.document["delivery"]["plan"] is None) is (stacks != [users])
        # What leads on: on the page that the approver reads, which is also the summary of a workflow's run.
        assert ("run the pipeline again" in (approval.out / "review.md").read_text()) is bool(left)
        assert executed["users"] == ("untouched: no run began" if left else "done: 20 create, 20 done")
    assert len(deliveries.last_names()) == 20
    stacks = deliveries.product.client("cloudformation").describe_stacks()["Stacks"]
    protected = {one["StackName"] for one in stacks if one["EnableTerminationProtection"]}
    assert protected == {"acmeservice-instance", "acmeservice-sign-on", "acmeservice-storage"}


def test_nobody_is_in_what_is_approved(deliveries: Deliveries) -> None:
    approval = deliveries.rounds[2][0]
    usernames = [*deliveries.product.users(), *deliveries.last_names()]
    for file in approval.out.iterdir():
        text = file.read_text()
        assert [name for name in usernames if name in text] == [], file.name
    assert {file.name for file in approval.out.iterdir()} == {"delivery.json", "review.html", "review.md"}
    assert approval.document["approve"] == hashlib.sha256(approval.file.read_bytes()).hexdigest()
    assert approval.document["delivery"]["plan"]["sha256"] in (approval.out / "review.html").read_text()


def test_what_is_there_is_nothing_to_deliver(deliveries: Deliveries) -> None:
    again = deliveries.prepare(deliveries.assembly)
    assert (again.code, again.document["state"], again.file.exists()) == (0, "nothing", False)


@pytest.fixture(scope="module")
def approval(deliveries: Deliveries) -> Approval:
    return deliveries.prepare(deliveries.renamed("Approved"))


class TestBetweenApprovalAndExecution:
    """One prepared delivery, and everything that may change before it is executed; each is refused, then undone."""

    @pytest.fixture(autouse=True)
    def nothing_happens(self, deliveries: Deliveries, approval: Approval) -> Iterator[None]:
        """No stack changes and no run begins."""
        assert (approval.code, approval.stacks) == (2, ["acmeservice-users"])
        before = deliveries.events()
        yield
        assert deliveries.events() == before

    def refused(self, deliveries: Deliveries, approval: Approval, **given: str) -> set[str]:
        code, document = deliveries.execute(approval, **given)
        assert (code, document["state"], document["executed"]) == (3, "refused", []), document
        return {one["code"] for one in document["refused"]}

    def test_another_digest(self, deliveries: Deliveries, approval: Approval) -> None:
        assert self.refused(deliveries, approval, approved="0" * 64) == {"not_approved"}

    def test_another_delivery(self, deliveries: Deliveries, approval: Approval) -> None:
        text = approval.file.read_text()
        arn = deliveries.rounds[2][0].document["delivery"]["stacks"][0]["change_set"]
        approval.file.write_text(text.replace(approval.document["delivery"]["stacks"][0]["change_set"], arn))
        assert self.refused(deliveries, approval) == {"not_approved"}
        approval.file.write_text(text)

    def test_another_export(self, deliveries: Deliveries, approval: Approval) -> None:
        export = deliveries.config.parent / "users.csv"
        data = export.read_bytes()
        export.write_bytes(data.replace(b"Approved", b"Smuggled"))
        assert self.refused(deliveries, approval) == {"export_changed"}
        export.write_bytes(data)

    def test_another_config(self, deliveries: Deliveries, approval: Approval) -> None:
        text = deliveries.config.read_text()
        deliveries.config.write_text(text + "# more\n")
        assert self.refused(deliveries, approval) == {"config_changed"}
        deliveries.config.write_text(text)

    def test_another_plan(self, deliveries: Deliveries, approval: Approval) -> None:
        key = approval.document["delivery"]["plan"]["key"]
        reports = Store(deliveries.product.client("s3"), deliveries.product.outputs("storage")["ReportBucketName"])
        kept = reports.get(key)
        assert kept
        reports.put(key, {**kept.data, "changes": []})
        assert self.refused(deliveries, approval) == {"plan_changed"}
        reports.put(key, kept.data)

    @pytest.mark.parametrize(("swapped", "code"), [(b"smuggled", "asset_changed"), (None, "asset_missing")])
    def test_another_asset(self, deliveries: Deliveries, approval: Approval, swapped: bytes | None, code: str) -> None:
        """The functions' code, by somebody who may publish; what was published is current again afterwards."""
        code_of = deliveries.assembly.function["Code"]
        where = {"Bucket": f"cdk-hnb659fds-assets-{deliveries.product.aws.account}-us-west-2", "Key": code_of["S3Key"]}
        assert where["Key"] in [one["key"] for one in approval.document["delivery"]["stacks"][0]["assets"]]
        s3 = deliveries.product.client("s3")
        written = s3.put_object(**where, Body=swapped) if swapped else s3.delete_object(**where)
        assert self.refused(deliveries, approval) == {code}
        s3.delete_object(**where, VersionId=written["VersionId"])

    def test_another_template(self, deliveries: Deliveries, approval: Approval) -> None:
        """The digest of an approval for a delivery that names a change set with another template."""
        other = deliveries.change_set("acmeservice-users", {"Description": "another"})
        forged = deliveries.forged(approval, change_set=other)
        assert self.refused(deliveries, forged) == {"template_changed", "parameters_changed"}
        deliveries.product.client("cloudformation").delete_change_set(ChangeSetName=other)
        assert self.refused(deliveries, forged) == {"change_set_missing"}


def test_what_was_approved_is_executed_and_applied(deliveries: Deliveries, approval: Approval) -> None:
    code, document = deliveries.execute(approval)
    assert (code, document["executed"], document["users"]) == (
        0,
        ["acmeservice-users"],
        "done: 1 update, 19 unchanged, 1 done",
    )
    assert deliveries.last_names().count("Approved") == 1
    code, document = deliveries.execute(approval)
    assert (code, [one["code"] for one in document["refused"]]) == (3, ["change_set_unusable"])


def test_a_plan_that_is_stale_fails_the_execution_and_touches_no_user(deliveries: Deliveries) -> None:
    approval = deliveries.prepare(deliveries.renamed("Late"))
    users = deliveries.product.users()
    stranger = deliveries.by_hand("stranger")
    code, document = deliveries.execute(approval)
    failure = document["failure"]
    assert (code, document["state"], document["not_executed"]) == (4, "failed", ["acmeservice-users"])
    assert (failure["stack"], failure["reason"].split(":")[0]) == ("acmeservice-users", "stale_plan")
    assert document["users"] == "untouched: the run was refused before its first write (stale_plan)"
    assert "@" not in json.dumps(document)
    stranger()
    assert deliveries.product.users() == users


def test_a_plain_deployment_that_keeps_the_parameters_is_stale_and_says_the_remedy(deliveries: Deliveries) -> None:
    assembly, users = deliveries.renamed("Plain"), "acmeservice-users"
    with pytest.raises(CdkFailedError) as refused:
        deliveries.cdk.deploy("--exclusively", app=assembly.out, stacks=[users])
    assert "cdk deploy --no-previous-parameters" in refused.value.output
    assert deliveries.product.statuses()["users"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Plain" not in deliveries.last_names()
    deliveries.cdk.deploy("--exclusively", "--no-previous-parameters", app=assembly.out, stacks=[users])
    assert deliveries.last_names().count("Plain") == 1


def test_a_guard_refuses_and_nothing_is_prepared(deliveries: Deliveries) -> None:
    other = deliveries.assembly.edited(deliveries.folder / "cdk-alias", Export=deliveries.exported)
    path = other.out / "acmeservice-instance.template.json"
    text = path.read_text().replace('"acme-service"', '"acme-support"')
    path.unlink()
    path.write_text(text)
    before = deliveries.change_sets()
    approval = deliveries.prepare(other)
    assert (approval.code, approval.document["state"], approval.document["approve"]) == (3, "refused", None)
    assert "alias_changed" in {one["code"] for one in approval.document["findings"] if one["level"] == "refused"}
    assert not approval.file.exists()
    assert "change-alias acme-service to acme-support" in (approval.out / "review.md").read_text()
    assert deliveries.change_sets() == before


def test_a_broken_export_stops_the_users_alone(deliveries: Deliveries) -> None:
    broken = write_rows({**row, "LastName": ""} for row in deliveries.assembly.rows())
    deliveries.export(broken)
    assembly = deliveries.assembly.edited(deliveries.folder / "cdk-broken", Export=broken)
    approval = deliveries.prepare(assembly)
    assert (approval.code, approval.document["state"]) == (3, "refused")
    assert "invalid_rows" in str(approval.document["findings"])
    assert deliveries.prepare(assembly, "--stage", "foundation").code == 0


def test_drift_of_stacks_and_users_is_told_and_nobody_named(deliveries: Deliveries) -> None:
    code, document = deliveries.run("drift", deliveries.config)
    assert (code, document["drift"], [one["unknown"] for one in document["stacks"]]) == (0, False, [""] * 4), document
    iam: Any = deliveries.product.client("iam")
    iam.update_role(RoleName="acmeservice-SAMLRole", MaxSessionDuration=3600)
    user = deliveries.product.users()["ckrug@0055e000RQ4F5ZR@00D5e000000AbCd"]
    renamed = {"FirstName": user["IdentityInfo"]["FirstName"], "LastName": "Drifted"}
    where = {"UserId": user["Id"], "InstanceId": deliveries.product.instance_id}
    deliveries.product.client("connect").update_user_identity_info(IdentityInfo=renamed, **where)
    code, document = deliveries.run("drift", deliveries.config)
    assert (code, document["users"]["update"]) == (2, 1)
    (line,) = (line for one in document["stacks"] for line in one["resources"])
    assert line.endswith("(AWS::IAM::Role): modified: /MaxSessionDuration")
    assert "@" not in json.dumps(document)

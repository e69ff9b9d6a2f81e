"""The example by `cdk deploy`: first with a broken export, then as it is, again, and with changed exports."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_aws.cdk import Cdk, CdkFailedError
from local_aws.example import ExampleCopy
from local_aws.sign_in import admissions, refusals
from tests.end_to_end.assembly import Assembly, Json, read_rows, write_rows
from tests.end_to_end.product import ADMIN, NOTHING_DONE, Product

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("deployment")]

ORGANIZATION = "00D5e000000AbCd"
PROFILES = {"Admin": "Admin", "Supervisor": "CallCenterManager", "Agent": "Agent"}
JONAS, ZOE, MAREK = "0055e000qa7yEeeAAE", "0055e000huOzE95AAF", "0055e0003kiJfahAAC"


def wanted(example: ExampleCopy) -> dict[str, tuple[str, str, str]]:
    """Username → profile, first and last name, read from the exports by nobody's rules but these."""
    sets = read_rows((example.folder / "permission-set-assignments.csv").read_bytes())
    kinds = {
        row["AssigneeId"]: re.sub("ContactCenter|ExternalTelephony", "", row["PermissionSet.Name"]) for row in sets
    }
    return {
        f"{row['Alias']}@{row['Id'][:15]}@{ORGANIZATION}": (
            PROFILES[kinds[row["Id"]]],
            row["FirstName"],
            row["LastName"],
        )
        for row in read_rows(example.export.read_bytes())
        if row["IsActive"] == "true" and row["Id"] in kinds
    }


@dataclass(frozen=True)
class Story:
    """What was seen on the way."""

    product: Product
    cdk: Cdk
    assembly: Assembly
    broken: CdkFailedError
    after_broken: dict[str, str]
    reason: str
    users_after_broken: dict[str, Json]
    outputs: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def story(
    own_cdk: tuple[Product, Cdk, Assembly], assembly: Assembly, tmp_path_factory: pytest.TempPathFactory
) -> Story:
    product, cdk, _ = own_cdk
    folder = tmp_path_factory.mktemp("story")
    cut = assembly.content()[:-200] + "é".encode()[:1] + assembly.content()[-200:]
    with pytest.raises(CdkFailedError) as broken:
        cdk.deploy(app=assembly.edited(folder / "broken", Export=cut).out)
    statuses, reason, users = product.statuses(), product.last_failure(), product.users()
    cdk.deploy(app=assembly.out, outputs=folder / "outputs.json")
    outputs = json.loads((folder / "outputs.json").read_text())
    return Story(product, cdk, assembly, broken.value, statuses, reason, users, outputs)


def test_a_broken_export_fails_the_users_stack_alone(story: Story) -> None:
    done = dict.fromkeys(("instance", "sign-on", "storage"), "CREATE_COMPLETE")
    assert story.after_broken == {**done, "users": "ROLLBACK_COMPLETE"}
    assert story.reason.startswith("encoding_unknown: ")
    assert "save it as UTF-8" in story.reason
    assert story.reason in story.broken.output
    assert story.users_after_broken == {}


def test_the_next_deployment_makes_every_user_as_the_exports_say(story: Story, example: ExampleCopy) -> None:
    users = story.product.users()
    identities = {
        name: (*user["SecurityProfiles"], user["IdentityInfo"]["FirstName"], user["IdentityInfo"]["LastName"])
        for name, user in users.items()
    }
    assert identities == wanted(example)
    profiles = Counter(profile for user in users.values() for profile in user["SecurityProfiles"])
    assert profiles == {"Admin": 1, "CallCenterManager": 3, "Agent": 16}
    for name, user in users.items():
        assert user["Tags"] == {
            "connect-sso:contact-center": "acmeservice",
            "connect-sso:organization": ORGANIZATION,
            "connect-sso:salesforce-id": name.split("@")[1],
        }


def test_the_outputs_say_what_was_made_and_where(story: Story) -> None:
    outputs = {name.removeprefix("acmeservice-"): values for name, values in story.outputs.items()}
    arn = outputs["instance"]["InstanceArn"]
    identifier = outputs["instance"]["InstanceId"]
    assert arn == f"arn:aws:connect:us-west-2:111122223333:instance/{identifier}"
    assert outputs["instance"]["InstanceAlias"] == "acme-service"
    relay_state = f"https://us-west-2.console.aws.amazon.com/connect/federate/{identifier}"
    assert outputs["sign-on"].items() >= {
        ("RoleArn", "arn:aws:iam::111122223333:role/acmeservice-SAMLRole"),
        ("SalesforceProviderArn", "arn:aws:iam::111122223333:saml-provider/acmeservice-salesforce"),
        ("InstanceArn", arn),
        ("RelayState", relay_state),
    }
    assert {"ExportBucketName", "ReportBucketName"} <= set(outputs["storage"])
    users = outputs["users"]
    assert {key: users[key] for key in NOTHING_DONE} == {**NOTHING_DONE, "Created": "20"}
    assert users["SyncFunctionName"].startswith("acmeservice-users-")
    bucket, key = users["Report"].removeprefix("s3://").split("/", 1)
    assert bucket == outputs["storage"]["ReportBucketName"]
    report = story.product.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert all(name in report for name in story.product.users())


def test_everybody_gets_in_and_every_wrong_response_is_refused(story: Story, example: ExampleCopy) -> None:
    door = story.product.door()
    people = sorted(wanted(example))
    proofs = [*admissions(door, example.provider, people), *refusals(door, example.provider, ADMIN)]
    results = [(proof.what, *proof.result()) for proof in proofs]
    assert len(results) == 20 + 8
    assert [result for result in results if not result[1]] == []


def test_the_same_again_calls_nobody(story: Story) -> None:
    before, log = story.product.users(), story.product.log()
    printed = story.cdk.deploy(app=story.assembly.out)
    assert printed.count("(no changes)") == 4
    assert story.product.users() == before
    assert story.product.log() == log


def test_a_changed_export_changes_exactly_the_users_that_changed(story: Story, tmp_path: Path) -> None:
    before = story.product.users()
    rows = {row["Id"]: row for row in story.assembly.rows()}
    rows[JONAS]["LastName"] = "Lindqvist-Berg"
    rows[ZOE]["IsActive"] = "true"
    rows[MAREK]["IsActive"] = "false"
    changed = story.assembly.edited(tmp_path / "cdk.out", Export=write_rows(rows.values()))
    story.cdk.deploy(app=changed.out, outputs=tmp_path / "outputs.json")

    outputs = json.loads((tmp_path / "outputs.json").read_text())["acmeservice-users"]
    done = {"Created": "1", "Updated": "1", "Unchanged": "18"}
    assert {key: outputs[key] for key in NOTHING_DONE} == {**NOTHING_DONE, **done}
    after = story.product.users()
    jonas, zoe = f"jlind@{JONAS[:15]}@{ORGANIZATION}", f"zvand@{ZOE[:15]}@{ORGANIZATION}"
    assert after.keys() - before.keys() == {zoe}
    # The leaver is kept: nobody else was touched, not even to write the same again.
    assert {name for name in before if after[name] != before[name]} == {jonas}
    assert after[jonas]["IdentityInfo"] == {"FirstName": "Jonas", "LastName": "Lindqvist-Berg"}
    assert after[jonas]["Id"] == before[jonas]["Id"]

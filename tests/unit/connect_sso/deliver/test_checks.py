"""What must hold before anything is executed; each check alone. The end-to-end tests have them on a real delivery."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connect_sso.deliver import checks, execute
from connect_sso.deliver.delivery import Delivery, DeliveryUnusable, KeptPlan, PreparedStack, read_delivery
from connect_sso.deliver.rounds import template_digest
from connect_sso.main import main
from tests.unit.connect_sso.deliver.aws import ARN, STACK, Script
from tests.unit.contact_center.review_sides import config
from user_sync.errors import Refused

EXAMPLE = Path(__file__).resolve().parents[4] / "config" / "acmeservice" / "contact-center.yaml"
ACCOUNT, OTHER = "111122223333", "999988887777"
TEMPLATE = {"Resources": {}}
PLAN = KeptPlan("plans/1.json", "a" * 64)
PARAMETERS = {"ReviewedPlanKey": PLAN.key, "ReviewedPlanSha256": PLAN.sha256}
PREPARED = PreparedStack(STACK, ARN, template_digest(TEMPLATE), PARAMETERS, {"Team": "a"}, {"modify": 1}, False, ())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "contact-center.yaml"
    path.write_text("name: acmeservice\n")
    return path


@pytest.fixture
def delivery(file: Path) -> Delivery:
    digests = {"config": hashlib.sha256(file.read_bytes()).hexdigest()}
    return Delivery(1, "acmeservice", ACCOUNT, "us-west-2", "2026-11-25T10:00:00+00:00", digests, PLAN, (PREPARED,), ())


def center(**changes: Any) -> Any:
    return SimpleNamespace(config=config(**changes))


def codes(refused: Any) -> list[str]:
    found = list(refused)
    assert all(isinstance(one, Refused) for one in found)
    return [one.code for one in found]


class TestTheFile:
    """Nobody is asked for these."""

    def test_what_was_approved(self, delivery: Delivery, file: Path) -> None:
        digest = delivery.approval
        assert codes(checks.of_the_file(delivery, digest, f" {digest.upper()}\n", center(), file)) == []

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"contact_center": "other"}, "other_contact_center"),
            ({"region": "us-east-1"}, "other_contact_center"),
            ({"stacks": (replace(PREPARED, name="acmeservice-delivery"),)}, "other_stack"),
            ({"digests": {}}, "config_changed"),
        ],
    )
    def test_what_is_another_s(self, delivery: Delivery, file: Path, changes: dict[str, Any], code: str) -> None:
        other = replace(delivery, **changes)
        assert codes(checks.of_the_file(other, other.approval, other.approval, center(), file)) == [code]

    def test_a_digest_that_nobody_approved(self, delivery: Delivery, file: Path) -> None:
        assert codes(checks.of_the_file(delivery, delivery.approval, "", center(), file)) == ["not_approved"]

    def test_it_is_read_as_it_was_written(self, delivery: Delivery, tmp_path: Path) -> None:
        path = tmp_path / "delivery.json"
        path.write_text(delivery.as_text())
        assert read_delivery(path) == (delivery, hashlib.sha256(path.read_bytes()).hexdigest())
        assert read_delivery(path)[1] == delivery.approval

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}'])
    def test_what_is_none(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "delivery.json"
        path.write_text(text)
        with pytest.raises(DeliveryUnusable, match="is no prepared delivery"):
            read_delivery(path)

    def test_one_of_another_version(self, delivery: Delivery, tmp_path: Path) -> None:
        path = tmp_path / "delivery.json"
        path.write_text(json.dumps({**json.loads(delivery.as_text()), "version": 2}))
        with pytest.raises(DeliveryUnusable, match="has version 2, this is 1; prepare again"):
            read_delivery(path)

    def test_one_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(DeliveryUnusable, match=r"give the delivery\.json that deliver prepare wrote"):
            read_delivery(tmp_path / "delivery.json")


@pytest.mark.parametrize(
    ("account", "named", "refused"),
    [
        (ACCOUNT, None, []),
        (ACCOUNT, ACCOUNT, []),
        (OTHER, None, ["wrong_account"]),
        (ACCOUNT, OTHER, ["wrong_account"]),
        (OTHER, OTHER, ["wrong_account"]),
    ],
)
def test_the_account(delivery: Delivery, account: str, named: str | None, refused: list[str]) -> None:
    there = center(account=named) if named else center()
    assert codes(checks.of_the_account(delivery, account, there)) == refused


class TestChangeSets:
    def described(self, **changes: Any) -> Script:
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()]
        tags = [{"Key": "Team", "Value": "a"}]
        return Script().describes(**{"Parameters": parameters, "Tags": tags, **changes})

    def judged(self, delivery: Delivery, script: Script, template: Any = TEMPLATE) -> list[str]:
        script.answers("get_template", TemplateBody=json.dumps(template))
        return codes(checks.of_the_change_sets(delivery, center(), script.formation))

    def test_as_it_was_prepared(self, delivery: Delivery) -> None:
        assert self.judged(delivery, self.described()) == []

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"ExecutionStatus": "OBSOLETE"}, "change_set_unusable"),
            ({"ExecutionStatus": "EXECUTE_COMPLETE"}, "change_set_unusable"),
            ({"Status": "DELETE_COMPLETE"}, "change_set_unusable"),
            ({"StackName": "acmeservice-storage"}, "change_set_unusable"),
            ({"ChangeSetId": ARN.replace("deliver-1", "deliver-2")}, "change_set_missing"),
            ({"Parameters": []}, "parameters_changed"),
            ({"Tags": []}, "parameters_changed"),
        ],
    )
    def test_not_as_it_was_prepared(self, delivery: Delivery, changes: dict[str, Any], code: str) -> None:
        assert self.judged(delivery, self.described(**changes)) == [code]

    def test_another_template(self, delivery: Delivery) -> None:
        assert self.judged(delivery, self.described(), {"Resources": {"A": {}}}) == ["template_changed"]

    def test_one_that_is_gone(self, delivery: Delivery) -> None:
        script = Script().refuses("describe_change_set", "ChangeSetNotFound")
        assert self.judged(delivery, script) == ["change_set_missing"]

    def test_a_plan_that_the_approval_does_not_name(self, delivery: Delivery) -> None:
        for plan in (None, KeptPlan("plans/2.json", PLAN.sha256), KeptPlan(PLAN.key, "b" * 64)):
            assert self.judged(replace(delivery, plan=plan), self.described()) == ["other_plan"]

    def test_users_that_carry_no_plan(self, delivery: Delivery) -> None:
        bare = replace(delivery, stacks=(replace(PREPARED, parameters={}),))
        for plan in (PLAN, None):
            assert self.judged(replace(bare, plan=plan), self.described(Parameters=[])) == ["other_plan"]

    def test_half_a_plan(self, delivery: Delivery) -> None:
        half = {"ReviewedPlanKey": PLAN.key, "ReviewedPlanSha256": ""}
        script = self.described(Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in half.items()])
        halved = replace(delivery, stacks=(replace(PREPARED, parameters=half),))
        assert self.judged(halved, script) == ["other_plan"]

    def test_another_stack_carries_none(self, delivery: Delivery) -> None:
        storage = replace(PREPARED, name="acmeservice-storage")
        script = self.described(StackName=storage.name)
        assert self.judged(replace(delivery, stacks=(storage,)), script) == ["other_plan"]
        storage = replace(storage, parameters={})
        script = self.described(StackName=storage.name, Parameters=[])
        assert self.judged(replace(delivery, stacks=(storage,)), script) == []

    def test_a_termination_protection_carries_nothing(self, delivery: Delivery) -> None:
        protection = replace(PREPARED, change_set=None, parameters={})
        assert (
            codes(checks.of_the_change_sets(replace(delivery, stacks=(protection,)), center(), Script().formation))
            == []
        )


def test_without_users_no_plan_is_asked_for(delivery: Delivery) -> None:
    assert codes(checks.of_the_plan(replace(delivery, plan=None), center())) == []


VERBS: dict[str, list[str]] = {
    "prepare": ["--out", "out"],
    "execute": ["--delivery", "none.json", "--approved", "x"],
    "drift": [],
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_wrong_command_line_has_the_document_of_its_verb(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["deliver", verb, "none.yaml", *VERBS[verb], "--json"]) == 1
    expected = json.loads(capsys.readouterr().out)
    assert main(["deliver", verb, "--stage", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document.pop("problems")[0]["code"] == "usage"
    del expected["problems"]
    assert document == expected


def test_without_a_verb_it_is_the_first_one_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deliver", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["state"], document["approve"], document["findings"]) == ("error", None, [])


def test_what_an_interrupted_execution_did_is_not_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_options: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(execute, "run", interrupted)
    assert main(["deliver", "execute", "c.yaml", *VERBS["execute"], "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["users"] == "not known: connect-sso users status tells"


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/connect-sso"])
def test_a_place_that_cannot_be_written_is_an_error(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    assert main(["deliver", "prepare", str(EXAMPLE), "--out", place, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (problem,) = document["problems"]
    assert (document["state"], problem["code"], problem["file"]) == ("error", "page_unusable", place)
    assert problem["message"].startswith(f"cannot write into {place}: ")
    assert Path("file").read_text() == "mine"


def test_a_config_that_is_wrong_leaves_no_older_delivery_to_approve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, bad = tmp_path / "out", tmp_path / "bad.yaml"
    out.mkdir()
    (out / "delivery.json").write_text("{}")
    bad.write_text("name: [\n")
    assert main(["deliver", "prepare", str(bad), "--out", str(out), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["state"], document["approve"], document["delivery"]) == ("error", None, None)
    assert not (out / "delivery.json").exists()

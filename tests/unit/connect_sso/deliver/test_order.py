"""In which order things are written, and what is left where something fails in between."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connect_sso import terminal
from connect_sso.deliver import execute, prepare, publishing
from connect_sso.deliver.asking import AwsRefusedError
from connect_sso.deliver.delivery import Delivery, PreparedStack
from connect_sso.deliver.formation import ChangeSet, Failure
from connect_sso.deliver.rounds import Placed, Round
from connect_sso.review.subject import StoppedError, write
from contact_center.review.stacks import Side, Stack
from tests.unit.contact_center.review_sides import config
from user_sync.errors import SyncError

STACKS = ("acmeservice-instance", "acmeservice-storage", "acmeservice-users")
NOBODY = terminal.Screen(quiet=True, verbose=False)


class Formation:
    """CloudFormation that does what it is told, and notes it."""

    def __init__(self, **answers: Any) -> None:
        self.log: list[str] = []
        self.answers = answers

    def create(self, wanted: Any) -> ChangeSet:
        self.log.append(f"create {wanted.stack}")
        if wanted.stack == self.answers.get("refuses"):
            raise AwsRefusedError("change_set_failed", "no")
        status = "FAILED" if wanted.stack == self.answers.get("empty") else "CREATE_COMPLETE"
        reason = "The submitted information didn't contain changes." if status == "FAILED" else ""
        return ChangeSet(f"arn-{wanted.stack}", wanted.stack, status, "AVAILABLE", reason, {}, {}, {"add": 1})

    def template(self, _arn: str, stack: str) -> Any:
        return {"Name": "swapped" if stack == self.answers.get("swapped") else stack}

    def delete(self, arn: str, _stack: str) -> None:
        self.log.append(f"delete {arn}")

    def execute(self, arn: str, stack: str) -> Failure | None:
        self.log.append(f"execute {arn}")
        return Failure(stack, "Role", "no") if stack == self.answers.get("fails") else None

    def protected(self, stack: str) -> bool:
        return stack == "acmeservice-instance"

    def protect(self, stack: str, *, on: bool) -> None:
        self.log.append(f"protect {stack} {on}")
        if stack == self.answers.get("unprotectable"):
            raise AwsRefusedError("grant_missing", "there is no grant")


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Delivery | None]:
    """Prepare two new stacks; what the review said is not of interest here."""
    (tmp_path / "review.html").touch()
    (tmp_path / "config").touch()

    def run(formation: Formation) -> Delivery | None:
        files: Any = SimpleNamespace(center=SimpleNamespace(config=config()))
        after = Side("", {name: Stack(name, {"Name": name}, "") for name in STACKS[:2]})
        work = prepare._Work(
            files=files,
            folder=tmp_path,
            account="111122223333",
            before=Side("", {}),
            after=after,
            carried={},
            round=Round(STACKS[:2], ()),
            planned=None,
        )
        monkeypatch.setattr(prepare, "Formation", lambda *_, **__: formation)
        monkeypatch.setattr(prepare, "placed", lambda *_, **__: Placed("https://s3.example/t.json", None, ()))
        monkeypatch.setattr(prepare, "publish", lambda _folder, names, _say: formation.log.append(f"publish {names}"))
        options: Any = SimpleNamespace(assembly=tmp_path, out=tmp_path, config=tmp_path / "config")
        return prepare._prepared(options, work, NOBODY)

    return run


def test_what_is_published_comes_first_then_the_change_sets_in_order(prepared: Any) -> None:
    formation = Formation()
    found = prepared(formation)
    assert [one.name for one in found.stacks] == [*STACKS[:2]]
    assert formation.log == [f"publish {[*STACKS[:2]]}", f"create {STACKS[0]}", f"create {STACKS[1]}"]


@pytest.mark.parametrize("fault", [{"refuses": STACKS[1]}, {"swapped": STACKS[1]}])
def test_where_one_change_set_fails_none_is_left(prepared: Any, fault: dict[str, str]) -> None:
    formation = Formation(**fault)
    with pytest.raises(SyncError):
        prepared(formation)
    made = {line.removeprefix("create ") for line in formation.log if line.startswith("create")} - {
        fault.get("refuses")
    }
    assert {line.removeprefix("delete arn-") for line in formation.log if line.startswith("delete")} == made


def test_an_empty_change_set_is_nothing_to_execute(prepared: Any) -> None:
    assert [one.name for one in prepared(Formation(empty=STACKS[0])).stacks] == [STACKS[1]]


@pytest.mark.parametrize(
    ("stage", "left", "decision", "stages"),
    [
        ("all", [STACKS[2]], "decide", ["all", "users"]),
        ("all", [STACKS[2]], "refused", ["all"]),
        ("all", [], "nothing", ["all"]),
        ("foundation", [], "nothing", ["foundation"]),
    ],
)
def test_what_turns_out_to_be_empty_does_not_keep_the_first_users_waiting(
    stage: str, left: list[str], decision: str, stages: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Templates can differ in what CloudFormation takes for no change, such as a description."""
    seen: list[str] = []

    def round_(_options: Any, _files: Any, stage: str, _screen: Any) -> Any:
        seen.append(stage)
        return SimpleNamespace(decision=decision, findings=()), left if stage == "all" else [], None

    monkeypatch.setattr(prepare, "_round", round_)
    monkeypatch.setattr(prepare, "read_files", lambda _: SimpleNamespace(warnings=()))
    options = SimpleNamespace(out=tmp_path, config=tmp_path, stage=stage, json=False, quiet=True, verbose=False)
    prepare.run(cast("argparse.Namespace", options))
    assert seen == stages


def executed(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> tuple[Formation, execute.Ended]:
    runs = iter([answers.pop("before", {}), answers.pop("after", {})])
    monkeypatch.setattr(execute, "_runs", lambda _center: next(runs))
    stacks = tuple(PreparedStack(name, f"arn-{name}", "", {}, {}, {}, name != STACKS[2], ()) for name in STACKS)
    delivery = Delivery(
        1, "acmeservice", "", "us-west-2", datetime.now(UTC).isoformat(), {}, None, stacks, answers.pop("left", ())
    )
    formation: Any = Formation(**answers)
    center: Any = SimpleNamespace(config=config())
    return formation, execute.execute(delivery, center, formation)


def test_stacks_in_order_each_protected_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    record = {"state": "done", "counts": {"create": 2, "failed": 0}}
    formation, ended = executed(monkeypatch, after={"new": record})
    log = [f"execute arn-{STACKS[0]}", f"execute arn-{STACKS[1]}", f"protect {STACKS[1]} True"]
    assert formation.log == [*log, f"execute arn-{STACKS[2]}"]
    assert (ended.executed, ended.left, ended.failure) == ([*STACKS], [], None)
    assert ended.users == "done: 2 create"


def test_what_is_left_is_told_when_it_is_done_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    _, ended = executed(monkeypatch, left=("acmeservice-sign-on",))
    assert ended.as_json()["next_round"] == ["acmeservice-sign-on"]
    texts = "".join(text for line in execute._lines(ended) for text, _style in line)
    assert "acmeservice-sign-on: another round brings it: run the pipeline again, or prepare again" in texts
    _, ended = executed(monkeypatch, left=("acmeservice-sign-on",), fails=STACKS[1])
    assert ended.as_json()["next_round"] == []


def test_the_first_failure_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    formation, ended = executed(monkeypatch, fails=STACKS[1])
    assert formation.log == [f"execute arn-{STACKS[0]}", f"execute arn-{STACKS[1]}"]
    assert (ended.executed, ended.left) == ([STACKS[0]], [*STACKS[1:]])
    assert ended.users == "untouched: no run began"
    assert ended.as_json()["state"] == "failed"


def test_a_stack_that_cannot_be_protected_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    _, ended = executed(monkeypatch, unprotectable=STACKS[1])
    assert ended.failure == Failure(STACKS[1], STACKS[1], "there is no grant")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, {}, "not known: "),
        ({}, None, "not known: "),
        ({"old": {}}, {"old": {}}, "untouched: no run began"),
        ({"old": {}}, {"new": {"state": "refused", "code": "stale_plan"}, "old": {}}, "untouched: the run was refused"),
        ({}, {"new": {"state": "running", "counts": {}}}, "running: no user changed"),
    ],
)
def test_what_is_said_of_users(monkeypatch: pytest.MonkeyPatch, before: Any, after: Any, said: str) -> None:
    assert executed(monkeypatch, before=before, after=after, fails=STACKS[2])[1].users.startswith(said)


class TestPublishing:
    @pytest.fixture
    def cdk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A command line of the CDK that says what it was given, in a folder that is the whole PATH."""
        path = tmp_path / "node_modules" / ".bin" / "cdk"
        path.parent.mkdir(parents=True)
        path.write_text('#!/bin/sh\necho "$PWD" "$@"\nexit "${CODE:-0}"\n')
        path.chmod(0o755)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PATH", "/nowhere")
        return path

    @pytest.mark.usefixtures("cdk")
    def test_the_pinned_one_is_taken_and_asked_for_these_stacks_alone(self, tmp_path: Path) -> None:
        lines: list[str] = []
        (tmp_path / "cdk.out").mkdir()
        publishing.publish(Path("cdk.out"), STACKS[:2], lines.append)
        (line,) = lines
        out = tmp_path / "cdk.out"
        wanted = f"{out} publish-assets {' '.join(STACKS[:2])} --exclusively --app {out} --unstable=publish-assets "
        assert line.startswith(wanted)

    @pytest.mark.usefixtures("cdk")
    def test_what_it_says_when_it_fails(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CODE", "1")
        with pytest.raises(SyncError, match=r"is the account bootstrapped\?\n.*publish-assets"):
            publishing.publish(tmp_path, STACKS, lambda _line: None)

    def test_without_one(self, cdk: Path, tmp_path: Path) -> None:
        cdk.unlink()
        with pytest.raises(SyncError, match="run npm ci"):
            publishing.publish(tmp_path, STACKS, lambda _line: None)


def test_a_file_below_a_file_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoppedError) as stop:
        write(tmp_path / "file" / "review.html", "")
    assert [problem.code for problem in stop.value.problems] == ["page_unusable"]

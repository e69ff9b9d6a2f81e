"""`users undo`: reports of other runs are refused, what is no report is an error, and where a report may lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connect_sso import undo as undo_command
from connect_sso.deployed import Buckets
from tests.unit.connect_sso.conftest import Folder, Servers, row
from tests.unit.connect_sso.desk import APPLY_KEYS, Desk, desk_of, kinds, rewritten
from tests.unit.user_sync.bucket import Bucket
from user_sync.stored import Store


@pytest.fixture
def desk(folder: Folder, servers: Servers) -> Iterator[Desk]:
    with desk_of(folder, servers) as made:
        yield made


REFUSED: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("other_report", lambda d: d["run"].update(instance=d["run"]["instance"][:-4] + "0000")),
    ("other_report", lambda d: d["undo"].update(contact_center="other")),
    ("other_report", lambda d: d["undo"].update(organization_id="00D000000000001")),
    ("report_version", lambda d: d["undo"].update(version=2)),
    ("report_version", lambda d: d.pop("undo")),
    ("nothing_written", lambda d: d["run"].update(dry_run=True)),
    ("nothing_written", lambda d: d.update(refused={"code": "x", "message": "y"})),
    ("nothing_written", lambda d: d.update(outcomes=[])),
]

UNUSABLE: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("run:", lambda d: d.update(run=[])),
    ("changes:", lambda d: d.update(changes={})),
    ("outcomes[0]", lambda d: d.update(outcomes=[7])),
    ("undo:", lambda d: d.update(undo=[1])),
    ("changes[0].action", lambda d: d["changes"][0].update(action="promote")),
    ("changes[0].action", lambda d: d["changes"][0].update(action=[])),
    ("changes[0].salesforce_id", lambda d: d["changes"][0].update(salesforce_id="nobody")),
    ("changes[0].before", lambda d: d["changes"][0].update(before=None)),
    ("changes[0].before.username", lambda d: d["changes"][0]["before"].update(username="admin")),
    ("changes[0].before.tags", lambda d: d["changes"][0]["before"].update(tags={"a": 1})),
    ("changes[0].before.phone", lambda d: d["changes"][0]["before"].update(phone={"auto_accept": True})),
    ("changes[0].fields[0].to", lambda d: d["changes"][0]["fields"][0].update(to=None)),
    ("changes[0].fields[0].to", lambda d: d["changes"][0]["fields"][0].update(to={"first_name": "\ud800"})),
    ("changes[0].fields[1]", lambda d: d["changes"][0]["fields"].append(d["changes"][0]["fields"][0])),
    ("changes[1]", lambda d: d["changes"].append(d["changes"][0])),
    ("on a user that was adopted", lambda d: d["changes"][0].update(action="adopt")),
    ("all fields of a user", lambda d: d["changes"][0].update(action="create")),
]


@pytest.fixture
def updated(desk: Desk) -> Path:
    """Return the report of a run that changed a name."""
    desk.write(row(1), row(2))
    desk.apply()
    desk.write(row(1, LastName="Married"), row(2))
    report = desk.apply()
    desk.server.log.clear()
    return report


def test_reports_of_other_runs_are_refused(desk: Desk, updated: Path) -> None:
    for refused, edit in REFUSED:
        code, document = desk.undo(rewritten(updated, edit))
        assert (code, document["refused"]["code"]) == (3, refused)
    assert desk.server.log == []


def test_nothing_of_a_report_is_obeyed_by_the_terminal(desk: Desk, updated: Path) -> None:
    desk.undo(rewritten(updated, lambda d: d["undo"].update(contact_center="a\x1b]0;owned\x07b\nc")))
    assert desk.folder.stderr.splitlines()[-1].startswith("error: refused (other_report): the report is about the")
    assert "a?]0;owned?b?c" in desk.folder.stderr
    desk.server.call("DeleteUser", UserId=desk.user("user1").id)

    def deleted(document: dict[str, Any]) -> None:
        change = document["changes"][0]
        change["before"]["username"] = "a\x1b[2Jb"
        for entry in (change, document["outcomes"][0]):
            entry |= {"username": "a\x1b[2Jb", "action": "delete"}

    code, _ = desk.undo(rewritten(updated, deleted))
    assert code == 4
    assert "create a?[2Jb: " in desk.folder.stderr
    assert "\x1b" not in desk.folder.stderr


def test_a_report_that_nobody_wrote_so_is_an_error_that_says_where(desk: Desk, updated: Path) -> None:
    for where, edit in UNUSABLE:
        code, document = desk.undo(rewritten(updated, edit))
        assert (code, document["problems"][0]["code"]) == (1, "report_unusable"), where
        assert where in document["problems"][0]["message"]
        assert document["problems"][0]["file"].endswith("edited.json")
    for text in ("", "[]", "nonsense", "[" * 100_000, "\xff\xfe"):
        updated.write_bytes(text.encode("latin-1"))
        code, document = desk.undo(updated)
        assert (code, document["problems"][0]["code"]) == (1, "report_unusable")
    code, document = desk.undo(desk.reports / "nowhere.json")
    assert (code, document["problems"][0]["code"]) == (1, "report_unusable")
    assert desk.server.log == []


def test_a_page_or_a_table_stands_for_its_report(desk: Desk, updated: Path) -> None:
    assert desk.undo(updated.with_suffix(".html"))[0] == 0
    assert desk.undo(updated.with_suffix(".csv"))[1]["changes"] == []


def test_without_a_terminal_and_without_yes_nothing_is_written(desk: Desk, updated: Path) -> None:
    code, document = desk.undo(updated, yes=False)
    assert (code, document["problems"][-1]["code"]) == (1, "usage")
    assert not desk.server.calls()["UpdateUserIdentityInfo"]
    code, document = desk.folder.json("users", "undo", str(desk.folder.config))
    assert (code, list(document)) == (1, APPLY_KEYS)


def test_a_report_in_the_report_bucket(desk: Desk, updated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket()
    store = Store(bucket, "reports")
    store.put("runs/2026/run/report.json", json.loads(updated.read_text()))
    monkeypatch.setattr(undo_command, "buckets", lambda _center: Buckets(bucket, store, store))
    for name in ("s3://elsewhere/report.json", "s3://reports/runs/none.json", "s3://reports"):
        code, document = desk.undo(name)
        assert (code, document["problems"][0]["code"]) == (1, "report_unusable"), name
    code, document = desk.undo("s3://reports/runs/2026/run/report.html")
    assert (code, kinds(document)) == (0, [("update", "user1")])

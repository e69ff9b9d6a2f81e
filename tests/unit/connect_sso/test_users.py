"""`users plan` and `users apply` as their users run them: exit codes, JSON at every one of them, files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.connect_server import ConnectServer, Fault
from tests.unit.connect_sso.conftest import AGENT, Folder, Servers, row

PLAN_KEYS = ["summary", "changes", "problems", "refused", "api_calls", "estimated_seconds"]
SUMMARY_KEYS = ["create", "update", "adopt", "replace", "remove", "unchanged", "unmanaged", "rejected", "missing"]
APPLY_KEYS = [*PLAN_KEYS, "outcomes", "elapsed_seconds", "calls", "throttled"]


def plan(folder: Folder, server: ConnectServer, *more: str) -> tuple[int, dict[str, Any]]:
    code, document = folder.json("users", "plan", str(folder.config), "--instance", server.instance.arn, *more)
    assert list(document) == PLAN_KEYS
    assert list(document["summary"]) == SUMMARY_KEYS
    assert (document["refused"] is not None) is (code == 3)
    assert (code == 2) is bool(document["changes"] and document["refused"] is None)
    return code, document


def apply(folder: Folder, server: ConnectServer, *more: str, yes: bool = True) -> tuple[int, dict[str, Any]]:
    reports = str(folder.path / "reports")
    code, document = folder.json(
        "users", "apply", str(folder.config), "--instance", server.instance.arn, "--report", reports,
        *(["--yes"] if yes else []), *more,
    )  # fmt: skip
    assert list(document) == APPLY_KEYS
    assert (document["refused"] is not None) is (code == 3)
    return code, document


def errors(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(p["row"], p["column"], p["code"]) for p in document["problems"] if p["severity"] == "error"]


def test_plan_then_apply_then_nothing_to_do(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2), row(3, IsActive="false"))
    with servers() as server:
        code, document = plan(folder, server)
        assert code == 2
        assert document["summary"] == {**dict.fromkeys(SUMMARY_KEYS, 0), "create": 2}
        change = document["changes"][0]
        assert list(change) == ["action", "username", "salesforce_id", "fields", "why"]
        assert (change["action"], change["username"]) == ("create", "user1@0055e0000000001@00D5e000000AbCd")
        assert {"field": "routing_profile", "from": None, "to": "Basic Routing Profile"} in change["fields"]
        assert not server.calls()["CreateUser"]

        code, document = apply(folder, server)
        assert code == 0
        assert [list(outcome) for outcome in document["outcomes"]] == [
            ["username", "action", "status", "code", "message"]
        ] * 2
        assert document["calls"]["CreateUser"] == 2
        tags = {user.name: user.tags["connect-sso:salesforce-id"] for user in server.instance.users.values()}
        assert tags["user1@0055e0000000001@00D5e000000AbCd"] == "0055e0000000001"

        server.log.clear()
        code, document = plan(folder, server)
        assert (code, document["summary"]["unchanged"]) == (0, 2)
        assert len(server.log) <= 10
        code, document = apply(folder, server)
        assert (code, document["outcomes"]) == (0, [])


def test_a_changed_export_changes_exactly_who_changed(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2))
    with servers() as server:
        apply(folder, server)
        folder.export(row(1), row(2, LastName="Married"))
        code, document = plan(folder, server)
        assert code == 2
        assert [(c["action"], c["username"][:5], c["fields"]) for c in document["changes"]] == [
            (
                "update", "user2",
                [
                    {
                        "field": "name",
                        "from": {"first_name": "Given", "last_name": "Family2"},
                        "to": {"first_name": "Given", "last_name": "Married"},
                    }
                ],
            )
        ]  # fmt: skip
        server.log.clear()
        apply(folder, server)
        assert [entry.operation for entry in server.log if not entry.operation.startswith(("Search", "List"))] == [
            "UpdateUserIdentityInfo"
        ]


def test_each_apply_that_changes_something_leaves_three_reports(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2, LastName="=cmd()"))
    reports = folder.path / "reports"
    with servers() as server:
        apply(folder, server)
        assert sorted(path.suffix for path in reports.iterdir()) == [".csv", ".html", ".json"]
        (as_json,) = reports.glob("*.json")
        assert json.loads(as_json.read_text())["run"]["way_in"] == "terminal"
        (as_csv,) = reports.glob("*.csv")
        rows = list(csv.DictReader(as_csv.open(encoding="utf-8", newline="")))
        assert [r["status"] for r in rows] == ["done", "done"]
        (as_html,) = reports.glob("*.html")
        assert "http" not in as_html.read_text().replace("http-equiv", "")
        apply(folder, server)
        assert len(list(reports.iterdir())) == 3


def test_some_failed_is_4_and_the_outcomes_are_true(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2))
    fault = Fault(
        operation="CreateUser", error="InvalidParameterException", when=lambda p: p["Username"].startswith("user1")
    )
    with servers(faults=[fault]) as server:
        code, document = apply(folder, server)
        assert code == 4
        assert [(o["username"][:5], o["status"], o["code"]) for o in document["outcomes"]] == [
            ("user1", "failed", "InvalidParameterException"),
            ("user2", "done", ""),
        ]


def test_refused_before_the_first_write_is_3(folder: Folder, servers: Servers) -> None:
    folder.write(*(row(n) for n in range(1, 6)), missing_users="delete")
    with servers() as server:
        apply(folder, server)
        folder.export(row(1), row(2))
        server.log.clear()
        for verb in (plan, apply):
            code, document = verb(folder, server)
            assert code == 3
            assert document["refused"]["code"] == "too_many_removals"
            assert len(document["changes"]) == 3
        assert document["outcomes"] == []
        assert {entry.operation for entry in server.log} == {
            "SearchUsers",
            "ListSecurityProfiles",
            "ListRoutingProfiles",
        }


@pytest.mark.parametrize(("mode", "code"), [("refuse", 3), ("skip", 2)])
def test_invalid_rows(folder: Folder, servers: Servers, mode: str, code: int) -> None:
    folder.write(row(1), row(2, FirstName=""), invalid_rows=mode)
    with servers() as server:
        found, document = plan(folder, server)
        assert found == code
        assert document["summary"]["rejected"] == 1
        assert errors(document) == [(3, "FirstName", "first_name_missing")]


def test_an_empty_export_is_refused_also_with_keep(folder: Folder, servers: Servers) -> None:
    folder.write()
    with servers() as server:
        code, document = plan(folder, server)
        assert (code, document["refused"]["code"]) == (3, "empty_export")


def test_a_profile_that_does_not_exist_is_told_with_the_nearest(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), rules=[{**AGENT, "security_profiles": ["Agnet"]}])
    with servers() as server:
        code, document = plan(folder, server)
        assert code == 1
        (problem,) = (p for p in document["problems"] if p["severity"] == "error")
        assert problem["column"] == "users.rules[0].security_profiles"
        assert problem["file"] == str(folder.config)
        assert "did you mean 'Agent'" in problem["message"]
        assert document["changes"] == []


def test_the_kept_plan_is_applied_exactly_or_stale(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2))
    kept = folder.path / "plan.json"
    with servers() as server:
        plan(folder, server, "--out", str(kept))
        document = json.loads(kept.read_text())
        assert document["version"] == 1
        assert document["instance"] == server.instance.arn
        assert set(document["digests"]) == {"export", "permission_sets", "config", "state"}
        folder.export(row(1), row(2), row(3))
        code, refused = apply(folder, server, "--plan", str(kept))
        assert (code, refused["refused"]["code"]) == (3, "stale_plan")
        assert "the export" in refused["refused"]["message"]
        assert not server.calls()["CreateUser"]
        folder.export(row(1), row(2))
        code, done = apply(folder, server, "--plan", str(kept))
        assert (code, len(done["outcomes"])) == (0, 2)
        code, refused = apply(folder, server, "--plan", str(kept))
        assert (code, refused["refused"]["code"]) == (3, "stale_plan")


def test_an_unreadable_kept_plan_is_an_error(folder: Folder, servers: Servers) -> None:
    folder.write(row(1))
    with servers() as server:
        for text in ("", "[]", "{", "[" * 100_000):
            (folder.path / "plan.json").write_text(text)
            code, document = apply(folder, server, "--plan", str(folder.path / "plan.json"))
            assert (code, document["problems"][0]["code"]) == (1, "usage")


def test_without_a_terminal_and_without_yes_nothing_is_written(folder: Folder, servers: Servers) -> None:
    folder.write(row(1))
    with servers() as server:
        code, document = apply(folder, server, yes=False)
        assert code == 1
        assert document["problems"][-1]["code"] == "usage"
        assert not server.calls()["CreateUser"]


@pytest.mark.parametrize(("answer", "code", "made"), [("yes\n", 0, 1), ("y\n", 1, 0), ("", 1, 0)])
def test_a_person_is_asked(
    folder: Folder, servers: Servers, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, made: int
) -> None:
    import io  # noqa: PLC0415

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    folder.write(row(1))
    with servers() as server:
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        assert apply(folder, server, yes=False)[0] == code
        assert server.calls()["CreateUser"] == made
    # Nobody agrees to what they have not seen: stdout is the document's, so it stands on stderr.
    assert folder.stderr.index("+ user1@") < folder.stderr.index("Apply 1 changes?")


def test_a_report_folder_that_cannot_be_written_stops_before_the_first_write(folder: Folder, servers: Servers) -> None:
    folder.write(row(1))
    (folder.path / "reports").write_text("a file, not a folder")
    with servers() as server:
        code, document = apply(folder, server)
        assert code == 1
        assert "--report DIR" in document["problems"][-1]["message"]
        assert not server.calls()["CreateUser"]


def test_errors_print_their_document(folder: Folder, servers: Servers, tmp_path: Path) -> None:
    folder.write(row(1))
    with servers() as server:
        arn = server.instance.arn
        for arguments in (
            ("users", "plan", str(tmp_path / "nowhere.yaml"), "--instance", arn),
            ("users", "plan", str(folder.config), "--instance", "arn:nonsense"),
            ("users", "plan", str(folder.config), "--instance", arn.replace("us-west-2", "eu-central-1")),
            ("users", "plan", str(folder.config)),
            ("users", "plan", str(folder.config), "--instance", arn, "--export", str(tmp_path / "no.csv")),
            ("users", "plan", str(folder.config), "--wrong"),
            ("users", "plan"),
        ):
            code, document = folder.json(*arguments)
            assert code == 1
            assert list(document) == PLAN_KEYS
            assert document["refused"] is None
            assert document["problems"][0]["severity"] == "error"
            assert folder.stderr


def test_a_server_that_is_away_is_an_error_with_a_remedy(folder: Folder, servers: Servers) -> None:
    folder.write(row(1))
    with servers(faults=[Fault(operation="SearchUsers", error="AccessDeniedException")]) as server:
        code, document = plan(folder, server)
        assert code == 1
        assert "connect:SearchUsers" in document["problems"][0]["message"]


def test_provisioned_makes_nobody(folder: Folder, servers: Servers) -> None:
    folder.write(row(1), row(2), contact_center="provisioned", missing_users="delete")
    with servers() as server:
        code, document = plan(folder, server)
        assert (code, document["changes"]) == (0, [])
        assert [p["code"] for p in document["problems"] if p["code"] != "no_admin"] == ["provisioned"] * 2


def test_text_for_a_person(folder: Folder, servers: Servers) -> None:
    folder.write(row(1, FirstName="[bold]Ann[/bold]"))
    with servers() as server:
        code, out = folder.run("users", "plan", str(folder.config), "--instance", server.instance.arn)
        assert code == 2
        assert "+ user1@0055e0000000001@00D5e000000AbCd" in out
        assert "[bold]Ann[/bold]" in out
        assert "plan: 1 create" in out
        code, out = folder.run("users", "plan", str(folder.config), "--instance", server.instance.arn, "-q")
        assert (code, out, folder.stderr) == (2, "", "")

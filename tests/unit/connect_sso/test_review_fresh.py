"""A page is never about other files than those that are there: stale assemblies and plans are errors."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from connect_sso.main import main
from contact_center.review.model import Review
from tests.unit.connect_sso.conftest import Servers
from tests.unit.connect_sso.reviews import Change


class TestFresh:
    def test_a_missing_assembly(self, change: Change) -> None:
        shutil.rmtree(change.after)
        _assert_error(change, "assembly_missing", "npx cdk synth")

    def test_no_assembly_at_all(self, change: Change) -> None:
        (change.after / "manifest.json").write_text("[]")
        _assert_error(change, "assembly_unusable", "npx cdk synth")

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"sign_on.session_hours": 8}, "made from another config"),
            ({"tags": {"Team": "other"}}, "made from another config"),
            ({"name": "other"}, "has no stack other-sign-on"),
        ],
    )
    def test_another_config(self, change: Change, changes: Mapping[str, Any], why: str) -> None:
        change.configure(changes)
        _assert_error(change, "assembly_stale", why)

    def test_a_comment_is_no_other_config(self, change: Change) -> None:
        change.config.write_text("# read me\n" + change.config.read_text())
        assert change.review().code == 0

    def test_another_export(self, change: Change) -> None:
        export = change.config.parent / "users.csv"
        export.write_bytes(export.read_bytes().replace(b"Support Rep", b"Support rep"))
        _assert_error(change, "assembly_stale", "users.csv is another")

    def test_another_metadata(self, change: Change) -> None:
        metadata = change.config.parent / "salesforce-idp.xml"
        metadata.write_text(metadata.read_text().replace("acme.my.salesforce.com", "evil.my.salesforce.com"))
        _assert_error(change, "assembly_stale", "the metadata of acmeservice-salesforce is another")

    def test_a_plan_of_another_export(self, change: Change, servers: Servers) -> None:
        with servers() as server:
            plan = change.people_change(server.instance.arn)
        export = change.config.parent / "users.csv"
        export.write_bytes(export.read_bytes().replace(b"Support Rep", b"Support rep"))
        change.write(change.after)
        _assert_error(change, "plan_stale", "it was made from another users.csv", "--plan", str(plan))

    def test_a_plan_with_other_settings(self, change: Change, servers: Servers) -> None:
        with servers() as server:
            plan = change.people_change(server.instance.arn)
        change.configure({"users.missing_users": "delete"})
        change.write(change.after)
        _assert_error(change, "plan_stale", "other settings under users", "--plan", str(plan))

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}', '{"version": 1, "changes": [], "digests": {}}'])
    def test_no_plan_at_all(self, change: Change, text: str) -> None:
        plan = change.folder / "plan.json"
        plan.write_text(text)
        assert main(change.arguments("-q", "--plan", str(plan))) == 1


def _assert_error(change: Change, code: str, text: str, *more: str) -> None:
    pages = change.review(*more)
    assert (pages.code, pages.json["decision"], pages.markdown, pages.html) == (1, "error", "", "")
    assert {*pages.json} == {"decision", "problems", *(field.name for field in fields(Review))}
    (problem,) = (one for one in pages.json["problems"] if one["severity"] == "error")
    assert problem["code"] == code
    assert text in problem["message"]

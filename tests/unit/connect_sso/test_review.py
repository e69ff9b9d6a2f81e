"""`connect-sso review` on prepared changes: what it says, in all three forms, and with which exit code."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest

from connect_sso.main import main
from tests.unit.connect_sso.conftest import Servers
from tests.unit.connect_sso.reviews import (
    EXAMPLE,
    NAG,
    Change,
    Edit,
    Pages,
    alias,
    broader,
    lost,
    resource,
    stranger,
    unkept,
)

# What is edited, the config with it, the finding, what it says, and the words that let it pass.
Prepared = tuple[Edit, Mapping[str, Any], str, str, str]
GUARDED: dict[str, Prepared] = {
    "alias": (
        alias,
        {"instance.alias": "acme-support"},
        "alias_changed",
        "phone numbers, flows, users and history stay behind",
        "change-alias acme-service to acme-support",
    ),
    "stranger": (
        stranger,
        {},
        "stranger_trusted",
        "assumed by acmeservice-rogue, which the config does not name: whoever that is signs in as any user",
        "trust acmeservice-rogue in acmeservice-SAMLRole",
    ),
    "retention": (
        unkept,
        {},
        "retention_removed",
        "it was kept whatever happens, and is not any more",
        "remove-retention acmeservice-storage/StorageExports62CF1092",
    ),
    "bucket": (
        lost,
        {},
        "resource_removed",
        "it is taken out of the template and stays, outside of the stack",
        "remove-resource acmeservice-storage/StorageReports31B47EB2",
    ),
}


def names() -> set[str]:
    """Everything in the example that says who somebody is."""
    with (EXAMPLE / "users.csv").open(encoding="utf-8-sig", newline="") as file:
        people = list(csv.DictReader(file))
    columns = ("Id", "Username", "Alias", "FirstName", "LastName", "Email", "FederationIdentifier")
    return {row[column] for row in people for column in columns if row[column]} | {row["Id"][:15] for row in people}


def said(pages: Pages) -> dict[str, str]:
    """The three forms as plain texts on one line, so that they can be searched alike."""
    forms = {
        "json": json.dumps(pages.json, ensure_ascii=False),
        "markdown": re.sub(r"\\([^\w\s])", r"\1", pages.markdown),
        "html": unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", pages.html, flags=re.DOTALL)),
    }
    return {form: " ".join(text.split()) for form, text in forms.items()}


def assert_in_all(pages: Pages, *texts: str) -> None:
    for form, whole in said(pages).items():
        for text in texts:
            wanted = json.dumps(text, ensure_ascii=False)[1:-1] if form == "json" else text
            assert " ".join(wanted.split()) in whole, f"{form} does not say: {text}"


class TestDangers:
    def test_nothing_to_decide(self, change: Change) -> None:
        pages = change.review()
        assert (pages.code, pages.json["decision"], pages.json["findings"]) == (0, "nothing", [])
        assert_in_all(pages, "https://acme.my.salesforce.com")
        assert "Nothing is replaced, deleted or refused." in pages.markdown
        assert "Nothing is replaced, deleted or refused." in pages.html

    @pytest.mark.parametrize("name", sorted(GUARDED))
    def test_a_guard_refuses(self, change: Change, name: str) -> None:
        edit, config, code, text, words = GUARDED[name]
        change.configure(config)
        change.write(change.after, edit)
        pages = change.review()
        assert (pages.code, pages.json["decision"]) == (3, "refused")
        finding = pages.findings("refused")[code]
        assert text in finding["message"]
        assert (finding["acknowledge"], finding["acknowledged"]) == (words, False)
        assert_in_all(pages, finding["message"], words)

    @pytest.mark.parametrize("name", sorted(GUARDED))
    def test_the_very_words_let_it_pass_and_it_stays_red(self, change: Change, name: str) -> None:
        edit, config, code, _, words = GUARDED[name]
        change.configure({**config, "acknowledge": [words]})
        change.write(change.after, edit)
        pages = change.review()
        assert pages.code == 2
        assert pages.findings("danger")[code]["acknowledged"] is True
        assert "acknowledged by the config" in pages.html
        assert "acknowledged by the config" in pages.markdown

    @pytest.mark.parametrize("name", sorted(GUARDED))
    def test_other_words_do_not(self, change: Change, name: str) -> None:
        edit, config, code, _, words = GUARDED[name]
        other = words.replace("acme", "acne")
        change.configure({**config, "acknowledge": [other]})
        change.write(change.after, edit)
        pages = change.review()
        assert pages.code == 3
        assert code in pages.findings("refused")
        assert pages.findings("attention")["acknowledgement_idle"]["subject"] == other

    def test_a_broader_permission(self, change: Change) -> None:
        change.write(change.after, broader)
        pages = change.review()
        assert pages.code == 2
        finding = pages.findings("danger")["permissions_broader"]
        assert finding["details"][0].startswith("broader: may connect:UpdateUserHierarchy")
        assert "before, only where aws:ResourceTag/connect-sso:contact-center is acmeservice" in finding["details"][0]
        assert_in_all(pages, *finding["details"])
        (role,) = (one for one in pages.json["holders"] if "SyncStepRole" in one["name"])
        assert {grant["title"] for grant in role["grants"] if grant["mark"]} == {"change our users"}

    def test_people_are_numbers(self, change: Change, servers: Servers) -> None:
        with servers() as server:
            plan = change.people_change(server.instance.arn)
        pages = change.review("--plan", str(plan))
        assert pages.code == 2
        dangers = pages.findings("danger")
        assert dangers["privileged"]["message"].startswith("1 user gets the security profile Admin")
        assert dangers["access_lost"]["message"].startswith("1 person loses access")
        users = pages.json["users"]
        assert (users["counts"]["update"], users["counts"]["remove"], users["managed"]) == (1, 1, 20)
        assert [(one["name"], one["allowed"], one["planned"]) for one in users["limits"]] == [
            ("removals", 4, 1),
            ("updates", 10, 1),
            ("creates", None, 0),
        ]
        assert_in_all(pages, dangers["privileged"]["message"], dangers["access_lost"]["message"])
        assert users["people"] is None

    def test_who_they_are_only_when_asked(self, change: Change, servers: Servers) -> None:
        with servers() as server:
            plan = change.people_change(server.instance.arn)
        pages = change.review("--plan", str(plan), "--with-people")
        assert pages.findings("danger")["privileged"]["details"] == ["tnune@0055e000IQ9Y7aJ@00D5e000000AbCd"]
        assert_in_all(pages, "jlind@0055e000qa7yEee@00D5e000000AbCd", "tnune@0055e000IQ9Y7aJ@00D5e000000AbCd")

    def test_a_refused_plan_is_refused(self, change: Change, servers: Servers) -> None:
        with servers() as server:
            plan = change.people_change(server.instance.arn)
            change.configure({"users.limits": {"removals": 0}})
            change.write(change.after)
            assert (
                main(["users", "plan", str(change.config), "--instance", server.instance.arn, "--out", str(plan)]) == 3
            )
        pages = change.review("--plan", str(plan))
        assert pages.code == 3
        assert pages.findings("refused")["plan_refused"]["details"] == ["too_many_removals"]


def all_at_once(templates: dict[str, Any]) -> None:
    for edit in (alias, stranger, broader, unkept):
        edit(templates)


class TestPrivacy:
    def test_nobody_is_on_the_page(self, change: Change, servers: Servers) -> None:
        with servers() as server:
            plan = change.people_change(server.instance.arn)
            change.configure({"users.protected": ["lsore@0055e0009xVQ2zg@00D5e000000AbCd"], "instance.alias": "acme-2"})
            rules = [
                {
                    "match": {"username": ["nadia.petrova@acme.example", "wei.zhang@acme.example"]},
                    "security_profiles": ["Admin"],
                    "routing_profile": "Basic Routing Profile",
                }
            ]
            change.configure({"users.rules": rules, "users.limits.removals": "none", "users.limits.updates": "none"})
            change.write(change.after, all_at_once)
            arguments = ["users", "plan", str(change.config), "--instance", server.instance.arn, "--out", str(plan)]
            assert main(arguments) in (2, 3)
        pages = change.review("--plan", str(plan))
        assert pages.code == 3
        for form, text in said(pages).items():
            found = {name for name in names() if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)}
            assert found == set(), form

    def test_where_the_folder_lies_is_not_on_the_page(self, change: Change) -> None:
        change.write(change.after, broader)
        pages = change.review()
        assert str(change.folder) not in pages.html + pages.markdown


class TestNotNew:
    """Changes that must not cry wolf."""

    def test_another_export_is_no_broader_permission(self, change: Change) -> None:
        def other(templates: dict[str, Any]) -> None:
            policy = resource(templates, "AWS::IAM::ManagedPolicy", "StepRuntime")
            text = json.dumps(policy).replace("<hash>", "ab" * 32)
            policy.update(json.loads(text))

        def first(templates: dict[str, Any]) -> None:
            policy = resource(templates, "AWS::IAM::ManagedPolicy", "StepRuntime")
            policy.update(json.loads(json.dumps(policy).replace("<hash>", "cd" * 32)))

        change.write(change.before, first)
        change.write(change.after, other)
        pages = change.review()
        assert (pages.code, set(pages.findings("danger"))) == (2, set())

    def test_a_new_version_of_the_layer_is_routine(self, change: Change) -> None:
        def other(templates: dict[str, Any]) -> None:
            content = resource(templates, "AWS::Lambda::LayerVersion")["Properties"]["Content"]
            content["S3Key"] = "other.zip"

        change.write(change.after, other)
        pages = change.review()
        assert (pages.code, set(pages.findings("danger"))) == (2, set())
        assert "replaced by a newer version" in pages.findings("attention")["resources_change"]["message"]

    def test_the_same_reasons_are_not_new(self, change: Change) -> None:
        pages = change.review()
        assert [one["new"] for one in pages.json["nag"]] == [False]
        more = {**NAG, "/acmeservice-users/Sync": {"Annotation::AwsSolutions-L1": "because"}}
        change.write(change.after, nag=more)
        pages = change.review()
        assert pages.code == 2
        assert pages.findings("attention")["nag_new"]["details"] == ["AwsSolutions-L1 at acmeservice-users/Sync"]
        assert_in_all(pages, "it is the bucket of access logs", "because")


def test_the_first_deployment_is_all_new(change: Change) -> None:
    (change.before / "manifest.json").write_text('{"artifacts": {}}')
    pages = change.review()
    assert (pages.code, pages.findings("danger")) == (2, {})
    assert pages.findings("attention")["stack_new"]["message"].startswith("4 stacks are new")
    assert all(one["change"] == "new" for one in pages.json["holders"])


def test_same_input_same_bytes(change: Change) -> None:
    change.write(change.after, all_at_once)
    first, second = change.review(), change.review()
    assert (first.html, first.markdown, first.json) == (second.html, second.markdown, second.json)


def test_json_has_its_keys_when_the_command_line_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["decision"] == "error"
    assert document["problems"][0]["code"] == "usage"


HOSTILE = "<script>alert(1)</script> | `x` [a](https://evil.example) *b*"


def test_a_text_of_somebody_else_stays_a_text(change: Change) -> None:
    change.write(change.after, nag={"/acmeservice-users/Sync": {"Annotation::X`|<b>": HOSTILE}})
    pages = change.review()
    assert "<script" not in pages.html
    assert "<b>" not in pages.html
    (row,) = (line for line in pages.markdown.splitlines() if "alert(1)" in line)
    assert r"\<script\>alert(1)\</script\> \| \`x\` \[a\](https://evil.example) \*b\*" in row
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    assert pages.json["nag"][0]["entry"]["reason"] == HOSTILE


def test_a_page_with_people_is_for_its_owner(change: Change) -> None:
    change.review("--with-people")
    assert (change.folder / "review.html").stat().st_mode & 0o077 == 0


def test_a_page_that_cannot_be_written(change: Change) -> None:
    (change.folder / "review.md").mkdir()
    assert main(change.arguments("-q", "--markdown", str(change.folder / "review.md"))) == 1


def test_the_terminal_says_it_with_the_words(change: Change, capsys: pytest.CaptureFixture[str]) -> None:
    change.write(change.after, stranger)
    assert main(change.arguments()) == 3
    out = capsys.readouterr().out
    assert "refused: role acmeservice-SAMLRole: it can be assumed by acmeservice-rogue" in out
    assert "if it is meant, add to acknowledge: trust acmeservice-rogue in acmeservice-SAMLRole" in out
    assert "Refused: 1 change is refused by a guard, 1 thing to know; against before.out" in out

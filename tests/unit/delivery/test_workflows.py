"""The workflow files for GitHub Actions: valid, pinned, without a secret, and nothing but our verbs in them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from contact_center.config import Config
from tests.unit.delivery.workflows import FOLDER, ROOT, Workflow, faults, read

NAMES = ("deliver.yml", "nightly.yml", "pull-request.yml")
EXAMPLE = ROOT / "config" / "acmeservice" / "contact-center.yaml"


@pytest.fixture(scope="module")
def config() -> Config:
    """The example, delivered by a repository."""
    document = yaml.safe_load(EXAMPLE.read_text())
    return Config.model_validate({**document, "delivery": {"github": {"repository": "acme/contact-center"}}})


def lint(*paths: Path) -> list[tuple[str, str]]:
    script = Path(__file__).with_name("lint_workflows.cjs")
    command = [str(shutil.which("node")), str(script), *map(str, paths)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return [(one["kind"], one["message"]) for one in json.loads(ended.stdout)]


def test_the_files_are_those_that_are_checked() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == list(NAMES)


def test_actionlint_has_no_finding_and_has_one_where_there_is_one(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(read("deliver.yml").text.replace("needs.prepare.outputs.digest", "needs.prepare.outputs.digset"))
    found = lint(*(FOLDER / name for name in NAMES), broken)
    assert {kind for kind, _ in found} == {"expression"}
    assert all('"digset" is not defined' in message for _, message in found)


@pytest.mark.parametrize("name", NAMES)
def test_our_rules_hold(name: str, config: Config) -> None:
    assert list(faults(read(name), config)) == []


def test_an_action_is_the_same_commit_everywhere() -> None:
    pins = set().union(*(read(name).pins for name in NAMES))
    assert len(pins) == len({action for action, _ in pins}) == 6


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7.0.1", "not pinned"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@3d3c42e5aac5 # v7.0.1", "not pinned"),
        ("permissions: {}", "permissions: {contents: read}", "rights for every job"),
        ("contents: read\n      id-token: write", "contents: write\n      id-token: write", "rights are"),
        ("persist-credentials: false", "persist-credentials: true", "leaves a token"),
        ("persist-credentials: false", "fetch-depth: 0", "leaves a token"),
        ("    timeout-minutes: 60\n", "", "no time limit"),
        ("workflow_dispatch:", "pull_request_target:", "pull_request_target"),
        ("workflow_dispatch:", "issue_comment:", "another trigger"),
        ("aws-region: us-west-2", "aws-access-key-id: x\n          aws-region: us-west-2", "aws-access-key"),
        ("aws-region: us-west-2", "aws-region: us-east-1", "another Region"),
        ("- run: make install", "- run: make install\n        env: {X: '${{ secrets.KEY }}'}", "secrets."),
        ("make deliver-prepare", "curl https://example.com; make deliver-prepare", "not a verb"),
        ("make deliver-prepare", "make deliver-anything", "not a verb"),
        ("make deliver-execute", "make deliver-execute APPROVED=${{ needs.prepare.outputs.digest }}", "not a verb"),
        ("          path: approved\n", "", "over the checkout"),
        ("delivery-preparer", "delivery-deployer", "does not trust repo:acme/contact-center:ref:refs/heads/main"),
        ("name: production", "name: staging", "does not trust repo:acme/contact-center:environment:staging"),
    ],
)
def test_a_file_that_breaks_a_rule_is_told(old: str, new: str, fault: str, config: Config) -> None:
    text = read("deliver.yml").text
    assert old in text
    assert any(fault in one for one in faults(Workflow(text.replace(old, new)), config))


def test_a_pull_request_never_gets_more_than_templates(config: Config) -> None:
    text = read("pull-request.yml").text.replace("delivery-reviewer", "delivery-reader")
    assert any("does not trust repo:acme/contact-center:pull_request" in one for one in faults(Workflow(text), config))
    assert read("pull-request.yml").commands("test") == ["make test"]
    assert "id-token" not in read("pull-request.yml").jobs["test"]["permissions"]


def test_each_job_does_one_thing() -> None:
    deliver = read("deliver.yml")
    prepares, executes = deliver.commands("prepare"), deliver.commands("execute")
    assert [one.split()[1] for one in prepares] == ["install", "check", "synth", "deliver-prepare"]
    assert [one.split()[1] for one in executes] == ["install", "deliver-execute"], "it must not synthesize again"
    assert [one.split()[1] for one in read("nightly.yml").commands("drift")] == ["install", "deliver-drift"]


def test_what_is_kept_of_a_delivery_holds_no_asset() -> None:
    (keep,) = (step for step in read("deliver.yml").jobs["prepare"]["steps"] if step.get("id") == "keep")
    assert keep["with"]["path"].split() == ["build/delivery", "cdk.out/*.json"]


@pytest.mark.parametrize("name", NAMES)
def test_they_are_about_the_example(name: str) -> None:
    assert ROOT / read(name).document["env"]["CONFIG"] == EXAMPLE

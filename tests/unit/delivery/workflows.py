"""Rules for workflow files that actionlint does not know: what a pipeline with rights in an AWS account may not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from contact_center.config import Config

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "delivery" / "github"
CREDENTIALS = "aws-actions/configure-aws-credentials"
_USES = re.compile(r"uses: (?P<action>[\w.-]+/[\w.-]+)@(?P<commit>[0-9a-f]{40}) # v\d+\.\d+\.\d+$")
_RIGHTS = ({"contents": "read"}, {"contents": "read", "id-token": "write"})
_FORBIDDEN = ("secrets.", "secrets:", "pull_request_target", "workflow_run", "aws-access-key", "continue-on-error")


@dataclass(frozen=True)
class Workflow:
    """One file."""

    text: str

    @cached_property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = yaml.safe_load(self.text)
        return document

    @property
    def triggers(self) -> dict[str, Any]:
        found: dict[str, Any] = self.document[True]  # YAML 1.1 reads the key `on` as true
        return found

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.document["jobs"]
        return found

    @property
    def pins(self) -> set[tuple[str, str]]:
        return {(found["action"], found["commit"]) for line in self.text.splitlines() if (found := _USES.search(line))}

    def commands(self, job: str) -> list[str]:
        return [step["run"] for step in self.jobs[job]["steps"] if "run" in step]

    def subject(self, job: str, repository: str) -> str:
        """Return the ``sub`` of a job's token.

        https://docs.github.com/en/actions/reference/security/oidc
        """
        environment = self.jobs[job].get("environment")
        if environment:
            return f"repo:{repository}:environment:{environment['name']}"
        return f"repo:{repository}:" + ("pull_request" if "pull_request" in self.triggers else "ref:refs/heads/main")


def read(name: str) -> Workflow:
    return Workflow((FOLDER / name).read_text())


def verbs() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def faults(workflow: Workflow, config: Config) -> Iterator[str]:
    """Yield what is wrong with a workflow.

    Args:
        config: of the contact center that it delivers.
    """
    for line in workflow.text.splitlines():
        code = line.split(" #")[0]
        if "uses:" in code and not _USES.search(line):
            yield f"not pinned to a commit with its version: {line.strip()}"
        yield from (f"{word} in {line.strip()}" for word in _FORBIDDEN if word in code)
    if workflow.document["permissions"] != {}:
        yield "rights for every job"
    if not set(workflow.triggers) <= {"pull_request", "push", "schedule", "workflow_dispatch"}:
        yield "another trigger"
    for name, job in workflow.jobs.items():
        yield from (f"{name}: {fault}" for fault in _job_faults(workflow, name, job, config))


def _job_faults(workflow: Workflow, name: str, job: dict[str, Any], config: Config) -> Iterator[str]:
    steps = job["steps"]
    credentials = [step["with"] for step in steps if step.get("uses", "").startswith(CREDENTIALS)]
    if job.get("permissions") != _RIGHTS[bool(credentials)]:
        yield f"rights are {job.get('permissions')}"
    if not 0 < job.get("timeout-minutes", 0) <= 150:
        yield "no time limit"
    for step in steps:
        if "actions/checkout" in step.get("uses", "") and step.get("with", {}).get("persist-credentials") is not False:
            yield "leaves a token in the checkout"
        if "actions/download-artifact" in step.get("uses", "") and not step["with"].get("path"):
            yield "puts an artifact over the checkout"
        if "run" in step:
            yield from _command_faults(step["run"])
    for given in credentials:
        yield from _credential_faults(workflow, name, given, config)


def _command_faults(command: str) -> Iterator[str]:
    found = re.fullmatch(r'make ([a-z-]+)((?: [A-Z]+="\$[A-Z_]+")*)', command)
    if not found or found[1] not in verbs():
        yield f"not a verb of ours: {command}"


def _credential_faults(workflow: Workflow, job: str, given: dict[str, Any], config: Config) -> Iterator[str]:
    github = config.delivery.github if config.delivery else None
    assert github is not None
    if set(given) - {"role-to-assume", "aws-region", "role-duration-seconds"}:
        yield f"credentials by {sorted(given)}"
    if given["aws-region"] != config.region:
        yield "another Region"
    who = workflow.subject(job, github.repository)
    roles = {
        f"arn:aws:iam::111122223333:role/{config.delivery_role_name(role)}"
        for role, subjects in github.subjects().items()
        if who in subjects
    }
    if given["role-to-assume"] not in roles:
        yield f"{given['role-to-assume']} does not trust {who}"

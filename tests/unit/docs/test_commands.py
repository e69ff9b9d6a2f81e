"""Every command in a shell block of README and docs exists, with these options; what is cheap and offline is run.

The longer ones run in order on a local AWS, in `tests/end_to_end/test_first_steps.py`. A command that nobody
classified here is a failure: say how it is known to be right.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from connect_sso.main import main, parser
from contact_center.load import load
from tests.unit.docs.pages import PAGES, ROOT, blocks, commands, lines, name

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
CDK = json.loads((ROOT / "node_modules/aws-cdk/lib/cli/cli-type-registry.json").read_text("utf-8"))
EXAMPLE = load(ROOT / "config/acmeservice/contact-center.yaml").config
STACKS = {getattr(EXAMPLE, key) for key in dir(EXAMPLE) if key.endswith("_stack_name")}
# Those whose every use was read; no parser of theirs is here.
SHELL = ("cat", "cd", "cp", "echo", "eval", "exit", "export", "git", "mkdir", "pre-commit", "sed", "test")
SALESFORCE = {
    "org login web": {"--instance-url", "--alias"},
    "project deploy start": {"--source-dir", "--target-org", "--dry-run"},
    "data export bulk": {"--target-org", "--wait", "--result-format", "--output-file", "--query"},
}
AWS_EVERYWHERE = frozenset({"--region", "--profile", "--output", "--query"})
AWS_OWN = {"s3 cp", "s3 ls", "configure sso", "sso login", "cloudformation deploy"}
# Folders of the repository; somebody's own contact center is `yourname`.
PLACES = re.compile(r"(?:file://|config=|CONFIG=)?((?:config|delivery|docs|stacks|tools|tests)/[\w./-]+)$")


def of_connect_sso(words: list[str]) -> None:
    parser().parse_args(words)


def of_make(words: list[str]) -> None:
    verbs = [word for word in words if "=" not in word]
    assert verbs
    for verb in verbs:
        assert re.search(rf"^{re.escape(verb)}:", MAKEFILE, re.MULTILINE), f"the Makefile has no verb {verb}"
    for variable in (word.partition("=")[0] for word in words if "=" in word):
        assert re.search(rf"\$(?:\((?:if )?{variable}[),]|\${variable}\b)", MAKEFILE), (
            f"the Makefile reads no {variable}"
        )


def of_cdk(words: list[str]) -> None:
    verb, *rest = words
    options = {**CDK["globalOptions"], **CDK["commands"][verb].get("options", {})}
    named = {f"{prefix}{option}": about for option, about in options.items() for prefix in ("--", "--no-")}
    named |= {f"-{about['alias']}": about for about in options.values() if "alias" in about}
    tokens = iter(rest)
    for word in tokens:
        if word.startswith("-"):
            option, _, value = word.partition("=")
            assert option in named, f"cdk {verb} has no option {option}"
            if named[option]["type"] != "boolean" and not value:
                next(tokens)
        elif verb != "bootstrap":
            assert word.replace("yourname", EXAMPLE.name) in STACKS, f"there is no stack {word}"


def of_aws(words: list[str]) -> None:
    service, operation, *rest = words
    if f"{service} {operation}" in AWS_OWN:
        return
    model = botocore.session.get_session().get_service_model(service)
    wanted = "".join(part.capitalize() for part in operation.split("-"))
    (known,) = (each for each in model.operation_names if each.lower() == wanted.lower())
    shape = model.operation_model(known).input_shape
    members = {_kebab(member): member for member in (shape.members if shape else ())}
    given = {word for word in rest if word.startswith("--")} - AWS_EVERYWHERE
    assert given <= {f"--{member}" for member in members}, f"aws {service} {operation}: {given}"
    required = {f"--{_kebab(member)}" for member in (shape.required_members if shape else ())}
    assert required <= given, f"aws {service} {operation} needs {required - given}"


def _kebab(member: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", member).lower()


def of_salesforce(words: list[str]) -> None:
    (known,) = (each for each in SALESFORCE if words[: len(each.split())] == each.split())
    assert {word for word in words if word.startswith("--")} <= SALESFORCE[known]


def of_python(words: list[str]) -> None:
    if words[0] == "-m":
        assert importlib.util.find_spec(words[1]), f"there is no module {words[1]}"
    else:
        assert (ROOT / words[0]).is_file(), f"there is no {words[0]}"


KNOWN: Mapping[str, Callable[[list[str]], None]] = {
    "connect-sso": of_connect_sso,
    "make": of_make,
    "cdk": of_cdk,
    "aws": of_aws,
    "sf": of_salesforce,
    "python": of_python,
    **dict.fromkeys(SHELL, lambda _: None),
}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_shell_takes_every_block(page: Path) -> None:
    for block in blocks(page, "sh"):
        subprocess.run(["/bin/sh", "-n"], input=block, text=True, check=True, timeout=60)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_one(page: Path) -> None:
    for command in commands(page):
        words = command[1:] if command[0] == "npx" else command
        tool = words[0].rpartition("/")[2]
        assert tool in KNOWN, f"{tool} is not classified: {' '.join(command)}"
        KNOWN[tool](words[1:])
        for place in (match[1] for word in words if (match := PLACES.match(word))):
            assert "yourname" in place or (ROOT / place).exists(), f"there is no {place}"


def test_commands_that_do_not_exist_are_found() -> None:
    for words, check in (
        (["users", "plna", "x.yaml"], of_connect_sso),
        (["check", "x.yaml", "--explane", "5"], of_connect_sso),
        (["depoly"], of_make),
        (["deploy", "KONFIG=x"], of_make),
        (["deploy", "--outputs-flie", "x"], of_cdk),
        (["deploy", "acmeservice-user"], of_cdk),
        (["iam", "delete-saml-provider", "--saml-provider", "x"], of_aws),
        (["iam", "delete-saml-provider"], of_aws),
        (["project", "deploy", "start", "--target", "x"], of_salesforce),
    ):
        with pytest.raises(Exception):  # noqa: B017 - of each tool's own kind
            check(words)


OFFLINE = ("check",)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the example, and an export beside it, as somebody has who reads the page."""
    for folder in ("config/acmeservice", "build"):
        (tmp_path / folder).mkdir(parents=True)
    for file in (ROOT / "config/acmeservice").iterdir():
        (tmp_path / "config/acmeservice" / file.name).write_bytes(file.read_bytes())
    for copy in ("users.csv", "build/users.csv"):
        (tmp_path / copy).write_bytes((ROOT / "config/acmeservice/users.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offline() -> list[tuple[str, ...]]:
    """Return each command that needs nothing but the example, once."""
    found = {
        tuple(words[1:]): None
        for page in PAGES
        for words in commands(page)
        if words[0].endswith("connect-sso") and words[1] in OFFLINE and "config/acmeservice" in words[2]
    }
    return list(found)


@pytest.mark.parametrize("words", offline(), ids=" ".join)
def test_what_needs_nothing_runs(words: tuple[str, ...], workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    told: Any = capsys.readouterr().out
    assert "0 errors" in told or "decides" in told


def test_make_help_lists_the_verbs_that_the_pages_name() -> None:
    told = subprocess.run(
        ["/usr/bin/env", "make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    listed = {line.split()[0] for line in told.splitlines()[1:]}
    named = {words[1] for page in PAGES for words in commands(page) if words[0] == "make"}
    assert named <= listed


def test_there_is_something_to_look_at() -> None:
    assert sum(len(lines(page)) for page in PAGES) > 50
    assert len(offline()) >= 4

"""The templates as CloudFormation takes them: valid in both partitions, and a function of the files alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cfnlint import lint
from cfnlint.config import ManualArgs

from tests.infra.synthesis import EXAMPLE, ROOT, Synthesized, synthesize

Variant = Callable[[str], Synthesized]


def _findings(synthesized: Synthesized, region: str) -> list[str]:
    return [
        f"{stack}: {match}"
        for stack in synthesized.stacks
        for match in lint(json.dumps(synthesized.template(stack)), config=ManualArgs(regions=[region]))
    ]


def test_cfn_lint_has_no_finding_in_us_west_2(example: Synthesized) -> None:
    assert _findings(example, "us-west-2") == []


def test_cfn_lint_has_no_finding_in_government(variant: Variant) -> None:
    assert _findings(variant("government"), "us-gov-west-1") == []


@pytest.mark.parametrize("name", ["both", "third-party", "existing"])
def test_cfn_lint_has_no_finding_in_the_variants(variant: Variant, name: str) -> None:
    assert _findings(variant(name), "us-west-2") == []


def test_what_cfn_lint_is_told_to_ignore_is_the_one_action_that_it_does_not_know_yet(variant: Variant) -> None:
    for name in ("both", "third-party"):
        ignoring = [
            resource["Properties"]["PolicyDocument"]["Statement"]
            for stack in variant(name).stacks
            for resource in variant(name).template(stack)["Resources"].values()
            if "cfn-lint" in resource.get("Metadata", {})
        ]
        assert [[one["Action"] for one in statements] for statements in ignoring] == [
            ["connect:DeleteAllEntitySessions"]
        ]


def test_an_output_of_an_output_is_ignored_where_sign_on_repeats_the_instance(example: Synthesized) -> None:
    ignoring = [stack for stack in example.stacks if "cfn-lint" in example.template(stack).get("Metadata", {})]
    assert ignoring == ["sign-on"]
    outputs = example.template("sign-on")["Outputs"].items()
    assert {name for name, output in outputs if "ImportValue" in json.dumps(output)} == {"InstanceArn", "RelayState"}


def _bytes(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_twice_the_same_bytes_whoever_and_wherever(example: Synthesized, code: Path, tmp_path: Path) -> None:
    """Another process, user, home, time zone, language, clock and account: the same cloud assembly."""
    home = tmp_path / "home"
    home.mkdir()
    jsii = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "aws" / "jsii" / "package-cache"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(jsii)),
        "USER": "somebody",
        "TZ": "Pacific/Kiritimati",
        "LANG": "tr_TR.UTF-8",
        "CDK_DEFAULT_ACCOUNT": "999999999999",
        "CDK_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "stray",
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": str(ROOT),
    }
    program = (
        "from pathlib import Path; from tests.infra.synthesis import synthesize; import sys; "
        "synthesize(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))"
    )
    config, out = EXAMPLE / "contact-center.yaml", tmp_path / "cdk.out"
    command = [sys.executable, "-c", program, str(config), str(out), str(code)]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, timeout=120)
    assert _bytes(out) == _bytes(example.out)


def test_what_lies_beside_the_engine_changes_nothing(example: Synthesized, code: Path, tmp_path: Path) -> None:
    littered = tmp_path / "code"
    shutil.copytree(code, littered)
    for litter in ("user_sync/__pycache__/plan.cpython-311.pyc", "connect_sso.egg-info/PKG-INFO", "other/x.py"):
        (littered / "src" / litter).parent.mkdir(parents=True, exist_ok=True)
        (littered / "src" / litter).write_text("litter")
    again = synthesize(EXAMPLE / "contact-center.yaml", tmp_path / "cdk.out", littered)
    assert again.template("users") == example.template("users")


def test_another_export_is_another_property(example: Synthesized, code: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "config")
    export = tmp_path / "config" / "users.csv"
    export.write_bytes(export.read_bytes() + b"\n")
    changed = synthesize(tmp_path / "config" / "contact-center.yaml", tmp_path / "cdk.out", code)
    old, new = (one.one("users", "Custom::ConnectUsers")["Export"] for one in (example, changed))
    assert old["Key"] != new["Key"]
    for stack in ("instance", "sign-on", "storage"):
        assert changed.template(stack) == example.template(stack)

"""`connect-sso users` against the deployed stack, and on 300 people against a Connect endpoint alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from local_aws.connect_server import ConnectServer
from local_aws.environment import without_strays
from local_aws.example import ExampleCopy
from tests.end_to_end.assembly import Assembly, Json, read_rows, write_rows
from tests.end_to_end.product import Product, running
from user_sync import salesforce_id

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("deployment")]


@pytest.fixture(scope="module")
def product(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("command-line")) as product:
        product.put_all(assembly)
        yield product


@pytest.fixture
def copy(tmp_path: Path) -> ExampleCopy:
    return ExampleCopy.make(tmp_path / "acmeservice")


def connect_sso(environment: Mapping[str, str], *arguments: str | Path) -> tuple[int, Json]:
    """Run a command with --json in a folder without anything; return its exit code and document."""
    ran = subprocess.run(
        [sys.executable, "-m", "connect_sso", *map(str, arguments), "--json"],
        env=dict(environment),
        cwd=Path(str(arguments[2])).parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.stdout, ran.stderr
    document: Json = json.loads(ran.stdout)
    return ran.returncode, document


def test_plan_and_apply_find_the_deployed_instance_by_themselves(product: Product, copy: ExampleCopy) -> None:
    environment = product.aws.environment()
    code, plan = connect_sso(environment, "users", "plan", copy.config)
    assert (code, plan["changes"], plan["summary"]["unchanged"]) == (0, [], 20)

    rows = read_rows(copy.export.read_bytes())
    rows[1]["LastName"] = "Lindqvist-Berg"
    copy.export.write_bytes(write_rows(rows))
    code, plan = connect_sso(environment, "users", "plan", copy.config)
    assert code == 2
    (change,) = plan["changes"]
    assert (change["action"], change["username"][:6]) == ("update", "jlind@")

    code, applied = connect_sso(environment, "users", "apply", copy.config, "--yes")
    assert code == 0
    assert [outcome["status"] for outcome in applied["outcomes"]] == ["done"]
    assert product.users()[change["username"]]["IdentityInfo"]["LastName"] == "Lindqvist-Berg"
    assert len(list((copy.folder / "reports").iterdir())) == 3
    code, plan = connect_sso(environment, "users", "plan", copy.config)
    assert (code, plan["changes"]) == (0, [])


def test_without_a_stack_the_command_says_what_to_do(product: Product, copy: ExampleCopy) -> None:
    config = yaml.safe_load(copy.config.read_text())
    copy.config.write_text(yaml.safe_dump({**config, "name": "othercenter"}))
    code, plan = connect_sso(product.aws.environment(), "users", "plan", copy.config)
    assert code == 1
    (problem,) = (one for one in plan["problems"] if one["severity"] == "error")
    assert problem["code"] == "no_instance"
    assert "npx cdk deploy othercenter-instance" in problem["message"]
    assert "--instance ARN" in problem["message"]


PEOPLE = 300


def many(copy: ExampleCopy) -> None:
    """Give the example 300 people and a quota of 200 requests a second."""
    row = read_rows(copy.export.read_bytes())[1]
    ids = [salesforce_id.extend(f"0055e0000000{number:03d}") for number in range(PEOPLE)]
    copy.export.write_bytes(write_rows({**row, "Id": id_, "Alias": f"n{n}"} for n, id_ in enumerate(ids)))
    config = yaml.safe_load(copy.config.read_text())
    rule = {"match": {}, "security_profiles": ["Agent"], "routing_profile": "Basic Routing Profile"}
    config["users"] |= {"rules": [rule], "requests_per_second": 200, "protected": []}
    config["users"].pop("permission_sets")
    copy.config.write_text(yaml.safe_dump(config))


def test_300_people_against_any_endpoint_of_connect_alone(copy: ExampleCopy) -> None:
    many(copy)
    # Nothing else answers: other services are asked in vain, and that changes nothing.
    with ConnectServer(throttle=200.0, burst=500.0) as server:
        nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
        environment = {**without_strays(os.environ), **server.environment(), **nowhere}
        where = ("--instance", server.instance.arn)
        code, applied = connect_sso(environment, "users", "apply", copy.config, "--yes", *where)
        assert code == 0
        assert [outcome["status"] for outcome in applied["outcomes"]] == ["done"] * PEOPLE
        assert applied["calls"]["CreateUser"] == PEOPLE
        assert applied["elapsed_seconds"] < 60
        assert len(server.instance.users) == PEOPLE
        made = dict(server.instance.users)

        server.log.clear()
        code, plan = connect_sso(environment, "users", "plan", copy.config, *where)
        assert (code, plan["changes"], plan["summary"]["unchanged"]) == (0, [], PEOPLE)
        assert sum(server.calls().values()) <= 10
        assert plan["api_calls"] == 0
        code, again = connect_sso(environment, "users", "apply", copy.config, "--yes", *where)
        assert (code, again["outcomes"]) == (0, [])
        assert server.instance.users == made

"""Nobody's name or address in templates, outputs, events, settings and logs, whatever happens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from local_aws.cdk import Cdk
from tests.end_to_end.assembly import Assembly, Row, read_rows, write_rows
from tests.end_to_end.granted_sync import granted_sync
from tests.end_to_end.product import ADMIN, Product, running

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("deployment")]

PERSONAL = ("FirstName", "LastName", "Email", "Username", "FederationIdentifier")


def found(text: str, rows: list[Row]) -> set[str]:
    """What of these people stands in a text: names as whole words, addresses, Connect usernames."""
    values = {row[column] for row in rows for column in PERSONAL}
    usernames = {f"{row['Alias']}@{row['Id'][:15]}" for row in rows}
    return {value for value in values | usernames if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text)}


@pytest.fixture(scope="module")
def rows(assembly: Assembly) -> list[Row]:
    return assembly.rows()


@pytest.fixture(scope="module")
def product(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A deployment that was made, changed, and refused for several reasons."""
    folder = tmp_path_factory.mktemp("personal")
    rows = assembly.rows()
    nameless = [{**row, "FirstName": "", "Alias": "krüg"} if index % 2 else row for index, row in enumerate(rows)]
    renamed = [{**row, "LastName": row["LastName"] + "-Berg"} if index == 3 else row for index, row in enumerate(rows)]
    with running(folder) as product:
        product.put_all(assembly)
        cut = write_rows(rows)[:-7] + b"\xff\xfe"
        for number, content in enumerate((write_rows(renamed), write_rows(nameless), write_rows([], rows[0]), cut)):
            status = product.put(assembly.edited(folder / str(number), Export=content))
            assert status == ("UPDATE_ROLLBACK_COMPLETE" if number else "UPDATE_COMPLETE")
        assert product.put(assembly) == "UPDATE_COMPLETE"
        yield product


def test_the_search_finds_what_is_there(assembly: Assembly, rows: list[Row]) -> None:
    everything = found(assembly.content().decode(), rows)
    assert {"Krug", "Ní Bhriain", "chloe.krug@acme.example", "chloe.krug"} <= everything
    assert found("x ckrug@0055e000RQ4F5ZR@00D5e000000AbCd", rows) == {"ckrug@0055e000RQ4F5ZR"}


def test_what_is_synthesized_holds_protected_usernames_at_most(assembly: Assembly, rows: list[Row]) -> None:
    files = sorted(assembly.out.glob("*.json"))
    assert len(files) > 10
    for file in files:
        text = file.read_text()
        assert found(text.replace(ADMIN, ""), rows) == set(), file.name
        if ADMIN in text:
            assert file.name == "acmeservice-users.template.json"
    assert assembly.policy["protected"] == [ADMIN]


def test_outputs_events_and_settings_hold_nobody(product: Product, rows: list[Row]) -> None:
    cloudformation, functions = product.client("cloudformation"), product.client("lambda")
    for stack in product.stacks.values():
        events = cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
        reasons = [event.get("ResourceStatusReason", "") for event in events]
        assert found(json.dumps([stack.described(), reasons], default=str, ensure_ascii=False), rows) == set()
    for function in functions.list_functions()["Functions"]:
        assert found(json.dumps(function, default=str), rows) == set()


def test_what_the_cdk_prints_holds_nobody(own_cdk: tuple[Product, Cdk, Assembly], rows: list[Row]) -> None:
    log = own_cdk[1].log
    assert log
    assert found(log.read_text(), rows) == set()


def test_logs_hold_counts_and_codes_and_nobody(product: Product, assembly: Assembly, rows: list[Row]) -> None:
    with granted_sync(product, assembly) as sync:
        sync.grant(sync.deployed_statements())
        sync.exports(rows, read_rows(assembly.content("PermissionSets")))
        assert sync.run(assembly.policy)["Data"]["Created"] == "20"
        assert sync.run(assembly.policy, "Delete")["Status"] == "SUCCESS"
        assert "unexpected TypeError" in sync.run({**assembly.policy, "limits": {"removals": {}}})["Reason"]
        sync.exports([{**row, "LastName": ""} for row in rows], [{"AssigneeId": "x", "PermissionSet.Name": "y"}])
        assert sync.run(assembly.policy)["Status"] == "FAILED"
        log = product.log()
    for line in (
        'plan: {"create": 20',
        'calls: {"CreateUser": 20',
        "delete: no user is touched",
        "refused: ",
        "TypeError",
    ):
        assert line in log
    assert found(log, rows) == set()

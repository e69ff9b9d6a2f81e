"""A deployment that is refused: the reason stands in CloudFormation's event, and no user is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.assembly import Assembly, Row, write_rows
from tests.end_to_end.product import ADMIN, Product, running

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("deployment")]


@pytest.fixture(scope="module")
def product(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("refused"), user_quota=45) as product:
        product.put_all(assembly)
        _move_by_hand(product)
        yield product


def _move_by_hand(product: Product) -> None:
    """Make one user differ, so that a run of the old properties would find something to write."""
    connect, instance = product.client("connect"), {"InstanceId": product.instance_id}
    (user,) = [user for name, user in product.users().items() if name.startswith("ahadd@")]
    identity = {"FirstName": "Moved", "LastName": "By hand"}
    connect.update_user_identity_info(UserId=user["Id"], IdentityInfo=identity, **instance)


def _runs(product: Product) -> int:
    machine = product.outputs("users")["StateMachineArn"]
    return len(product.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"])


def _without(rows: list[Row], *places: int) -> bytes:
    return write_rows(row for index, row in enumerate(rows) if index not in places)


def _with(rows: list[Row], place: int, **values: str) -> bytes:
    return write_rows({**row, **values} if index == place else row for index, row in enumerate(rows))


def _more(rows: list[Row]) -> bytes:
    """30 more people, each an Agent by a rule of their own."""
    made = ({**rows[1], "Id": f"0055e0000000{number:03d}", "Alias": f"n{number}"} for number in range(30))
    return write_rows([*rows, *made])


ALL_AGENTS = {
    "match": [],
    "security_profiles": ["Agent"],
    "routing_profile": "Basic Routing Profile",
    "hierarchy_group": None,
    "phone": {"after_contact_work_seconds": 0, "auto_accept": False},
}

# How a deployment is edited, and what its event must say: the code, the numbers or people, the remedy.
CASES: dict[str, tuple[Callable[[Assembly], dict[str, Any]], list[str]]] = {
    "nobody in it": (
        lambda a: {"Export": write_rows([], a.rows()[0])},
        ["empty_export: ", "20 managed users", "users.rules"],
    ),
    "too many leave": (
        lambda a: {"Export": _without(a.rows(), 1, 2, 3), "policy": {"missing_users": "disable"}},
        ["too_many_removals: ", "3 removals", "10% allows 2", "20 managed users", "users.limits.removals: 3"],
    ),
    "the administrator leaves": (
        lambda a: {"Export": _without(a.rows(), 0), "policy": {"missing_users": "disable", "protected": []}},
        ["last_admin: ", "ckrug@", "give Admin"],
    ),
    "somebody protected is stripped": (
        lambda a: {"policy": {"rules": [ALL_AGENTS], "limits": {**a.policy["limits"], "updates": {"text": "none"}}}},
        ["protected_user: ", "ckrug@", "users.protected"],
    ),
    "a bad row": (
        lambda a: {"Export": _with(a.rows(), 4, FirstName="")},
        ["invalid_rows: 1 row", "users.invalid_rows: skip"],
    ),
    "renamed": (
        lambda a: {"Export": _with(a.rows(), 4, Alias="grace")},
        ["renamed_users: 1 user", "gonei@", "grace@", "users.renamed_users: replace"],
    ),
    "more people than the quota": (
        lambda a: {"Export": _more(a.rows()), "policy": {"rules": [*a.policy["rules"], ALL_AGENTS]}},
        ["user_quota: ", "52", "45", "Service Quotas"],
    ),
    "a profile that is not there": (
        lambda _: {"policy": {"rules": [{**ALL_AGENTS, "security_profiles": ["Agnet"]}]}},
        ["unknown_security_profile: ", "Agnet", "Agent"],
    ),
    "no export": (lambda _: {"Export": None}, ["missing_file: ", "users.csv", "deploy again"]),
    "no table": (lambda _: {"Export": b"\x00\x01\x02"}, ["nul_bytes: ", "UTF-8"]),
    "a column is missing": (
        lambda a: {"Export": write_rows({k: v for k, v in row.items() if k != "Alias"} for row in a.rows())},
        ["missing_columns: ", "Alias"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_fails_before_the_first_write_and_its_rollback_writes_nothing(
    product: Product, assembly: Assembly, tmp_path: Path, case: str
) -> None:
    edit, told = CASES[case]
    before, runs = product.users(), _runs(product)
    assert product.put(assembly.edited(tmp_path / "cdk.out", **edit(assembly))) == "UPDATE_ROLLBACK_COMPLETE"
    reason = product.last_failure()
    assert reason.startswith(told[0])
    assert [part for part in told if part not in reason] == []
    assert product.users() == before
    # CloudFormation called with the new properties, then with the old ones, for which no run was started.
    assert _runs(product) == runs + 1
    assert any(user["IdentityInfo"]["FirstName"] == "Moved" for user in product.users().values())


def test_and_the_next_good_deployment_goes_through(product: Product, assembly: Assembly, tmp_path: Path) -> None:
    rows = assembly.rows()
    status = product.put(assembly.edited(tmp_path / "cdk.out", Export=_with(rows, 1, LastName="Lindqvist-Berg")))
    assert status == "UPDATE_COMPLETE"
    assert product.outputs("users")["Updated"] == "2"
    assert all(user["IdentityInfo"]["FirstName"] != "Moved" for user in product.users().values())


def test_a_new_instance_where_nobody_would_be_admin_gets_no_user(assembly: Assembly, tmp_path: Path) -> None:
    with running(tmp_path) as product:
        for stack in ("instance", "sign-on", "storage"):
            product.put(assembly, stack)
        nobody = assembly.edited(tmp_path / "cdk.out", Export=_without(assembly.rows(), 0))
        assert product.put(nobody) == "ROLLBACK_COMPLETE"
        assert product.last_failure().startswith("no_admin: ")
        assert "users.rules" in product.last_failure()
        assert product.users() == {}
        product.users_stack.api.delete_stack(StackName="acmeservice-users")
        assert product.put(assembly) == "CREATE_COMPLETE"
        assert product.users()[ADMIN]["SecurityProfiles"] == ["Admin"]

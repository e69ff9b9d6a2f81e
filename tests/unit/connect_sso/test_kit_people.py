"""The files with people: what Salesforce's importing tools take (facts 4.2, 4.3, 8), from a running instance."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from local_aws.connect_server import ConnectServer, InstanceSeed
from tests.unit.connect_sso.conftest import HEADER, Folder, Servers, row
from tests.unit.connect_sso.kits import kit, read, write_config, write_outputs
from user_sync import salesforce_id

ADD_USERS = ["Argument1", "Argument2", "Argument3", "Argument4", "Argument5", "BulkAction"]
ADMIN = {
    "match": {"profile": "Boss"},
    "security_profiles": ["Admin", "Agent"],
    "routing_profile": "basic routing profile",
}
ODD = {"match": {"profile": "Odd"}, "security_profiles": ["QualityAnalyst"], "routing_profile": "Basic Routing Profile"}
REST = {"match": {}, "security_profiles": ["Agent"], "routing_profile": "Basic Routing Profile"}


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def with_instance(
    folder: Folder, server: ConnectServer, *rows: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Write a kit against a running instance; return the JSON document and the files."""
    folder.write(*rows, rules=[ADMIN, ODD, REST])
    arn = server.instance.arn
    outputs = write_outputs(folder.path, InstanceArn=arn, ThirdPartyProviderArn=None)
    out = folder.path / "kit"
    code, document = folder.json("kit", str(folder.config), "--out", str(out), "--outputs", str(outputs))
    assert code == 0
    return document, read(out)


def test_add_users(folder: Folder, servers: Servers) -> None:
    with servers() as server:
        document, files = with_instance(folder, server, row(1), row(2, Profile_Name="Boss"), row(3, Profile_Name="Odd"))
        profile = next(item for item in server.instance.routing_profiles.values())
    header, *people = table(files["people/add-users.csv"])
    assert header == ADD_USERS
    arn = f"{server.instance.arn}/routing-profile/{profile.id}"
    place = "FILL-IN-CALL-CENTER-ID"
    assert people == [
        ["user1@acme.example", row(1)["Id"], "Agent", arn, place, "AddUsers"],
        ["user2@acme.example", row(2)["Id"], "Admin", arn, place, "AddUsers"],
    ]
    assert all(len(person[1]) == 18 for person in people)
    left_out = [problem for problem in document["problems"] if problem["code"] == "not_in_add_users"]
    assert [(problem["row"], problem["severity"]) for problem in left_out] == [(4, "warning")]
    assert "Salesforce takes Admin, CallCenterManager, Agent only" in left_out[0]["message"]
    assert "call_center_id" in {item["value"] for item in document["checklist"]}


def create(server: ConnectServer, username: str) -> dict[str, Any]:
    """Make a user in the instance."""
    made: dict[str, Any] = server.call(
        "CreateUser",
        Username=username,
        SecurityProfileIds=[next(iter(server.instance.security_profiles.values())).id],
        RoutingProfileId=next(iter(server.instance.routing_profiles.values())).id,
        IdentityInfo={"FirstName": "Given", "LastName": "Family"},
    )
    return made


def test_routing_map_has_who_is_in_the_instance(folder: Folder, servers: Servers) -> None:
    with servers() as server:
        first, second = (create(server, f"user{n}@{row(n)['Id'][:15]}@00D5e000000AbCd") for n in (1, 2))
        user = {"UserId": second["UserId"], "ContactFlowId": "11111111-2222-3333-4444-555555555555"}
        config = {"QuickConnectType": "USER", "UserConfig": user}
        quick = server.call("CreateQuickConnect", Name="user2", QuickConnectConfig=config)
        document, files = with_instance(folder, server, row(1), row(2), row(3))
    header, *people = table(files["people/routing-map.csv"])
    assert header == ["DeveloperName", "MasterLabel", "CallCenterId", "ExternalId", "ReferenceRecordId", "QuickConnect"]
    place = "FILL-IN-CALL-CENTER-ID"
    names = [f"{row(n)['Id']}_{place}" for n in (1, 2)]
    assert people == [
        [names[0], names[0], place, first["UserArn"], row(1)["Id"], ""],
        [names[1], names[1], place, second["UserArn"], row(2)["Id"], quick["QuickConnectARN"]],
    ]
    assert [p["row"] for p in document["problems"] if p["code"] == "not_in_routing_map"] == [4]


def test_alias_of_an_existing_instance_is_asked(folder: Folder, servers: Servers) -> None:
    with servers() as server:
        _, files = with_instance(folder, server, row(1))
        assert InstanceSeed().alias in files["contact-center.xml"]
        assert server.calls()["DescribeInstance"] == 1


def test_without_an_answer_they_are_left_out_and_named(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111122223333")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    folder.write(row(1))
    outputs = write_outputs(folder.path, ThirdPartyProviderArn=None)
    out = folder.path / "kit"
    code, document = folder.json("kit", str(folder.config), "--out", str(out), "--outputs", str(outputs))
    assert code == 0
    assert [item["file"] for item in document["left_out"]] == ["people/add-users.csv", "people/routing-map.csv"]
    assert "the instance could not be asked" in document["left_out"][0]["reason"]
    page = read(out)["index.html"]
    assert "people/add-users.csv" in page and "the instance could not be asked" in page


def test_permission_set_assignments(tmp_path: Path) -> None:
    header, *people = table(kit(write_config(tmp_path))["people/permission-set-assignments.csv"])
    assert header == ["AssigneeId", "PermissionSetId"]
    assert len(people) == 22
    assert all(salesforce_id.parse(person) and len(person) == 18 for person, _ in people)
    assert {place for _, place in people} == {"FILL-IN-PERMISSION-SET-ID"}


def test_usernames_for_the_third_party_s_directory(tmp_path: Path) -> None:
    header, *people = table(kit(write_config(tmp_path, "third_party"))["people/usernames.csv"])
    assert header == ["Username", "Email", "Alias", "Id", "ConnectUsername"]
    found = dict(zip(header, next(person for person in people if person[2] == "ckrug"), strict=True))
    assert found["ConnectUsername"] == "ckrug@0055e000RQ4F5ZR@00D5e000000AbCd"
    assert found["Id"] == "0055e000RQ4F5ZRAY0"


@pytest.mark.parametrize("cell", ["=1+1@acme.example", "+a@acme.example", "-a@acme.example", "@a.example"])
def test_cells_that_a_spreadsheet_runs_are_left_out_not_changed(folder: Folder, servers: Servers, cell: str) -> None:
    with servers() as server:
        document, files = with_instance(folder, server, row(1, Email=cell), row(2))
    assert len(table(files["people/add-users.csv"])) == 2
    assert cell not in "".join(files.values())
    assert [(p["row"], p["column"]) for p in document["problems"] if p["code"] == "cell_would_run"] == [(2, "Email")]


def test_odd_cells_are_quoted(tmp_path: Path) -> None:
    config = write_config(tmp_path, "third_party")
    person = row(1, Email='a,"b"@acme.example', Username="o'neil+x@acme.example")
    lines = [",".join(HEADER), ",".join('"' + person[name].replace('"', '""') + '"' for name in HEADER)]
    (tmp_path / "users.csv").write_text("\n".join(lines), encoding="utf-8")
    _, found = table(kit(config)["people/usernames.csv"])
    assert found[:2] == ["o'neil+x@acme.example", 'a,"b"@acme.example']


def test_a_bad_export_stops_no_kit(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    (tmp_path / "users.csv").write_text("Id;Nothing\n", encoding="utf-8")
    files = kit(config, outputs=write_outputs(tmp_path))
    assert not [path for path in files if path.startswith("people/")]
    assert "the export could not be read" in files["index.html"]
    (tmp_path / "users.csv").unlink()
    assert "the export could not be read" in kit(config)["index.html"]


def test_people_are_not_committed_by_accident(tmp_path: Path) -> None:
    assert kit(write_config(tmp_path))["people/.gitignore"] == "*\n"

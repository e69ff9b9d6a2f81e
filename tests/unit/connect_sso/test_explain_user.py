"""`explain`: the user in the instance, the nearest one, and whether their profile grants the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local_aws.connect_server import Fault
from tests.unit.connect_sso.conftest import Folder, Servers, row
from tests.unit.connect_sso.explaining import CLAIMS, IDP, add_user, check, explain, failing, form, prepare
from user_sync.policy import TAG_SALESFORCE_ID
from user_sync.salesforce_id import extend


@pytest.fixture
def center(folder: Folder) -> Folder:
    return prepare(folder)


@pytest.mark.parametrize(
    ("held", "tag", "part", "fix"),
    [
        ("USER1@0055e0000000001@00D5e000000AbCd", "", "upper and lower case", "correct the case"),
        (f"user1@{extend('0055e0000000001')}@{extend('00D5e000000AbCd')}", "", "ids have 18", "15-character ids"),
        ("olduser@0055e0000000001@00D5e000000AbCd", "", "another Alias", "renamed_users: replace"),
        ("by.hand@acme.example", "0055e0000000001", "another form", "renamed_users: replace"),
        ("user1@0055e0000000002@00D5e000000AbCd", "", "is the nearest", "letter by letter"),
        ("zoe@acme.example", "", "nor one like it", "connect-sso users plan, then apply"),
    ],
)
def test_a_user_that_is_not_there_has_a_nearest(
    center: Folder, servers: Servers, held: str, tag: str, part: str, fix: str
) -> None:
    with servers() as server:
        add_user(server, held, **({TAG_SALESFORCE_ID: tag} if tag else {}))
        code, document = explain(center, IDP.respond(CLAIMS), "--instance", server.instance.arn)
        assert (code, failing(document)) == (2, ["user"])
        found = check(document, "user")
        assert part in found["message"]
        assert fix in found["fix"]
        assert "the export has this username in row 2" in found["fix"]
        assert check(document, "security_profile")["message"].startswith("not judged")


def test_who_is_in_no_export_is_told_so(center: Folder, servers: Servers, tmp_path: Path) -> None:
    with servers() as server:
        arn = server.instance.arn
        nobody = replace(CLAIMS, session_name="user9@0055e0000000009@00D5e000000AbCd")
        assert "in the export" in check(explain(center, IDP.respond(nobody), "--instance", arn)[1], "user")["fix"]
        strange = replace(CLAIMS, session_name="user1@acme.example")
        found = check(explain(center, IDP.respond(strange), "--instance", arn)[1], "user")
        assert "it has not the form {Alias}@{Id}@{OrganizationId}" in found["message"]
        # Another export goes before the config's, and an unreadable one only leaves the hint out.
        center.export(row(2))
        (tmp_path / "other.csv").write_bytes((tmp_path / "users.csv").read_bytes())
        code, document = explain(
            center, IDP.respond(CLAIMS), "--instance", arn, "--export", str(tmp_path / "other.csv")
        )
        assert (code, "row" in check(document, "user")["fix"]) == (2, False)
        (tmp_path / "other.csv").write_text("nonsense")
        assert explain(center, IDP.respond(CLAIMS), "--instance", arn, "--export", str(tmp_path / "other.csv"))[0] == 2


@pytest.mark.parametrize(
    ("profile", "page", "ok", "part"),
    [
        ("Agent", "/ccp-v2", True, "grant"),
        ("Agent", "/agent-app-v2", True, "grant"),
        ("QualityAnalyst", "/ccp-v2", False, "BasicAgentAccess"),
        ("QualityAnalyst", "/agent-app-v2/x", False, "BasicAgentAccess"),
        ("QualityAnalyst", "/users", True, "not judged"),
        ("QualityAnalyst", None, True, "not judged"),
        ("acmeservice-disabled", None, False, "the user is disabled"),
        ("acmeservice-disabled", "/ccp-v2", False, "the user is disabled"),
    ],
)
def test_the_page_needs_a_permission(
    center: Folder, servers: Servers, profile: str, page: str | None, ok: bool, part: str
) -> None:
    with servers() as server:
        server.call("CreateSecurityProfile", SecurityProfileName="acmeservice-disabled")
        add_user(server, CLAIMS.session_name, profile)
        code, document = explain(center, form(server, IDP.respond(CLAIMS), page), "--instance", server.instance.arn)
        found = check(document, "security_profile")
        assert (code, found["ok"]) == (0 if ok else 2, ok)
        assert part in found["message"]


@pytest.mark.parametrize(
    ("operation", "error", "user", "profile"),
    [
        ("SearchUsers", "AccessDeniedException", "SearchUsers: AccessDeniedException", "not looked up"),
        ("SearchUsers", "ResourceNotFoundException", "ResourceNotFoundException", "not looked up"),
        ("ListSecurityProfilePermissions", "AccessDeniedException", "", "could not be read"),
    ],
)
def test_a_missing_grant_leaves_its_check_out(
    center: Folder, servers: Servers, operation: str, error: str, user: str, profile: str
) -> None:
    with servers() as server:
        add_user(server, CLAIMS.session_name)
        server.faults.append(Fault(operation=operation, error=error, times=99))
        code, document = explain(center, form(server, IDP.respond(CLAIMS)), "--instance", server.instance.arn)
        assert (code, failing(document)) == (0, [])
        assert user in check(document, "user")["message"]
        assert check(document, "security_profile")["message"].startswith("not judged")
        assert profile in check(document, "security_profile")["message"]


def test_profiles_whose_names_cannot_be_read_go_by_their_ids(center: Folder, servers: Servers) -> None:
    with servers() as server:
        add_user(server, CLAIMS.session_name)
        server.faults.append(Fault(operation="ListSecurityProfiles", error="AccessDeniedException", times=99))
        assert explain(center, form(server, IDP.respond(CLAIMS)), "--instance", server.instance.arn)[0] == 0


def test_throttling_is_waited_for(center: Folder, servers: Servers) -> None:
    with servers() as server:
        add_user(server, CLAIMS.session_name)
        server.faults.append(Fault(operation="SearchUsers", error="ThrottlingException", times=1))
        code, document = explain(center, IDP.respond(CLAIMS), "--instance", server.instance.arn)
        assert (code, check(document, "user")["message"].startswith("not judged")) == (0, False)

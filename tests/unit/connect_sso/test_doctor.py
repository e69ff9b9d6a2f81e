"""``connect-sso doctor`` with what AWS holds made by hand: documents, exit codes, what is left out, one person."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from connect_sso import doctor_subject, sources
from connect_sso.deployment import NotSignedInError
from contact_center.deployed import Absent, Instance, Policy, Role, SamlProvider, Unread
from contact_center.refused_sign_ins import SignInEvent
from local_aws.connect_server import ConnectServer, Fault
from tests.unit.connect_sso.conftest import AGENT, Folder, Servers, row
from user_sync.errors import InstanceUnusable

ACCOUNT = "111122223333"
NAME = "user1@0055e0000000001@00D5e000000AbCd"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/acmeservice-SAMLRole"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/acmeservice-salesforce"
AUDIENCES = ["https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml"]
NO = Unread("there is no grant for x:Y", "grant x:Y on *")


@dataclass(frozen=True)
class Held:
    """What AWS holds; stands for the door, whose methods it has."""

    instance_arn: str = ""
    who: Any = ACCOUNT
    provider_: Any = None
    role_: Any = None
    policies_: Any = None
    boundary_: Any = None
    instance_: Any = None
    sign_ins_: Any = ((), None)

    def account(self) -> Any:
        if isinstance(self.who, Exception):
            raise self.who
        return self.who

    def provider(self, arn: str) -> Any:
        return self.provider_ or SamlProvider(arn, Path("config/acmeservice/salesforce-idp.xml").read_text())

    def role(self, _name: str, arn: str) -> Any:
        condition = {"StringEquals": {"SAML:aud": AUDIENCES}}
        allow = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithSAML"}
        return self.role_ or Role(arn, 43200, {"Statement": [{**allow, "Condition": condition}]})

    def policies(self, _role: str) -> Any:
        grant = {"Effect": "Allow", "Action": "connect:GetFederationToken"}
        document = {"Statement": [{**grant, "Resource": f"{self.instance_arn}/user/${{aws:userid}}"}]}
        return self.policies_ or (Policy("SignIn", "attached", document),)

    def boundary(self, _arn: str) -> Any:
        return self.boundary_

    def instance(self, arn: Any) -> Any:
        return self.instance_ or Instance(arn.text, "acme-service", "SAML", "ACTIVE")

    def sign_ins(self, _regions: Any) -> Any:
        return self.sign_ins_


class Doctor:
    """The command for a contact center's folder, a Connect server, and what AWS holds beside it."""

    def __init__(self, folder: Folder, server: ConnectServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.server = folder, server
        self.held = Held(server.instance.arn)
        monkeypatch.setattr(doctor_subject, "Deployment", lambda _region: self.held)

    def add(self, username: str, profile: str = "Agent", **parameters: Any) -> None:
        named = {one.name: one.id for one in self.server.instance.security_profiles.values()}
        routing = next(iter(self.server.instance.routing_profiles))
        identity = {"FirstName": "Given", "LastName": "Family"}
        self.server.call(
            "CreateUser",
            Username=username,
            IdentityInfo=identity,
            SecurityProfileIds=[named[profile]],
            RoutingProfileId=routing,
            **parameters,
        )

    def __call__(self, *arguments: str, **held: Any) -> tuple[int, dict[str, dict[str, Any]]]:
        """Run; return the exit code and the checks by name."""
        self.held = replace(self.held, **held)
        if "--instance" not in arguments and "--no-instance" not in arguments:
            arguments = (*arguments, "--instance", self.server.instance.arn)
        given = [argument for argument in arguments if argument != "--no-instance"]
        code, self.document = self.folder.json("doctor", str(self.folder.config), *given)
        assert list(self.document) == ["ok", "username", "provider", "role", "checks"]
        for check in self.document["checks"]:
            assert list(check) == ["name", "ok", "message", "fix"]
            assert check["ok"] or check["fix"]
        assert self.document["ok"] is (code == 0)
        return code, {check["name"]: check for check in self.document["checks"]}


@pytest.fixture
def doctor(folder: Folder, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doctor]:
    folder.write(row(1), row(2, IsActive="false"))
    with servers() as server:
        yield Doctor(folder, server, monkeypatch)


def failing(checks: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, check in checks.items() if not check["ok"]}


def left_out(checks: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, check in checks.items() if check["message"].startswith("not judged: ")}


def test_a_healthy_contact_center(doctor: Doctor) -> None:
    code, checks = doctor()
    assert code == 0
    assert not left_out(checks)
    assert doctor.document["username"] is None
    assert (doctor.document["provider"], doctor.document["role"]) == ("acmeservice-salesforce", ROLE)
    assert next(iter(checks)) == "salesforce_provider"
    assert list(checks)[-1] == "refused_sign_ins"
    code, text = doctor.folder.run("doctor", str(doctor.folder.config), "--instance", doctor.server.instance.arn)
    assert code == 0
    assert text.splitlines()[-1] == "nothing was found that stops a sign-in"


def test_both_identity_providers_are_examined_each_by_its_name(doctor: Doctor) -> None:
    document = yaml.safe_load(doctor.folder.config.read_text())
    document["sign_on"]["identity_provider"] = "salesforce_and_third_party"
    document["sign_on"]["third_party"] = {
        "name": "okta",
        "metadata": "okta-idp.xml",
        "login_url": "https://acme.okta.com/x",
    }
    doctor.folder.config.write_text(yaml.safe_dump(document))
    metadata = (doctor.folder.path / "salesforce-idp.xml").read_text()
    (doctor.folder.path / "okta-idp.xml").write_text(metadata.replace("acme.my.salesforce.com", "acme.okta.com"))
    code, checks = doctor()
    assert code == 2
    # The one document that is held for both is Salesforce's, and the role trusts Salesforce alone.
    assert failing(checks) == {"third_party_issuer", "third_party_trust"}
    assert doctor.document["provider"] == "acmeservice-salesforce, acmeservice-okta"


def test_what_is_missing_fails_and_the_text_names_the_first(doctor: Doctor) -> None:
    code, checks = doctor(provider_=Absent(), role_=Absent())
    assert code == 2
    assert failing(checks) == {"salesforce_provider", "role"}
    arguments = ("doctor", str(doctor.folder.config), "--instance", doctor.server.instance.arn)
    code, text = doctor.folder.run(*arguments)
    assert code == 2
    assert text.splitlines()[-1].startswith("sign-in fails: first at salesforce_provider (not judged: ")
    code, text = doctor.folder.run(*arguments, "-q")
    assert [line.split()[0] for line in text.splitlines()] == ["fail", "fix:", "fail", "fix:"]


def test_a_policy_too_much_a_boundary_and_a_wrong_instance(doctor: Doctor) -> None:
    admin = Policy("admin", "inline", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    role = replace(doctor.held.role("", ROLE), boundary_arn="arn:aws:iam::111122223333:policy/b")
    nothing = Policy("b", "boundary", {"Statement": []})
    instance = Instance(doctor.server.instance.arn, "other", "CONNECT_MANAGED", "ACTIVE")
    code, checks = doctor(policies_=(admin,), role_=role, boundary_=nothing, instance_=instance)
    assert code == 2
    assert failing(checks) == {"role_allows_nothing_else", "role_boundary", "instance_identity", "instance_alias"}


@pytest.mark.parametrize(
    ("held", "names"),
    [
        (
            {"provider_": NO},
            {
                f"salesforce_{what}"
                for what in ("provider", "issuer", "certificates", "certificate_times", "metadata_end")
            },
        ),
        (
            {"role_": NO},
            {
                "role",
                "role_session_hours",
                "salesforce_trust",
                "salesforce_audience",
                "role_session_tags",
                "role_trusts_nobody_else",
                "role_boundary",
            },
        ),
        ({"policies_": NO}, {"role_permissions", "role_allows_nothing_else"}),
        ({"instance_": NO}, {"instance", "instance_identity", "instance_status", "instance_alias"}),
        ({"sign_ins_": NO}, {"refused_sign_ins"}),
    ],
)
def test_a_missing_grant_leaves_its_checks_out_and_fails_nothing(
    doctor: Doctor, held: dict[str, Any], names: set[str]
) -> None:
    code, checks = doctor(**held)
    assert code == 0
    assert left_out(checks) == names
    first = next(name for name in checks if name in names)
    assert checks[first]["message"] == "not judged: there is no grant for x:Y"
    assert checks[first]["fix"] == "grant x:Y on *"


def test_an_account_that_sts_does_not_tell_is_taken_from_the_instance(doctor: Doctor) -> None:
    code, _ = doctor(who=NO)
    assert (code, doctor.document["role"]) == (0, ROLE)


def test_nothing_at_all_that_could_be_looked_at_is_an_error(doctor: Doctor) -> None:
    everything = dict.fromkeys(("provider_", "role_", "policies_", "instance_", "sign_ins_"), NO)
    code, checks = doctor(**everything)
    assert code == 1
    assert left_out(checks) == set(checks)
    doctor.server.faults.append(Fault(operation="SearchUsers", error="AccessDeniedException", times=99))
    code, checks = doctor("--user", NAME, **everything)
    assert code == 1
    assert left_out(checks) == set(checks) - {"user_export"}


def test_no_credentials_or_those_of_another_account_are_an_error(doctor: Doctor) -> None:
    code, checks = doctor(who=NotSignedInError("not_signed_in", "no credentials"))
    assert (code, set(checks)) == (1, {"credentials"})
    code, checks = doctor(who="999988887777")
    assert (code, set(checks)) == (1, {"credentials"})
    assert "of account 999988887777, and the contact center is in 111122223333" in checks["credentials"]["message"]


def test_a_broken_config_a_wrong_instance_and_a_missing_file_are_errors(doctor: Doctor, tmp_path: Path) -> None:
    code, checks = doctor("--instance", "nonsense")
    assert (code, set(checks)) == (1, {"instance"})
    code, checks = doctor("--export", str(tmp_path / "gone.csv"))
    assert (code, set(checks)) == (1, {"export"})
    doctor.folder.config.write_text("name: 1\n")
    code, checks = doctor()
    assert (code, set(checks)) == (1, {"config"})
    assert doctor.document["provider"] is None


def no_instance(code: str, message: str) -> Callable[..., Any]:
    def find(*_: object) -> Any:
        cause = ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")
        raise InstanceUnusable("no_instance", f"no instance is known: {message}") from cause

    return find


@pytest.mark.parametrize(
    ("code", "message", "exit_code", "failed"),
    [
        ("ValidationError", "Stack with id acmeservice-instance does not exist", 2, {"instance", "user"}),
        (
            "AccessDenied",
            "User: a/kim@acme.example is not authorized to perform: cloudformation:DescribeStacks",
            0,
            set(),
        ),
    ],
)
def test_an_instance_that_is_not_deployed_and_one_that_may_not_be_looked_up(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, code: str, message: str, exit_code: int, failed: set[str]
) -> None:
    monkeypatch.setattr(doctor_subject, "find_instance", no_instance(code, message))
    got, checks = doctor("--no-instance", "--user", NAME)
    assert got == exit_code
    assert failing(checks) == failed - {"user"}
    assert {"role_permissions", "role_allows_nothing_else", "user", "security_profile"} <= left_out(checks)
    assert "kim@" not in json.dumps(doctor.document)
    if not failed:
        assert "--instance ARN" in checks["instance"]["fix"]


def test_without_instance_and_without_an_answer_its_checks_are_left_out(doctor: Doctor) -> None:
    code, checks = doctor("--no-instance")
    assert code == 0
    assert "instance" in left_out(checks)


def test_a_refused_sign_in_of_the_last_hour_fails_and_a_person_is_asked_for_alone(doctor: Doctor) -> None:
    now = datetime.now(UTC)
    event = SignInEvent(
        now - timedelta(minutes=1),
        "GetFederationToken",
        "us-west-2",
        NAME,
        frozenset({ROLE}),
        "UserNotFoundException",
    )
    doctor.add(NAME)
    code, checks = doctor("--user", NAME, sign_ins_=((event,), None))
    assert (code, failing(checks)) == (2, {"refused_sign_ins"})
    other = replace(event, username="somebody")
    assert doctor("--user", NAME, sign_ins_=((other,), None))[0] == 0
    old = replace(event, at=now - timedelta(hours=2))
    assert doctor("--user", NAME, sign_ins_=((old,), None))[0] == 0


class TestOnePerson:
    def test_who_is_there_in_the_export_and_may_see_the_page(self, doctor: Doctor) -> None:
        doctor.add(NAME)
        code, checks = doctor("--user", NAME)
        assert (code, left_out(checks), doctor.document["username"]) == (0, set(), NAME)
        assert "by users.rules[0]" in checks["user_export"]["message"]
        assert 'grant "/ccp-v2"' in checks["security_profile"]["message"]

    @pytest.mark.parametrize(
        ("held", "part"),
        [
            (NAME.upper(), "differs in upper and lower case only"),
            ("user1@0055e0000000001AAA@00D5e000000AbCdEAK", "its ids have"),
            (NAME.replace("user1@", "kim@"), "is the same person with another Alias"),
            ("nobody", "nor one like it"),
        ],
    )
    def test_who_is_not_there_to_the_letter(self, doctor: Doctor, held: str, part: str) -> None:
        doctor.add(held)
        code, checks = doctor("--user", NAME)
        assert code == 2
        assert failing(checks) == {"user"}
        assert part in checks["user"]["message"]
        assert "the export has this username in row 2" in checks["user"]["fix"]
        assert "apply makes the user" in checks["user_export"]["fix"]

    def test_who_is_inactive_in_the_export(self, doctor: Doctor) -> None:
        code, checks = doctor("--user", NAME.replace("1", "2", 1).replace("001@", "002@"))
        assert code == 2
        assert failing(checks) == {"user", "user_export"}
        assert checks["user_export"]["message"].endswith("users.csv is this person, and is inactive")

    def test_who_is_disabled(self, doctor: Doctor) -> None:
        doctor.server.call("CreateSecurityProfile", SecurityProfileName="acmeservice-disabled", Permissions=[])
        doctor.add(NAME, "acmeservice-disabled")
        code, checks = doctor("--user", NAME)
        assert (code, failing(checks)) == (2, {"security_profile"})
        assert "the user is disabled" in checks["security_profile"]["message"]

    def test_whose_profile_does_not_grant_the_page(self, doctor: Doctor) -> None:
        doctor.server.call("CreateSecurityProfile", SecurityProfileName="Reports", Permissions=["AccessMetrics"])
        doctor.add(NAME, "Reports")
        code, checks = doctor("--user", NAME)
        assert (code, failing(checks)) == (2, {"security_profile"})

    @pytest.mark.parametrize(
        ("operation", "names"),
        [
            ("SearchUsers", {"user", "security_profile"}),
            ("ListSecurityProfiles", {"security_profile"}),
            ("ListSecurityProfilePermissions", {"security_profile"}),
        ],
    )
    def test_what_may_not_be_read_is_left_out(self, doctor: Doctor, operation: str, names: set[str]) -> None:
        doctor.add(NAME)
        doctor.server.faults.append(Fault(operation=operation, error="AccessDeniedException", times=99))
        code, checks = doctor("--user", NAME)
        assert (code, left_out(checks)) == (0, names)
        assert f"connect:{operation}" in json.dumps(doctor.document)

    def test_an_export_that_cannot_be_read_is_left_out(self, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
        doctor.add(NAME)
        (doctor.folder.path / "users.csv").write_text("Id\n1\n")
        code, checks = doctor("--user", NAME)
        assert (code, left_out(checks)) == (0, {"user_export"})
        (doctor.folder.path / "users.csv").unlink()
        assert left_out(doctor("--user", NAME)[1]) == {"user_export"}
        denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "User: a/kim@x is no"}}, "GetObject")

        def refuse(*_: object, **__: object) -> Any:
            raise sources.InputsUnusableError(PROBLEM) from denied

        monkeypatch.setattr("connect_sso.doctor_person.read_inputs", refuse)
        code, checks = doctor("--user", NAME)
        assert left_out(checks) == {"user_export"}
        assert "there is no grant for s3:GetObject" in checks["user_export"]["message"]
        assert "kim@" not in json.dumps(doctor.document)

    def test_nothing_of_the_person_but_the_username_is_printed(self, doctor: Doctor) -> None:
        doctor.add(NAME)
        person = row(1)
        rules = [{**AGENT, "match": {"Email": "somebody@acme.example"}}, {**AGENT, "match": {"role": "APAC"}}]
        doctor.folder.write(person, rules=rules)
        doctor("--user", NAME)
        doctor.folder.run("doctor", str(doctor.folder.config), "--user", NAME)
        printed = json.dumps(doctor.document)
        for column in ("Username", "FirstName", "LastName", "Email"):
            assert person[column] not in printed


PROBLEM = sources.Problem("error", "c.yaml", 1, "users.export", "export_missing", "User: a/kim@x is not authorized")


def test_the_policy_asks_aws_nothing(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_subject, "Deployment", None)
    code, text = doctor.folder.run("doctor", str(doctor.folder.config), "--policy")
    assert code == 0
    document = json.loads(text)
    actions = {action for statement in document["Statement"] for action in statement["Action"]}
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe", "Search", "Lookup")) for action in actions)
    assert "arn:aws:iam::*:role/acmeservice-SAMLRole" in text
    arn = doctor.server.instance.arn
    code, text = doctor.folder.run("doctor", str(doctor.folder.config), "--policy", "--instance", arn)
    assert f'"{arn}/agent/*"' in text
    assert ROLE in text
    assert "iam::*" not in text


def test_help_says_that_it_reads_only(capsys: pytest.CaptureFixture[str], doctor: Doctor) -> None:
    with pytest.raises(SystemExit):
        doctor.folder.run("doctor", "--help")
    assert "Reads only." in " ".join(capsys.readouterr().out.split())

"""``connect-sso doctor`` on the example as deployed: healthy; what is broken by hand is named; its grants suffice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest

from connect_sso.main import main
from contact_center.doctor_grants import Grant, grants, policy
from contact_center.load import load
from local_aws.example import ExampleCopy
from local_aws.identity_provider import IdentityProvider
from tests.end_to_end.assembly import Assembly, Json
from tests.end_to_end.direct import client
from tests.end_to_end.product import ADMIN, Product, running

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("broken_off")]

ROLE, PROVIDER = "acmeservice-SAMLRole", "acmeservice-salesforce"
ACCOUNT = "111122223333"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/{PROVIDER}"


@dataclass(frozen=True)
class Doctor:
    """The command, as whoever has the keys of the environment."""

    example: ExampleCopy
    product: Product
    environment: dict[str, str]
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *arguments: str) -> tuple[int, dict[str, Json]]:
        """Run; return the exit code and the checks by name."""
        with self.monkeypatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the keys that it found first
            self.capsys.readouterr()
            code = main(("doctor", str(self.example.config), "--json", *arguments))
        document = json.loads(self.capsys.readouterr().out)
        assert document["ok"] is (code == 0)
        assert all(check["ok"] or check["fix"] for check in document["checks"])
        return code, {check["name"]: check for check in document["checks"]}

    def failing(self, *arguments: str) -> set[str]:
        code, checks = self(*arguments)
        failed = {name for name, check in checks.items() if not check["ok"]}
        assert code == (2 if failed else 0)
        return failed

    def client(self, service: str) -> Any:
        return self.product.client(service)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, assembly: Assembly) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("doctor")) as product:
        product.put_all(assembly)
        yield product


@pytest.fixture
def doctor(
    product: Product, example: ExampleCopy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Doctor:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return Doctor(example, product, product.aws.environment(), capsys, monkeypatch)


def test_what_was_deployed_is_healthy_for_everybody_in_it(doctor: Doctor, product: Product) -> None:
    code, checks = doctor()
    assert code == 0
    assert not left_out(checks)
    usernames = sorted(product.users())
    for username in (ADMIN, usernames[0], usernames[-1]):
        code, checks = doctor("--user", username)
        assert (code, left_out(checks)) == (0, set()), checks


def left_out(checks: dict[str, Json]) -> set[str]:
    return {name for name, check in checks.items() if check["message"].startswith("not judged: ")}


Break = Callable[[Doctor], Callable[[], object]]


def _provider_deleted(doctor: Doctor) -> Callable[[], object]:
    iam = doctor.client("iam")
    document = iam.get_saml_provider(SAMLProviderArn=PROVIDER_ARN)["SAMLMetadataDocument"]
    iam.delete_saml_provider(SAMLProviderArn=PROVIDER_ARN)
    return lambda: iam.create_saml_provider(Name=PROVIDER, SAMLMetadataDocument=document)


def _metadata(provider: IdentityProvider) -> Break:
    def replace_metadata(doctor: Doctor) -> Callable[[], object]:
        iam = doctor.client("iam")
        document = iam.get_saml_provider(SAMLProviderArn=PROVIDER_ARN)["SAMLMetadataDocument"]
        iam.update_saml_provider(SAMLProviderArn=PROVIDER_ARN, SAMLMetadataDocument=provider.metadata())
        return lambda: iam.update_saml_provider(SAMLProviderArn=PROVIDER_ARN, SAMLMetadataDocument=document)

    return replace_metadata


def _trust(change: Callable[[Json], object]) -> Break:
    def change_trust(doctor: Doctor) -> Callable[[], object]:
        iam = doctor.client("iam")
        before = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
        after = json.loads(json.dumps(before))
        change(after)
        iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(after))
        return lambda: iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(before))

    return change_trust


def _set_session(seconds: int) -> Break:
    def set_session(doctor: Doctor) -> Callable[[], object]:
        iam = doctor.client("iam")
        iam.update_role(RoleName=ROLE, MaxSessionDuration=seconds)
        return lambda: iam.update_role(RoleName=ROLE, MaxSessionDuration=43200)

    return set_session


def _policy_detached(doctor: Doctor) -> Callable[[], object]:
    iam = doctor.client("iam")
    (attached,) = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=attached["PolicyArn"])
    return lambda: iam.attach_role_policy(RoleName=ROLE, PolicyArn=attached["PolicyArn"])


def _inline(effect: str, action: str) -> Break:
    def put(doctor: Doctor) -> Callable[[], object]:
        iam = doctor.client("iam")
        iam.put_role_policy(RoleName=ROLE, PolicyName="by-hand", PolicyDocument=allowing(action, "*", effect))
        return lambda: iam.delete_role_policy(RoleName=ROLE, PolicyName="by-hand")

    return put


def allowing(action: str, resource: str, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _boundary(doctor: Doctor) -> Callable[[], object]:
    iam = doctor.client("iam")
    arn = iam.create_policy(PolicyName="boundary", PolicyDocument=allowing("s3:*", "*"))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=arn)

    def undo() -> None:
        iam.delete_role_permissions_boundary(RoleName=ROLE)
        iam.delete_policy(PolicyArn=arn)

    return undo


def _tags_trusted(trust: Json) -> None:
    trust["Statement"][0]["Action"] = ["sts:AssumeRoleWithSAML", "sts:TagSession"]


def _audience(*addresses: str) -> Callable[[Json], None]:
    def change(trust: Json) -> None:
        trust["Statement"][0]["Condition"]["StringEquals"]["SAML:aud"] = list(addresses)

    return change


def _other_provider(trust: Json) -> None:
    trust["Statement"][0]["Principal"]["Federated"] = PROVIDER_ARN + "-old"


def _stranger(trust: Json) -> None:
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust["Statement"].append({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


GLOBAL, REGIONAL = "https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml"


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (_provider_deleted, {"salesforce_provider"}),
        (_metadata(IdentityProvider.fresh("https://acme.my.salesforce.com")), {"salesforce_certificates"}),
        (_metadata(IdentityProvider.fresh("https://x.example")), {"salesforce_issuer", "salesforce_certificates"}),
        (_trust(_other_provider), {"salesforce_trust", "role_trusts_nobody_else"}),
        (_trust(_audience(GLOBAL)), {"salesforce_audience"}),
        (_trust(_audience(REGIONAL)), {"salesforce_audience"}),
        (_trust(_tags_trusted), {"role_session_tags"}),
        (_trust(_stranger), {"role_trusts_nobody_else"}),
        (_set_session(39600), {"role_session_hours"}),
        (_policy_detached, {"role_permissions"}),
        (_inline("Allow", "connect:ListUsers"), {"role_allows_nothing_else"}),
        (_inline("Deny", "connect:*"), {"role_permissions"}),
        (_boundary, {"role_boundary"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else ",".join(sorted(value)),
)
def test_what_is_broken_is_named_and_put_right_is_healthy(doctor: Doctor, broken: Break, named: set[str]) -> None:
    undo = broken(doctor)
    try:
        assert doctor.failing() == named
    finally:
        undo()
    assert doctor.failing() == set()


def test_a_deleted_role_is_named_and_nothing_else_is_guessed(doctor: Doctor) -> None:
    iam = doctor.client("iam")
    role = iam.get_role(RoleName=ROLE)["Role"]
    (attached,) = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=attached["PolicyArn"])
    iam.delete_role(RoleName=ROLE)
    try:
        code, checks = doctor()
        assert code == 2
        assert [name for name, check in checks.items() if not check["ok"]] == ["role"]
        assert {"role_permissions", "salesforce_trust", "role_boundary"} <= left_out(checks)
    finally:
        trust = json.dumps(role["AssumeRolePolicyDocument"])
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust, MaxSessionDuration=43200)
        iam.attach_role_policy(RoleName=ROLE, PolicyArn=attached["PolicyArn"])
    assert doctor.failing() == set()


def test_one_person_removed_disabled_or_renamed(doctor: Doctor) -> None:
    connect, instance = doctor.client("connect"), {"InstanceId": doctor.product.instance_id}
    username = sorted(name for name in doctor.product.users() if name != ADMIN)[0]
    user = doctor.product.users()[username]
    code, checks = doctor("--user", username.upper())
    assert code == 2
    assert f"{username} differs in upper and lower case only" in checks["user"]["message"]
    (disabled,) = (
        one["Id"]
        for one in connect.list_security_profiles(**instance)["SecurityProfileSummaryList"]
        if one["Name"] == "acmeservice-disabled"
    )
    connect.update_user_security_profiles(SecurityProfileIds=[disabled], UserId=user["Id"], **instance)
    code, checks = doctor("--user", username)
    assert code == 2
    assert "the user is disabled" in checks["security_profile"]["message"]
    connect.delete_user(UserId=user["Id"], **instance)
    code, checks = doctor("--user", username)
    assert (code, left_out(checks)) == (2, {"security_profile"})
    assert not checks["user"]["ok"]
    assert checks["user_export"]["ok"], "the export still has the person: a run makes the user again"
    assert "has no user nobody@x" in doctor("--user", "nobody@x")[1]["user"]["message"]


class TestReadOnly:
    """A role with the grants that the command names."""

    @pytest.fixture
    def granted(self, doctor: Doctor) -> list[Grant]:
        center = load(doctor.example.config)
        instance = doctor.product.outputs("instance")["InstanceArn"]
        role = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
        providers = {"salesforce": PROVIDER_ARN}
        return list(grants(center.config, providers, role, account=ACCOUNT, instance_arn=instance))

    @pytest.fixture
    def reader(self, doctor: Doctor) -> Iterator[Callable[[Json], Doctor]]:
        iam = doctor.client("iam")
        root = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
        iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Statement": [root]}))

        def with_policy(document: Json) -> Doctor:
            iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=json.dumps(document))
            keys = client(doctor.product.aws, "sts").assume_role(
                RoleArn=f"arn:aws:iam::{ACCOUNT}:role/reader", RoleSessionName="casey.krug@acme.example"
            )["Credentials"]
            names = ("AWS_ACCESS_KEY_ID", "AccessKeyId"), ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey")
            session = {name: keys[key] for name, key in (*names, ("AWS_SESSION_TOKEN", "SessionToken"))}
            return replace(doctor, environment={**doctor.environment, **session})

        yield with_policy
        iam.delete_role_policy(RoleName="reader", PolicyName="p")
        iam.delete_role(RoleName="reader")

    @pytest.fixture
    def everything_to_read(self, doctor: Doctor) -> Iterator[None]:
        """The role with an inline policy and a boundary too: what is not there needs no grant."""
        iam = doctor.client("iam")
        user = f"{doctor.product.outputs('instance')['InstanceArn']}/user/${{aws:userid}}"
        iam.put_role_policy(RoleName=ROLE, PolicyName="p", PolicyDocument=allowing("connect:GetFederationToken", user))
        arn = iam.create_policy(PolicyName="b", PolicyDocument=allowing("connect:*", "*"))["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=arn)
        yield
        iam.delete_role_permissions_boundary(RoleName=ROLE)
        iam.delete_policy(PolicyArn=arn)
        iam.delete_role_policy(RoleName=ROLE, PolicyName="p")

    @pytest.mark.usefixtures("everything_to_read")
    def test_they_suffice_and_each_action_taken_away_leaves_out_exactly_its_checks(
        self, reader: Callable[[Json], Doctor], granted: list[Grant]
    ) -> None:
        code, checks = reader(policy(granted))("--user", ADMIN)
        assert (code, left_out(checks)) == (0, set())
        for number, grant in enumerate(granted):
            for action in grant.actions:
                left = replace(grant, actions=tuple(one for one in grant.actions if one != action))
                fewer = [*granted[:number], *([left] if left.actions else []), *granted[number + 1 :]]
                code, checks = reader(policy(fewer))("--user", ADMIN)
                assert code == 0, action
                assert left_out(checks) == set(grant.checks), action
                assert action in json.dumps([checks[name] for name in left_out(checks)])
                assert "casey" not in json.dumps(checks)

    def test_without_any_it_says_so_and_calls_nothing_healthy(self, reader: Callable[[Json], Doctor]) -> None:
        nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        code, checks = reader(nothing)()
        assert code == 1
        assert left_out(checks) == set(checks)

    def test_what_the_command_prints_is_that_policy(self, doctor: Doctor, granted: list[Grant]) -> None:
        instance = doctor.product.outputs("instance")["InstanceArn"]
        assert main(("doctor", str(doctor.example.config), "--policy", "--instance", instance)) == 0
        assert json.loads(doctor.capsys.readouterr().out) == policy(granted)

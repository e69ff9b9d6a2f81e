"""GovCloud, which the local AWS has no server for: the synthesized trust of each arrangement against responses."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from connect_sso.main import main
from local_aws.environment import ROOT
from tests.end_to_end.sign_in.providers import ATTRIBUTES, App
from tests.end_to_end.sign_in.test_arrangement_change import OF
from tests.end_to_end.sign_in.world import ARRANGEMENTS, World
from tests.infra.synthesis import config_with, synthesize

IAM = "arn:aws-us-gov:iam::111122223333"
ROLE, NAMES = f"{IAM}:role/acmeservice-SAMLRole", ["acmeservice", "acmeservice-salesforce"]
ELSEWHERE = ("https://signin.aws.amazon.com/saml", "https://us-gov-west-1.signin.aws.amazon.com/saml")
ACS, INSTANCE_ID = "https://signin.amazonaws-us-gov.com/saml", "0f6e5c2a-1111-2222-3333-444455556666"
PROVIDERS = {
    "salesforce": f"{IAM}:saml-provider/acmeservice-salesforce",
    "third_party": f"{IAM}:saml-provider/acmeservice-okta",
}


def resolved(value: Any, resources: dict[str, Any]) -> Any:
    """A template's value with the ARNs of its SAML providers and the account in it."""
    if isinstance(value, dict) and set(value) == {"Fn::GetAtt"}:
        return f"{IAM}:saml-provider/{resources[value['Fn::GetAtt'][0]]['Properties']['Name']}"
    if isinstance(value, dict):
        return {key: resolved(one, resources) for key, one in value.items()}
    return [resolved(one, resources) for one in value] if isinstance(value, list) else value


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in resources.values() if one["Type"] == kind]


def respond(world: World, key: str, recipient: str) -> str:
    audience = "acmeservice" if key == "salesforce" else "urn:amazon:webservices:govcloud"
    said = {f"{ATTRIBUTES}Role": f"{ROLE},{PROVIDERS[key]}", f"{ATTRIBUTES}RoleSessionName": "kim@acme"}
    app = App(recipient, audience, "", {"kim": said})
    return world.salesforce.idp.respond(app.claims("kim")) if key == "salesforce" else world.okta.respond(app, "kim")


def verdicts(cases: list[dict[str, Any]]) -> list[str]:
    python, script = ROOT / ".venv-local-aws" / "bin" / "python", Path(__file__).with_name("trust_evaluation.py")
    done = subprocess.run(
        [python, script], input=json.dumps(cases), capture_output=True, text=True, timeout=60, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


@dataclass(frozen=True)
class SignOn:
    """What a sign-on stack declares.

    Attributes:
        policy: the role's trust.
        metadata: of each provider that it declares, by key.
    """

    policy: Any
    metadata: dict[str, str]


def declared(world: World, arrangement: str, folder: Path) -> tuple[Path, SignOn]:
    """The config of an arrangement in GovCloud, and what its synthesis declares."""
    changes = {"region": "us-gov-west-1", "sign_on.identity_provider": arrangement, **ARRANGEMENTS[arrangement]}
    config = config_with(folder / "config", changes)
    (config.parent / "salesforce-idp.xml").write_text(world.salesforce.metadata)
    (config.parent / "okta-idp.xml").write_text(world.okta.metadata)
    resources = synthesize(config, folder / "cdk.out", world.code).template("sign-on")["Resources"]
    (role,) = (one for one in of_type(resources, "AWS::IAM::Role") if one.get("RoleName") == "acmeservice-SAMLRole")
    named = {one["Name"]: one["SamlMetadataDocument"] for one in of_type(resources, "AWS::IAM::SAMLProvider")}
    keys = {arn.rpartition("/")[2]: key for key, arn in PROVIDERS.items()}
    metadata = {keys[name]: document for name, document in named.items()}
    return config, SignOn(resolved(role["AssumeRolePolicyDocument"], resources), metadata)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_the_trust_takes_exactly_the_arrangements_responses(world: World, arrangement: str, tmp_path: Path) -> None:
    _, sign_on = declared(world, arrangement, tmp_path)
    assert set(sign_on.metadata) == OF[arrangement]
    documents = {"salesforce": world.salesforce.metadata, "third_party": world.okta.metadata, **sign_on.metadata}
    cases, wanted = [], []
    for key, provider in PROVIDERS.items():
        for recipient in (ACS, *ELSEWHERE):
            response = respond(world, key, recipient)
            known = {"metadata": documents[key], "provider": provider, "role": ROLE, "names": NAMES}
            cases.append({**known, "policy": sign_on.policy, "response": response})
            wanted.append("trusted" if key in sign_on.metadata and recipient == ACS else "not trusted")
    assert verdicts(cases) == wanted


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_the_links_are_govclouds(
    world: World, arrangement: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, _ = declared(world, arrangement, tmp_path)
    arn = f"arn:aws-us-gov:connect:us-gov-west-1:111122223333:instance/{INSTANCE_ID}"
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({f"acmeservice-{name}": {"InstanceArn": arn} for name in ("instance", "sign-on")}))
    assert main(["matrix", str(config), "--outputs", str(outputs), "--json"]) == 0
    for row in json.loads(capsys.readouterr().out)["rows"]:
        told = unquote(unquote(row["url"] or ""))
        assert (
            row["supported"] == "no" or f"https://console.amazonaws-us-gov.com/connect/federate/{INSTANCE_ID}" in told
        )

"""The kit's files, against the shapes that Salesforce documents (facts 4.2, 4.5, 4.6)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.unit.connect_sso.kits import (
    ACCOUNT,
    ARRANGEMENTS,
    INSTANCE_ID,
    LOGIN_URL,
    SALESFORCE_VALUES,
    fill_in,
    kit,
    write_config,
    write_outputs,
)

SOURCE = "salesforce/force-app/main/default"
SAML = f"{SOURCE}/extlClntAppSamlConfigurablePolicies/acmeservice_Connect_SSO_samlPlcy.ecaSamlPlcy-meta.xml"
RELAY_STATE = f"https://us-west-2.console.aws.amazon.com/connect/federate/{INSTANCE_ID}"
IAM = f"arn:aws:iam::{ACCOUNT}"
MARK = re.compile(r"FILL-IN-[A-Z-]+")


def xml(text: str) -> etree._Element:
    return etree.fromstring(text.encode())


def fields(text: str) -> dict[str, Any]:
    """Return the fields of a metadata component; those that come more than once as a list."""
    root = xml(text)
    found: dict[str, Any] = {}
    for child in root:
        name = etree.QName(child).localname
        value = {etree.QName(c).localname: c.text for c in child} if len(child) else child.text
        if name == "customAttributes":
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def items(files: dict[str, str]) -> dict[str, str]:
    root = xml(files["contact-center.xml"])
    return {item.get("name", ""): item.text or "" for item in root.iter("item")}


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_which_files_an_arrangement_has(tmp_path: Path, arrangement: str) -> None:
    files = kit(write_config(tmp_path, arrangement), outputs=write_outputs(tmp_path))
    app = arrangement != "third_party"
    assert (SAML in files) is app
    assert ("people/permission-set-assignments.csv" in files) is app
    claims = {path for path in files if path.startswith("claims/")}
    assert claims == (set() if arrangement == "salesforce" else {f"claims/{v}.md" for v in ("okta", "entra", "ping")})
    assert {"index.html", "kit.json", "contact-center.xml", "salesforce/sfdx-project.json"} <= set(files)
    assert f"{SOURCE}/corsWhitelistOrigins/acmeservice_Amazon_Connect.corsWhitelistOrigin-meta.xml" in files
    for path, text in files.items():
        if path.endswith(".xml"):
            xml(text)


def test_external_client_app(tmp_path: Path) -> None:
    files = kit(write_config(tmp_path), outputs=write_outputs(tmp_path))
    app = fields(files[f"{SOURCE}/externalClientApps/acmeservice_Connect_SSO.eca-meta.xml"])
    assert app["distributionState"] == "Local"
    assert app["label"] == "acmeservice_Connect_SSO"
    assert app["contactEmail"] == "ops@acme.example"
    policies = fields(files[f"{SOURCE}/extlClntAppPolicies/acmeservice_Connect_SSO_plcy.ecaPlcy-meta.xml"])
    assert policies["externalClientApplication"] == "acmeservice_Connect_SSO"
    assert (policies["isEnabled"], policies["isSamlPluginEnabled"]) == ("true", "true")
    assert policies["startPage"] == "None"
    assert fields(files[SAML]) == {
        "acsUrl": "https://us-west-2.signin.aws.amazon.com/saml",
        "customAttributes": [
            {
                "key": "https://aws.amazon.com/SAML/Attributes/RoleSessionName",
                "formula": "$User.Alias & '@' & $User.Id & '@' & $Organization.Id",
            },
            {
                "key": "https://aws.amazon.com/SAML/Attributes/Role",
                "formula": f"'{IAM}:saml-provider/acmeservice-salesforce' & ',' & '{IAM}:role/acmeservice-SAMLRole'",
            },
            {"key": "https://aws.amazon.com/SAML/Attributes/SessionDuration", "formula": "'43200'"},
        ],
        "entityUrl": "acmeservice",
        "externalClientApplication": "acmeservice_Connect_SSO",
        "label": "acmeservice_Connect_SSO_samlPlcy",
        "nameIdFormat": "Persistent",
        "signingAlgorithmType": "SHA256",
        "subjectType": "PersistentId",
    }
    assert json.loads(files["salesforce/sfdx-project.json"])["sourceApiVersion"] == "63.0"


def test_an_existing_role_is_asked_for_what_it_surely_allows(tmp_path: Path) -> None:
    role = f"{IAM}:role/acmeservice-SAMLRole"
    files = kit(write_config(tmp_path, sign_on__role=role), outputs=write_outputs(tmp_path))
    policy = fields(files[SAML])
    assert policy["acsUrl"] == "https://signin.aws.amazon.com/saml"
    assert len(policy["customAttributes"]) == 2


def test_us_east_1_has_one_address(tmp_path: Path) -> None:
    config = write_config(tmp_path, region="us-east-1")
    files = kit(config, outputs=write_outputs(tmp_path, region="us-east-1"))
    assert fields(files[SAML])["acsUrl"] == "https://signin.aws.amazon.com/saml"


def test_trusted_sites_and_cors(tmp_path: Path) -> None:
    files = kit(write_config(tmp_path), outputs=write_outputs(tmp_path))
    own = fields(files[f"{SOURCE}/cspTrustedSites/acmeservice_Amazon_Connect.cspTrustedSite-meta.xml"])
    assert own["endpointUrl"] == "https://acme-service.my.connect.aws"
    assert (own["isActive"], own["context"], own["canAccessMicrophone"]) == ("true", "All", "true")
    assert own["isApplicableToFrameSrc"] == "true"
    cors = fields(files[f"{SOURCE}/corsWhitelistOrigins/acmeservice_Amazon_Connect.corsWhitelistOrigin-meta.xml"])
    assert cors == {"urlPattern": "https://acme-service.my.connect.aws"}
    sites = [text for path, text in files.items() if path.endswith(".cspTrustedSite-meta.xml")]
    urls = {fields(text)["endpointUrl"] for text in sites}
    assert urls == {"https://acme-service.my.connect.aws", "https://*.amazon.com", "https://*.amazonaws.com"}


@pytest.mark.parametrize(
    ("arrangement", "third_party", "identity"),
    [
        ("salesforce", "false", "https://acme.my.salesforce.com/idp/login?app=FILL-IN-IDENTITY-URL"),
        ("salesforce_and_third_party", "false", "https://acme.my.salesforce.com/idp/login?app=FILL-IN-IDENTITY-URL"),
        ("third_party", "true", LOGIN_URL),
    ],
)
def test_contact_center_definition(tmp_path: Path, arrangement: str, third_party: str, identity: str) -> None:
    files = kit(write_config(tmp_path, arrangement), outputs=write_outputs(tmp_path))
    root = xml(files["contact-center.xml"])
    assert root.tag == "callCenter"
    assert [section.get("name") for section in root] == ["reqGeneralInfo", "reqHvcc"]
    for section in root:
        assert [item.get("sortOrder") for item in section] == [str(number) for number in range(len(section))]
        assert all(item.get("label") for item in section)
    found = items(files)
    assert found["reqInternalName"] == "acmeservice"
    assert found["reqVendorInfoApiName"] == "c__AMAZON_CONNECT"
    assert found["reqInstanceId"] == INSTANCE_ID
    assert found["reqInstanceName"] == "acme-service"
    assert found["reqRegion"] == "us-west-2"
    assert found["reqRelayState"] == found["reqSettingsRelayState"] == RELAY_STATE
    assert found["reqThirdPartyIDP"] == third_party
    assert found["reqIdentityUrl"] == identity
    assert found["reqInstanceRecordingRole"] == f"{IAM}:role/acmeservice-ConnectCallRole"
    assert ("reqSSOLoginPopupWindow" in found) is (arrangement == "third_party")


def test_govcloud(tmp_path: Path) -> None:
    config = write_config(tmp_path, "salesforce_and_third_party", region="us-gov-west-1")
    files = kit(config, outputs=write_outputs(tmp_path, region="us-gov-west-1"))
    policy = fields(files[SAML])
    assert policy["acsUrl"] == "https://signin.amazonaws-us-gov.com/saml"
    assert "arn:aws-us-gov:iam::" in policy["customAttributes"][1]["formula"]
    assert items(files)["reqRelayState"] == f"https://console.amazonaws-us-gov.com/connect/federate/{INSTANCE_ID}"
    assert "urn:amazon:webservices:govcloud" in files["claims/okta.md"]
    assert "https://acme-service.govcloud.connect.aws" in "".join(files.values())
    assert "https://*.amazonaws-us-gov.com" in "".join(files.values())
    assert not re.search(r"arn:aws:|my\.connect\.aws|//signin\.aws\.amazon\.com", "".join(files.values()))


@pytest.mark.parametrize("vendor", ["okta", "entra", "ping"])
def test_claim_sheet(tmp_path: Path, vendor: str) -> None:
    files = kit(write_config(tmp_path, "third_party"), outputs=write_outputs(tmp_path))
    sheet = files[f"claims/{vendor}.md"]
    for text in (
        "https://us-west-2.signin.aws.amazon.com/saml",
        "urn:amazon:webservices\n",
        RELAY_STATE,
        f"{IAM}:role/acmeservice-SAMLRole,{IAM}:saml-provider/acmeservice-okta",
        "43200",
        "people/usernames.csv",
        "PrincipalTag",
    ):
        assert text in sheet
    names = ["RoleSessionName", "Role", "SessionDuration"]
    prefix = "" if vendor == "entra" else "https://aws.amazon.com/SAML/Attributes/"
    assert all(f"   {prefix}{name}\n" in sheet for name in names)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_with_outputs_only_salesforce_s_values_are_open(tmp_path: Path, arrangement: str) -> None:
    config = write_config(tmp_path, arrangement)
    outputs = write_outputs(tmp_path)
    files = kit(config, outputs=outputs)
    asked = set(json.loads(files["salesforce-values.json"]))
    marks = {mark for text in files.values() for mark in MARK.findall(text)} - {"FILL-IN-THIS"}
    assert {mark.removeprefix("FILL-IN-").lower().replace("-", "_") for mark in marks} <= asked
    fill_in(config, {key: SALESFORCE_VALUES[key] for key in asked})
    filled = kit(config, outputs=outputs)
    assert not [path for path, text in filled.items() if MARK.search(text.replace("FILL-IN-THIS", ""))]
    assert "Nothing is left to fill in." in filled["index.html"]
    if arrangement != "third_party":
        assert fields(filled[SAML])["commaSeparatedPermissionSet"] == SALESFORCE_VALUES["permission_set_id"]
        assert items(filled)["reqConnectedAppId"] == SALESFORCE_VALUES["connected_app_id"]


def test_without_outputs_there_are_clear_marks(tmp_path: Path) -> None:
    files = kit(write_config(tmp_path))
    assert "FILL-IN-ACCOUNT" in fields(files[SAML])["customAttributes"][1]["formula"]
    assert items(files)["reqInstanceId"] == "FILL-IN-INSTANCE-ID"
    assert "give --outputs" in files["index.html"]


def test_what_the_config_knows_needs_no_outputs(tmp_path: Path) -> None:
    instance = {"existing": f"arn:aws:connect:us-west-2:{ACCOUNT}:instance/{INSTANCE_ID}"}
    files = kit(write_config(tmp_path, instance=instance))
    assert items(files)["reqInstanceId"] == INSTANCE_ID
    assert ACCOUNT in fields(files[SAML])["customAttributes"][1]["formula"]
    assert items(files)["reqInstanceName"] == "FILL-IN-INSTANCE-ALIAS"


def test_what_salesforce_makes_itself_is_compared_not_made(tmp_path: Path) -> None:
    config = write_config(
        tmp_path, sign_on__salesforce__contact_center="provisioned", sign_on__role=f"{IAM}:role/acmeservice-SAMLRole"
    )
    files = kit(config, outputs=write_outputs(tmp_path))
    assert SAML not in files
    assert "contact-center.xml" not in files
    assert "compare the app that Salesforce made" in files["index.html"]


def test_same_inputs_same_bytes(tmp_path: Path) -> None:
    config = write_config(tmp_path, "salesforce_and_third_party")
    outputs = write_outputs(tmp_path)
    assert kit(config, outputs=outputs) == kit(config, outputs=outputs)

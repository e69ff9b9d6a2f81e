"""The Salesforce project, read by the library inside the Salesforce CLI and converted to what `deploy` sends.

Offline. The library is an npm package that `make test` installs (tests/node).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.unit.connect_sso.kits import ARRANGEMENTS, SALESFORCE_VALUES, fill_in, kit, write_config, write_outputs

MODULES = Path(__file__).parents[2] / "node" / "node_modules" / "@salesforce"
LIBRARY = MODULES / "source-deploy-retrieve"
TYPES = MODULES / "types" / "lib" / "metadata.d.ts"
SCRIPT = Path(__file__).with_name("convert_salesforce_project.cjs")
APP = {
    "ExternalClientApplication": ["acmeservice_Connect_SSO"],
    "ExtlClntAppConfigurablePolicies": ["acmeservice_Connect_SSO_plcy"],
    "ExtlClntAppSamlConfigurablePolicies": ["acmeservice_Connect_SSO_samlPlcy"],
    "PermissionSet": ["acmeservice_Connect_SSO"],
}
SITES = {
    "CorsWhitelistOrigin": ["acmeservice_Amazon_Connect"],
    "CspTrustedSite": ["Amazon_Sign_In", "Amazon_Web_Services", "acmeservice_Amazon_Connect"],
}


def convert(folder: Path) -> dict[str, Any]:
    """Return what the library makes of a kit's project."""
    command = ["node", str(SCRIPT), str(LIBRARY), str(folder / "kit" / "salesforce"), str(folder / "converted")]
    # A home of its own, because the library keeps a folder there.
    environment = {**os.environ, "HOME": str(folder), "SF_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def package(folder: Path) -> tuple[dict[str, list[str]], str]:
    """Return the members by type, and the API version, of what would be sent."""
    root = etree.parse(folder / "converted" / "package.xml").getroot()
    space = {"m": "http://soap.sforce.com/2006/04/metadata"}
    types = {
        str(item.findtext("m:name", namespaces=space)): [str(m.text) for m in item.findall("m:members", space)]
        for item in root.findall("m:types", space)
    }
    return types, str(root.findtext("m:version", namespaces=space))


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("filled", [False, True])
def test_converts_to_what_deploy_sends(tmp_path: Path, arrangement: str, filled: bool) -> None:
    config, outputs = write_config(tmp_path, arrangement), write_outputs(tmp_path)
    files = kit(config, outputs=outputs)
    if filled:
        fill_in(config, {key: SALESFORCE_VALUES[key] for key in json.loads(files["salesforce-values.json"])})
        files = kit(config, outputs=outputs)
    convert(tmp_path)
    types, version = package(tmp_path)
    assert types == SITES | (APP if arrangement != "third_party" else {})
    assert version == "63.0"
    sources = [path for path in files if path.endswith("-meta.xml")]
    sent = [path for path in (tmp_path / "converted").rglob("*") if path.is_file() and path.name != "package.xml"]
    assert len(sent) == len(sources)


def test_every_field_is_one_of_its_type(tmp_path: Path) -> None:
    """Salesforce's own types know every field; a misspelled one would fail a deployment."""
    config, outputs = write_config(tmp_path), write_outputs(tmp_path)
    kit(config, outputs=outputs)
    fill_in(config, SALESFORCE_VALUES)
    kit(config, outputs=outputs)
    declared = TYPES.read_text(encoding="utf-8")
    for component in convert(tmp_path)["components"]:
        block = re.search(rf"export type {component['type']} = Metadata & \{{(.*?)\n\}};", declared, re.DOTALL)
        assert block, component["type"]
        known = {name: bool(optional) for name, optional in re.findall(r"^\s+(\w+)(\??):", block[1], re.MULTILINE)}
        used = {key for key in component["keys"] if not key.startswith("@")}
        assert used <= set(known)
        lists = {name for name in known if re.search(rf"\b{name}: .*\[\];", block[1])}
        assert {name for name, optional in known.items() if not optional} - lists <= used

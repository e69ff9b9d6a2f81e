"""What somebody at Salesforce and at Okta does with the kit: reads its files and configures an app by them.

Knows the files' forms from the other side (Metadata API, the import dialect, a sheet for people), not how they
are made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from contact_center.username_claims import Claim
from local_aws.browser.addresses import stand_in
from tests.end_to_end.assembly import read_rows
from tests.end_to_end.sign_in.providers import ATTRIBUTES, App
from tests.unit.connect_sso import kit_evaluators

ORGANIZATION = "00D5e000000AbCdEAK"
_METADATA = "{http://soap.sforce.com/2006/04/metadata}"
Files = Mapping[str, str]


@dataclass(frozen=True)
class Someone:
    """A person of the export.

    Attributes:
        alias: as whom the identity providers know them here.
        username: as Amazon Connect must know them.
    """

    alias: str
    salesforce_id: str
    username: str


People = Mapping[str, Someone]


def people(folder: Path) -> People:
    """Who of the example's export works in the contact center, by alias; read by nobody's rules but these."""
    assigned = {row["AssigneeId"] for row in read_rows((folder / "permission-set-assignments.csv").read_bytes())}
    rows = read_rows((folder / "users.csv").read_bytes())
    return {
        row["Alias"]: Someone(row["Alias"], row["Id"], f"{row['Alias']}@{row['Id'][:15]}@{ORGANIZATION[:15]}")
        for row in rows
        if row["IsActive"] == "true" and row["Id"] in assigned
    }


def salesforce_app(files: Files, who: People, aws: str) -> App:
    """The External Client App, as `sf project deploy` would make it; its formulas worked out for each person."""
    (path,) = (path for path in files if path.endswith(".ecaSamlPlcy-meta.xml"))
    root = etree.fromstring(files[path].encode())
    attributes = [(_text(one, "key"), _text(one, "formula")) for one in root.findall(f"{_METADATA}customAttributes")]
    said = {
        someone.alias: {key: kit_evaluators.salesforce(formula, _fields(someone)) for key, formula in attributes}
        for someone in who.values()
    }
    acs = _text(root, "acsUrl")
    return App(acs, _text(root, "entityUrl"), stand_in(acs, aws), said)


def okta_app(files: Files, who: People, aws: str) -> App:
    """The app that the claim sheet describes; its expressions worked out for each person."""
    entries = re.findall(r"^ +([^\n]+):\n\n +```\n +(.*)\n +```", files["claims/okta.md"], re.MULTILINE)
    known, names = dict(entries), [value for label, value in entries if label == "Name"]
    claims = dict(zip(names, [value for label, value in entries if label == "Value"], strict=True))
    said = {
        someone.alias: {
            name: kit_evaluators.claim(Claim("okta", value, ()), _directory(someone)) for name, value in claims.items()
        }
        for someone in who.values()
    }
    acs = known["Single sign-on URL"]
    relay_state = known["Default RelayState"]
    return App(acs, known["Audience URI (SP Entity ID)"], stand_in(acs, aws), said, relay_state)


def definition(files: Files) -> dict[str, str]:
    """The contact center as it is imported: name → value."""
    root = etree.fromstring(files["contact-center.xml"].encode())
    return {item.get("name", ""): item.text or "" for item in root.iter("item")}


def links(files: Files) -> list[str]:
    """The links on the kit's page."""
    found: list[Any] = etree.HTML(files["index.html"]).xpath("//a/@href | //code/text()")
    return [str(link) for link in found if "RelayState=" in str(link)]


def provider_of(app: App) -> str:
    """Name of the SAML provider that an app's responses are for."""
    role = next(iter(app.people.values()))[f"{ATTRIBUTES}Role"]
    return next(arn for arn in role.split(",") if ":saml-provider/" in arn).rpartition("/")[2]


def _fields(someone: Someone) -> dict[str, str]:
    return {"$User.Alias": someone.alias, "$User.Id": someone.salesforce_id, "$Organization.Id": ORGANIZATION}


def _directory(someone: Someone) -> dict[str, str]:
    return {"salesforceAlias": someone.alias, "salesforceId": someone.salesforce_id}


def _text(element: etree._Element, name: str) -> str:
    return element.findtext(f"{_METADATA}{name}") or ""

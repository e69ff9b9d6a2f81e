"""The Salesforce project: metadata in source format, for `sf project deploy start`.

Names and folders are those of the Salesforce CLI's registry. The app and its policies are three
components that name one another by the app's name, which is its label too, because the Metadata API
guide says "name" of one policy and "label" of the other.
Source: Metadata API Developer Guide, ExternalClientApplication, ExtlClntAppConfigurablePolicies,
ExtlClntAppSamlConfigurablePolicies (API 63.0), PermissionSet, CspTrustedSite, CorsWhitelistOrigin.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from connect_sso.kit.apps import SalesforceApp
from connect_sso.kit.render import render
from connect_sso.kit.values import Values

FOLDER = "salesforce"
_SOURCE = f"{FOLDER}/force-app/main/default"
# The first API version that has the SAML policy: every organization of today takes it.
_API_VERSION = "63.0"


@dataclass(frozen=True, slots=True)
class _TrustedSite:
    """A site that Salesforce's pages may load from.

    Attributes:
        page: whether whole pages of it are shown, so that fonts and styles come with them.
    """

    name: str
    url: str
    description: str
    microphone: bool = False
    page: bool = False


def salesforce_project(values: Values) -> dict[str, str]:
    """Return the project's files by path.

    Args:
        values: what goes into the files.
    """
    files = {f"{FOLDER}/sfdx-project.json": _project(values)}
    app = values.salesforce_app
    if app and not app.made_by_salesforce:
        files |= _app(values, app)
    for site in _trusted_sites(values):
        path = f"{_SOURCE}/cspTrustedSites/{site.name}.cspTrustedSite-meta.xml"
        files[path] = render("salesforce/trusted-site.xml.j2", site=site)
    path = f"{_SOURCE}/corsWhitelistOrigins/{values.name}_Amazon_Connect.corsWhitelistOrigin-meta.xml"
    files[path] = render("salesforce/cors-origin.xml.j2", origin=values.instance_url)
    return files


def _project(values: Values) -> str:
    project = {
        "packageDirectories": [{"path": "force-app", "default": True}],
        "name": values.name,
        "namespace": "",
        "sfdcLoginUrl": values.salesforce_url,
        "sourceApiVersion": _API_VERSION,
    }
    return json.dumps(project, indent=2) + "\n"


def _app(values: Values, app: SalesforceApp) -> dict[str, str]:
    paths = {
        f"externalClientApps/{app.name}.eca": "app",
        f"extlClntAppPolicies/{app.name}_plcy.ecaPlcy": "policies",
        f"extlClntAppSamlConfigurablePolicies/{app.name}_samlPlcy.ecaSamlPlcy": "saml",
        f"permissionsets/{app.name}.permissionset": "permission-set",
    }
    context = {
        "name": values.name,
        "app": app,
        "contact_email": values.contact_email,
        # Left out until it is known: a policy that names no permission set can be deployed, a mark cannot.
        "permission_set_id": values.known.get("permission_set_id"),
    }
    return {
        f"{_SOURCE}/{path}-meta.xml": render(f"salesforce/{template}.xml.j2", **context)
        for path, template in paths.items()
    }


def _trusted_sites(values: Values) -> Iterator[_TrustedSite]:
    """Yield the sites; those that several contact centers share have one name everywhere.

    Two components with one address would stand in each other's way in one organization.
    """
    yield _TrustedSite(
        f"{values.name}_Amazon_Connect",
        values.instance_url,
        f"Amazon Connect instance of the contact center {values.name}",
        microphone=True,
        page=True,
    )
    yield _TrustedSite("Amazon_Sign_In", "https://*.amazon.com", "AWS sign-in and console of Amazon Connect", page=True)
    yield _TrustedSite("Amazon_Web_Services", "https://*.amazonaws.com", "Amazon Connect: calls, recordings, chat")
    if values.partition == "aws-us-gov":
        url = "https://*.amazonaws-us-gov.com"
        yield _TrustedSite("Amazon_Sign_In_US_Gov", url, "AWS GovCloud (US) sign-in and console", page=True)

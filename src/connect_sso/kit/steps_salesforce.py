"""The steps of the page that are done in Salesforce before people come: app, permission set, contact center.

Where Setup is named, the words are those of Salesforce's Help for Salesforce Voice; they drift with each
release. Must not know how the page looks.
"""

from __future__ import annotations

from collections.abc import Iterator

from connect_sso.kit import people
from connect_sso.kit.apps import SalesforceApp
from connect_sso.kit.guide import Action, Entry, Step, command
from connect_sso.kit.import_file import PATH as IMPORT_FILE
from connect_sso.kit.import_file import VERSION, sign_on_settings
from connect_sso.kit.known import FILE as VALUES_FILE
from connect_sso.kit.open_values import where_to_find
from connect_sso.kit.salesforce_project import FOLDER
from connect_sso.kit.values import Values

_AGAIN = f"Write it to `{VALUES_FILE}` and run the command again"


def app_steps(values: Values, files: frozenset[str]) -> Iterator[Step]:
    """Yield the steps up to the app.

    Args:
        values: what goes into the files.
        files: paths of the kit, because some are left out.
    """
    app = values.salesforce_app
    if app is None:
        yield _trusted_sites(values)
        return
    yield _identity_provider(values)
    if app.made_by_salesforce:
        yield _compare(app)
        return
    yield _deploy(values, app)
    yield _give(values, app, files)


def _identity_provider(values: Values) -> Step:
    return Step(
        where="Salesforce",
        title="make it an identity provider",
        actions=(
            Action(
                "Setup, `Identity Provider`: it is enabled, and its certificate is the one under Certificates on this "
                "page. Enabling cannot be undone."
            ),
            Action(
                "If it is another certificate: `Download Metadata`, save it as the file that "
                "`sign_on.salesforce.metadata` names, then check and deploy again.",
                (Entry("The organization's address", values.salesforce_url),),
            ),
        ),
    )


def _login(values: Values) -> Action:
    return Action(
        "Sign in to the organization with the Salesforce CLI, in the kit's folder `salesforce`.",
        (command(f"sf org login web --instance-url {values.salesforce_url} --alias {values.name}"),),
    )


def _deployment(values: Values) -> Action:
    deploy = f"sf project deploy start --source-dir force-app --target-org {values.name}"
    return Action(
        "Try the deployment without changing anything, then deploy.", (command(f"{deploy} --dry-run"), command(deploy))
    )


def _deploy(values: Values, app: SalesforceApp) -> Step:
    legacy = (
        Entry("Start URL", "(leave empty)"),
        Entry("Entity Id", app.entity_id),
        Entry("ACS URL", app.acs_url),
        Entry("Subject Type", "Persistent ID"),
        Entry("Name ID Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
        *(Entry(f"Custom attribute {key}", formula) for key, formula in app.attributes),
    )
    return Step(
        where="Salesforce",
        title="deploy the app",
        intro=f"`{FOLDER}/` is a project for the Salesforce CLI: the External Client App `{app.name}` with its SAML "
        "policy, a permission set, trusted sites and a CORS entry. Salesforce's Help names Developer, Performance and "
        "Unlimited editions for an External Client App with SAML; elsewhere ask its Support for a connected app.",
        actions=(
            _login(values),
            _deployment(values),
            Action(
                "Setup, `External Client App Manager`, the app: copy its id and its IdP-initiated login URL. "
                f"{_AGAIN}: `connected_app_id`, `identity_url`."
            ),
            Action(
                "Only if AWS answers `Response does not contain the required audience`: the app's Entity Id is the "
                "contact center's name, as Salesforce Help has it. Change it (`entityUrl` in the project's SAML "
                "policy) to what AWS documents, and deploy again.",
                (Entry("Entity Id that AWS documents", app.documented_audience),),
            ),
            Action(
                "Setup, `Session Settings`, `Browser Feature Permissions`: include the Permissions-Policy HTTP header "
                "and allow the microphone for trusted URLs, or calls are silent."
            ),
            Action(
                "Only where the organization keeps a connected app from before Spring '26: change this in it instead "
                "of deploying the External Client App.",
                legacy,
            ),
        ),
    )


def _compare(app: SalesforceApp) -> Step:
    return Step(
        where="Salesforce",
        title="compare the app that Salesforce made",
        intro="Salesforce made the contact center, and an app with it. Compare to the letter; where something differs, "
        "the app is right for people whom Salesforce made, and the config must follow.",
        actions=(
            Action(
                "Setup, `External Client App Manager` (or `App Manager`), the contact center's app.",
                (
                    Entry("Entity Id", app.entity_id),
                    *(Entry(f"Attribute {key}", formula) for key, formula in app.attributes),
                ),
            ),
            Action(f"Copy its IdP-initiated login URL. {_AGAIN}: `identity_url`."),
        ),
    )


def _give(values: Values, app: SalesforceApp, files: frozenset[str]) -> Step:
    listed = people.ASSIGNMENTS in files
    bulk = (
        "sf data import bulk --sobject PermissionSetAssignment --line-ending LF "
        f"--file ../{people.ASSIGNMENTS} --target-org {values.name}"
    )
    one = f"sf org assign permset --name {app.name} --on-behalf-of USERNAME --target-org {values.name}"
    return Step(
        where="Salesforce",
        title="say who may use the app",
        intro="The app's policy takes a permission set by its id, which only the organization knows: so it is deployed "
        "twice.",
        actions=(
            Action(
                f"Ask for the permission set's id. {_AGAIN}: `permission_set_id`; then deploy the project again.",
                (command(where_to_find("permission_set_id", app.name, values.name)),),
            ),
            Action(
                "Assign the permission set to everybody in the contact center."
                + ("" if listed else " No list of them is in this kit, because there was no export to read."),
                (command(bulk),) if listed else (command(one),),
            ),
        ),
    )


def _trusted_sites(values: Values) -> Step:
    return Step(
        where="Salesforce",
        title="let Amazon Connect's pages in",
        intro=f"`{FOLDER}/` is a project for the Salesforce CLI with trusted sites and a CORS entry. There is no app: "
        "Salesforce signs nobody in to Amazon Connect here.",
        actions=(
            _login(values),
            _deployment(values),
        ),
    )


def contact_center(values: Values) -> Step:
    """Return the step that makes the contact center, or compares the one that Salesforce made.

    Args:
        values: what goes into the files.
    """
    settings = tuple(Entry(f"{label} ({name})", text) for name, label, text in sign_on_settings(values))
    if not values.imported:
        action = Action(
            "Setup, `Amazon Contact Centers`, the contact center: its sign-on settings are these.", settings
        )
        return Step(where="Salesforce", title="compare the contact center", actions=(action,))
    return Step(
        where="Salesforce",
        title="import the contact center",
        intro="Its internal name cannot be changed later. One imported before is not imported again: compare these "
        "settings in it instead.",
        actions=(
            Action(f"`{IMPORT_FILE}` has everything; nothing of what is marked FILL-IN may be left in it.", settings),
            Action(
                "Roles that start with SCV or end with ConnectCallRole and SCVS3Role, and the telephony certificate, "
                "belong to Salesforce's telephony stacks; deploy those first. The version is "
                f"`{VERSION}` unless their release notes name another."
            ),
            Action("Setup, `Partner Telephony Contact Centers`, `Import`: choose the file."),
            Action(
                f"Ask for the contact center's id. {_AGAIN}: `call_center_id`.",
                (command(where_to_find("call_center_id", "", values.name)),),
            ),
        ),
    )

"""The steps of the page: what to click in AWS, Salesforce and at a third party, in what order.

Must not know how the page looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from connect_sso.kit import people, sheets, steps_salesforce
from connect_sso.kit.guide import Action, Entry, Step, command
from connect_sso.kit.values import Values


def guide(values: Values, files: frozenset[str]) -> tuple[Step, ...]:
    """Return the steps.

    Args:
        values: what goes into the files.
        files: paths of the kit, because some are left out.
    """
    return tuple(_steps(values, files))


def _steps(values: Values, files: frozenset[str]) -> Iterator[Step]:
    yield _aws(values)
    salesforce, third_party = steps_salesforce.app_steps(values, files), sheets.steps(values)
    # Who signs people in comes first.
    yield from chain(salesforce, third_party) if values.salesforce_app else chain(third_party, salesforce)
    yield steps_salesforce.contact_center(values)
    yield _people(values, files)
    yield _try(values)


def _aws(values: Values) -> Step:
    entries = (
        Entry("Role", values.role_arn),
        *(Entry(f"Identity provider {name}", arn) for name, arn in values.provider_arns),
        Entry("Instance", values.instance_arn),
        Entry("Relay state", values.relay_state),
    )
    deploy = "npx cdk deploy --all --outputs-file outputs.json -c config=CONFIG"
    return Step(
        where="AWS",
        title="deploy, and let Salesforce's pages in",
        actions=(
            Action(
                "Deploy, and write this kit with what the deployment says.",
                (command(deploy), command("connect-sso kit CONFIG --out DIR --outputs outputs.json")),
            ),
            Action("These are the names that the other side stores; nothing changes them later.", entries),
            Action(
                f"Amazon Connect console, instance `{values.alias}`, `Approved origins`, `Add origin`: both.",
                (Entry("My Domain", values.origins[0]), Entry("Lightning", values.origins[1])),
            ),
        ),
    )


def _people(values: Values, files: frozenset[str]) -> Step:
    actions = [
        Action(
            "Connect users come from the export. Look at the plan, then apply it (a deployment does the same).",
            (command("connect-sso users plan CONFIG"), command("connect-sso users apply CONFIG")),
        )
    ]
    if people.ADD_USERS in files:
        actions.append(
            Action(
                f"Up to 100 people: add them to the contact center in Setup. More: `{people.ADD_USERS}`, as Salesforce "
                "Help, Create or Update Contact Center Users in Bulk, says."
            )
        )
    if people.ROUTING_MAP in files:
        bulk = (
            f"sf data import bulk --sobject CallCenterRoutingMap --line-ending LF --file {people.ROUTING_MAP} "
            f"--target-org {values.name}"
        )
        actions.append(
            Action("Map Salesforce's people to Connect's, for transfers and availability.", (command(bulk),))
        )
    missing = [path for path in (people.ADD_USERS, people.ROUTING_MAP) if path not in files]
    if missing:
        names = " and ".join(f"`{path}`" for path in missing)
        actions.append(Action(f"Not in this kit: {names}. The checklist says why, and what to run."))
    return Step(where="Salesforce", title="bring the people in", actions=tuple(actions))


def _try(values: Values) -> Step:
    actions = [
        Action(f"Signed in at {through}: open a link.", tuple(_links(values, through)))
        for through in dict.fromkeys(link.through for link in values.links)
    ]
    actions.append(Action("Salesforce, Omni-Channel: set yourself available for voice."))
    actions.append(
        Action(
            "If a sign-in fails: save the SAML response and ask why. Without one, `doctor` compares what is deployed.",
            (command("connect-sso explain CONFIG RESPONSE"), command("connect-sso doctor CONFIG")),
        )
    )
    return Step(
        where="Everywhere",
        title="try it",
        intro="A sign-in starts at the identity provider, never at Amazon Connect's own address. The person's security "
        "profile must allow the page.",
        actions=tuple(actions),
    )


def _links(values: Values, through: str) -> Iterator[Entry]:
    for link in values.links:
        if link.through == through:
            yield Entry(link.page, link.url)

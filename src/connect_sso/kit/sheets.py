"""The claim sheets: what to enter at a third party so that it signs people in to Amazon Connect.

One for each of the three identity providers that are met most; the values are the same, the places and
the language of the username are not.
Sources: Okta, "Create SAML app integrations"; Microsoft, "Customize SAML token claims"; PingOne,
"Adding a SAML application"; AWS, "Configure SAML with IAM for Amazon Connect".
"""

from __future__ import annotations

from collections.abc import Iterator

from connect_sso.kit.apps import ATTRIBUTES, ThirdPartyApp
from connect_sso.kit.guide import Action, Entry, Step
from connect_sso.kit.render import render
from connect_sso.kit.values import Values
from contact_center.username_claims import Claim, Vendor

FOLDER = "claims"
VENDORS: dict[Vendor, str] = {"okta": "Okta", "entra": "Microsoft Entra ID", "ping": "PingOne"}
_WORDS: dict[str, Vendor] = {"okta": "okta", "entra": "entra", "azure": "entra", "microsoft": "entra", "ping": "ping"}
_START: dict[Vendor, str] = {
    "okta": "Admin Console, `Applications`, `Create App Integration`, `SAML 2.0`: call it Amazon Connect {name}.",
    "entra": "Microsoft Entra admin center, `Enterprise apps`, `New application`, `Create your own application`, "
    "`Integrate any other application you don't find in the gallery`: call it Amazon Connect {name}; then "
    "`Single sign-on`, `SAML`.",
    "ping": "PingOne admin console, `Applications`, `Add Application`, `SAML Application`, `Manually Enter`: call it "
    "Amazon Connect {name}.",
}
# Labels of the sign-in address, the audience, the relay state and the format of the name.
_LABELS: dict[Vendor, tuple[str, str, str, str]] = {
    "okta": ("Single sign-on URL", "Audience URI (SP Entity ID)", "Default RelayState", "Name ID format"),
    "entra": (
        "Reply URL (Assertion Consumer Service URL)",
        "Identifier (Entity ID)",
        "Relay State",
        "Name identifier format",
    ),
    "ping": ("ACS URLs", "Entity ID", "Target Application URL", "Subject NameID Format"),
}
_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_CREATE: dict[Vendor, str] = {
    "okta": "`Directory`, `Profile Editor`, Okta's user profile, `Add Attribute`: make these, of type string, and fill "
    "them.",
    "entra": "Fill these attributes of each person (any of the fifteen that are free will do; change the names alike).",
    "ping": "`Directory`, `User Attributes`, `Add Attribute`: make these and fill them.",
}
_METADATA: dict[Vendor, str] = {
    "okta": "`Sign On`, `Metadata URL`: save the document",
    "entra": "`Federation Metadata XML`, `Download`: save the document",
    "ping": "`Configuration`, `Download Metadata`: save the document",
}
_LOGIN: dict[Vendor, str] = {
    "okta": "`General`, `App Embed Link`",
    "entra": "`Properties`, `User access URL`",
    "ping": "`Configuration`, `Initiate Single Sign-On URL`",
}


def sheets(values: Values) -> dict[str, str]:
    """Return the claim sheets by path; none where there is no third party.

    Args:
        values: what goes into the files.
    """
    return {
        f"{FOLDER}/{vendor}.md": render("claims/sheet.md.j2", step=step, name=values.name)
        for vendor, step in _steps(values).items()
    }


def steps(values: Values) -> tuple[Step, ...]:
    """Return the steps for the page: of the vendor whom the third party's name tells, else of each.

    Args:
        values: what goes into the files.
    """
    found = _steps(values)
    name = values.third_party.name.casefold() if values.third_party else ""
    told = {vendor for word, vendor in _WORDS.items() if word in name}
    return tuple(step for vendor, step in found.items() if len(told) != 1 or vendor in told)


def _steps(values: Values) -> dict[Vendor, Step]:
    app = values.third_party
    if app is None:
        return {}
    return {
        claim.vendor: Step(
            where=VENDORS[claim.vendor],
            title="make the app for Amazon Connect",
            intro=f"The config calls this identity provider `{app.name}`. Names of attributes count to the letter, "
            "upper and lower case included.",
            actions=tuple(_actions(values, app, claim)),
        )
        for claim in app.claims
    }


def _actions(values: Values, app: ThirdPartyApp, claim: Claim) -> Iterator[Action]:
    vendor = claim.vendor
    acs, audience, relay_state, name_format = _LABELS[vendor]
    yield Action(_START[vendor].format(name=values.name))
    blank = " Leave `Sign on URL` empty." if vendor == "entra" else ""
    yield Action(
        f"Enter the addresses.{blank} Assertions must be signed with SHA-256; leave encryption off.",
        (Entry(acs, app.acs_url), Entry(audience, app.audience), Entry(relay_state, values.relay_state)),
    )
    yield Action(
        "The person's name identifier is persistent: any value that never changes, such as the directory's own id.",
        (Entry(name_format, "Persistent" if vendor != "ping" else _PERSISTENT),),
    )
    made = tuple(Entry(_filled_from(column), attribute) for attribute, column in claim.attributes if column != "Email")
    if made:
        yield Action(f"{_CREATE[vendor]} `people/usernames.csv` has the values of each person.", made)
    yield Action("Add the attribute with the username.", tuple(_username(claim)))
    yield Action("Add the attribute with the role.", _attribute(vendor, "Role", app.role))
    if app.session_seconds:
        yield Action(
            "Add the attribute with the session's length in seconds.",
            _attribute(vendor, "SessionDuration", str(app.session_seconds)),
        )
    if not app.session_tags:
        yield Action("Send no `PrincipalTag` attributes: the role does not trust session tags and refuses everybody.")
    yield Action("Give the app to everybody who uses Amazon Connect, and to nobody else.")
    yield Action(
        f"{_METADATA[vendor]} as the file that `sign_on.third_party.metadata` names, then check and deploy again. "
        "A new certificate over there needs this again, before it signs."
    )
    yield Action(f"{_LOGIN[vendor]}: write it to `sign_on.third_party.login_url` in the config.")


def _filled_from(column: str | None) -> str:
    return f"holds {column} of Salesforce" if column else "holds the whole Connect username"


def _username(claim: Claim) -> Iterator[Entry]:
    name = f"{ATTRIBUTES}RoleSessionName"
    if claim.vendor != "entra":
        yield Entry("Name", name)
        yield Entry("Value" if claim.vendor == "okta" else "PingOne mapping, advanced expression", claim.value)
        return
    yield from _entra_name("RoleSessionName")
    if claim.pattern is None or claim.replacement is None:
        yield Entry("Source: Attribute", claim.value)
        return
    yield Entry("Source: Transformation, RegexReplace(), Parameter 1", claim.value)
    yield Entry("Regex pattern", claim.pattern)
    for attribute, _ in claim.attributes:
        if f"user.{attribute}" != claim.value:
            yield Entry("Add additional parameter", f"user.{attribute}")
    yield Entry("Replacement pattern", claim.replacement)


def _attribute(vendor: Vendor, name: str, value: str) -> tuple[Entry, ...]:
    """Return an attribute that is the same for everybody."""
    if vendor == "entra":
        return (*_entra_name(name), Entry("Source: Attribute, in quotes", f'"{value}"'))
    quote = '"' if vendor == "okta" else "'"
    label = "Value" if vendor == "okta" else "PingOne mapping, advanced expression"
    return (Entry("Name", f"{ATTRIBUTES}{name}"), Entry(label, f"{quote}{value}{quote}"))


def _entra_name(name: str) -> tuple[Entry, ...]:
    return (Entry("Name", name), Entry("Namespace", ATTRIBUTES.rstrip("/")))

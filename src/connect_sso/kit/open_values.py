"""Values that are not known yet: how each is marked in the files, who knows it, and where to find it.

A mark can be searched for (`FILL-IN-…`), so what is left to do is read off the files themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Who = Literal["salesforce", "third_party", "deployment", "config"]

MARK = re.compile(r"FILL-IN-([A-Z0-9]+(?:-[A-Z0-9]+)*)")
WHO_IN_WORDS: Mapping[Who, str] = MappingProxyType(
    {
        "salesforce": "only Salesforce knows",
        "third_party": "only the identity provider knows",
        "deployment": "the deployment knows: give --outputs",
        "config": "belongs into the config",
    }
)


@dataclass(frozen=True, slots=True)
class OpenValue:
    """A value that may be missing.

    Attributes:
        key: snake_case; the key of salesforce-values.json where Salesforce knows it.
        what: for a person.
        where: how to find it; ``{app}`` and ``{name}`` stand for the app and the contact center, after which
            the kit's commands call the organization too.
        looks_like: an example.
        pattern: what a value that is filled in must match.
    """

    key: str
    who: Who
    what: str
    where: str
    looks_like: str = ""
    pattern: str = r"[^\x00-\x1f]+"

    @property
    def mark(self) -> str:
        """Return the text that stands in the files until the value is known."""
        return f"FILL-IN-{self.key.upper().replace('_', '-')}"


def _record_id(prefix: str) -> str:
    return rf"{prefix}[A-Za-z0-9]{{12}}(?:[A-Za-z0-9]{{3}})?"


_OUTPUTS = "run npx cdk deploy with --outputs-file FILE, then this command with --outputs FILE"
_ALL = (
    OpenValue(
        "identity_url",
        "salesforce",
        "Identity URL: where a sign-in through the app starts",
        "Setup, External Client App Manager, {app}: the IdP-initiated login URL of its SAML section",
        "https://acme.my.salesforce.com/idp/login?app=0sp…",
        r"https://[!-~]{1,2040}",
    ),
    OpenValue(
        "connected_app_id",
        "salesforce",
        "Id of the app",
        "Setup, External Client App Manager, {app}: the id in the browser's address bar",
        "0H4…",
        r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?",
    ),
    OpenValue(
        "permission_set_id",
        "salesforce",
        "Id of the permission set, which the app's policy takes instead of its name",
        "sf data query --target-org {name} --query \"SELECT Id FROM PermissionSet WHERE Name = '{app}'\"",
        "0PS…",
        _record_id("0PS"),
    ),
    OpenValue(
        "call_center_id",
        "salesforce",
        "Id of the contact center",
        "sf data query --target-org {name} --query \"SELECT Id FROM CallCenter WHERE InternalName = '{name}'\"",
        "04v…",
        _record_id("04v"),
    ),
    OpenValue(
        "telephony_certificate",
        "salesforce",
        "Public key of the telephony integration, one line without BEGIN and END",
        "belongs to Salesforce's own telephony stacks (BYOATenantStack), not to sign-on",
        "MIID…",
        r"[A-Za-z0-9+/=]{40,8000}",
    ),
    OpenValue(
        "telephony_certificate_end",
        "salesforce",
        "When that key ends",
        "as above; day, month, year, time",
        "25/02/2027 09:04:49",
        r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}:\d{2}",
    ),
    OpenValue(
        "login_url",
        "third_party",
        "Login URL: where a sign-in to the Amazon Connect app starts",
        "the app's page at the identity provider; write it to sign_on.third_party.login_url in the config",
        "https://acme.okta.com/home/…",
    ),
    OpenValue(
        "my_domain",
        "config",
        "My Domain of the Salesforce organization",
        "Setup, My Domain; write it to sign_on.salesforce.my_domain in the config",
        "acme",
    ),
    OpenValue("account", "deployment", "AWS account", f"`account` in the config, or {_OUTPUTS}", "111122223333"),
    OpenValue("instance_id", "deployment", "Id of the Amazon Connect instance", _OUTPUTS),
    OpenValue(
        "instance_alias",
        "deployment",
        "Alias of the Amazon Connect instance",
        "Amazon Connect console; or run this command with AWS credentials that may read the instance",
        "acme-service",
    ),
)
OPEN_VALUES: Mapping[str, OpenValue] = MappingProxyType({value.key: value for value in _ALL})
SALESFORCE_KEYS = tuple(value.key for value in _ALL if value.who == "salesforce")


def mark(key: str) -> str:
    """Return the mark of a value that is not known."""
    return OPEN_VALUES[key].mark


def where_to_find(key: str, app: str, name: str) -> str:
    """Return how to find a value.

    Args:
        key: of the value.
        app: name of Salesforce's app.
        name: of the contact center.
    """
    return OPEN_VALUES[key].where.format(app=app, name=name)


def marks_in(text: str) -> tuple[str, ...]:
    """Return the keys of the values that are missing in a text, each once, in its order."""
    found = (name.lower().replace("-", "_") for name in MARK.findall(text))
    return tuple(dict.fromkeys(key for key in found if key in OPEN_VALUES))


def ordered(keys: Iterable[str]) -> tuple[str, ...]:
    """Return keys in the order in which a person comes by the values."""
    wanted = set(keys)
    return tuple(key for key in OPEN_VALUES if key in wanted)

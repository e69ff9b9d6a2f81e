"""The addresses of a sign-in: where a response is posted, which audiences are trusted, where a person lands.

Sources: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html and, for the new domain's
destinations, https://docs.aws.amazon.com/connect/latest/adminguide/update-your-connect-domain.html
"""

from __future__ import annotations

import re
from urllib.parse import quote

from contact_center.regions import partition

CCP = "/ccp-v2"
AGENT_WORKSPACE = "/agent-app-v2"

_GLOBAL = {"aws": "https://signin.aws.amazon.com/saml", "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml"}


def audiences(region: str) -> tuple[str, ...]:
    """Return the values of `SAML:aud` that the federation role trusts: the global and the regional address.

    They are one in us-east-1. In GovCloud only one is documented. The key is compared with the response's
    Recipient, not with its Audience.

    Args:
        region: of the instance.
    """
    everywhere = _GLOBAL[partition(region)]
    if region == "us-east-1" or partition(region) != "aws":
        return (everywhere,)
    return (everywhere, f"https://{region}.signin.aws.amazon.com/saml")


def assertion_consumer_url(region: str) -> str:
    """Return where the identity provider should post its responses: the instance's own Region.

    Args:
        region: of the instance.
    """
    return audiences(region)[-1]


def relay_state(region: str, instance_id: str, destination: str | None = None) -> str:
    """Return the address that a sign-in ends at.

    Args:
        region: of the instance.
        instance_id: the last part of its ARN.
        destination: a page such as ``/ccp-v2`` or ``/agent-app-v2`` (the person's security profile must
            grant it), or the https address of one of the instance's approved origins; None: the home page.

    Raises:
        ValueError: the destination is neither, or has the old domain's ``/connect`` in front.
    """
    host = f"{region}.console.aws.amazon.com" if partition(region) == "aws" else "console.amazonaws-us-gov.com"
    address = f"https://{host}/connect/federate/{instance_id}"
    if destination is None:
        return address
    if not re.match(r"/(?!/)|https://[^/]", destination):
        raise ValueError(f"destination is {destination}: write a path such as {CCP}, or an https address")
    if destination == "/connect" or destination.startswith("/connect/"):
        raise ValueError(f"destination is {destination}: leave out /connect, which belongs to the old domain")
    return f"{address}?destination={quote(destination, safe='')}"


def deep_link(login_url: str, state: str) -> str:
    """Return the link that signs a person in and lands at a relay state.

    Args:
        login_url: where a sign-in starts at the identity provider, such as Salesforce's IdP-initiated
            login URL (``https://acme.my.salesforce.com/idp/login?app=0sp…``).
        state: what `relay_state` returned.
    """
    address, mark, fragment = login_url.partition("#")
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{joint}RelayState={quote(state, safe='')}{mark}{fragment}"


def salesforce_url(my_domain: str) -> str:
    """Return the address of a Salesforce organization, which is its issuer too.

    Args:
        my_domain: such as ``acme`` or ``acme--uat.sandbox``.
    """
    return f"https://{my_domain}.my.salesforce.com"

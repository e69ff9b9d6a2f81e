"""Which loopback address stands for which address of AWS.

The path says it: ``http://127.0.0.1:4600/_at/us-west-2.signin.aws.amazon.com/saml`` is where a browser posts what is
meant for ``https://us-west-2.signin.aws.amazon.com/saml``. The response's Recipient stays the real address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

Kind: TypeAlias = Literal["sign_in", "console", "instance"]

PREFIX = "/_at/"
# The Region whose addresses have no Region in front.
HOME_REGION = "us-east-1"
_HOSTS: Mapping[Kind, re.Pattern[str]] = {
    "sign_in": re.compile(r"(?:([a-z]{2}(?:-[a-z]+)+-\d)\.)?signin\.aws\.amazon\.com"),
    "console": re.compile(r"(?:([a-z]{2}(?:-[a-z]+)+-\d)\.)?console\.aws\.amazon\.com"),
    "instance": re.compile(r"([A-Za-z0-9-]{1,45})\.my\.connect\.aws"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """An address of AWS.

    Attributes:
        name: the Region, or the alias of an instance.
        path: with its slash, without query.
    """

    kind: Kind
    host: str
    name: str
    path: str

    @property
    def address(self) -> str:
        """Return the real address, without query."""
        return f"https://{self.host}{self.path}"


def place_of(address: str) -> Place | None:
    """Return what an address of AWS is, or None where it is none that the local AWS stands for.

    Args:
        address: such as ``https://us-west-2.console.aws.amazon.com/connect/federate/…?destination=…``.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme != "https" or parts.port or parts.username:
        return None
    return _place(parts.hostname or "", parts.path or "/")


def stood_for(path: str) -> Place | None:
    """Return which address of AWS a path of the local AWS stands for, or None.

    Args:
        path: percent-decoded, such as ``/_at/signin.aws.amazon.com/saml``.
    """
    if not path.startswith(PREFIX):
        return None
    host, _, rest = path.removeprefix(PREFIX).partition("/")
    return _place(host, f"/{rest}")


def stand_in(address: str, base: str = "") -> str:
    """Return the loopback address that stands for an address of AWS.

    Args:
        base: the local AWS's own address; empty for a path alone.

    Raises:
        ValueError: the local AWS does not stand for it.
    """
    if place_of(address) is None:
        raise ValueError(f"the local AWS does not stand for {address}")
    return f"{base}{PREFIX}{address.removeprefix('https://')}"


def _place(host: str, path: str) -> Place | None:
    for kind, pattern in _HOSTS.items():
        found = pattern.fullmatch(host)
        # A regional sign-in address of us-east-1 is not documented: there, the global one is the regional one.
        if found and (kind, found[1]) != ("sign_in", HOME_REGION):
            return Place(kind, host, found[1] or HOME_REGION, path)
    return None

"""The page that shows it all: one HTML file that loads nothing from elsewhere.

It works without its script, which only adds buttons that copy; a policy in its head lets nothing else run.
No clock: the end of a certificate is a date, not a number of days, so the same values give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from connect_sso.kit.guide import Step, ticks
from connect_sso.kit.known import FILE as VALUES_FILE
from connect_sso.kit.open_values import MARK, WHO_IN_WORDS, OpenValue
from connect_sso.kit.render import render, source
from connect_sso.kit.values import Values
from contact_center.sign_on import Arrangement

PATH = "index.html"
_SIGN_IN_WAYS: Mapping[Arrangement, tuple[str, ...]] = MappingProxyType(
    {
        "salesforce": (
            "Signed in to Salesforce, people use the Omni-Channel softphone.",
            "Signed in to Salesforce, people use Amazon Connect's own pages through the links under Try it.",
            "Without a sign-in to Salesforce there is no way in.",
        ),
        "salesforce_and_third_party": (
            "Signed in to Salesforce, people use the Omni-Channel softphone, and Amazon Connect's own pages through "
            "the links under Try it.",
            "Signed in at {third_party} only, people use Amazon Connect's own pages through the links under Try it, "
            "and come out as the very same user.",
            "Signed in at {third_party} only, there is no Omni-Channel softphone: that needs Salesforce.",
        ),
        "third_party": (
            "Signed in to Salesforce, people go available in Omni-Channel, and {third_party} signs them in to Amazon "
            "Connect behind it, in a pop-up window where it has to ask.",
            "Signed in at {third_party}, people use Amazon Connect's own pages through the links under Try it.",
        ),
    }
)
_TITLES: Mapping[Arrangement, str] = MappingProxyType(
    {
        "salesforce": "Salesforce signs people in",
        "salesforce_and_third_party": "Salesforce or {third_party} signs people in",
        "third_party": "{third_party} signs people in",
    }
)


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that is still to be filled in.

    Attributes:
        where: how to find it, as a sentence or a command.
        files: in which its mark stands, or that are incomplete without it.
    """

    value: OpenValue
    where: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not in this kit, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Certificate:
    """A signing certificate as the page shows it."""

    provider: str
    issuer: str
    subject: str
    fingerprint: str
    begins: str
    ends: str


def page(values: Values, steps: Sequence[Step], missing: Sequence[Missing], left_out: Sequence[LeftOut]) -> str:
    """Return the page.

    Args:
        values: what goes into the files.
        steps: in the order in which a person clicks.
        missing: the checklist.
        left_out: files that are not in this kit.
    """
    script = source("page/copy.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    third_party = values.third_party.name if values.third_party else ""
    return render(
        "page/index.html.j2",
        values=values,
        title=_TITLES[values.arrangement].format(third_party=third_party),
        ways=[way.format(third_party=third_party) for way in _SIGN_IN_WAYS[values.arrangement]],
        steps=steps,
        missing=missing,
        left_out=left_out,
        certificates=_certificates(values),
        unknown_certificates=[provider.name for provider in values.providers if provider.reading is None],
        values_file=VALUES_FILE,
        who_in_words=WHO_IN_WORDS,
        ticks=ticks,
        is_open=lambda text: MARK.search(text) is not None,
        style=source("page/style.css"),
        script=script,
        script_digest=digest,
    )


def _certificates(values: Values) -> list[_Certificate]:
    return [
        _Certificate(
            provider=provider.name,
            issuer=provider.reading.entity_id or "",
            subject=certificate.subject,
            fingerprint=certificate.fingerprint,
            begins=f"{certificate.not_before:%Y-%m-%d}",
            ends=f"{certificate.not_after:%Y-%m-%d}",
        )
        for provider in values.providers
        if provider.reading
        for certificate in provider.reading.certificates
    ]

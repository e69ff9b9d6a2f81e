"""ARNs of things that exist already and are named in the config.

Must not know which key of the config holds them. Form of an ARN:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARN = re.compile(
    r"arn:(?P<partition>aws|aws-us-gov):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>\d{12}):(?P<resource>\S+)"
)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# What each kind looks like: service, resource, and the form that a message shows.
INSTANCE = ("connect", rf"instance/{_UUID}", "arn:aws:connect:REGION:ACCOUNT:instance/ID")
ROLE = ("iam", r"role/[\w+=,.@/-]{1,512}", "arn:aws:iam::ACCOUNT:role/NAME")
SAML_PROVIDER = ("iam", r"saml-provider/[\w.-]{1,128}", "arn:aws:iam::ACCOUNT:saml-provider/NAME")
# An account has one provider for an issuer, and its ARN names the issuer.
GITHUB_ISSUER = "token.actions.githubusercontent.com"
GITHUB_PROVIDER = (
    "iam",
    rf"oidc-provider/{re.escape(GITHUB_ISSUER)}",
    f"arn:aws:iam::ACCOUNT:oidc-provider/{GITHUB_ISSUER}",
)
# The service's name before and after 2024; either may stand in an ARN.
CONNECTION = (
    r"codeconnections|codestar-connections",
    rf"connection/{_UUID}",
    "arn:aws:codeconnections:REGION:ACCOUNT:connection/ID",
)
PRINCIPAL = ("iam", r"(?:role|user)/[\w+=,.@/-]{1,512}", "arn:aws:iam::ACCOUNT:role/NAME or …:user/NAME")

Kind = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an ARN.

    Attributes:
        region: empty for IAM.
        account: 12 digits.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse(text: str) -> Arn | None:
    """Return the parts, or None where the text is not an ARN of a partition that has Amazon Connect."""
    match = _ARN.fullmatch(text)
    return Arn(**match.groupdict()) if match else None


def is_kind(text: str, kind: Kind) -> bool:
    """Return whether the text is an ARN of this kind (IAM is global: no Region; Connect has one).

    Args:
        kind: one of the kinds of this module.
    """
    arn = parse(text)
    service, resource, _ = kind
    return (
        arn is not None
        and re.fullmatch(service, arn.service) is not None
        and re.fullmatch(resource, arn.resource) is not None
        and bool(arn.region) == (service != "iam")
    )

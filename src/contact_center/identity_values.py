"""Values that say who and where: names, accounts, Regions, ARNs, organizations, addresses, files.

Each is a pydantic type; its error says what was got, what is allowed and what to do. Must not know which
keys hold them nor whether one agrees with another (`agreement` does).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from contact_center import arns
from contact_center.nearest import did_you_mean, shown
from contact_center.regions import REGIONS
from contact_center.values import Text, matching, text_schema, wrong
from user_sync import salesforce_id


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", text):
        raise wrong(
            "name_invalid",
            f"{shown(text)} cannot be a contact center's name: Salesforce allows letters and digits, "
            "a letter first, at most 20",
        )
    if text.lower().startswith(("aws", "ssm")):
        raise wrong("name_invalid", f"{shown(text)} starts with aws or ssm, which Salesforce does not allow")
    return text


def _account(value: object) -> object:
    # A YAML number of 12 digits without a leading zero is the account to the letter.
    if isinstance(value, int) and not isinstance(value, bool) and 10**11 <= value < 10**12:
        return str(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise wrong(
            "account_invalid",
            f"{value} is not an AWS account: 12 digits, in quotes where they start with 0 "
            '(YAML drops leading zeros), such as "011122223333"',
        )
    return value


def _region(text: str) -> str:
    if text.startswith("cn-"):
        raise wrong("region_unknown", f"Amazon Connect does not exist in {text}: allowed are {', '.join(REGIONS)}")
    if text not in REGIONS:
        raise wrong(
            "region_unknown",
            f"{shown(text)} is not a Region in which CloudFormation makes Amazon Connect instances: "
            f"allowed are {', '.join(REGIONS)}{did_you_mean(text, REGIONS)}",
        )
    return text


def arn_of(kind: arns.Kind, what: str) -> AfterValidator:
    """Return a check that a text is an ARN of this kind.

    Args:
        what: such as ``an IAM role``, for the message.
    """

    def check(text: str) -> str:
        if not arns.is_kind(text, kind):
            raise wrong("arn_invalid", f"{shown(text, 100)} is not the ARN of {what}: write {kind[2]}")
        return text

    return AfterValidator(check)


def _organization_id(text: str) -> str:
    short = salesforce_id.parse(text)
    if short is None and re.fullmatch(r"[A-Za-z0-9]{18}", text):
        raise wrong(
            "id_invalid",
            f"{shown(text)}: the last three letters do not fit the others, so a letter or its case was "
            "changed on the way; copy it again from Salesforce (Setup, Company Information)",
        )
    if short is None or not short.startswith("00D"):
        raise wrong(
            "id_invalid",
            f"{shown(text)} is not an organization id: 15 or 18 letters and digits that start with 00D "
            "(Salesforce Setup, Company Information)",
        )
    return text


def _my_domain(text: str) -> str:
    bare = re.sub(r"^\w+://|/.*$", "", text.strip())
    bare = re.sub(r"(\.my)?\.(salesforce|salesforce-setup|lightning\.force)\.(com|mil)$", "", bare)
    label = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    if not re.fullmatch(rf"{label}(?:\.[a-z]{{1,20}})?", text):
        write = f"write {bare}" if bare not in ("", text) else "write acme, or acme--uat.sandbox for a sandbox"
        raise wrong(
            "my_domain_invalid",
            f"{shown(text)} is not a My Domain name, the part before .my.salesforce.com: {write}",
        )
    return text


def _third_party_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        raise wrong(
            "name_invalid",
            f"{shown(text)} cannot end a SAML provider's name: letters, digits and . _ -, at most 64, such as okta",
        )
    if text.casefold() == "salesforce":
        raise wrong("name_invalid", f"{shown(text)} is what Salesforce's own provider is called: choose another name")
    return text


def _file(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise wrong("file_invalid", f"{shown(text)} is not a file name: name a file beside the config")
    if "://" in text or text.lower().startswith("s3:"):
        raise wrong("file_invalid", f"{shown(text)} is an address: save the document as a file beside the config")
    return text


def _login_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        fits = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        fits = False
    if not fits or not re.fullmatch(r"[!-~]{1,2048}", text):
        raise wrong("url_invalid", f"{shown(text)} is not an address that starts with https://")
    return text


def _qualifier(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]{1,10}", text):
        raise wrong(
            "qualifier_invalid", f"{shown(text)} is not a bootstrap qualifier: 1 to 10 small letters and digits"
        )
    if text == SHARED_QUALIFIER:
        raise wrong(
            "qualifier_invalid",
            f"{shown(text)} is the bootstrap that all CDK apps of an account share, and this one's policies would "
            "stop them: choose another, or leave bootstrap out to deploy with the shared one",
        )
    return text


def _tag_key(key: str) -> str:
    if not 1 <= len(key) <= 128:
        raise wrong("tag_invalid", f"the tag {shown(key)} has {len(key)} letters: allowed are 1 to 128")
    if key.lower().startswith("aws:"):
        raise wrong("tag_invalid", f"the tag {shown(key)} starts with aws:, which AWS keeps for itself")
    if key.lower().startswith("connect-sso:"):
        raise wrong(
            "tag_invalid",
            f"the tag {shown(key)} starts with connect-sso:, which marks the users that this project owns",
        )
    return _tag_text(key)


def _tag_text(text: str) -> str:
    # The services' pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*
    wrong_letters = [c for c in text if unicodedata.category(c)[0] not in "LZN" and c not in "_.:/=+-@"]
    if wrong_letters or len(text) > 256:
        what = f'holds "{wrong_letters[0]}"' if wrong_letters else f"has {len(text)} letters"
        raise wrong(
            "tag_invalid", f"{shown(text)} {what}: AWS allows 256 letters, digits, spaces and _ . : / = + - @ in a tag"
        )
    return text


def _tags(tags: Mapping[str, str]) -> Mapping[str, str]:
    if len(tags) > 50:
        raise wrong("too_many", f"{len(tags)} tags: AWS allows 50 a resource")
    seen: dict[str, str] = {}
    for key in tags:
        if key.lower() in seen:
            # IAM compares keys without case and refuses the role.
            twice = f"the tag {shown(key)} differs from {shown(seen[key.lower()])} in case only: leave one out"
            raise wrong("tag_invalid", twice)
        seen[key.lower()] = key
    return tags


SHARED_QUALIFIER = "hnb659fds"  # of `cdk bootstrap` without --qualifier
ALIAS_PATTERN = r"^(?!d-)[0-9A-Za-z](?:[0-9A-Za-z-]{0,43}[0-9A-Za-z])?$"
_EMAIL = r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,63}"
_ACCOUNT_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": "^[0-9]{12}$"},
        {"type": "integer", "minimum": 10**11, "maximum": 10**12 - 1},
    ]
}

Name = Annotated[Text, AfterValidator(_name), text_schema("^(?!([aA][wW][sS]|[sS]{2}[mM]))[A-Za-z][A-Za-z0-9]{0,19}$")]
Account = Annotated[
    Text,
    matching(r"\d{12}", "account_invalid", 'is not an AWS account: 12 digits, such as "111122223333"'),
    BeforeValidator(_account),
    WithJsonSchema(_ACCOUNT_SCHEMA),
]
Region = Annotated[Text, AfterValidator(_region), text_schema(enum=list(REGIONS))]
Alias = Annotated[
    Text,
    matching(
        ALIAS_PATTERN,
        "alias_invalid",
        "is not an instance alias: 1 to 45 letters, digits and hyphens, no hyphen at its ends, not starting with d-",
    ),
    text_schema(ALIAS_PATTERN),
]
InstanceArn = Annotated[
    Text, arn_of(arns.INSTANCE, "an Amazon Connect instance"), text_schema("^arn:aws(-us-gov)?:connect:")
]
RoleArn = Annotated[Text, arn_of(arns.ROLE, "an IAM role"), text_schema("^arn:aws(-us-gov)?:iam::[0-9]{12}:role/")]
ProviderArn = Annotated[
    Text,
    arn_of(arns.SAML_PROVIDER, "an IAM SAML provider"),
    text_schema("^arn:aws(-us-gov)?:iam::[0-9]{12}:saml-provider/"),
]
PrincipalArn = Annotated[
    Text,
    arn_of(arns.PRINCIPAL, "one IAM role or user (no account, group or session)"),
    text_schema("^arn:aws(-us-gov)?:iam::[0-9]{12}:(role|user)/"),
]
OrganizationId = Annotated[Text, AfterValidator(_organization_id), text_schema("^00D[A-Za-z0-9]{12}([A-Z0-5]{3})?$")]
MyDomain = Annotated[Text, AfterValidator(_my_domain), text_schema("^[A-Za-z0-9-]+([.][a-z]+)?$")]
ThirdPartyName = Annotated[Text, AfterValidator(_third_party_name), text_schema("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
FileName = Annotated[Text, AfterValidator(_file), text_schema()]
LoginUrl = Annotated[Text, AfterValidator(_login_url), text_schema("^https://")]
Qualifier = Annotated[Text, AfterValidator(_qualifier), text_schema("^(?!hnb659fds$)[a-z0-9]{1,10}$")]
PolicyName = Annotated[
    Text,
    matching(
        r"[\w+=,.@-]{1,128}",
        "policy_name_invalid",
        "is not an IAM policy's name: 1 to 128 letters, digits and + = , . @ _ -, without path and ARN",
    ),
    text_schema("^[A-Za-z0-9_+=,.@-]{1,128}$"),
]
Email = Annotated[
    Text,
    matching(_EMAIL, "email_invalid", "is not an e-mail address: write one such as ops@acme.example"),
    text_schema(),
]
TagKey = Annotated[Text, AfterValidator(_tag_key)]
TagValue = Annotated[Text, AfterValidator(_tag_text)]
Tags = Annotated[Mapping[TagKey, TagValue], AfterValidator(_tags)]

"""Values under `users`: where the export lies, profiles, groups, limits, ages, columns.

Each is a pydantic type; its error says what was got, what is allowed and what to do. Must not know which
keys hold them nor whether one agrees with another (`agreement` does).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from contact_center import username
from contact_center.export_location import parse_location
from contact_center.nearest import did_you_mean, listed, shown
from contact_center.values import ONE_OR_MANY_TEXTS, OneOrMany, Text, between, matching, text_schema, unique, wrong

SHORT_NAMES = ("profile", "role", "permission_set", "username")
ManagedField = Literal["name", "security_profiles", "routing_profile", "hierarchy_group", "phone"]
MANAGED_FIELDS: tuple[ManagedField, ...] = get_args(ManagedField)


def _export(text: str) -> str:
    try:
        location = parse_location(text)
    except ValueError as error:
        raise wrong("export_location_invalid", str(error)) from error
    if location is None and ("://" in text or not text.strip() or not text.isprintable()):
        raise wrong(
            "export_location_invalid",
            f"{shown(text)} is neither a file beside the config nor s3://bucket/key?versionId=…",
        )
    return text


def _username_format(text: str) -> str:
    message = username.fault(text)
    if message:
        raise wrong("username_invalid", message)
    return text


def _hierarchy_group(text: str) -> str:
    levels = text.split("/")
    if len(levels) > 5:
        raise wrong("hierarchy_invalid", f"{shown(text)} has {len(levels)} levels: Amazon Connect has at most 5")
    if any(not level or level != level.strip() for level in levels):
        raise wrong(
            "hierarchy_invalid",
            f"{shown(text)} has an empty level or a space at a level's end: write the path as EMEA/Support",
        )
    return text


def _profile(text: str) -> str:
    if not text.strip() or text != text.strip() or len(text) > 127:
        raise wrong("profile_invalid", f"{shown(text)} is not a profile's name: 1 to 127 letters, no space at its ends")
    return text


def _match_key(key: str) -> str:
    if not username.COLUMN.fullmatch(key):
        raise wrong(
            "match_key_invalid",
            f"{shown(key)} is not a column's API name, such as Profile.Name, nor {listed(SHORT_NAMES)}; "
            "a header that is a label gets its API name under users.columns",
        )
    # Standard fields start with a capital; lower case is a short name, or a custom field.
    if key[0].islower() and key not in SHORT_NAMES and "." not in key and not key.endswith(("__c", "__r")):
        raise wrong(
            "match_key_invalid",
            f"{shown(key)} is neither {listed(SHORT_NAMES)} nor a column's API name, such as Department"
            f"{did_you_mean(key, SHORT_NAMES)}",
        )
    return key


def _header(header: str) -> str:
    if not header.strip() or header != header.strip():
        raise wrong("column_invalid", f"{shown(header)} is not a header: a text without spaces at its ends")
    return header


def _columns(columns: Mapping[str, str]) -> Mapping[str, str]:
    named: dict[str, str] = {}
    for header, name in columns.items():
        if name in named:
            raise wrong("column_invalid", f"{shown(named[name])} and {shown(header)} are both called {name}")
        named[name] = header
    return columns


def _limit(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str):
        text = re.sub(r"\s+(?=%$)", "", text)
        percent = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)%", text, re.ASCII)
        if text == "none" or re.fullmatch(r"\d{1,7}", text, re.ASCII) or (percent and float(percent[1]) <= 100):
            return text
    raise wrong(
        "limit_invalid",
        f"{shown(value)} is not a limit: a count of users such as 5, a percentage of 0% to 100% such as 10%, or none",
    )


def _age(text: str) -> str:
    match = re.fullmatch(r"([1-9]\d{0,3})([dh])", text, re.ASCII)
    if not match or hours(text) > 366 * 24:
        raise wrong("age_invalid", f"{shown(text)} is not an age: days or hours, such as 8d or 36h, at most 366d")
    return text


def _wait(text: str) -> str:
    match = re.fullmatch(r"([1-9]\d?)m", text, re.ASCII)
    if not match or int(match[1]) > 55:
        raise wrong(
            "wait_invalid",
            f"{shown(text)} is not a wait: minutes such as 20m, at most 55m (CloudFormation waits an hour at most)",
        )
    return text


def hours(age: str) -> int:
    """Return the hours of an age such as ``8d`` or ``36h``."""
    return int(age[:-1]) * (24 if age.endswith("d") else 1)


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong("wrong_type", f"{shown(value)} is not a number: write it without quotes")
    return value


def _rate(value: float) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise wrong("out_of_range", f"{value:g} is not above 0: any number above 0 (Amazon Connect's default is 2)")
    return value


def _whole(least: int, most: int, unit: str) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong("wrong_type", f"{shown(value)} is not a whole number of {unit}")
        if not least <= value <= most:
            raise wrong("out_of_range", f"{value} {unit} is out of range: allowed are {least} to {most}")
        return value

    return BeforeValidator(check)


def _ordered(fields: tuple[ManagedField, ...]) -> tuple[ManagedField, ...]:
    return tuple(field for field in MANAGED_FIELDS if field in fields)


_LIMIT_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 9_999_999},
        {"type": "string", "pattern": "^([0-9]{1,7}|[0-9]{1,3}([.][0-9]{1,6})? *%|none)$"},
    ]
}
_SECONDS_SCHEMA = {"type": "integer", "minimum": 0, "maximum": 2_000_000}
_HOURS_SCHEMA = {"type": "integer", "minimum": 1, "maximum": 12}
_MATCH_SCHEMA = {"type": "object", "additionalProperties": ONE_OR_MANY_TEXTS}

ExportLocation = Annotated[Text, AfterValidator(_export), text_schema()]
UsernameFormat = Annotated[
    Text,
    AfterValidator(_username_format),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(username.NAMED_FORMATS)},
                {"type": "string", "pattern": "[{][A-Za-z][A-Za-z0-9_.]*[}]"},
            ]
        }
    ),
]
HierarchyGroup = Annotated[Text, AfterValidator(_hierarchy_group), text_schema("^[^/]+(/[^/]+){0,4}$")]
ProfileName = Annotated[Text, AfterValidator(_profile), text_schema(minLength=1, maxLength=127)]
SecurityProfiles = Annotated[
    tuple[ProfileName, ...],
    between("security profiles", 1, 10),
    unique("security profile", fold=True),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 10, "uniqueItems": True}),
]
MatchKey = Annotated[Text, AfterValidator(_match_key)]
MatchValues = Annotated[tuple[Text, ...], between("values to match", 1), OneOrMany]
Match = Annotated[Mapping[MatchKey, MatchValues], WithJsonSchema(_MATCH_SCHEMA)]
Header = Annotated[Text, AfterValidator(_header)]
ColumnName = Annotated[
    Text, matching(username.COLUMN.pattern, "column_invalid", "is not a column's API name, such as FirstName")
]
Columns = Annotated[Mapping[Header, ColumnName], AfterValidator(_columns)]
Limit = Annotated[str, BeforeValidator(_limit), WithJsonSchema(_LIMIT_SCHEMA)]
Age = Annotated[Text, AfterValidator(_age), text_schema("^[1-9][0-9]{0,3}[dh]$")]
Wait = Annotated[Text, AfterValidator(_wait), text_schema("^([1-9]|[1-4][0-9]|5[0-5])m$")]
Rate = Annotated[
    float,
    AfterValidator(_rate),
    BeforeValidator(_number),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]
AfterContactWork = Annotated[int, _whole(0, 2_000_000, "seconds"), WithJsonSchema(_SECONDS_SCHEMA)]
SessionHours = Annotated[int, _whole(1, 12, "hours"), WithJsonSchema(_HOURS_SCHEMA)]
Usernames = Annotated[
    tuple[
        Annotated[
            Text,
            matching(
                username.USERNAME.pattern,
                "username_invalid",
                "cannot be a username: 2 to 64 letters, digits and _ . @ -",
            ),
            text_schema(f"^{username.USERNAME.pattern}$"),
        ],
        ...,
    ],
    unique("username"),
]
ManagedFields = Annotated[tuple[ManagedField, ...], unique("field"), AfterValidator(_ordered)]

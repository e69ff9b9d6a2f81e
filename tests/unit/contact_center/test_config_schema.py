"""The published JSON Schema is current, and an editor that uses it agrees with `load`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contact_center import schema
from tests.unit.contact_center.conftest import BASE, changed
from tests.unit.contact_center.test_config_load import EXAMPLE, SAMPLE

SCHEMA: dict[str, Any] = schema.schema()
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def fits(value: Any, rule: dict[str, Any]) -> bool:
    """Return whether a value fits a JSON Schema, for the keywords that ours uses."""
    if "$ref" in rule:
        return fits(value, SCHEMA["definitions"][rule["$ref"].rsplit("/", 1)[-1]])
    if "type" in rule and (
        not isinstance(value, TYPES[rule["type"]]) or (isinstance(value, bool) and rule["type"] != "boolean")
    ):
        return False
    checks = [
        value in rule.get("enum", [value]),
        "anyOf" not in rule or any(fits(value, option) for option in rule["anyOf"]),
        "oneOf" not in rule or sum(fits(value, option) for option in rule["oneOf"]) == 1,
        all(fits(value, part) for part in rule.get("allOf", [])),
        "not" not in rule or not fits(value, rule["not"]),
        "if" not in rule or fits(value, rule["then"] if fits(value, rule["if"]) else rule["else"]),
    ]
    if isinstance(value, str):
        checks += [
            re.search(rule.get("pattern", ""), value) is not None,
            rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value)),
        ]
    elif isinstance(value, list):
        checks += [
            rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)),
            not rule.get("uniqueItems") or len({str(item) for item in value}) == len(value),
            all(fits(item, rule.get("items", {})) for item in value),
        ]
    elif isinstance(value, dict):
        checks += _object_checks(value, rule)
    elif not isinstance(value, bool):
        checks += [
            rule.get("minimum", value) <= value <= rule.get("maximum", value),
            value > rule.get("exclusiveMinimum", value - 1),
        ]
    return all(checks)


def _object_checks(value: dict[str, Any], rule: dict[str, Any]) -> list[bool]:
    properties, other = rule.get("properties", {}), rule.get("additionalProperties", {})
    return [
        all(key in value for key in rule.get("required", [])),
        len(value) <= rule.get("maxProperties", len(value)),
        all(
            fits(entry, properties[key]) if key in properties else other is not False and fits(entry, other)
            for key, entry in value.items()
        ),
    ]


def test_the_published_schema_is_current() -> None:
    published = schema.PUBLISHED.read_text(encoding="utf-8")
    assert published == schema.text(), "run python -m contact_center.schema"


def test_it_is_written_where_one_says(tmp_path: Path) -> None:
    assert schema.main([str(tmp_path / "s.json")]) == 0
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == schema.text()


def test_the_example_names_the_schema_and_fits_it() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../contact-center.schema.json"
    assert (EXAMPLE.parent / "../contact-center.schema.json").resolve() == schema.PUBLISHED.resolve()
    assert fits(yaml.safe_load(text), SCHEMA)


@pytest.mark.parametrize("text", [BASE, SAMPLE], ids=["base", "every key"])
def test_good_configs_fit(text: str) -> None:
    assert fits(yaml.safe_load(text), SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {1: "name: awsservice"},
        {1: "nane: acmeservice"},
        {1: "name: acme\naccount: 12345"},
        {2: "region: us-west-9"},
        {3: "tags: {Team: 42}\ninstance:"},
        {4: "  aliass: acme"},
        {4: "  alias: acme\n  existing: arn:aws:connect:us-west-2:111122223333:instance/x"},
        {4: "  inbound_calls: yes please\n  alias: acme"},
        {6: "  identity_provider: okta"},
        {6: "  identity_provider: third_party"},
        {6: "  third_party: {name: okta, metadata: okta-idp.xml}"},
        {6: "  session_hours: 13"},
        {7: "  username: salesforce"},
        {9: "    organization_id: 0055e000000AbCd"},
        {15: "    - match: {profile: 1}"},
        {16: "      security_profiles: []"},
        {17: "      routing_profile: ''"},
        {17: "      routing_profile: x\n  limits: {removals: lots}"},
        {17: "      routing_profile: x\n  requests_per_second: 0"},
        {17: "      routing_profile: x\n  missing_users: null"},
    ],
    ids=str,
)
def test_bad_configs_do_not_fit(changes: dict[int, str]) -> None:
    assert not fits(yaml.safe_load(changed(changes)), SCHEMA)


def test_every_key_is_described() -> None:
    for name, section in SCHEMA["definitions"].items():
        for key, rule in section["properties"].items():
            described = rule.get("description") or SCHEMA["definitions"][rule["$ref"].rsplit("/", 1)[-1]]["description"]
            assert described and "\n" not in described, f"{name}.{key}"


def test_the_schema_allows_no_null() -> None:
    assert '"null"' not in json.dumps(SCHEMA)

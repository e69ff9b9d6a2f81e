"""The JSON Schema of the config file, for editors; ``python -m contact_center.schema`` writes it.

Generated from the models, so that it cannot say anything else; a test holds the published file against it.
What needs two keys or a calculation (ARNs against the Region, ids' check letters) is left to `load`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from contact_center.config import Config

PUBLISHED = Path("config/contact-center.schema.json")


class _ForYaml(GenerateJsonSchema):
    """Leaves out what a YAML file cannot hold here: a key without a value is an error, not null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        generated = super().default_schema(schema)
        if generated.get("default", ...) is None:
            del generated["default"]
        return generated

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema  # titles of keys would only repeat the key
        return False


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7, which editors know best)."""
    generated = Config.model_json_schema(schema_generator=_ForYaml, ref_template="#/definitions/{model}")
    definitions = generated.pop("$defs")
    definitions["SignOn"]["allOf"] = _arrangements()
    _join_lines(generated)
    _join_lines(definitions)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Contact center",
        **{key: value for key, value in generated.items() if key != "title"},
        "definitions": definitions,
    }


def _join_lines(node: Any) -> None:
    """Put descriptions on one line, in place: their line breaks are those of the source code."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key == "description" and isinstance(value, str):
            node[key] = " ".join(value.split())
        elif isinstance(value, dict | list):
            _join_lines(value)


def _arrangements() -> list[dict[str, Any]]:
    """Return which sections an arrangement needs: the rule that people get wrong most."""
    third_party = {"properties": {"identity_provider": {"enum": ["salesforce_and_third_party", "third_party"]}}}
    return [
        {
            "if": {**third_party, "required": ["identity_provider"]},
            "then": {"required": ["third_party"]},
            "else": {"not": {"required": ["third_party"]}},
        }
    ]


def text() -> str:
    """Return the published file's text: the same models give the same bytes."""
    return json.dumps(schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schema; return the exit code.

    Args:
        arguments: the file to write (the published one, below the current folder, where there is none).
    """
    path = Path(arguments[0]) if arguments else PUBLISHED
    path.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

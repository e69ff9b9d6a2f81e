"""Policy variables such as ``${aws:userid}``, which MiniStack's evaluator leaves as they are.

Touches ``iam_evaluator._first_match`` and ``_resolve_condition_key``.
Source: IAM user guide, "IAM policy elements: variables and tags".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ministack.core import iam_evaluator

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def install() -> None:
    """Make the evaluator see statements with their variables filled in."""
    first_match = iam_evaluator._first_match

    def expanding(context: Any, statements: list[Any], effect: str) -> Any:
        return first_match(context, [_expanded(statement, context) for statement in statements], effect)

    iam_evaluator._first_match = expanding


def _expanded(statement: Any, context: Any) -> Any:
    texts = [*statement.resources, *statement.not_resources, str(statement.conditions)]
    if not any("${" in text for text in texts):
        return statement
    return replace(
        statement,
        resources=[_text(text, context) for text in statement.resources],
        not_resources=[_text(text, context) for text in statement.not_resources],
        conditions=_values(statement.conditions, context),
    )


def _values(value: Any, context: Any) -> Any:
    if isinstance(value, dict):
        return {key: _values(part, context) for key, part in value.items()}
    if isinstance(value, list):
        return [_values(part, context) for part in value]
    return _text(value, context) if isinstance(value, str) else value


def _text(text: str, context: Any) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name in ("*", "?", "$"):
            return name
        key, _, default = name.partition(",")
        value = iam_evaluator._resolve_condition_key(key.strip(), context)
        if isinstance(value, str):
            return value
        # A variable without a value leaves a text that no ARN and no value equals.
        return default.strip(" '") if default else match[0]

    return _VARIABLE.sub(fill, text)

"""What only Salesforce knows, as far as somebody filled it in: salesforce-values.json of an earlier kit.

The file lies in the kit's own folder, so filling it in and running the same command again is all there is
to do. Unknown keys and values that cannot be are problems, not ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from connect_sso.kit.open_values import OPEN_VALUES, SALESFORCE_KEYS
from contact_center.nearest import did_you_mean, shown
from user_sync.model import Problem

FILE = "salesforce-values.json"


def read_known(path: Path) -> tuple[dict[str, str], list[Problem]]:
    """Return the values that are filled in, and what is wrong with the file.

    Args:
        path: of the file; where there is none, nothing is known.
    """
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError, RecursionError) as error:
        reason = f"{path.name} is not JSON that can be read ({error}): correct it, or delete it to start anew"
        return {}, [_problem(path, None, "values_unreadable", reason)]
    if not isinstance(data, dict):
        return {}, [_problem(path, None, "values_unreadable", f"{path.name} holds no object: delete it to start anew")]
    known: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in data.items():
        fault = _fault(key, value)
        if fault:
            problems.append(_problem(path, key, "value_invalid", fault))
        elif value:
            known[key] = value
    return known, problems


def _fault(key: str, value: object) -> str | None:
    if key not in SALESFORCE_KEYS:
        return f"{shown(key)} is not a value of this file: allowed are {', '.join(SALESFORCE_KEYS)}" + did_you_mean(
            key, SALESFORCE_KEYS
        )
    open_value = OPEN_VALUES[key]
    if not isinstance(value, str):
        return f"{key} is {shown(value)}: write a text in quotes"
    if value and not re.fullmatch(open_value.pattern, value, re.ASCII):
        return f"{key} is {shown(value)}, which it cannot be: {open_value.what}, such as {open_value.looks_like}"
    return None


def write_known(known: Mapping[str, str], keys: tuple[str, ...]) -> str:
    """Return the file's text: the values that are known, and an empty text for each that is missing.

    Args:
        keys: that this kit has a use for, known or not.
    """
    shown_keys = [key for key in SALESFORCE_KEYS if key in keys or known.get(key)]
    return json.dumps({key: known.get(key, "") for key in shown_keys}, indent=2, ensure_ascii=False) + "\n"


def _problem(path: Path, column: str | None, code: str, message: str) -> Problem:
    return Problem("error", str(path), None, column, code, message)

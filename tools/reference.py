"""The reference pages of the documentation site, made from the code alone: config file, command line, JSON documents.

`pages.py` puts them into the site; nothing of them is kept in the repository, so nothing can be out of date.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from connect_sso.main import main, parser
from contact_center.schema import schema
from user_sync.model import Action, Change, FieldChange, Outcome

EXAMPLE = Path(__file__).resolve().parents[1] / "config" / "acmeservice" / "contact-center.yaml"
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true`, `false`"}
_PERSON = {"username": "ckrug@0055e000RQ4F5ZR@00D5e000000AbCd", "salesforce_id": "0055e000RQ4F5ZR"}


def config() -> str:
    """Return the page about the config file: every key of every section, in the order of the models."""
    made = schema()
    page = [
        "# The config file",
        "",
        "One folder a contact center, one `contact-center.yaml` in it. File names in it are relative to that folder; a "
        "key that does not exist is an error with the nearest one that does. Editors complete and check it with "
        "`config/contact-center.schema.json`, from which this page is made.",
    ]
    for path, section in _sections(made, made["definitions"], ""):
        page += ["", f"## `{path}`" if path else "## Top level", "", section["description"], ""]
        for key, value in section["properties"].items():
            needed = "**needed**" if key in section.get("required", ()) else _default(value)
            meaning = value.get("description") or _of(value, made)["description"]
            page.append(f"- **`{key}`** ({', '.join(filter(None, (_kind(value), needed)))}): {_text(meaning)}")
    return "\n".join(page) + "\n"


def _sections(node: Any, definitions: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    yield path, node
    for key, value in node["properties"].items():
        reference = value.get("$ref") or value.get("items", {}).get("$ref")
        if reference:
            below = f"{path}.{key}".lstrip(".") + ("[]" if "items" in value else "")
            yield from _sections(definitions[reference.rsplit("/", 1)[-1]], definitions, below)


def _of(value: Mapping[str, Any], made: Mapping[str, Any]) -> Any:
    return made["definitions"][value["$ref"].rsplit("/", 1)[-1]]


def _default(value: Mapping[str, Any]) -> str:
    return f"default `{json.dumps(value['default'], ensure_ascii=False)}`" if "default" in value else "optional"


def _kind(value: Mapping[str, Any]) -> str:
    match value:
        case {"$ref": _}:
            kind = "a section"
        case {"enum": choices}:
            kind = ", ".join(f"`{choice}`" for choice in choices)
        case {"anyOf": kinds}:
            kind = " or ".join(dict.fromkeys(_kind(each) for each in kinds))
        case {"type": "array", "items": items}:
            kind = f"a list of {_kind(items)}"
        case {"type": "object", "additionalProperties": values}:
            kind = f"keys, each with: {_kind(values)}"
        case {"type": name, "minimum": low, "maximum": high}:
            kind = f"{_TYPES[name]}, {low} to {high}"
        case {"type": name, "exclusiveMinimum": low}:
            kind = f"{_TYPES[name]} above {low}"
        case _:
            kind = _TYPES[value["type"]]
    return kind


def commands(top: argparse.ArgumentParser | None = None) -> list[argparse.ArgumentParser]:
    """Return the parser of each command that does something, in the order of `--help`."""
    found = []
    for action in (top or parser())._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                found += commands(below) or [below]
    return found


def command_line() -> str:
    """Return the page about the command line: every command with its options and exit codes."""
    top = parser()
    page = ["# The command line", "", top.description or "", "", top.epilog or "", ""]
    page += ["After `make install` it is `.venv/bin/connect-sso`; each command's `--json` is one of these"]
    page[-1] += " [documents](documents.md)."
    for command in commands(top):
        page += ["", f"## `{command.prog}`", "", _help(top, command.prog)]
        page += ["", "```text", _usage(command), "```", ""]
        page += ["| option | |", "| --- | --- |"]
        for action in command._actions:
            if not isinstance(action, argparse._HelpAction):
                page.append(_row(_option(action), (action.help or "") + (" **(needed)**" if action.required else "")))
        if command.epilog:
            page += ["", f"{command.epilog[0].upper()}{command.epilog[1:]}."]
    return "\n".join(page) + "\n"


def _help(top: argparse.ArgumentParser, prog: str) -> str:
    """Return what a command does: its description, else the line that the list of commands has."""
    words, line, found = prog.split()[1:], "", top
    for word in words:
        (subparsers,) = (action for action in found._actions if isinstance(action, argparse._SubParsersAction))
        line = next(choice.help or "" for choice in subparsers._choices_actions if choice.dest == word)
        found = subparsers.choices[word]
    return found.description or f"{line[0].upper()}{line[1:]}."


def _usage(command: argparse.ArgumentParser) -> str:
    command.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=78)
    return command.format_usage().strip()


def _option(action: argparse.Action) -> str:
    value = str(action.metavar or (action.dest.upper() if action.nargs != 0 else ""))
    named = [f"{name} {value}".strip() for name in action.option_strings[-1:]] or [value]
    return ", ".join(f"`{name}`" for name in [*action.option_strings[:-1], *named])


def _row(*cells: str) -> str:
    return "| " + " | ".join(_text(cell).replace("|", "\\|") for cell in cells) + " |"


def _text(text: str) -> str:
    """Return a text of the code as Markdown: with its angle brackets, and its stars."""
    return re.sub(r"(?<!\*)\*(?!\*)", r"\\*", text.replace("<", "&lt;"))


def documents() -> str:
    """Return the page about JSON: what each command prints where it cannot start, and what else fills its lists."""
    page = [
        "# JSON documents",
        "",
        "With `--json` a command prints one document on stdout and nothing else there; progress and logs go to stderr. "
        "It has all its keys at every exit code. Here is each command's where the config does not exist (exit code 1), "
        "and below what stands in the lists when there is something to tell.",
    ]
    for command in commands():
        page += ["", f"## `{command.prog} --json`", "", "```json", document(command).rstrip(), "```"]
    page += ["", "## What stands in the lists"]
    for title, text, value in _elements():
        page += ["", f"### {title}", "", text, "", "```json", json.dumps(value, indent=2, ensure_ascii=False), "```"]
    return "\n".join(page) + "\n"


def document(command: argparse.ArgumentParser) -> str:
    """Return what a command prints with `--json` for a config that does not exist.

    Raises:
        SystemExit: it printed something else than one JSON document with exit code 1.
    """
    words = command.prog.split()[1:]
    for action in command._actions:
        if not action.option_strings:
            words.append("contact-center.yaml" if action.dest == "config" else action.dest)
        elif action.required:
            words += [action.option_strings[-1], str(action.metavar).lower()]
    with tempfile.TemporaryDirectory() as nowhere, contextlib.chdir(nowhere):
        code, printed = _printed([*words, "--json"])
    try:
        json.loads(printed)
    except json.JSONDecodeError:
        code = -1
    if code != 1:
        raise SystemExit(f"error: {command.prog} --json, without a config, printed no document with exit code 1")
    return printed


def _printed(words: Sequence[str]) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        code = main(words)
    return code, out.getvalue()


def _elements() -> Sequence[tuple[str, str, Any]]:
    fields = (FieldChange("security_profiles", ["Agent"], ["Agent", "CallCenterManager"]),)
    change = Change(Action.UPDATE, _PERSON["username"], _PERSON["salesforce_id"], fields, "row 7 of users.csv, rule 1")
    outcome = Outcome(_PERSON["username"], Action.UPDATE, "failed", "AccessDeniedException", "the role lacks …")
    (case, *_) = json.loads(_printed(["matrix", str(EXAMPLE), "--json"])[1])["rows"]
    return (
        ("`changes` of a plan", "`action`: " + ", ".join(f"`{action.value}`" for action in Action), change.as_json()),
        ("`outcomes` of an apply", "`status`: `done` (the instance holds it), `failed`, `skipped`", outcome.as_json()),
        ("`rows` of the matrix", "`supported`: `yes`, `yes_with_configuration`, `no`", case),
    )

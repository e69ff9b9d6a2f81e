"""The report: what was planned and what became of it, as JSON, CSV and one HTML page.

It holds people (usernames, names, profiles), so it goes to a folder of the person who ran it or to the
encrypted report bucket, never to a log. A pure function of the run.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from user_sync.page import heading, page, table

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What nearly everybody has: not worth a word where all of a user is told.
_USUAL_PHONE = {"after_contact_work_seconds": 0, "auto_accept": False}
_COLUMNS = ("username", "action", "status", "code", "message", "changed", "salesforce_id", "why")


def as_json(document: Mapping[str, Any]) -> str:
    """Return the document as JSON text, keys in their order."""
    return "".join(json_chunks(document))


def json_chunks(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the document as JSON text: a line for each key, and one for each entry of a list of objects.

    So a change is a line to read and to compare, and 50,000 of them are written in a second.
    """
    encode = json.JSONEncoder(ensure_ascii=False).encode
    before = "{\n  "
    for key, value in document.items():
        yield f"{before}{encode(key)}: "
        before = ",\n  "
        if isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
            yield "[\n    "
            for start in range(0, len(value), 500):
                yield (",\n    " if start else "") + ",\n    ".join(map(encode, value[start : start + 500]))
            yield "\n  ]"
        else:
            yield encode(value)
    yield "\n}\n" if document else "{}\n"


def as_csv(document: Mapping[str, Any]) -> str:
    """Return one line a change, safe to open in a spreadsheet.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    Source: OWASP, "CSV Injection".
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in _rows(document):
        writer.writerow([f"'{row[name]}" if row[name].startswith(_FORMULA_STARTS) else row[name] for name in _COLUMNS])
    return out.getvalue()


def as_html(document: Mapping[str, Any]) -> str:
    """Return one self-contained page, readable on paper."""
    run = document.get("run", {})
    statuses = Counter(outcome["status"] for outcome in document.get("outcomes", ()))
    facts = [
        ("Contact center", run.get("contact_center", "")),
        ("Instance", run.get("instance", "")),
        ("Started", run.get("started", "")),
        ("Way in", run.get("way_in", "")),
        ("Took", f"{document.get('elapsed_seconds', 0)} s, throttled {document.get('throttled', 0)} times"),
        ("Ended", ", ".join(f"{count} {status}" for status, count in sorted(statuses.items())) or "nothing to do"),
    ]
    changes = ((r["username"], r["action"], r["status"], r["changed"], r["message"]) for r in _rows(document))
    return page(
        f"Users of {run.get('contact_center', 'the contact center')}",
        (
            table(("", ""), facts),
            heading("Summary"),
            table(tuple(document["summary"]), [tuple(document["summary"].values())]),
            heading("Changes"),
            table(("Username", "Change", "Status", "What", "Message"), changes),
            heading("Problems"),
            problem_table(document["problems"]),
        ),
    )


def problem_table(problems: Iterable[Mapping[str, Any]]) -> str:
    """Return a table of problems, in their JSON form, for a page."""
    return table(
        ("Severity", "Where", "Code", "Message"),
        ((p["severity"], _where(p), p["code"], p["message"]) for p in problems),
    )


def changed_text(fields: Sequence[Mapping[str, Any]]) -> str:
    """Return the fields of a change as one line: ``routing_profile: A → B``, or the values of what is new or gone."""
    for side, other, before in (("from", "to", ""), ("to", "from", "was ")):
        if fields and all(field[side] is None for field in fields):
            values = (field[other] for field in fields if field[other] not in (None, _USUAL_PHONE))
            return before + "; ".join(map(_value, values))
    return "; ".join(f"{f['field']}: {_value(f['from'])} → {_value(f['to'])}" for f in fields)


def _rows(document: Mapping[str, Any]) -> list[dict[str, str]]:
    outcomes = {(o["username"], o["action"]): o for o in document.get("outcomes", ())}
    rows = []
    for change in document["changes"]:
        outcome = outcomes.get((change["username"], change["action"]), {})
        rows.append(
            {
                "username": change["username"],
                "action": change["action"],
                "status": str(outcome.get("status", "planned")),
                "code": str(outcome.get("code", "")),
                "message": str(outcome.get("message", "")),
                "changed": changed_text(change["fields"]),
                "salesforce_id": change["salesforce_id"],
                "why": change["why"],
            }
        )
    return rows


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value) or "none"
    if isinstance(value, Mapping):
        parts = (str(item) if isinstance(item, str) else f"{key}={_value(item)}" for key, item in value.items())
        return " ".join(parts) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _where(problem: Mapping[str, Any]) -> str:
    row = f":{problem['row']}" if problem["row"] is not None else ""
    column = f" {problem['column']}" if problem["column"] else ""
    return f"{problem['file']}{row}{column}"

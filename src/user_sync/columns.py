"""Which column of a file is which field; what is missing, and how to say it with the remedy.

Knows names only, no files and no people.
"""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from user_sync import salesforce_id
from user_sync.errors import ExportUnreadable
from user_sync.vocabulary import BOOLEANS, SUGGESTED, USERS, Vocabulary, fold

# A file is a report where these are labels: others, such as Mobile, anybody may have added.
_TELLING = frozenset({"Id", "FirstName", "LastName", "IsActive", "AssigneeId"})
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Columns:
    """A header, understood.

    Attributes:
        positions: API name → index of the cell, in the order of the file; columns without a header are left out.
        headers: API name → header as the file has it.
        form: ``api names``, ``report labels`` or ``mapped labels``.
    """

    positions: Mapping[str, int]
    headers: Mapping[str, str]
    form: str


def resolve(
    header: Sequence[str], vocabulary: Vocabulary, mapping: Mapping[str, str], *, file: str, row: int
) -> Columns:
    """Return what each column of a header is.

    Args:
        mapping: folded header → API name.
        row: where the header stands.

    Raises:
        ExportUnreadable: two columns have one header, or stand for one field.
    """
    positions: dict[str, int] = {}
    headers: dict[str, str] = {}
    taken: dict[str, str] = {}
    forms = set()
    for position, text in enumerate(header):
        shown = unicodedata.normalize("NFC", text).strip("\ufeff").strip()
        if not shown:
            continue
        name, form = vocabulary.recognize(shown, mapping) or (shown, "")
        if fold(name) in taken:
            raise _twice(shown, taken[fold(name)], name, file=file, row=row)
        taken[fold(name)] = shown
        positions[name], headers[name] = position, shown
        if name in _TELLING:
            forms.add(form)
    form = next((form for form in ("mapped labels", "report labels") if form in forms), "api names")
    return Columns(positions, headers, form)


def _twice(header: str, other: str, name: str, *, file: str, row: int) -> ExportUnreadable:
    if fold(header) == fold(other):
        code, what = "duplicate_header", f"two columns have the header {shortened(header)!r}"
    else:
        code, what = "duplicate_column", f"the columns {shortened(other)!r} and {shortened(header)!r} are both {name}"
    return ExportUnreadable(
        code,
        f"{what}; one column a field is allowed: leave one out of the export, or rename it",
        file=file,
        row=row,
        column=shortened(header),
    )


def find(headers: Mapping[str, str], name: str) -> str | None:
    """Return the API name of a column asked for by API name or by its header, case-insensitively."""
    if name in headers:
        return name
    wanted = fold(name)
    return next((api for api in headers if fold(api) == wanted), None) or next(
        (api for api, header in headers.items() if fold(header) == wanted), None
    )


def require(
    headers: Mapping[str, str], needed: Mapping[str, str], *, file: str, samples: Sequence[Mapping[str, str]] = ()
) -> None:
    """Check that an export has the columns that are needed.

    Args:
        headers: API name → header, as read.
        needed: API name → what needs it.
        samples: some records, to tell an unknown label by its values.

    Raises:
        ExportUnreadable: columns are missing; names them, what was found, the nearest, and how to map a label.
    """
    missing = [name for name in needed if find(headers, name) is None]
    if not missing:
        return
    wants = ", ".join(f"{name} ({needed[name]})" for name in missing)
    plural = "columns are" if len(missing) > 1 else "column is"
    unknown = {api: header for api, header in headers.items() if fold(api) not in USERS.api_names}
    values = {header: [sample.get(api, "") for sample in samples] for api, header in unknown.items()}
    message = (
        f"{len(missing)} {plural} missing: {wants}; found are {listed(headers.values())}{near(missing[0], headers)}; "
        f"add to the query or the report what is missing{offer(values, missing)}"
    )
    if missing[0] in ("Profile.Name", "UserRole.Name") and missing[0].replace(".Name", "Id") in headers:
        message += (
            "; the weekly export's User.csv has ids only: give its ZIP as downloaded, with Profile.csv and UserRole.csv"
        )
    raise ExportUnreadable("missing_columns", message, file=file, column=missing[0])


def listed(headers: Iterable[str], *, most: int = 30) -> str:
    """Return headers as a list for a message, cut after so many."""
    names = [json.dumps(shortened(header), ensure_ascii=False) for header in headers]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def shortened(text: str) -> str:
    """Return a header or a value as a message shows it: one that is no header may have any length."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def near(name: str, choices: Iterable[str]) -> str:
    """Return ``, the nearest is "…"``, or nothing where nothing is near."""
    by_fold = {fold(choice): choice for choice in choices if len(choice) <= _LONGEST_SHOWN}
    found = difflib.get_close_matches(fold(name), list(by_fold), n=1, cutoff=0.6)
    return f", the nearest is {json.dumps(by_fold[found[0]], ensure_ascii=False)}" if found else ""


def offer(values: Mapping[str, Sequence[str]], missing: Sequence[str]) -> str:
    """Return the mapping to paste for labels that are not known, or nothing where there are none.

    Args:
        values: unknown header → some of its cells.
        missing: API names that are still looked for.
    """
    values = {header: cells for header, cells in values.items() if len(header) <= _LONGEST_SHOWN}
    if not values:
        return ""
    guesses = {header: SUGGESTED.get(fold(header)) or _by_values(cells) for header, cells in values.items()}
    if "AssigneeId" in missing:
        guesses = {header: "AssigneeId" if name == "Id" else name for header, name in guesses.items()}
    known = {h: name for h, name in guesses.items() if name and name in missing}
    pairs = known or dict.fromkeys(list(values)[:10], "API_NAME")
    pasted = ", ".join(f"{json.dumps(header, ensure_ascii=False)}: {name}" for header, name in pairs.items())
    rest = [header for header in values if header not in pairs]
    text = f", or, where the labels are in another language, put this under users: columns: {{{pasted}}}"
    if not known:
        text += f" with each API_NAME replaced by one of {', '.join(missing)}, and the labels left out that are none"
    elif rest:
        text += f", and likewise what is needed of {listed(rest, most=20)}"
    return text


def _by_values(cells: Sequence[str]) -> str | None:
    """Return what a column must be by its cells alone: user ids and booleans cannot be mistaken."""
    filled = [cell for cell in cells if cell]
    if not filled:
        return None
    if all(cell.startswith("005") and salesforce_id.parse(cell) for cell in filled):
        return "Id"
    if all(cell.casefold() in BOOLEANS for cell in filled):
        return "IsActive"
    return None

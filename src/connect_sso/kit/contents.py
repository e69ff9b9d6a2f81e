"""All files of a kit, and what is still missing in them: a pure function of what was read.

The checklist is read off the files' own marks, so it cannot forget one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connect_sso.kit import import_file, known, page, people, sheets
from connect_sso.kit.instance import Reading
from connect_sso.kit.open_values import OPEN_VALUES, SALESFORCE_KEYS, marks_in, ordered, where_to_find
from connect_sso.kit.page import LeftOut, Missing
from connect_sso.kit.people import People
from connect_sso.kit.salesforce_project import salesforce_project
from connect_sso.kit.steps import guide
from connect_sso.kit.values import Values
from user_sync.model import Problem


@dataclass(frozen=True, slots=True)
class Contents:
    """A kit before it is written.

    Attributes:
        files: text by path.
        missing: values that are still to be filled in.
        left_out: files that are not in this kit.
        problems: people who are left out of a file.
    """

    files: Mapping[str, str]
    missing: tuple[Missing, ...]
    left_out: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]


def make_contents(values: Values, crowd: People | None, reading: Reading, no_people: str) -> Contents:
    """Return a kit's files.

    Args:
        values: what goes into the files.
        crowd: people of the export; None where it could not be read.
        reading: of the instance.
        no_people: why there are no people; empty where there are.
    """
    files = {**salesforce_project(values), **import_file.import_file(values), **sheets.sheets(values)}
    problems: list[Problem] = []
    if crowd:
        tables, problems = people.people_files(crowd, reading, values)
        files |= tables
    left_out = tuple(
        LeftOut(path, no_people or reading.reason)
        for path in (people.ADD_USERS, people.ROUTING_MAP)
        if path not in files
    )
    steps = guide(values, frozenset(files))
    # The page shows values that are in no other file, so it is asked for its marks as well.
    asked = {**files, page.PATH: page.page(values, steps, (), left_out)}
    missing = _missing(values, asked)
    files[page.PATH] = page.page(values, steps, missing, left_out)
    files[known.FILE] = known.write_known(values.known, _keys(values))
    return Contents(dict(sorted(files.items())), missing, left_out, tuple(problems))


def _keys(values: Values) -> tuple[str, ...]:
    """Return what this kit needs of Salesforce."""
    app = values.salesforce_app
    wanted = {"call_center_id"}
    if app:
        wanted.add("identity_url")
    if app and not app.made_by_salesforce:
        wanted |= {"permission_set_id", "connected_app_id"}
    if values.imported:
        wanted |= {"telephony_certificate", "telephony_certificate_end"}
    return tuple(key for key in SALESFORCE_KEYS if key in wanted)


def _missing(values: Values, files: Mapping[str, str]) -> tuple[Missing, ...]:
    places: dict[str, list[str]] = {}
    for path, text in sorted(files.items()):
        keys = set(marks_in(text))
        # The policy leaves the permission set out, rather than naming one that is none.
        if path.endswith(".ecaSamlPlcy-meta.xml") and "permission_set_id" not in values.known:
            keys.add("permission_set_id")
        for key in keys:
            places.setdefault(key, []).append(path)
    if "call_center_id" not in values.known:
        # Asked for also where these files are not in this kit yet: the next one has them.
        places["call_center_id"] = [people.ADD_USERS, people.ROUTING_MAP]
    app = values.salesforce_app.name if values.salesforce_app and values.imported else f"the app of {values.name}"
    return tuple(
        Missing(
            value=OPEN_VALUES[key],
            where=where_to_find(key, app, values.name),
            files=tuple(path for path in places[key] if path != page.PATH) or (page.PATH,),
        )
        for key in ordered(places)
    )

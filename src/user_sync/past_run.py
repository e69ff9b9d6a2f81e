"""A run that is over, as its report tells it.

A report may come from anybody, so every value that is used is checked. Must not know the instance: what a report
says of a user is believed by nobody before the instance was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from user_sync import salesforce_id
from user_sync.errors import Refused
from user_sync.model import Action, CurrentUser, FieldChange
from user_sync.past_values import FIELDS, action_of, list_of, names, object_of, text, user_before, wrong
from user_sync.policy import TAG_CONTACT_CENTER
from user_sync.state_before import NOT_KNOWN, UNDO_VERSION


@dataclass(frozen=True, slots=True)
class PastChange:
    """One change of a run that is over.

    Attributes:
        before: the user as it was before the run; None for a create.
        quick_connects: names of those that were deleted with the user.
        successor_was_there: of a replace, whether the run found the new user there and did not make it.
        made: ``yes``; ``perhaps``, where the report cannot tell; or ``no``.
        note: what the outcome says beside that.
    """

    action: Action
    username: str
    salesforce_id: str
    fields: tuple[FieldChange, ...]
    before: CurrentUser | None
    quick_connects: tuple[str, ...]
    successor_was_there: bool
    made: Literal["yes", "perhaps", "no"]
    note: str


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that is over.

    Attributes:
        started: ISO time.
        wrote: whether it may have written anything: a dry run, a comparison and a refused run did not.
    """

    contact_center: str
    organization_id: str
    instance: str
    started: str
    wrote: bool
    changes: tuple[PastChange, ...]


def read_past_run(document: Any) -> PastRun:
    """Return the run that a ``report.json`` tells of.

    Args:
        document: its JSON.

    Raises:
        ReportUnusable: it is no report, or says what no run could have done; the message says where.
        Refused: it was written by a version that keeps something else than this one.
    """
    document = object_of(document, "the report")
    run, changes = object_of(document.get("run"), "run"), list_of(document.get("changes"), "changes")
    outcomes = _by_change(list_of(document.get("outcomes"), "outcomes"))
    wrote = document.get("refused") is None and not run.get("dry_run") and bool(outcomes or not changes)
    undo = object_of(document.get("undo", {}), "undo")
    if wrote and undo.get("version") != UNDO_VERSION:
        raise Refused(
            "report_version",
            f"the report does not keep what an undo needs (undo.version is {undo.get('version')!r}, expected "
            f"{UNDO_VERSION}): another version of connect-sso wrote it; undo it with that version, or mend the users "
            "in Amazon Connect",
        )
    return PastRun(
        contact_center=text((undo if wrote else run).get("contact_center"), "contact_center"),
        organization_id=text(undo.get("organization_id"), "undo.organization_id") if wrote else "",
        instance=text(run.get("instance"), "run.instance"),
        started=text(run.get("started"), "run.started"),
        wrote=wrote,
        changes=_changes(changes, outcomes) if wrote else (),
    )


def _changes(changes: Sequence[Any], outcomes: Mapping[tuple[str, str], Mapping[str, Any]]) -> tuple[PastChange, ...]:
    read: dict[tuple[str, str, str], PastChange] = {}
    for index, value in enumerate(changes):
        where = f"changes[{index}]"
        change = _change(object_of(value, where), where, outcomes)
        key = (change.username, change.action, change.before.username if change.before else "")
        if key in read:
            raise wrong(where, "one change of a kind for each user", change.username)
        read[key] = change
    return tuple(read.values())


def _change(entry: dict[str, Any], where: str, outcomes: Mapping[tuple[str, str], Mapping[str, Any]]) -> PastChange:
    action = action_of(entry.get("action"), f"{where}.action")
    username = text(entry.get("username"), f"{where}.username")
    outcome = outcomes.get((username, action), {})
    before, kept = None, {}
    if action is not Action.CREATE:
        kept = object_of(entry.get("before"), f"{where}.before")
        before = user_before(kept, f"{where}.before")
        if action is Action.ADOPT and TAG_CONTACT_CENTER in before.tags:
            raise wrong(f"{where}.before.tags", f"none of {TAG_CONTACT_CENTER} on a user that was adopted", "one")
        if action is not Action.REPLACE and before.username != username:
            raise wrong(f"{where}.before.username", username, before.username)
    person = text(entry.get("salesforce_id"), f"{where}.salesforce_id")
    if salesforce_id.parse(person) != person:
        raise wrong(f"{where}.salesforce_id", "a Salesforce id of 15 characters", person)
    return PastChange(
        action=action,
        username=username,
        salesforce_id=person,
        fields=_fields(list_of(entry.get("fields"), f"{where}.fields"), action, where),
        before=before,
        quick_connects=names(kept.get("quick_connects", []), f"{where}.before.quick_connects"),
        successor_was_there=bool(kept.get("successor_was_there")),
        made=_made(action, outcome),
        note=str(outcome.get("message", "")),
    )


def _made(action: Action, outcome: Mapping[str, Any]) -> Literal["yes", "perhaps", "no"]:
    """Return whether a change was made.

    One of several requests may have failed half-way. A create is one request: it was made only if it is done, or
    if its answer was lost.
    """
    status, code = outcome.get("status"), outcome.get("code", NOT_KNOWN)
    if status == "done":
        return "yes"
    if code in (NOT_KNOWN, "NoAnswer"):
        return "perhaps"
    return "perhaps" if action is not Action.CREATE and (status == "failed" or code == "stopped") else "no"


def _by_change(outcomes: Sequence[Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for index, value in enumerate(outcomes):
        outcome = object_of(value, f"outcomes[{index}]")
        for name in ("username", "action", "status", "code", "message"):
            text(outcome.get(name), f"outcomes[{index}].{name}", empty=True)
        found[outcome["username"], outcome["action"]] = outcome
    return found


def _fields(fields: Sequence[Any], action: Action, where: str) -> tuple[FieldChange, ...]:
    """Return the fields that an undo can restore; what else stands there is for people.

    A deletion has none: all of the user is in `before`.
    """
    read: dict[str, FieldChange] = {}
    for index, value in enumerate(fields):
        place = f"{where}.fields[{index}]"
        entry = object_of(value, place)
        name = text(entry.get("field"), f"{place}.field")
        if name in read:
            raise wrong(place, "each field once", name)
        if name in FIELDS and action is not Action.DELETE:
            check = FIELDS[name]
            before = None if action is Action.CREATE else check(entry.get("from"), f"{place}.from")
            read[name] = FieldChange(name, before, check(entry.get("to"), f"{place}.to"))
    lacking = sorted(FIELDS.keys() - read.keys())
    if action is Action.CREATE and lacking:
        raise wrong(f"{where}.fields", "all fields of a user that was made", f"none for {', '.join(lacking)}")
    return tuple(read.values())

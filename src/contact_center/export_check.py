"""What the export says about one username: whose row it is, which rule decided, or why nobody comes out.

Tells rows, rules and the keys of their conditions, never a cell: what stands in a row is personal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contact_center.checks import Check, failed, passed
from contact_center.nearest import listed
from user_sync import salesforce_id
from user_sync.columns import find
from user_sync.desired import desired_users, explain
from user_sync.export import PermissionSets
from user_sync.identity import UsernameTemplate
from user_sync.model import Desired, Export, Record
from user_sync.policy import Policy
from user_sync.vocabulary import BOOLEANS

_NAME = "user_export"
_PLAN = "connect-sso users plan shows what a run would do"


@dataclass(frozen=True, slots=True)
class People:
    """What the export, and the second export, hold, and who comes out."""

    export: Export
    permission_sets: PermissionSets | None
    policy: Policy
    desired: Desired

    @classmethod
    def of(cls, export: Export, permission_sets: PermissionSets | None, policy: Policy) -> People:
        """Return the people of an export.

        Raises:
            ExportUnreadable: the export as a whole cannot be judged.
        """
        return cls(export, permission_sets, policy, desired_users(export, permission_sets, policy))

    def row(self, username: str) -> int | None:
        """Return the row from which a user of exactly this name comes out, or None."""
        return next((user.row for user in self.desired.users if user.username == username), None)


def judge_export(username: str, people: People, *, in_connect: bool | None) -> Check:
    """Return whether the export gives this username, and by which rule.

    It is a failure only where Amazon Connect has no such user: then the export says why.

    Args:
        username: of a Connect user.
        in_connect: whether Amazon Connect has it; None where that is not known.
    """
    user = next((one for one in people.desired.users if one.username == username), None)
    if user is not None:
        rule = _deciding(people, user.row)
        message = f"row {user.row} of {people.export.file} gives this username, by {rule}"
        wants = f"security profiles {', '.join(user.security_profiles)}"
        return passed(_NAME, f"{message}: {wants}", "" if in_connect else f"{_PLAN}, apply makes the user")
    reason, fix = _why_not(username, people)
    if in_connect is False:
        return failed(_NAME, reason, fix)
    stays = (
        "the user stays as it is, since users.missing_users is keep" if people.policy.missing_users == "keep" else ""
    )
    return passed(_NAME, f"{reason}{f'; {stays}' if stays else ''}", fix)


def _deciding(people: People, row: int) -> str:
    verdict = explain(people.export, people.permission_sets, people.policy, row=row)[-1]
    return f"users.rules[{verdict.rule}]"


def _why_not(username: str, people: People) -> tuple[str, str]:
    """Return why the export does not give a username, and what to do."""
    record = _row_of(username, people)
    if record is None:
        reason = f"no row of {people.export.file} gives this username, active or not"
        return reason, "export again from Salesforce, with this person in it; or the username is another one's"
    row, where = record.row, f"row {record.row} of {people.export.file}"
    other = next((one for one in people.desired.users if one.row == row), None)
    if other is not None:
        reason = f"{where} is the same person, and comes out as {other.username}"
        return reason, f"sign in with that name; where it was changed in Salesforce, {_PLAN} (users.renamed_users)"
    if _inactive(record, people.export):
        return f"{where} is this person, and is inactive", "make the person active in Salesforce, and export again"
    if any(held.row == row for held in people.desired.held):
        problems = [one for one in people.desired.problems if one.row == row and one.severity == "error"]
        codes = ", ".join(sorted({one.code for one in problems})) or "an error"
        return f"{where} is this person, and has an error ({codes})", "connect-sso check says what to correct in it"
    return f"{where} is this person, and no rule matches: {_verdicts(people, row)}", (
        "give the person what a rule asks for in Salesforce, and export again; or add a rule under users.rules"
    )


def _verdicts(people: People, row: int) -> str:
    """Return for each rule the key of the condition that does not hold; what it says of a cell is left out."""
    said = explain(people.export, people.permission_sets, people.policy, row=row)
    reasons = [f"users.rules[{one.rule}] by {one.reason.partition(' must be ')[0]}" for one in said if not one.matched]
    shown = [*reasons[:5], *([f"{len(reasons) - 5} more"] if len(reasons) > 5 else [])]
    return listed(shown).replace(" or ", " and ") if shown else "there is no rule"


def _row_of(username: str, people: People) -> Record | None:
    """Return the row that gives a username, whether it counts or not; else that of the id in it."""
    ids = {short for part in username.split("@") if (short := salesforce_id.parse(part)) and short.startswith("005")}
    same_person = None
    id_column = find(people.export.headers, "Id") or "Id"
    for record, name in _names(people):
        if name == username:
            return record
        if same_person is None and ids and salesforce_id.parse(record.values.get(id_column, "")) in ids:
            same_person = record
    return same_person


def _names(people: People) -> Iterator[tuple[Record, str]]:
    """Yield each row with the username that it would give."""
    policy, headers = people.policy, people.export.headers
    template = UsernameTemplate.parse(policy.username_template, policy.organization_id)
    places = tuple(find(headers, name) or name for name in template.columns)
    for record in people.export.records:
        values = (record.values.get(place, "") for place in places)
        parts = tuple(
            (salesforce_id.parse(value) or value) if place.lower().endswith("id") else value
            for place, value in zip(places, values, strict=True)
        )
        yield record, template.pattern % parts


def _inactive(record: Record, export: Export) -> bool:
    text = record.values.get(find(export.headers, "IsActive") or "IsActive", "")
    return BOOLEANS.get(text.casefold()) is False

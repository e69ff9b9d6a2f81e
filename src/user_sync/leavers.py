"""Leavers: why somebody is one, and who is not although they seem so, because their row is damaged.

A row with an error holds whom it means: nobody loses access over a damaged cell. Must not know what is
done about a leaver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from user_sync.model import CurrentUser, Desired, HeldRow


def why_missing(person: str, desired: Desired, file: str) -> str:
    """Return why a person of the instance is not among those who come out of the export.

    Args:
        person: 15-character id.
        file: name of the export.
    """
    if person in desired.inactive:
        return f"inactive in row {desired.inactive[person]} of {file}"
    if person in desired.unmatched:
        return f"matched by no rule: row {desired.unmatched[person]} of {file}"
    return f"not in {file}"


def held_people(
    held: Iterable[HeldRow], leavers: Mapping[str, Sequence[CurrentUser]], owner_of: Mapping[str, str]
) -> tuple[Set[str], HeldRow | None]:
    """Return the ids of the people whom rejected rows mean, and the first row that could be anybody's.

    A row whose id is damaged is matched by username, by the id without its case and by name.

    Args:
        leavers: id → users, of who would leave.
        owner_of: username → id, of all managed users.
    """
    by_id: dict[str, set[str]] = {}
    by_name: dict[tuple[str, str], set[str]] = {}
    for person, users in leavers.items():
        by_id.setdefault(person.casefold(), set()).add(person)
        for user in users:
            by_name.setdefault((user.first_name, user.last_name), set()).add(person)
    found: set[str] = set()
    for row in held:
        if row.salesforce_id is not None:
            found.add(row.salesforce_id)
        elif row.username is not None and row.username in owner_of:
            found.add(owner_of[row.username])
        elif persons := by_id.get(row.raw_id.casefold()[:15]) or by_name.get((row.first_name, row.last_name)):
            found |= persons
        elif leavers:
            return found, row
    return found, None

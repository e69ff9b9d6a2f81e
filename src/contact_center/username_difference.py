"""What keeps a username that was sent from being a Connect user's: the nearest one, and how it differs.

Connect compares to the letter. Must not know where the usernames come from.
Source: Amazon Connect administrator guide, "Troubleshoot SAML with Amazon Connect".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from user_sync import salesforce_id

How = Literal["case", "id_length", "part", "similar"]
# Similarity is computed for so many candidates, those with the longest common beginning.
_COMPARED = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A user that the instance holds.

    Attributes:
        salesforce_id: from the tag, 15 characters; None without one.
    """

    username: str
    salesforce_id: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """The nearest user, and how the name that was sent differs from theirs.

    Attributes:
        how: ``case``: upper and lower case only; ``id_length``: 15- and 18-character ids; ``part``: the same
            person by their Salesforce id, another part differs; ``similar``: looks alike, no more.
        message: for a person, lower case.
        place: the part of the template that differs, such as ``Alias``; None where it is not one part.
    """

    held: Held
    how: How
    message: str
    place: str | None = None


def nearest_user(sent: str, users: Sequence[Held], template: str) -> Difference | None:
    """Return the user that was most likely meant, or None where nobody is near.

    Args:
        sent: the RoleSessionName; no user has it to the letter.
        users: of the instance.
        template: of `sign_on.username`, to name the part that differs.
    """
    ordered = sorted(users, key=lambda user: user.username)
    for how, same in (("case", str.casefold), ("id_length", _short_ids), ("id_length", _short_folded)):
        found = next((user for user in ordered if same(user.username) == same(sent)), None)
        if found and how == "case":
            return Difference(found, "case", f"{found.username} differs in upper and lower case only")
        if found:
            longer = "15, and 18 are sent" if len(sent) > len(found.username) else "18, and 15 are sent"
            return Difference(found, "id_length", f"{found.username} is the same, but its ids have {longer}")
    people = set(_people(sent))
    same_person = next((u for u in ordered if people & {u.salesforce_id, *_people(u.username)}), None)
    if same_person:
        place = _differing_place(sent, same_person.username, template)
        what = f"another {place}" if place else "another form"
        return Difference(same_person, "part", f"{same_person.username} is the same person with {what}", place)
    close = sorted(ordered, key=lambda user: -_common_beginning(user.username.casefold(), sent.casefold()))
    names = {user.username: user for user in close[:_COMPARED]}
    match = difflib.get_close_matches(sent, names, n=1, cutoff=0.85)
    return Difference(names[match[0]], "similar", f"{match[0]} is the nearest") if match else None


def fits_template(sent: str, template: str, organization_id: str) -> bool:
    """Return whether a name has the form that `sign_on.username` asks for.

    Args:
        organization_id: 15 characters.
    """
    pattern = "".join(_pattern(part, organization_id) for part in re.split(r"(\{[^{}]*\})", template))
    return re.fullmatch(pattern, sent) is not None


def _pattern(part: str, organization_id: str) -> str:
    if part == "{Id}":
        return r"005[A-Za-z0-9]{12}"
    if part == "{OrganizationId}":
        return re.escape(organization_id)
    if not part.startswith("{"):
        return re.escape(part)
    return ".+" if part in ("{Username}", "{Email}") else "[^@]+"


def _common_beginning(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def _short_ids(name: str) -> str:
    return "@".join(salesforce_id.parse(part) or part for part in name.split("@"))


def _short_folded(name: str) -> str:
    return _short_ids(name).casefold()


def _people(name: str) -> Iterator[str]:
    """Yield the ids of users (005…) in a name, 15 characters."""
    for part in name.split("@"):
        short = salesforce_id.parse(part)
        if short and short.startswith("005"):
            yield short


def _differing_place(sent: str, held: str, template: str) -> str | None:
    """Return the template's place at the one part between @ that differs."""
    parts = [text.split("@") for text in (sent, held, template)]
    if len({len(part) for part in parts}) != 1:
        return None
    differing = [place for one, other, place in zip(*parts, strict=True) if one != other]
    names = _places(differing)
    return names[0] if len(differing) == 1 and len(names) == 1 else None


def _places(parts: Iterable[str]) -> list[str]:
    return [name for part in parts for name in re.findall(r"\{([^{}]*)\}", part)]

"""Planning: a pure function of desired, current and policy.

Identity is the Salesforce id in our tag, so a rename is seen as a rename. Users without our owner's
tags are never changed, except to adopt them where the policy says so. Must not know safety or AWS.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from functools import cached_property
from pathlib import PurePath

from user_sync.leavers import held_people, why_missing
from user_sync.model import (
    Action,
    Change,
    Current,
    CurrentUser,
    Desired,
    DesiredUser,
    FieldChange,
    Problem,
)
from user_sync.names import known
from user_sync.plan import Plan, all_differences, differences, field_values, owned_id, why_unmanaged
from user_sync.policy import TAG_CONTACT_CENTER, Policy

# Security profiles, routing profile, hierarchy group.
_Names = tuple[tuple[str, ...], str, str | None]


def make_plan(desired: Desired, current: Current, policy: Policy, *, file: str) -> Plan:
    """Return what takes the instance from current to desired under the policy.

    Args:
        desired: what the export asks for.
        current: one reading of the instance.
        policy: what the config says.
        file: name of the export, for reasons and problems.
    """
    return _Planner(desired, current, policy, file).plan()


class _Planner:
    """One planning: collects changes, problems and counts while it walks both sides."""

    def __init__(self, desired: Desired, current: Current, policy: Policy, file: str) -> None:
        self.desired = desired
        self.current = current
        self.policy = policy
        self.file = file
        self.changes: list[Change] = []
        self.problems: list[Problem] = []
        self.unchanged = 0
        self.rejected = len(desired.held)
        self.kept: list[tuple[str, str]] = []
        self.name = PurePath(file).name
        self.spelled: dict[_Names, _Names] = {}
        self.by_username = {user.username: user for user in current.users}
        self.owned: dict[str, list[CurrentUser]] = {}
        self.owner_of: dict[str, str] = {}
        for user in current.users:
            person = owned_id(user, policy)
            if person is not None:
                self.owned.setdefault(person, []).append(user)
                self.owner_of[user.username] = person

    @cached_property
    def any_case(self) -> dict[str, list[str]]:
        """Return the instance's usernames by their form without case."""
        folded: dict[str, list[str]] = {}
        for name in self.by_username:
            folded.setdefault(name.casefold(), []).append(name)
        return folded

    def plan(self) -> Plan:
        wanted_ids = {user.salesforce_id for user in self.desired.users}
        for want in map(self._in_names_of_the_instance, self.desired.users):
            users = self.owned.get(want.salesforce_id)
            if users:
                self._existing(want, users)
            else:
                self._newcomer(want)
        held = self._held_ids(wanted_ids)
        for person, users in self.owned.items():
            if person not in wanted_ids and person not in held:
                for user in users:
                    self._leaver(person, user)
        return self._result()

    def _result(self) -> Plan:
        adopted = sum(change.action is Action.ADOPT for change in self.changes)
        managed = len(self.owner_of)
        return Plan(
            policy=self.policy,
            current=self.current,
            changes=tuple(sorted(self.changes, key=lambda c: (c.username, c.action, c.salesforce_id, _old_name(c)))),
            problems=(*self.desired.problems, *sorted(self.problems, key=_position)),
            people=len(self.desired.users),
            managed=managed,
            unchanged=self.unchanged,
            unmanaged=len(self.current.users) - managed - adopted,
            rejected=self.rejected,
            missing=len(self.kept),
            kept=tuple(sorted(self.kept)),
        )

    def _existing(self, want: DesiredUser, users: list[CurrentUser]) -> None:
        """Compare a person with the user (or, after an interrupted rename, users) that they have."""
        for user in users:
            if user.username != want.username:
                self._renamed(want, user)
                continue
            fields = differences(want, user, self.policy)
            if fields:
                self._add(Action.UPDATE, want.username, want.salesforce_id, fields, self._because(want), want, user)
            else:
                self.unchanged += 1

    def _renamed(self, want: DesiredUser, user: CurrentUser) -> None:
        if self.policy.provisioned:
            self._warn(
                "provisioned",
                want.row,
                f"{user.username} is now {want.username}: Salesforce provisions this contact "
                "center's users, so it is left to Salesforce",
            )
            return
        holder = self.by_username.get(want.username)
        if holder is not None and self.owner_of.get(want.username) != want.salesforce_id:
            self._taken(want, holder)
            return
        # The new user gets every field, so what else would change is shown, managed or not.
        fields = (FieldChange("username", user.username, want.username), *all_differences(want, user))
        why = f"{self._because(want)}; Connect has no rename: a new user is made, then the old one is deleted"
        self._add(Action.REPLACE, want.username, want.salesforce_id, fields, why, want, user)

    def _newcomer(self, want: DesiredUser) -> None:
        holder = self.by_username.get(want.username)
        if holder is None:
            self._create(want)
        elif holder.username in self.owner_of:
            self._taken(want, holder)
        elif TAG_CONTACT_CENTER in holder.tags:
            whose = why_unmanaged(holder, self.policy)
            self._warn("other_owner", want.row, f"{want.username} is somebody else's ({whose}): left alone")
        elif self.policy.existing_users == "adopt":
            fields = differences(want, holder, self.policy)
            why = f"{self._because(want)}; exists without our tags, and users.existing_users is adopt"
            self._add(Action.ADOPT, want.username, want.salesforce_id, fields, why, want, holder)
        else:
            self._warn(
                "existing_user",
                want.row,
                f"{want.username} exists in the instance without our tags: left alone; "
                "to manage it, set users.existing_users: adopt",
            )

    def _create(self, want: DesiredUser) -> None:
        if self.policy.provisioned:
            self._warn(
                "provisioned",
                want.row,
                f"{want.username} has no Connect user: Salesforce provisions this contact "
                "center's users, so it is not created here; add the person to the contact center in Salesforce",
            )
            return
        for near in self.any_case.get(want.username.casefold(), ()):
            self._warn(
                "username_case",
                want.row,
                f"the instance has {near}, which differs from {want.username} in case only: "
                "sign-in compares the case, so these are two users",
            )
        fields = tuple(FieldChange(name, None, value) for name, value in field_values(want))
        self._add(Action.CREATE, want.username, want.salesforce_id, fields, self._because(want), want, None)

    def _taken(self, want: DesiredUser, holder: CurrentUser) -> None:
        """Reject a person whose username is another person's user: giving it on would give their access on."""
        other = self.owner_of.get(holder.username)
        whose = f"Salesforce user {other}" if other else "a user without our tags"
        self.rejected += 1
        self.problems.append(
            Problem(
                "error",
                self.file,
                want.row,
                None,
                "username_taken",
                f"{want.username} is already the Connect user of {whose}: give this person another username in "
                "Salesforce, or remove the other user from the instance first",
            )
        )

    def _leaver(self, person: str, user: CurrentUser) -> None:
        why = why_missing(person, self.desired, self.name)
        mode = self.policy.missing_users
        if mode != "keep" and self.policy.provisioned:
            self._warn(
                "provisioned",
                None,
                f"{user.username} would be removed ({why}): Salesforce provisions this contact center's users, so "
                "it is not removed here; remove the person from the contact center in Salesforce",
            )
            self.kept.append((user.username, why))
        elif mode == "keep":
            self.kept.append((user.username, why))
        elif mode == "delete":
            gone = tuple(FieldChange(name, value, None) for name, value in field_values(user))
            self._add(Action.DELETE, user.username, person, gone, why, None, user)
        elif user.security_profiles == (self.policy.disabled_profile,):
            self.unchanged += 1
        else:
            field = FieldChange("security_profiles", sorted(user.security_profiles), [self.policy.disabled_profile])
            self._add(Action.DISABLE, user.username, person, (field,), why, None, user)

    def _held_ids(self, wanted: set[str]) -> Set[str]:
        """Return who the rejected rows mean; they stay as they are and are not missing.

        A row that fits nobody could be anybody: then nobody is removed in this run.
        """
        if not self.desired.held:
            return frozenset()
        leavers = {person: users for person, users in self.owned.items() if person not in wanted}
        held, nobodys = held_people(self.desired.held, leavers, self.owner_of)
        if nobodys is None:
            return held
        self._warn(
            "nobody_removed",
            nobodys.row,
            "the row has no usable id and fits no Connect user: nobody is removed in this run; correct the row",
        )
        return leavers.keys()

    def _in_names_of_the_instance(self, want: DesiredUser) -> DesiredUser:
        asked = (want.security_profiles, want.routing_profile, want.hierarchy_group)
        found = self.spelled.get(asked)
        if found is None:
            found = self.spelled[asked] = self._spelling(*asked)
        if found == asked:
            return want
        return replace(want, security_profiles=found[0], routing_profile=found[1], hierarchy_group=found[2])

    def _spelling(self, security_profiles: tuple[str, ...], routing_profile: str, group: str | None) -> _Names:
        current = self.current
        return (
            tuple(sorted(known(name, current.security_profiles) or name for name in security_profiles)),
            known(routing_profile, current.routing_profiles) or routing_profile,
            group and (known(group, current.hierarchy_groups) or group),
        )

    def _because(self, want: DesiredUser) -> str:
        rule = "" if want.rule is None else f" by users.rules[{want.rule}]"
        return f"row {want.row} of {self.name}{rule}"

    def _add(
        self,
        action: Action,
        username: str,
        person: str,
        fields: tuple[FieldChange, ...],
        why: str,
        want: DesiredUser | None,
        have: CurrentUser | None,
    ) -> None:
        self.changes.append(Change(action, username, person, fields, why, want, have))

    def _warn(self, code: str, row: int | None, message: str) -> None:
        self.problems.append(Problem("warning", self.file, row, None, code, message))


def _old_name(change: Change) -> str:
    return change.current.username if change.current else ""


def _position(problem: Problem) -> tuple[int, str, str]:
    return (problem.row or 0, problem.code, problem.message)

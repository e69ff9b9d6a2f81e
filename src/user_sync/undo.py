"""Planning what takes a run back: a pure function of its report, the instance as it is now, and the policy.

Only what the run did and nobody changed since is taken back, and only on users that carry this owner's tags; the
rest is left and said, and so is what Amazon Connect cannot bring back. The result is a plan like any other: shown,
checked, applied and reported as one. Must not know AWS or files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from user_sync.errors import Refused
from user_sync.made_again import OUR_TAGS, all_values, other_tags, possible, wanted_again, with_values
from user_sync.model import Action, Change, Current, CurrentUser, DesiredUser, FieldChange, Problem
from user_sync.past_run import PastChange, PastRun
from user_sync.plan import TAGS, Plan, field_values, gives_privilege, owned_id, why_unmanaged
from user_sync.policy import TAG_CONTACT_CENTER, Policy


def objection(past: PastRun, policy: Policy, instance: str) -> Refused | None:
    """Return why a run cannot be taken back at all, or None.

    Args:
        past: the run.
        policy: what the config says now.
        instance: ARN of the instance that the command is about.
    """
    pairs = [("contact center", past.contact_center, policy.contact_center), ("instance", past.instance, instance)]
    if past.wrote:
        pairs.append(("organization", past.organization_id, policy.organization_id))
    for what, reported, ours in pairs:
        if reported != ours:
            text = f"the report is about the {what} {reported}, and this command about {ours}"
            return Refused("other_report", f"{text}: give the report of one of this contact center's own runs")
    if not past.wrote:
        text = "the report is of a dry run, of a comparison, or of a run that was refused"
        return Refused("nothing_written", f"{text}: it wrote nothing, so there is nothing to take back")
    return None


def plan_undo(past: PastRun, current: Current, policy: Policy, *, file: str) -> Plan:
    """Return what takes a run back.

    Args:
        past: the run, to which there is no objection.
        current: one reading of the instance, with hierarchy groups.
        policy: what the config says now.
        file: name of the report, for problems.
    """
    undo = _Undo(past, current, policy)
    for step in past.changes:
        if step.made != "no":
            undo.take_back(step)
    changes = tuple(change for _, change in sorted(undo.changes.items()))
    managed = sum(person is not None for person in undo.persons.values())
    touched = {change.current.username for change in changes if change.current}
    plan = Plan(
        policy=policy,
        current=current,
        changes=changes,
        problems=(),
        people=managed,
        managed=managed,
        unchanged=managed - len(touched),
        unmanaged=len(current.users) - managed,
        rejected=0,
        missing=0,
    )
    said = [*undo.said, *_warnings(plan)]
    return replace(plan, problems=tuple(Problem("warning", file, None, None, code, text) for code, text in said))


def _warnings(plan: Plan) -> Iterable[tuple[str, str]]:
    for profile in plan.privileged_profiles:
        for change in plan.changes:
            if gives_privilege(change, profile):
                yield "privileged", f"{change.username} gets the privileged security profile {profile} back"
    if plan.changes:
        yield "done_again", "the next run does all this again, unless the export or the config is another by then"


class _Undo:
    """One planning: collects changes, and what is left or lost, while it goes over the run's changes.

    Attributes:
        persons: username → id of the person whose user of ours it is, or None.
        said: code and text.
    """

    def __init__(self, past: PastRun, current: Current, policy: Policy) -> None:
        self.past = past
        self.current = current
        self.policy = policy
        self.users = {user.username: user for user in current.users}
        self.persons = {user.username: owned_id(user, policy) for user in current.users}
        self.changes: dict[tuple[str, Action], Change] = {}
        self.said: list[tuple[str, str]] = []
        self.disabled = [policy.disabled_profile]
        self.concerned = {step.username for step in past.changes}

    def take_back(self, step: PastChange) -> None:
        """Plan what takes one change back."""
        if step.before and step.action is Action.DELETE:
            self._make_again(step, step.before)
        elif step.before and step.action is Action.REPLACE:
            self._rename_back(step, step.before)
        elif user := self._ours(step):
            if step.action is not Action.CREATE:
                self._restore(step, user)
            elif step.made == "yes" and step.note:
                was = f"{user.username} came in before the run could make it, and was adopted: what it was then"
                self._lost([f"{was} is not known, so it is left as it is"])
            else:
                self._remove(step, user)

    def _ours(self, step: PastChange) -> CurrentUser | None:
        """Return the person's user, if it is there and carries their tags: nobody else's is ever written."""
        user = self.users.get(step.username)
        if user is None:
            if step.action is not Action.CREATE:
                self._left(step, "changed_since", f"{step.username} is not there any more")
            return None
        if self.persons[step.username] == step.salesforce_id:
            return user
        if not _given_back(step, user):
            whose = why_unmanaged(user, self.policy) or "another person's"
            self._left(step, "not_ours", f"{step.username} is not this person's user any more ({whose})")
        return None

    def _restore(self, step: PastChange, user: CurrentUser) -> None:
        """Take back the fields that still have the value that the run gave them."""
        now = dict(field_values(user))
        fields = []
        for field in step.fields:
            if now[field.field] == field.after != field.before:
                restored, lost = possible(field, user.username, self.current, self.policy.disabled_profile)
                fields += [restored] if restored else []
                self._lost(lost)
            elif now[field.field] != field.before:
                self._left(step, "changed_since", f"{field.field} of {user.username} was changed since")
        if step.action is Action.ADOPT and step.before:
            ours, before = (
                {key: tags[key] for key in OUR_TAGS if key in tags} for tags in (user.tags, step.before.tags)
            )
            fields.append(FieldChange(TAGS, ours, before))
        self._update(step, user, fields)

    def _update(self, step: PastChange, user: CurrentUser, fields: Iterable[FieldChange]) -> None:
        """Plan an update; whom it leaves with nothing but the profile of disabled people is disabled."""
        known = self.changes.get((user.username, Action.UPDATE))
        kept = list(known.fields) if known else []
        for field in fields:
            if field.field == "security_profiles" and field.after == self.disabled:
                self._disable(step, user)
            else:
                kept.append(field)
        if kept:
            want = with_values(user, step.salesforce_id, {field.field: field.after for field in kept})
            self._add(step, Change(Action.UPDATE, user.username, step.salesforce_id, tuple(kept), "", want, user))

    def _disable(self, step: PastChange, user: CurrentUser) -> None:
        if self.policy.provisioned:
            self._left(step, "provisioned", f"{user.username} is not disabled")
            return
        field = FieldChange("security_profiles", sorted(user.security_profiles), self.disabled)
        self._add(step, Change(Action.DISABLE, user.username, step.salesforce_id, (field,), "", None, user))

    def _remove(self, step: PastChange, user: CurrentUser) -> None:
        """Take away a user that the run made: deleted only where the config deletes leavers, else disabled."""
        if not self._removable(step, user):
            return
        if self._deletes(step):
            fields = tuple(FieldChange(name, value, None) for name, value in field_values(user))
            self._add(step, Change(Action.DELETE, user.username, step.salesforce_id, fields, "", None, user))
        else:
            self._disable(step, user)

    def _deletes(self, step: PastChange) -> bool:
        # Whose creation has a note may have been made by a later run.
        return self.policy.missing_users == "delete" and not (step.action is Action.CREATE and step.note)

    def _removable(self, step: PastChange, user: CurrentUser) -> bool:
        """Return whether a user is still as the run made it, in what removing it would lose."""
        if list(user.security_profiles) == self.disabled and not self._deletes(step):
            return False  # it has nothing to lose any more
        given = dict(field_values(step.before)) if step.before else {}
        given |= {field.field: field.after for field in step.fields}
        now = field_values(user)
        asked = ("security_profiles",) if not self._deletes(step) else tuple(given)
        changed = [name for name, value in now if name in asked and given[name] != value]
        if changed:
            self._left(step, "changed_since", f"{', '.join(changed)} of {user.username} was changed since")
        elif self.policy.provisioned:
            self._left(step, "provisioned", f"{user.username} is not removed")
        return not changed and not self.policy.provisioned

    def _make_again(self, step: PastChange, before: CurrentUser) -> None:
        """Make a user again that the run deleted."""
        there = self.users.get(before.username)
        same = there is not None and self.persons[before.username] == step.salesforce_id
        # A person may have had two users, of which the run reached one.
        others = [n for n, owner in self.persons.items() if owner == step.salesforce_id and n not in self.concerned]
        if there and (not same or field_values(there) != field_values(before)):
            self._left(step, "changed_since", f"{before.username} was made again since")
        elif others and not there:
            self._left(step, "changed_since", f"the person of {before.username} has another user now, {others[0]}")
        elif not there and (want := self._wanted(step, before)):
            fields = tuple(FieldChange(name, None, value) for name, value in all_values(want, before, self.policy))
            again = replace(before, tags=other_tags(before))
            self._add(step, Change(Action.CREATE, want.username, want.salesforce_id, fields, "", want, None, again))

    def _rename_back(self, step: PastChange, before: CurrentUser) -> None:
        """Bring back the user that the run replaced, and take away the one that it made."""
        old = self.users.get(before.username)
        if step.successor_was_there:
            self._make_again(step, before)
        elif old and self.persons[before.username] != step.salesforce_id:
            self._left(step, "changed_since", f"{before.username} is another user now")
        elif old and step.username not in self.users:
            return  # taken back already, or never made
        elif (new := self._ours(step)) is None:
            return
        elif old is None:
            self._replace(step, new, before)
        else:
            # Both are there: an undo kept the old one, or the replacement was cut off.
            if list(old.security_profiles) == self.disabled != list(before.security_profiles):
                field = FieldChange("security_profiles", sorted(before.security_profiles), self.disabled)
                restored, lost = possible(field, old.username, self.current, self.policy.disabled_profile)
                self._lost(lost)
                self._update(step, old, [restored] if restored else [])
            self._remove(step, new)

    def _replace(self, step: PastChange, new: CurrentUser, before: CurrentUser) -> None:
        if list(new.security_profiles) == self.disabled:
            self._left(step, "changed_since", f"{new.username} was disabled since")
            return
        want = self._wanted(step, before) if self._removable(step, new) else None
        if want is None:
            return
        keeps, now = not self._deletes(step), dict(field_values(new))
        values = [("username", want.username), *all_values(want, before, self.policy)]
        now["username"] = new.username
        fields = tuple(FieldChange(name, now.get(name), value) for name, value in values if now.get(name) != value)
        again = replace(before, tags=other_tags(before))
        change = Change(Action.REPLACE, want.username, want.salesforce_id, fields, "", want, new, again, keeps)
        self._add(step, change, f"; {new.username} is {'disabled' if keeps else 'deleted'}")

    def _wanted(self, step: PastChange, before: CurrentUser) -> DesiredUser | None:
        if self.policy.provisioned:
            self._left(step, "provisioned", f"{before.username} is not made again")
            return None
        want, lost = wanted_again(before, step.salesforce_id, self.current)
        if want:
            gone = f"; make its quick connects by hand: {', '.join(step.quick_connects)}" if step.quick_connects else ""
            lost.append(
                f"{before.username} is made with a new id: the old one ({before.user_id}), its history, its second "
                f"e-mail address, mobile number and proficiencies do not come back{gone}"
            )
        self._lost(lost)
        return want

    def _add(self, step: PastChange, change: Change, more: str = "") -> None:
        made = "" if step.made == "yes" else " (its report cannot tell whether that was done; the instance has it)"
        why = f"takes back: {step.action} by the run of {self.past.started}{made}{more}"
        self.changes[change.username, change.action] = replace(change, why=why)

    def _left(self, step: PastChange, code: str, what: str) -> None:
        """Say what is left; where the change was perhaps never made, there is nothing to say."""
        reason = "Salesforce provisions this contact center's users" if code == "provisioned" else "left as it is"
        if step.made == "yes":
            self.said.append((code, f"{what}: {reason}"))

    def _lost(self, texts: Iterable[str]) -> None:
        self.said += [("cannot_return", text) for text in texts]


def _given_back(step: PastChange, user: CurrentUser) -> bool:
    """Return whether a user that the run adopted is as it was before: taken back already."""
    if step.action is not Action.ADOPT or step.before is None or TAG_CONTACT_CENTER in user.tags:
        return False
    return field_values(user) == field_values(step.before)

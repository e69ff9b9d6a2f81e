"""A model of the instance: what it holds once a plan is carried out."""

from __future__ import annotations

from dataclasses import replace

from user_sync.model import Action, Change, Current, CurrentUser, DesiredUser, Phone
from user_sync.plan import Plan
from user_sync.policy import Policy


def carried_out(made: Plan) -> Current:
    """Return the instance as it is once the plan is carried out."""
    users: dict[str, CurrentUser] = {user.username: user for user in made.current.users}
    for change in made.changes:
        if change.action in (Action.DELETE, Action.REPLACE) and change.current:
            del users[change.current.username]
        if change.action in (Action.CREATE, Action.REPLACE) and change.desired:
            users[change.username] = as_created(change.desired, made.policy)
        if change.action in (Action.UPDATE, Action.ADOPT, Action.DISABLE):
            users[change.username] = as_updated(users[change.username], change, made.policy)
    return replace(made.current, users=tuple(sorted(users.values(), key=lambda user: user.username)))


def as_created(user: DesiredUser, rules: Policy) -> CurrentUser:
    """Return the user that a creation makes."""
    return CurrentUser(
        user_id=f"id-{user.username}", arn=f"arn-{user.username}", username=user.username, first_name=user.first_name,
        last_name=user.last_name, security_profiles=user.security_profiles, routing_profile=user.routing_profile,
        hierarchy_group=user.hierarchy_group, phone=user.phone, tags=rules.ownership_tags(user.salesforce_id),
    )  # fmt: skip


def as_updated(user: CurrentUser, change: Change, rules: Policy) -> CurrentUser:
    """Return the user once an update, an adoption or a disabling is made."""
    tags = rules.ownership_tags(change.salesforce_id)
    values: dict[str, object] = {"tags": tags}
    for field in change.fields:
        if field.field == "name":
            values |= field.after
        elif field.field == "phone":
            values["phone"] = Phone(**field.after)
        else:
            values[field.field] = tuple(field.after) if isinstance(field.after, list) else field.after
    return replace(user, **values)  # type: ignore[arg-type]

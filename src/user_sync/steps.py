"""Steps: which requests one change makes, in which order, and what an answer means.

Each change is a generator that yields requests and is resumed with their answers, or with
:class:`ServiceRefused` thrown in; so the order within a user reads from top to bottom while
:mod:`user_sync.apply` decides when each request is sent. Every state in between is a safe one: access is
taken before it is given, a new user exists before the old one goes.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from user_sync.connect import NO_ANSWER, USERS_PAGE
from user_sync.errors import ServiceRefused, SyncError
from user_sync.instance import current_user
from user_sync.model import Action, Change, Current, CurrentUser, DesiredUser, FieldChange
from user_sync.plan import OPERATION_OF_FIELD, TAGS, differences, owned_id
from user_sync.policy import TAG_CONTACT_CENTER, Policy

# How long to look for a user that CreateUser says exists and SearchUsers does not show yet:
# "usually seconds, up to several minutes" (Connect API reference, eventual consistency).
_LOOK_AGAIN_SECONDS = (0, 1, 2, 4, 8, 15, 30, 30, 30, 60, 60, 60)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to send when the pace allows."""

    operation: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait in which other changes go on."""

    seconds: float


class LeftAloneError(SyncError):
    """The change was not made, on purpose: the user belongs to somebody else."""


# Yields requests and pauses, is sent answers, returns a note for the outcome ("" when all is said).
Steps = Generator[Request | Pause, dict[str, Any], str]


@dataclass(frozen=True, slots=True)
class Instance:
    """What steps need to know of the instance.

    Attributes:
        current: names and ids.
        policy: ownership and what may be written.
        quick_connects: user id → id → name of the quick connects that point at the user.
    """

    current: Current
    policy: Policy
    quick_connects: Mapping[str, Mapping[str, str]]


def steps_of(change: Change, instance: Instance) -> Steps:
    """Return the steps of one change.

    Args:
        change: of a plan that was made from `instance.current`.
        instance: ids and policy.
    """
    want, have = change.desired, change.current
    match change.action:
        case Action.CREATE if want:
            return _create(want, instance, change.again)
        case Action.UPDATE if want and have:
            return _update(want, have, change.fields, instance)
        case Action.ADOPT if want and have:
            return _adopt(want, have, change.fields, instance)
        case Action.DISABLE if have:
            return _disable(have, instance)
        case Action.DELETE if have:
            return _delete(have, instance)
        case Action.REPLACE if want and have:
            return _replace(change, want, have, instance)
    raise ValueError(f"a change of kind {change.action} lacks what it is about")


def _create(want: DesiredUser, instance: Instance, again: CurrentUser | None) -> Steps:
    current = instance.current
    parameters: dict[str, Any] = {
        "Username": want.username,
        "IdentityInfo": {"FirstName": want.first_name, "LastName": want.last_name},
        "PhoneConfig": _phone(want, again),
        "SecurityProfileIds": [current.security_profiles[name] for name in want.security_profiles],
        "RoutingProfileId": current.routing_profiles[want.routing_profile],
        "Tags": {**(again.tags if again else {}), **instance.policy.ownership_tags(want.salesforce_id)},
    }
    if want.hierarchy_group:
        parameters["HierarchyGroupId"] = current.hierarchy_groups[want.hierarchy_group]
    try:
        yield Request("CreateUser", parameters)
    except ServiceRefused as refused:
        # There is no client token: after a lost answer the user may exist, and a second request says so.
        if refused.code not in ("DuplicateResourceException", NO_ANSWER):
            raise
        return (yield from _exists_already(want, instance, refused, adopts=again is None))
    return ""


def _exists_already(want: DesiredUser, instance: Instance, refused: ServiceRefused, *, adopts: bool) -> Steps:
    item: dict[str, Any] | None = None
    for seconds in _LOOK_AGAIN_SECONDS if refused.code != NO_ANSWER else _LOOK_AGAIN_SECONDS[:5]:
        if seconds:
            yield Pause(seconds)
        item = yield from _find(want.username)
        if item:
            break
    if item is None:
        raise refused
    current = instance.current
    have = current_user(
        item, _by_id(current.security_profiles), _by_id(current.routing_profiles), _by_id(current.hierarchy_groups)
    )
    fields = differences(want, have, instance.policy)
    if owned_id(have, instance.policy) == want.salesforce_id:
        return (yield from _update(want, have, fields, instance))
    if adopts and instance.policy.existing_users == "adopt" and TAG_CONTACT_CENTER not in have.tags:
        yield from _adopt(want, have, fields, instance)
        return "it existed without our tags by then, and was adopted"
    raise LeftAloneError(
        "existing_user",
        f"{want.username} exists in the instance without this contact center's tags: left alone; "
        "to manage it, set users.existing_users: adopt",
    )


def _find(username: str) -> Generator[Request | Pause, dict[str, Any], dict[str, Any] | None]:
    criteria = {"StringCondition": {"FieldName": "Username", "Value": username, "ComparisonType": "EXACT"}}
    asked: dict[str, Any] = {"SearchCriteria": criteria, "MaxResults": USERS_PAGE}
    while True:
        try:
            answer = yield Request("SearchUsers", asked)
        except ServiceRefused as refused:
            # Which values a search takes is hardly documented: then all users are read.
            if "SearchCriteria" not in asked or not refused.code.startswith("Invalid"):
                raise
            asked = {"MaxResults": USERS_PAGE}
            continue
        for item in answer.get("Users", ()):
            if item["Username"] == username:
                return dict(item)
        if not answer.get("NextToken"):
            return None
        asked = {**asked, "NextToken": answer["NextToken"]}


def _update(want: DesiredUser, have: CurrentUser, fields: Sequence[FieldChange], instance: Instance) -> Steps:
    for field in sorted(fields, key=_taking_first):
        if field.field == TAGS:
            yield from _give_back(have, field)
            continue
        parameters = _new_value(field, want, have, instance.current)
        yield Request(OPERATION_OF_FIELD[field.field], {"UserId": have.user_id, **parameters})
    return ""


def _taking_first(field: FieldChange) -> int:
    """Order the fields of one user: permissions first where some are taken, last where they only grow.

    Tags come after all: the grants for every other write are bound to them.
    """
    if field.field == TAGS:
        return 3
    if field.field != "security_profiles":
        return 1
    return 0 if set(field.before or ()) - set(field.after) else 2


def _new_value(field: FieldChange, want: DesiredUser, have: CurrentUser, current: Current) -> dict[str, Any]:
    match field.field:
        case "name":
            return {"IdentityInfo": {"FirstName": want.first_name, "LastName": want.last_name}}
        case "security_profiles":
            return {"SecurityProfileIds": [current.security_profiles.get(name, name) for name in field.after]}
        case "routing_profile":
            return {"RoutingProfileId": current.routing_profiles[want.routing_profile]}
        case "hierarchy_group":
            # Left out means none.
            group = want.hierarchy_group
            return {"HierarchyGroupId": current.hierarchy_groups[group]} if group else {}
        case "phone":
            return {"PhoneConfig": _phone(want, have)}
    raise ValueError(f"no operation writes the field {field.field}")


def _phone(want: DesiredUser, have: CurrentUser | None) -> dict[str, Any]:
    """Return the phone configuration with the person's own choice of phone kept: it is written as a whole."""
    phone: dict[str, Any] = {
        "PhoneType": have.phone_type if have else "SOFT_PHONE",
        "AutoAccept": want.phone.auto_accept,
        "AfterContactWorkTimeLimit": want.phone.after_contact_work_seconds,
    }
    if have and have.desk_phone_number:
        phone["DeskPhoneNumber"] = have.desk_phone_number
    if have and have.persistent_connection is not None:
        phone["PersistentConnection"] = have.persistent_connection
    return phone


def _adopt(want: DesiredUser, have: CurrentUser, fields: Sequence[FieldChange], instance: Instance) -> Steps:
    # Tags first: the grants for every other write are bound to them.
    yield Request("TagResource", {"resourceArn": have.arn, "tags": instance.policy.ownership_tags(want.salesforce_id)})
    return (yield from _update(want, have, fields, instance))


def _give_back(have: CurrentUser, field: FieldChange) -> Steps:
    """Take our tags off an adopted user; what stood there before comes back."""
    before = {key: value for key, value in field.after.items() if have.tags.get(key) != value}
    if before:
        yield Request("TagResource", {"resourceArn": have.arn, "tags": before})
    ours = sorted(field.before.keys() - field.after.keys())
    if ours:
        yield Request("UntagResource", {"resourceArn": have.arn, "tagKeys": ours})
    return ""


def _disable(have: CurrentUser, instance: Instance) -> Steps:
    # Permissions first, then sessions: the next sign-in of somebody thrown out finds nothing to use.
    profile = instance.current.security_profiles[instance.policy.disabled_profile]
    try:
        yield Request("UpdateUserSecurityProfiles", {"UserId": have.user_id, "SecurityProfileIds": [profile]})
    except ServiceRefused as refused:
        if refused.code == NO_ANSWER:  # it may have been carried out, and no later plan would show the sessions
            yield from _end_sessions(have)
        raise
    return (yield from _end_sessions(have))


def _delete(have: CurrentUser, instance: Instance) -> Steps:
    note = yield from _end_sessions(have)
    quick_connects = instance.quick_connects.get(have.user_id, {})
    for quick_connect in quick_connects:
        yield from _gone_is_fine(Request("DeleteQuickConnect", {"QuickConnectId": quick_connect}))
    yield from _gone_is_fine(Request("DeleteUser", {"UserId": have.user_id}))
    gone = f"quick connects deleted with the user: {', '.join(quick_connects.values())}" if quick_connects else ""
    return "; ".join(filter(None, (note, gone)))


def _replace(change: Change, want: DesiredUser, have: CurrentUser, instance: Instance) -> Steps:
    yield from _create(want, instance, change.again)
    return (yield from (_disable if change.keeps_old else _delete)(have, instance))


def _gone_is_fine(request: Request) -> Steps:
    try:
        yield request
    except ServiceRefused as refused:
        if refused.code != "ResourceNotFoundException":
            raise
    return ""


def _end_sessions(have: CurrentUser) -> Steps:
    """End the person's live sessions, which otherwise last up to 12 hours; a failure is told, not fatal."""
    try:
        yield Request("DeleteAllEntitySessions", {"EntityId": have.user_id, "EntityType": "USER"})
    except ServiceRefused as refused:
        if refused.code == "ResourceNotFoundException":
            return ""
        return (
            f"live sessions were not ended ({refused.code}: connect:DeleteAllEntitySessions): "
            "they last up to 12 hours; end them in Amazon Connect"
        )
    return ""


def _by_id(ids: Mapping[str, str]) -> dict[str, str]:
    return {id_: name for name, id_ in ids.items()}

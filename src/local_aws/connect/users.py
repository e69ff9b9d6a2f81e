"""The user operations of Connect, with the rules of an instance whose users come in through SAML.

Source of each rule: the operations' pages in the Amazon Connect API reference, and the service model.
Where the documentation contradicts itself the strict reading holds: `Email` is refused with SAML.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_aws.connect.conditions import Fields, search
from local_aws.connect.context import Context
from local_aws.connect.errors import ConnectError, invalid_parameter, not_emulated, not_found
from local_aws.connect.paging import page
from local_aws.connect.state import User, named

_USERNAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_SECONDARY_EMAIL = re.compile(r"(?=^.{0,265}$)[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,63}")
_PER_CHANNEL = (
    "AutoAcceptConfigs",
    "AfterContactWorkConfigs",
    "PhoneNumberConfigs",
    "PersistentConnectionConfigs",
    "VoiceEnhancementConfigs",
)
_FIELDS: Fields[User] = {
    "Username": lambda user: (user.name,),
    "FirstName": lambda user: (user.first_name,),
    "LastName": lambda user: (user.last_name,),
    "RoutingProfileId": lambda user: (user.routing_profile,),
    "SecurityProfileId": lambda user: user.security_profiles,
    "resourceId": lambda user: (user.id,),
}
_MOST_AFTER_CONTACT_WORK_SECONDS = 2_000_000


def create_user(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """CreateUser. There is no client token: after a lost answer the same request is a duplicate."""
    instance = context.instance
    for forbidden in ("Password", "DirectoryUserId"):
        if parameters.get(forbidden) is not None:
            raise invalid_parameter(f"{forbidden} cannot be given in an instance that uses SAML")
    for channel in _PER_CHANNEL:
        if parameters.get(channel):
            raise not_emulated(f"CreateUser with {channel}")
    username = parameters["Username"]
    if not _USERNAME.fullmatch(username):
        raise invalid_parameter("Username must have 1 to 64 characters of [a-zA-Z0-9_-.@]")
    identity = _identity(parameters.get("IdentityInfo", {}))
    profiles = _security_profiles(context, parameters["SecurityProfileIds"])
    routing_profile = context.routing_profile(parameters["RoutingProfileId"]).id
    group = context.group(parameters["HierarchyGroupId"]).id if "HierarchyGroupId" in parameters else None
    phone = _phone(parameters.get("PhoneConfig", {}))
    if named(instance.users.values(), username):
        raise ConnectError("DuplicateResourceException", f"Username already exists: {username}")
    if len(instance.users) >= context.settings.user_quota:
        raise ConnectError("LimitExceededException", "The quota of users per instance is reached")
    identifier = str(uuid.uuid4())
    user = User(
        id=identifier,
        arn=instance.arn_of("agent", identifier),
        name=username,
        security_profiles=profiles,
        routing_profile=routing_profile,
        hierarchy_group=group,
        phone=phone,
        tags=dict(parameters.get("Tags", {})),
        created=context.now,
        **identity,
    )
    context.write_user(user)
    return {"UserId": user.id, "UserArn": user.arn}


def describe_user(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeUser; straight after CreateUser it may not find the user (`describe_lag`)."""
    user = context.user(parameters["UserId"])
    if context.now < user.created + context.settings.describe_lag:
        raise not_found("user", user.id)
    described = {**_summary(user), **context.modified(user)}
    for name, value in (("SecondaryEmail", user.secondary_email), ("Mobile", user.mobile)):
        if value:
            described["IdentityInfo"][name] = value
    return {"User": described}


def list_users(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListUsers: identifiers and usernames only, at most 1,000 a page."""
    found, following = page(context.visible_users(), parameters, "ListUsers")
    summaries = [{"Id": u.id, "Arn": u.arn, "Username": u.name, **context.modified(u)} for u in found]
    return {"UserSummaryList": summaries, **following}


def search_users(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """SearchUsers: no e-mail or mobile, after-contact-work time in milliseconds, at most 500 a page."""
    hits = search(context.visible_users(), parameters, _FIELDS, lambda user: context.group_path(user.hierarchy_group))
    found, following = page(hits, parameters, "SearchUsers")
    summaries = []
    for user in found:
        summary = _summary(user)
        seconds = summary["PhoneConfig"]["AfterContactWorkTimeLimit"]
        summary["PhoneConfig"]["AfterContactWorkTimeLimit"] = 1000 * seconds
        summaries.append(summary)
    return {"Users": summaries, "ApproximateTotalCount": len(hits), **following}


def update_user_identity_info(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateUserIdentityInfo; what is left out is cleared (strict reading: not documented)."""
    user = context.user(parameters["UserId"])
    context.write_user(replace(user, **_identity(parameters["IdentityInfo"])))
    return {}


def update_user_security_profiles(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateUserSecurityProfiles: the list given replaces the whole list."""
    user = context.user(parameters["UserId"])
    profiles = _security_profiles(context, parameters["SecurityProfileIds"])
    context.write_user(replace(user, security_profiles=profiles))
    return {}


def update_user_routing_profile(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateUserRoutingProfile."""
    user = context.user(parameters["UserId"])
    profile = context.routing_profile(parameters["RoutingProfileId"])
    context.write_user(replace(user, routing_profile=profile.id))
    return {}


def update_user_hierarchy(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateUserHierarchy; without HierarchyGroupId the user is in no group."""
    user = context.user(parameters["UserId"])
    group = context.group(parameters["HierarchyGroupId"]).id if "HierarchyGroupId" in parameters else None
    context.write_user(replace(user, hierarchy_group=group))
    return {}


def update_user_phone_config(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateUserPhoneConfig; replaces the whole configuration, so what is left out is a default again."""
    user = context.user(parameters["UserId"])
    context.write_user(replace(user, phone=_phone(parameters["PhoneConfig"])))
    return {}


def delete_user(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteUser; quick connects to the user stay behind, as the documentation warns."""
    context.remove_user(context.user(parameters["UserId"]))
    return {}


def list_user_proficiencies(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListUserProficiencies; giving any is not emulated, so there are none."""
    user = context.user(parameters["UserId"])
    return {"UserProficiencyList": [], **context.modified(user)}


def delete_all_entity_sessions(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteAllEntitySessions: signs a user out everywhere; EntityId is an id or an ARN."""
    user = context.user(parameters["EntityId"].removeprefix(context.instance.arn_of("agent", "")))
    context.instance.ended_sessions.append(user.id)
    return {}


def _identity(info: Mapping[str, Any]) -> dict[str, Any]:
    if info.get("Email") is not None:
        raise invalid_parameter("IdentityInfo.Email cannot be given in an instance that uses SAML")
    for name in ("FirstName", "LastName"):
        value = info.get(name, "")
        if not value.strip():
            raise invalid_parameter(f"IdentityInfo.{name} is required in an instance that uses SAML")
        if unicodedata.normalize("NFC", value) != value:
            raise invalid_parameter(f"IdentityInfo.{name} must be in Unicode normalization form C")
    secondary = info.get("SecondaryEmail", "")
    if secondary and not _SECONDARY_EMAIL.fullmatch(secondary):
        raise invalid_parameter("IdentityInfo.SecondaryEmail is not an e-mail address")
    return {
        "first_name": info["FirstName"],
        "last_name": info["LastName"],
        "secondary_email": secondary,
        "mobile": info.get("Mobile", ""),
    }


def _security_profiles(context: Context, identifiers: list[str]) -> tuple[str, ...]:
    if len(set(identifiers)) != len(identifiers):
        raise invalid_parameter("SecurityProfileIds must not name a profile twice")
    return tuple(context.security_profile(identifier).id for identifier in identifiers)


def _phone(config: Mapping[str, Any]) -> dict[str, Any]:
    phone = {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0, **config}
    if phone["AfterContactWorkTimeLimit"] > _MOST_AFTER_CONTACT_WORK_SECONDS:
        raise invalid_parameter("PhoneConfig.AfterContactWorkTimeLimit must be 0 to 2000000 seconds")
    if phone["PhoneType"] == "DESK_PHONE" and not phone.get("DeskPhoneNumber"):
        raise invalid_parameter("PhoneConfig.DeskPhoneNumber is required for a desk phone")
    return phone


def _summary(user: User) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "Id": user.id,
        "Arn": user.arn,
        "Username": user.name,
        "IdentityInfo": {"FirstName": user.first_name, "LastName": user.last_name},
        "PhoneConfig": dict(user.phone),
        "SecurityProfileIds": list(user.security_profiles),
        "RoutingProfileId": user.routing_profile,
    }
    if user.tags:
        summary["Tags"] = dict(user.tags)
    if user.hierarchy_group:
        summary["HierarchyGroupId"] = user.hierarchy_group
    return summary

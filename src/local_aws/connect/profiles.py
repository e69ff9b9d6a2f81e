"""Security profiles, routing profiles, queues and the instance itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_aws.connect.conditions import NAME_FIELDS, search
from local_aws.connect.context import Context
from local_aws.connect.errors import ConnectError, not_emulated
from local_aws.connect.paging import page
from local_aws.connect.seeds import add_resource, add_security_profile
from local_aws.connect.state import Resource, SecurityProfile, named

_SECURITY_PROFILE_QUOTA = 100
_EMULATED = {"InstanceId", "SecurityProfileId", "SecurityProfileName", "Description", "Permissions", "Tags"}


def list_security_profiles(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListSecurityProfiles."""
    profiles = list(context.instance.security_profiles.values())
    found, following = page(profiles, parameters, "ListSecurityProfiles")
    summaries = [{**_summary(context, profile), "Type": profile.kind} for profile in found]
    return {"SecurityProfileSummaryList": summaries, **following}


def search_security_profiles(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """SearchSecurityProfiles."""
    hits = search(context.instance.security_profiles.values(), parameters, NAME_FIELDS)
    found, following = page(hits, parameters, "SearchSecurityProfiles")
    profiles = [_described(context, profile) for profile in found]
    return {"SecurityProfiles": profiles, "ApproximateTotalCount": len(hits), **following}


def describe_security_profile(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeSecurityProfile."""
    profile = context.security_profile(parameters["SecurityProfileId"])
    return {"SecurityProfile": {**_described(context, profile), **context.modified(profile)}}


def list_security_profile_permissions(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListSecurityProfilePermissions; all on one page, which holds 1,000."""
    profile = context.security_profile(parameters["SecurityProfileId"])
    return {"Permissions": list(profile.permissions), **context.modified(profile)}


def create_security_profile(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """CreateSecurityProfile; without Permissions it has none."""
    _refuse_unemulated("CreateSecurityProfile", parameters)
    instance, name = context.instance, parameters["SecurityProfileName"]
    if named(instance.security_profiles.values(), name):
        raise ConnectError("DuplicateResourceException", f"Security profile already exists: {name}")
    if len(instance.security_profiles) >= _SECURITY_PROFILE_QUOTA:
        raise ConnectError("LimitExceededException", "The quota of security profiles is reached")
    profile = replace(
        add_security_profile(instance, name, tuple(parameters.get("Permissions", ()))),
        description=parameters.get("Description", ""),
        tags=dict(parameters.get("Tags", {})),
    )
    instance.security_profiles[profile.id] = profile
    return {"SecurityProfileId": profile.id, "SecurityProfileArn": profile.arn}


def update_security_profile(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateSecurityProfile: what is given replaces what was; the name cannot change."""
    _refuse_unemulated("UpdateSecurityProfile", parameters)
    profile = context.security_profile(parameters["SecurityProfileId"])
    context.instance.security_profiles[profile.id] = replace(
        profile,
        description=parameters.get("Description", profile.description),
        permissions=tuple(parameters.get("Permissions", profile.permissions)),
        modified=time.time(),
    )
    return {}


def delete_security_profile(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteSecurityProfile; not while a user has it."""
    profile = context.security_profile(parameters["SecurityProfileId"])
    if any(profile.id in user.security_profiles for user in context.instance.users.values()):
        raise ConnectError("ResourceInUseException", "The security profile is given to users")
    del context.instance.security_profiles[profile.id]
    return {}


def list_routing_profiles(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListRoutingProfiles."""
    profiles = list(context.instance.routing_profiles.values())
    found, following = page(profiles, parameters, "ListRoutingProfiles")
    return {"RoutingProfileSummaryList": [_summary(context, profile) for profile in found], **following}


def create_routing_profile(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """CreateRoutingProfile: the name is kept, what it routes is not."""
    instance, name = context.instance, parameters["Name"]
    if named(instance.routing_profiles.values(), name):
        raise ConnectError("DuplicateResourceException", f"Routing profile already exists: {name}")
    if parameters["DefaultOutboundQueueId"] not in instance.queues:
        raise ConnectError("ResourceNotFoundException", "queue not found: DefaultOutboundQueueId")
    profile = add_resource(instance, instance.routing_profiles, "routing-profile", name)
    tags = dict(parameters.get("Tags", {}))
    instance.routing_profiles[profile.id] = replace(profile, tags=tags)
    return {"RoutingProfileId": profile.id, "RoutingProfileArn": profile.arn}


def list_queues(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """ListQueues: the standard ones."""
    standard = "STANDARD" in parameters.get("QueueTypes", ["STANDARD"])
    queues = list(context.instance.queues.values()) if standard else []
    found, following = page(queues, parameters, "ListQueues")
    summaries = [{**_summary(context, queue), "QueueType": "STANDARD"} for queue in found]
    return {"QueueSummaryList": summaries, **following}


def describe_instance(context: Context, _parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeInstance."""
    instance = context.instance
    described = {
        "Id": instance.id,
        "Arn": instance.arn,
        "IdentityManagementType": instance.identity_management_type,
        "InstanceAlias": instance.alias,
        "CreatedTime": instance.created,
        "ServiceRole": f"arn:{instance.partition}:iam::{instance.account}:role/aws-service-role/"
        "connect.amazonaws.com/AWSServiceRoleForAmazonConnect_local",
        "InstanceStatus": "ACTIVE",
        "InboundCallsEnabled": bool(instance.attributes.get("InboundCalls")),
        "OutboundCallsEnabled": bool(instance.attributes.get("OutboundCalls")),
        "InstanceAccessUrl": f"https://{instance.alias}.my.connect.aws",
    }
    if instance.tags:
        described["Tags"] = dict(instance.tags)
    return {"Instance": described}


def _refuse_unemulated(operation: str, parameters: Mapping[str, Any]) -> None:
    for name in sorted(parameters.keys() - _EMULATED):
        raise not_emulated(f"{operation} with {name}")


def _summary(context: Context, resource: Resource) -> dict[str, Any]:
    return {"Id": resource.id, "Arn": resource.arn, "Name": resource.name, **context.modified(resource)}


def _described(context: Context, profile: SecurityProfile) -> dict[str, Any]:
    described = {
        "Id": profile.id,
        "OrganizationResourceId": context.instance.id,
        "Arn": profile.arn,
        "SecurityProfileName": profile.name,
        "Description": profile.description,
        "Type": profile.kind,
    }
    return {**described, "Tags": dict(profile.tags)} if profile.tags else described

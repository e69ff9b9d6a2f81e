"""What a new instance starts with: the service's own profiles and queue, and what a test adds.

Source: Amazon Connect administrator guide, "default security profiles"; the routing profile and queue
that every new instance has. The permissions are a few of the real ones: enough to tell some from none.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.connect.state import HierarchyGroup, Instance, Resource, SecurityProfile

BUILT_IN_PROFILES: Mapping[str, tuple[str, ...]] = {
    "Admin": ("AccessMetrics", "BasicAgentAccess", "OutboundCallAccess", "Users.Create", "Users.View"),
    "Agent": ("BasicAgentAccess", "OutboundCallAccess"),
    "CallCenterManager": ("AccessMetrics", "BasicAgentAccess", "Users.View"),
    "QualityAnalyst": ("AccessMetrics",),
}
BASIC_ROUTING_PROFILE = "Basic Routing Profile"
BASIC_QUEUE = "BasicQueue"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSeed:
    """An instance to start with.

    Attributes:
        instance_id: a fresh one where None.
        security_profiles: custom profiles, name → permissions.
        routing_profiles: names beside the basic one.
        hierarchy_groups: paths such as ``EMEA/Support``; parents are made along the way.
        attributes: InboundCalls, OutboundCalls and the like.
    """

    alias: str = "acme-service"
    instance_id: str | None = None
    region: str = "us-west-2"
    account: str = "111122223333"
    partition: str = "aws"
    identity_management_type: str = "SAML"
    security_profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    routing_profiles: tuple[str, ...] = ()
    hierarchy_groups: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=lambda: {"InboundCalls": True, "OutboundCalls": True})
    tags: Mapping[str, str] = field(default_factory=dict)


def instance_of(seed: InstanceSeed) -> Instance:
    """Return a new instance: the service's defaults, then what the seed adds."""
    instance = Instance(
        id=seed.instance_id or str(uuid.uuid4()),
        alias=seed.alias,
        region=seed.region,
        account=seed.account,
        partition=seed.partition,
        identity_management_type=seed.identity_management_type,
        attributes=seed.attributes,
        tags=dict(seed.tags),
        created=time.time(),
    )
    for name, permissions in BUILT_IN_PROFILES.items():
        add_security_profile(instance, name, permissions, built_in=True)
    for name, permissions in seed.security_profiles.items():
        add_security_profile(instance, name, permissions)
    for name in (BASIC_ROUTING_PROFILE, *seed.routing_profiles):
        add_resource(instance, instance.routing_profiles, "routing-profile", name)
    add_resource(instance, instance.queues, "queue", BASIC_QUEUE)
    for path in seed.hierarchy_groups:
        add_group_path(instance, path)
    return instance


def add_security_profile(
    instance: Instance, name: str, permissions: tuple[str, ...], *, built_in: bool = False
) -> SecurityProfile:
    """Add a security profile and return it."""
    identifier = str(uuid.uuid4())
    profile = SecurityProfile(
        id=identifier,
        arn=instance.arn_of("security-profile", identifier),
        name=name,
        permissions=permissions,
        kind="AWS_MANAGED" if built_in else "CUSTOMER_MANAGED",
        modified=time.time(),
    )
    instance.security_profiles[identifier] = profile
    return profile


def add_resource(instance: Instance, table: dict[str, Resource], kind: str, name: str) -> Resource:
    """Add a routing profile or queue and return it."""
    identifier = str(uuid.uuid4())
    arn = instance.arn_of(kind, identifier)
    table[identifier] = Resource(id=identifier, arn=arn, name=name, modified=time.time())
    return table[identifier]


def add_group(instance: Instance, name: str, parent: tuple[str, ...] = ()) -> HierarchyGroup:
    """Add a hierarchy group below a parent's path of ids and return it."""
    identifier = str(uuid.uuid4())
    arn = instance.arn_of("agent-group", identifier)
    group = HierarchyGroup(id=identifier, arn=arn, name=name, path=(*parent, identifier), modified=time.time())
    instance.groups[identifier] = group
    return group


def add_group_path(instance: Instance, path: str) -> HierarchyGroup:
    """Add the groups of a path of names, and levels where they are missing; return the last."""
    parent: tuple[str, ...] = ()
    names = path.split("/")
    while len(instance.levels) < len(names):
        instance.levels.append((f"Level {len(instance.levels) + 1}", str(uuid.uuid4())))
    for depth in range(1, len(names) + 1):
        found = instance.group_by_path("/".join(names[:depth]))
        parent = (found or add_group(instance, names[depth - 1], parent)).path
    return instance.groups[parent[-1]]

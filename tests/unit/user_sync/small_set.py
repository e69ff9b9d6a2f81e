"""A few people, one for each kind of change: what faults are tried on, and what is right afterwards.

Kinds: created; three fields updated; permissions taken and given at once; adopted; replaced under another name;
and a leaver with a quick connect, disabled or deleted as the policy says. One more is equal all the time.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from local_aws.connect_server import ConnectServer, InstanceSeed
from tests.unit.user_sync.people import policy, want
from user_sync.model import DesiredUser, Phone
from user_sync.policy import Policy

SEED = InstanceSeed(hierarchy_groups=("EMEA", "EMEA/Support"), routing_profiles=("Chat",))
CHANGED = {"first_name": "New", "routing_profile": "Chat", "phone": Phone(45, True)}
BEFORE = tuple(want(n) for n in range(1, 8))  # 3 is adopted: there without tags
LEAVER = "user6@acme.example"
AFTER = (
    want(1),
    want(2, **CHANGED),
    want(3, routing_profile="Chat"),
    want(4, username="renamed4@acme.example"),
    want(5, security_profiles=("CallCenterManager",), hierarchy_group="EMEA/Support"),
    want(7, security_profiles=("Agent", "CallCenterManager"), routing_profile="Chat"),
    want(8),
    want(9, hierarchy_group="EMEA"),
)


def rules(missing_users: str) -> Policy:
    """Return the policy under which all kinds happen; leavers are disabled or deleted."""
    return policy(missing_users=missing_users, renamed_users="replace", existing_users="adopt")


def fill(server: ConnectServer) -> str:
    """Make the users of BEFORE, with quick connects to those who go or are renamed; return the leaver's id."""
    ids = {}
    for wanted in BEFORE:
        ids[wanted.username] = user_id = server.call("CreateUser", **_parameters(server, wanted))["UserId"]
        if wanted.username in (LEAVER, "user4@acme.example"):
            config = {"QuickConnectType": "USER", "UserConfig": {"UserId": user_id, "ContactFlowId": "a-flow"}}
            server.call("CreateQuickConnect", Name=f"to {wanted.username}", QuickConnectConfig=config)
    return str(ids[LEAVER])


def state(server: ConnectServer) -> dict[str, Any]:
    """Return what the instance holds, in names: users and quick connects."""
    instance = server.instance
    names = {id_: one.name for table in instance.tables.values() for id_, one in table.items()}
    users = {
        user.name: {
            "name": (user.first_name, user.last_name),
            "security_profiles": sorted(names[id_] for id_ in user.security_profiles),
            "routing_profile": names[user.routing_profile],
            "hierarchy_group": user.hierarchy_group and names[user.hierarchy_group],
            "phone": dict(user.phone),
            "tags": dict(user.tags),
        }
        for user in instance.users.values()
    }
    return {"users": users, "quick_connects": sorted(one.name for one in instance.quick_connects.values())}


@cache
def expected(missing_users: str) -> dict[str, Any]:
    """Return the state once everything is done."""
    server = ConnectServer(SEED)
    for wanted in AFTER:
        server.call("CreateUser", **_parameters(server, wanted))
    if missing_users == "delete":
        return state(server)
    server.call("CreateSecurityProfile", SecurityProfileName="acmeservice-disabled")
    left = replace(next(one for one in BEFORE if one.username == LEAVER), security_profiles=("acmeservice-disabled",))
    server.call("CreateUser", **_parameters(server, left))
    return {**state(server), "quick_connects": [f"to {LEAVER}"]}


def signed_out(server: ConnectServer, user_id: str) -> bool:
    """Return whether a user's sessions were ended, after the last write of their permissions where there was one."""
    made = [entry for entry in server.log if not entry.code]
    ends = [n for n, entry in enumerate(made) if entry.parameters.get("EntityId") == user_id]
    takes = [
        n
        for n, entry in enumerate(made)
        if entry.operation == "UpdateUserSecurityProfiles" and entry.parameters["UserId"] == user_id
    ]
    return bool(ends) and (not takes or ends[-1] > takes[-1])


def _parameters(server: ConnectServer, wanted: DesiredUser) -> dict[str, Any]:
    instance = server.instance
    profiles = {one.name: one.id for one in instance.security_profiles.values()}
    routing = {one.name: one.id for one in instance.routing_profiles.values()}
    group = instance.group_by_path(wanted.hierarchy_group) if wanted.hierarchy_group else None
    adopted = wanted.username == "user3@acme.example" and wanted in BEFORE
    return {
        "Username": wanted.username,
        "IdentityInfo": {"FirstName": wanted.first_name, "LastName": wanted.last_name},
        "SecurityProfileIds": [profiles[name] for name in wanted.security_profiles],
        "RoutingProfileId": routing[wanted.routing_profile],
        "PhoneConfig": {
            "PhoneType": "SOFT_PHONE",
            "AutoAccept": wanted.phone.auto_accept,
            "AfterContactWorkTimeLimit": wanted.phone.after_contact_work_seconds,
        },
        **({} if adopted else {"Tags": policy().ownership_tags(wanted.salesforce_id)}),
        **({"HierarchyGroupId": group.id} if group else {}),
    }

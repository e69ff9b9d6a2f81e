"""What the sync may do in the instance: one grant a purpose, as small as the config allows.

Writes to users are bound to the owner's tags, so that IAM, and not only code, keeps the sync off everybody
else's users. Resources and condition keys of each action:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonconnect.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from constructs_lib.grants import Grant

# Each managed field is written by an operation of its own.
_UPDATES = {
    "name": "connect:UpdateUserIdentityInfo",
    "security_profiles": "connect:UpdateUserSecurityProfiles",
    "routing_profile": "connect:UpdateUserRoutingProfile",
    "hierarchy_group": "connect:UpdateUserHierarchy",
    "phone": "connect:UpdateUserPhoneConfig",
}
# What users are given, by the part of its ARN that says its kind.
_GIVEN = {
    "security_profiles": "security-profile",
    "routing_profile": "routing-profile",
    "hierarchy_group": "agent-group",
}

_READ_IDS = "it reads, and ids in the one instance are not known before"
_NEW_ID = "the new user has no id yet; it must carry the owner's tags (aws:RequestTag)"
_OURS_ONLY = "only users that carry the owner's tags (aws:ResourceTag)"
_GIVEN_BECAUSE = (
    "rules name them, ids are not known before; "
    "the same call is authorized on the user too, and there bound to the owner's tags"
)


@dataclass(frozen=True, slots=True)
class UserWrites:
    """What a sync may come to do with users.

    Attributes:
        ownership_tags: tags that every user of this owner carries; one at least.
        fields: managed fields: ``name``, ``security_profiles``, ``routing_profile``, ``hierarchy_group``, ``phone``.
        creates: makes users.
        adopts: takes over users that nobody's tags mark.
        disables: takes away every permission of leavers.
        deletes: deletes users, with the quick connects that point at them.
    """

    ownership_tags: Mapping[str, str]
    fields: Sequence[str] = tuple(_UPDATES)
    creates: bool = True
    adopts: bool = False
    disables: bool = False
    deletes: bool = False

    def when(self, operator: str, key: str) -> dict[str, dict[str, str]]:
        """Return the condition that the owner's tags are there.

        Args:
            operator: such as ``StringEquals``.
            key: ``aws:ResourceTag`` or ``aws:RequestTag``.
        """
        return {operator: {f"{key}/{tag}": value for tag, value in self.ownership_tags.items()}}


def read_grants(instance_arn: str, writes: UserWrites) -> list[Grant]:
    """Return what reading the instance takes.

    Args:
        instance_arn: of the one instance.
        writes: what is read depends on what is to be written.
    """
    users, groups = f"{instance_arn}/agent/*", f"{instance_arn}/agent-group/*"
    # SearchUsers depends on DescribeUser and ListUserProficiencies, the other searches on a Describe each.
    listings = ["ListRoutingProfiles", "ListSecurityProfiles", "ListUserProficiencies"]
    searches = ["SearchUserHierarchyGroups", "SearchUsers", *(["SearchQuickConnects"] if writes.deletes else [])]
    grants = [
        Grant("ReadInstance", [f"connect:{action}" for action in sorted(listings + searches)], [instance_arn]),
        Grant("ReadUsers", ["connect:DescribeUser", "connect:ListUserProficiencies"], [users], None, _READ_IDS),
        Grant("ReadGroups", ["connect:DescribeUserHierarchyGroup"], [groups], None, _READ_IDS),
    ]
    if writes.disables:
        profiles = f"{instance_arn}/security-profile/*"
        actions = ["connect:ListSecurityProfilePermissions"]
        grants.append(Grant("ReadPermissions", actions, [profiles], None, _READ_IDS))
    if writes.deletes:
        quick_connects = f"{instance_arn}/transfer-destination/*"
        grants.append(Grant("ReadQuickConnects", ["connect:DescribeQuickConnect"], [quick_connects], None, _READ_IDS))
    return grants


def write_grants(instance_arn: str, writes: UserWrites) -> list[Grant]:
    """Return what writing users takes.

    Args:
        instance_arn: of the one instance.
        writes: what may come to be written, and whose users.
    """
    users = f"{instance_arn}/agent/*"
    updates = _update_actions(writes)
    changes = sorted([*updates, *(["connect:DeleteUser"] if writes.deletes else [])])
    ours, marked = writes.when("StringEquals", "aws:ResourceTag"), writes.when("StringEquals", "aws:RequestTag")
    grants = [Grant("ChangeOurUsers", changes, [users], ours, _OURS_ONLY)] if changes else []
    if writes.creates:
        grants.append(Grant("MakeOurUsers", ["connect:CreateUser"], [users], marked, _NEW_ID))
    if writes.creates or writes.adopts:
        # IAM cannot tell the tags of a new user from tags put on a stranger, so the engine does; what IAM can
        # do is to keep the owner's tags off users that another owner's tags mark.
        not_others = writes.when("StringEqualsIfExists", "aws:ResourceTag")
        grants.append(Grant("MarkOurUsers", ["connect:TagResource"], [users], {**marked, **not_others}, _NEW_ID))
    grants += _giving(instance_arn, updates, creates=writes.creates)
    if writes.deletes:
        quick_connects = f"{instance_arn}/transfer-destination/*"
        because = "those that point at a deleted user carry no tag of the owner"
        grants.append(Grant("DeleteQuickConnects", ["connect:DeleteQuickConnect"], [quick_connects], None, because))
    return grants


def session_grants(instance_arn: str, writes: UserWrites) -> list[Grant]:
    """Return what ending the live sessions of leavers takes.

    The action is newer than the service authorization reference (November 2026): neither its resource nor
    its conditions are documented, so both possible resources are named, and no condition.

    Args:
        instance_arn: of the one instance.
        writes: what may come to be written, and whose users.
    """
    if not (writes.disables or writes.deletes):
        return []
    resources = [instance_arn, f"{instance_arn}/agent/*"]
    because = "its resource and conditions are not documented yet; it signs out and changes nothing"
    return [Grant("EndSessions", ["connect:DeleteAllEntitySessions"], resources, None, because)]


def _update_actions(writes: UserWrites) -> list[str]:
    fields = {*writes.fields, *(["security_profiles"] if writes.disables else [])}
    return [action for field, action in _UPDATES.items() if field in fields]


def _giving(instance_arn: str, updates: Sequence[str], *, creates: bool) -> list[Grant]:
    """What users are given is authorized too, and carries no tag of ours: grants without a condition."""
    grants = []
    for field, kind in _GIVEN.items():
        actions = [*(["connect:CreateUser"] if creates else [])]
        actions += [_UPDATES[field]] if _UPDATES[field] in updates else []
        if actions:
            sid = "Give" + "".join(word.title() for word in kind.split("-")) + "s"
            grants.append(Grant(sid, actions, [f"{instance_arn}/{kind}/*"], None, _GIVEN_BECAUSE))
    return grants

"""Made-up people and instances for the tests of plan, safety and apply."""

from __future__ import annotations

from user_sync.model import Current, CurrentUser, Desired, DesiredUser, HeldRow, Phone
from user_sync.policy import Policy, Rule

ORGANIZATION = "00D5e000000AbCd"
INSTANCE_ARN = "arn:aws:connect:us-west-2:111122223333:instance/5f3c1f6e-0000-4000-8000-000000000001"
AGENT_RULE = Rule((), ("Agent",), "Basic Routing Profile")
PROFILES = {
    "Admin": "sp-admin",
    "Agent": "sp-agent",
    "CallCenterManager": "sp-manager",
    "acmeservice-disabled": "sp-off",
}


def policy(**changes: object) -> Policy:
    """Return a policy with defaults, but for `changes`."""
    values: dict[str, object] = {
        "contact_center": "acmeservice",
        "organization_id": ORGANIZATION,
        "username_template": "{Alias}@{Id}@{OrganizationId}",
        "rules": (AGENT_RULE,),
    }
    return Policy(**{**values, **changes})  # type: ignore[arg-type]


def person(number: int) -> str:
    """Return the Salesforce id of a made-up person."""
    return f"0055e0000000{number:03d}"


def want(number: int, **changes: object) -> DesiredUser:
    """Return a desired user."""
    values: dict[str, object] = {
        "salesforce_id": person(number),
        "username": f"user{number}@acme.example",
        "first_name": "Given",
        "last_name": f"Family{number}",
        "security_profiles": ("Agent",),
        "routing_profile": "Basic Routing Profile",
        "hierarchy_group": None,
        "phone": Phone(),
        "row": number + 1,
    }
    return DesiredUser(**{**values, **changes})  # type: ignore[arg-type]


def have(number: int, *, ours: bool = True, **changes: object) -> CurrentUser:
    """Return the Connect user of a person, equal to `want(number)`."""
    wanted = want(number)
    values: dict[str, object] = {
        "user_id": f"user-{number}",
        "arn": f"{INSTANCE_ARN}/agent/user-{number}",
        "username": wanted.username,
        "first_name": wanted.first_name,
        "last_name": wanted.last_name,
        "security_profiles": wanted.security_profiles,
        "routing_profile": wanted.routing_profile,
        "hierarchy_group": None,
        "phone": Phone(),
        "tags": policy().ownership_tags(person(number)) if ours else {},
    }
    return CurrentUser(**{**values, **changes})  # type: ignore[arg-type]


def desired(*users: DesiredUser, held: tuple[HeldRow, ...] = ()) -> Desired:
    """Return what an export with these people asks for."""
    return Desired(tuple(sorted(users, key=lambda u: u.username)), held, (), len(users) + len(held))


def current(*users: CurrentUser, quota: int | None = None) -> Current:
    """Return an instance with these users."""
    return Current(
        instance_arn=INSTANCE_ARN,
        users=tuple(sorted(users, key=lambda u: u.username)),
        security_profiles=PROFILES,
        routing_profiles={"Basic Routing Profile": "rp-basic", "Chat": "rp-chat"},
        hierarchy_groups={"EMEA": "hg-emea", "EMEA/Support": "hg-support"},
        user_quota=quota,
    )

"""Whether the Amazon Connect instance is there, takes SAML sign-ins, and is the one of the config."""

from __future__ import annotations

from collections.abc import Iterator

from contact_center.checks import Check, failed, not_judged, passed
from contact_center.deployed import Absent, Instance, Unread
from contact_center.nearest import shown
from contact_center.places import Places


def judge_instance(found: Instance | Absent | Unread, instance_id: str | None, places: Places) -> Iterator[Check]:
    """Yield the checks of the instance.

    Args:
        instance_id: None where it is not known; then `found` says why.
    """
    names = ["instance_identity", "instance_status", *(["instance_alias"] if places.config.instance.alias else [])]
    if isinstance(found, Unread):
        yield not_judged("instance", found.why, found.fix)
        yield from (not_judged(name, "the instance could not be read") for name in names)
        return
    if isinstance(found, Absent):
        yield _absent(instance_id, places)
        yield from (not_judged(name, "there is no instance") for name in names)
        return
    yield passed("instance", f"Amazon Connect has the instance {found.arn.rpartition('/')[2]}")
    yield _identity(found)
    yield _status(found)
    if places.config.instance.alias:
        yield _alias(found, places)


def _absent(instance_id: str | None, places: Places) -> Check:
    stack = places.config.instance_stack_name
    if instance_id is None:
        message = f"there is no instance: the stack {stack} is not deployed"
        return failed("instance", message, places.deploy(stack))
    message = f"Amazon Connect has no instance {instance_id} in {places.config.region}"
    if places.config.instance.existing:
        return failed("instance", message, f"correct instance.existing in {places.file}")
    fix = (
        f"it was deleted, and cannot come back: a new one is a new instance with other ids; look at the stack {stack} "
        "in CloudFormation"
    )
    return failed("instance", message, fix)


def _identity(found: Instance) -> Check:
    name = "instance_identity"
    if found.identity_type == "SAML":
        return passed(name, "the instance takes SAML sign-ins")
    message = f"the instance's users are managed by {shown(found.identity_type)}: it takes no SAML sign-in"
    return failed(name, message, "this cannot be changed: another instance, made with SAML, is needed")


def _status(found: Instance) -> Check:
    name = "instance_status"
    if found.status == "ACTIVE":
        return passed(name, "the instance is active")
    fix = "wait until it is made" if found.status == "CREATION_IN_PROGRESS" else "Amazon Connect, Instances: see why"
    return failed(name, f"the instance is {shown(found.status)}, and not ACTIVE", fix)


def _alias(found: Instance, places: Places) -> Check:
    name, alias = "instance_alias", places.config.instance.alias
    if found.alias == alias:
        return passed(name, f"the instance is https://{alias}.my.connect.aws")
    message = f"the instance's alias is {shown(found.alias)}, and instance.alias is {shown(str(alias))}"
    return failed(name, message, f"an alias cannot be changed: correct instance.alias in {places.file}")

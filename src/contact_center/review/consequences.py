"""What is to be decided about resources: what is replaced, deleted or left behind, and the phone system.

Guards (`guards`) have said their own before; what they are about is not told twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from contact_center.review.changes import PropertyChange, ResourceChange, StackChange
from contact_center.review.create_only import create_only
from contact_center.review.model import Finding, Fixed, Level, ShownChange
from contact_center.review.stacks import INSTANCE, PROVIDER, ROLE, SYNC, Side
from contact_center.review.words import listed, many

# They hold no data and nobody's way in: what they allow and deny is told with the roles and the buckets.
_LIGHT = frozenset(
    {
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::CloudFormation::WaitConditionHandle",
    }
)
_ATTRIBUTES: Mapping[str, tuple[str, str]] = {
    "InboundCalls": ("calls come in", "no call comes in any more"),
    "OutboundCalls": ("calls can be placed", "no call can be placed any more"),
    "ContactLens": ("conversations can be analyzed", "conversations are analyzed no more"),
}
_SERIOUS = ("InboundCalls", "OutboundCalls")
_FIXED = (INSTANCE, ROLE, PROVIDER, "AWS::Connect::SecurityProfile")


def loss_findings(changes: Sequence[ResourceChange], guarded: frozenset[str]) -> Iterator[Finding]:
    """Yield what is replaced, deleted or left behind.

    Args:
        guarded: subjects that a guard has spoken of.
    """
    for one in changes:
        old = one.before or one.resource
        subject = f"{old.kind} {old.name}"
        if subject in guarded or one.routine or one.change not in ("replaced", "removed"):
            continue
        level: Level = "attention" if old.type in _LIGHT else "danger"
        if one.change == "removed" and one.kept:
            message = "it is taken out of the template and stays, outside of the stack: nothing looks after it any more"
            yield Finding("attention", "left_behind", subject, message)
        elif one.change == "removed":
            users = "; no user is touched, and nothing syncs users any more" if old.type == SYNC else ""
            yield Finding(level, "deleted", subject, f"it is deleted{users}")
        else:
            why = [f"{p.name}: {p.before} → {p.after}" for p in one.properties if p.create_only] or [one.because]
            fate = "the old one stays, outside of the stack" if one.kept else "the old one is deleted"
            message = f"it is replaced by a new one; {fate}"
            yield Finding(level, "replaced", subject, message, tuple(why))


def phone_findings(changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    """Yield what changes about an instance that stays the same."""
    for one in changes:
        if one.resource.type != INSTANCE or one.change != "changed" or one.before is None:
            continue
        old, new = (side.properties.get("Attributes") or {} for side in (one.before, one.resource))
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                on, off = _ATTRIBUTES.get(key, (f"{key}: {old.get(key)} → {new.get(key)}",) * 2)
                lost = not new.get(key)
                level: Level = "danger" if lost and key in _SERIOUS else "attention"
                yield Finding(level, "phone_system", f"instance {one.resource.name}", off if lost else on)


def stack_findings(stacks: Sequence[StackChange], changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    """Yield what is to be known about whole stacks, and how much changes."""
    new = [one.name for one in stacks if one.change == "new"]
    if new:
        message = f"{many(len(new), 'stack is', 'stacks are')} new: everything in {'it' if len(new) == 1 else 'them'}"
        yield Finding("attention", "stack_new", listed(new), message)
    for one in stacks:
        if one.change == "left":
            message = "it is not declared any more: a deployment leaves it as it is, nobody looks after it"
            yield Finding("attention", "stack_left", f"stack {one.name}", message)
        if one.settings:
            details = tuple(f"{p.name}: {p.before or 'none'} → {p.after or 'none'}" for p in one.settings)
            yield Finding("attention", "stack_changed", f"stack {one.name}", "tags or outputs change", details)
    unknown = sorted({one.resource.type for one in changes if not one.known})
    if unknown:
        message = "whether a change replaces them is not known here: the change set says so"
        yield Finding("danger", "type_unknown", listed(unknown), message)
    counts = Counter(
        "replaced by a newer version" if one.routine else one.change for one in _in_old_stacks(stacks, changes)
    )
    if counts:
        text = ", ".join(f"{count} {change}" for change, count in sorted(counts.items()))
        yield Finding("attention", "resources_change", "resources", text)


def _in_old_stacks(stacks: Sequence[StackChange], changes: Sequence[ResourceChange]) -> Iterator[ResourceChange]:
    new = {one.name for one in stacks if one.change == "new"}
    return (one for one in changes if one.resource.stack not in new)


def shown_changes(changes: Sequence[ResourceChange]) -> tuple[ShownChange, ...]:
    """Return what happens to each resource, for the page; replaced and removed ones first."""
    order = {"replaced": 0, "removed": 0, "changed": 1, "added": 2}
    return tuple(map(_shown, sorted(changes, key=lambda one: order[one.change] + one.routine)))


def _shown(one: ResourceChange) -> ShownChange:
    resource = one.resource
    notes = [one.because] if one.because else []
    if one.change in ("replaced", "removed"):
        notes.append("the old one stays, outside of the stack" if one.kept else "the old one is deleted")
    if one.routine:
        notes.append("as with each change of its content")
    if one.loses_retention:
        notes.append("it is kept no more")
    return ShownChange(
        stack=resource.stack,
        kind=resource.kind,
        name=resource.name,
        path=resource.path,
        change=one.change,
        note="; ".join(notes),
        properties=tuple(map(_property, one.properties)),
    )


def _property(one: PropertyChange) -> tuple[str, str, str, bool]:
    absent = "(absent)"
    return (
        one.name,
        one.before if one.before is not None else absent,
        one.after if one.after is not None else absent,
        one.create_only,
    )


def fixed_values(after: Side) -> tuple[Fixed, ...]:
    """Return what cannot be changed later without a new resource, for what people depend on."""
    return tuple(
        Fixed(one.kind, one.name, name, str(one.properties[name]))
        for one in after.of_type(*_FIXED)
        for name in sorted(create_only(one.type) or ())
        if isinstance(one.properties.get(name), str)
    )

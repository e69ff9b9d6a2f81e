"""What must hold before anything of a delivery is executed: that it is, to the letter, what was approved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connect_sso.deliver.delivery import KEY, SHA256, Delivery, PreparedStack, file_digest
from connect_sso.deliver.formation import Formation
from connect_sso.deliver.plan import export_digests
from connect_sso.deliver.rounds import template_digest
from connect_sso.deployed import buckets
from connect_sso.review.subject import stack_names
from contact_center.load import ContactCenter
from user_sync.errors import Refused
from user_sync.planning import plan_digest

_AGAIN = "prepare again, and have that approved"


def of_the_file(
    delivery: Delivery, digest: str, approved: str, center: ContactCenter, config: Path
) -> Iterator[Refused]:
    """Yield why the file is not what was approved, or not this contact center's. Asks nobody.

    Args:
        digest: of the file.
        approved: what the approval names.
    """
    if digest != approved.strip().lower():
        text = f"the approval names {approved}, and the file's digest is {digest}; have this very file approved"
        yield Refused("not_approved", text)
    is_, says = (delivery.contact_center, delivery.region), (center.config.name, center.config.region)
    if is_ != says:
        text = f"it is of {is_[0]} in {is_[1]}, and the config is of {says[0]} in {says[1]}; {_AGAIN}"
        yield Refused("other_contact_center", text)
    strangers = [one.name for one in delivery.stacks if one.name not in stack_names(center.config)]
    if strangers:
        yield Refused("other_stack", f"{strangers[0]} is no stack of this contact center; {_AGAIN}")
    if file_digest(config) != delivery.digests.get("config"):
        yield Refused("config_changed", f"{config.name} is not the one that was approved; {_AGAIN}")


def of_the_account(delivery: Delivery, account: str, center: ContactCenter) -> Iterator[Refused]:
    """Yield that the credentials are of another account than what was prepared, or than the config names.

    Args:
        account: of the credentials.
    """
    for said, where in ((delivery.account, "it was prepared in"), (center.config.account, "the config names")):
        if said and said != account:
            text = f"the credentials are of account {account}, and {where} {said}; sign in to that one"
            yield Refused("wrong_account", text)
            return


def of_the_plan(delivery: Delivery, center: ContactCenter) -> Iterator[Refused]:
    """Yield in what the users' plan, or the export that it was made from, is not what was approved.

    Raises:
        SyncError: they cannot be read.
    """
    plan = delivery.plan
    if plan is None:
        return
    stored = buckets(center).reports.get(plan.key)
    if stored is None:
        yield Refused("plan_missing", f"the plan {plan.key} is not in the report bucket; {_AGAIN}")
    elif plan_digest(stored.data) != plan.sha256:
        yield Refused("plan_changed", f"the plan {plan.key} is not the one that was approved; {_AGAIN}")
    now = export_digests(center)
    for name, what in (("export", "the export"), ("permission_sets", "the permission-set export")):
        if now[name] != delivery.digests.get(name):
            yield Refused("export_changed", f"{what} is not the one that was approved; {_AGAIN}")


def of_the_change_sets(delivery: Delivery, center: ContactCenter, formation: Formation) -> Iterator[Refused]:
    """Yield in what change sets are not there, not as they were prepared, or carry another plan than the approved.

    Raises:
        AwsRefusedError: AWS cannot be asked.
    """
    for one in delivery.stacks:
        if one.change_set:
            yield from _of_one(one, one.change_set, formation)
            users = one.name == center.config.users_stack_name
            carried = {name: one.parameters[name] for name in (KEY, SHA256) if one.parameters.get(name)}
            # Users are never changed without a plan, and nothing else carries one.
            if (carried != (delivery.plan.parameters if delivery.plan else None)) if users else carried:
                yield Refused("other_plan", f"the change set of {one.name} carries another plan; {_AGAIN}")


def _of_one(one: PreparedStack, arn: str, formation: Formation) -> Iterator[Refused]:
    found = formation.described(arn, one.name)
    if found is None or found.arn != arn:
        text = f"the change set of {one.name} is not there any more: deleted, or replaced by another; {_AGAIN}"
        yield Refused("change_set_missing", text)
        return
    if (found.stack, found.status, found.execution) != (one.name, "CREATE_COMPLETE", "AVAILABLE"):
        text = f"the change set of {one.name} is {found.status}, {found.execution}: the stack changed since; {_AGAIN}"
        yield Refused("change_set_unusable", text)
        return
    if dict(found.parameters) != dict(one.parameters) or dict(found.tags) != dict(one.tags):
        yield Refused("parameters_changed", f"the change set of {one.name} has other parameters or tags; {_AGAIN}")
    if template_digest(formation.template(arn, one.name)) != one.template_sha256:
        yield Refused("template_changed", f"the change set of {one.name} has another template; {_AGAIN}")

"""Whether templates, exports and a kept plan are those of the files as they are now.

A reviewer must not sign a page about other files than those that are merged or deployed. Works on contents and
digests, never on times of files: a checkout has new ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from contact_center.config_digest import config_digest
from contact_center.load import ContactCenter
from contact_center.providers import IdentityProvider
from contact_center.review.assembly import Export
from contact_center.review.certificates import declared_metadata
from contact_center.review.settings import sync_policy
from contact_center.review.stacks import Side

_KEYS = {"users.export": "Export", "users.permission_sets": "PermissionSets"}


def stale_assembly(
    center: ContactCenter, providers: Sequence[IdentityProvider], after: Side, carried: Mapping[str, Export]
) -> Iterator[str]:
    """Yield in what an assembly is not the files' any more; nothing where it is.

    Args:
        center: the config as it is now.
        providers: its identity providers, metadata read.
        after: the assembly's stacks.
        carried: the exports that the assembly carries.
    """
    config = center.config
    needed = [config.sign_on_stack_name, config.storage_stack_name, config.users_stack_name]
    missing = [name for name in needed if name not in after.stacks]
    if missing:
        yield f"it has no stack {missing[0]} (it has {', '.join(after.stacks) or 'none'})"
        return
    digest = config_digest(config)
    if any(after.stacks[name].config_digest != digest for name in needed):
        yield "it was made from another config"
    if sync_policy(after) != json.loads(center.policy.to_json()):
        yield "the sync's settings are others"
    deployed = declared_metadata(after)
    for provider in providers:
        document = provider.reading.document if provider.reading else None
        if provider.existing_arn is None and deployed.get(provider.name) != document:
            yield f"the metadata of {provider.name} is another"
    for file in center.exports:
        export = carried.get(_KEYS[file.column])
        if file.path is not None and export is not None and _bytes_of(file.path) != export.data:
            yield f"{file.text} is another"


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def stale_plan(
    plan: Mapping[str, Any],
    center: ContactCenter,
    carried: Mapping[str, Export],
    *,
    version: int,
    instance: str | None,
) -> Iterator[str]:
    """Yield in what a kept plan is not about this change; nothing where it is.

    Args:
        plan: what `users plan --out` wrote.
        carried: the exports that the assembly carries.
        version: of kept plans, as they are written now.
        instance: ARN of the instance, where it is known.
    """
    if plan.get("version") != version:
        yield f"it has version {plan.get('version')!r}, this is {version}"
        return
    kinds = {"changes": list, "problems": list, "digests": dict, "summary": dict}
    if not all(isinstance(plan.get(key), kind) for key, kind in kinds.items()):
        yield "it is not what users plan --out writes"
        return
    digests = plan["digests"]
    if digests.get("config") != hashlib.sha256(center.policy.to_json().encode()).hexdigest():
        yield "it was made with other settings under users"
    for key, name in (("export", "Export"), ("permission_sets", "PermissionSets")):
        export = carried.get(name)
        if export and export.data is not None and digests.get(key) != hashlib.sha256(export.data).hexdigest():
            yield f"it was made from another {export.name}"
    if instance and plan.get("instance") != instance:
        yield f"it is about {plan.get('instance')}, and the instance is {instance}"

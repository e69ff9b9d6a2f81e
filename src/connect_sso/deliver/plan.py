"""Plans the users of a delivery as the deployment will, and keeps the plan where the deployment reads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connect_sso.deliver.delivery import KeptPlan
from connect_sso.deployed import buckets
from connect_sso.sources import find_instance, read_inputs
from contact_center.load import ContactCenter
from user_sync import report, run
from user_sync.cloud import Deployed, connect_to
from user_sync.connect import user_quota
from user_sync.instance import Reading
from user_sync.planning import plan_digest

PLANS = "plans/"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, not kept yet.

    Attributes:
        document: what `users plan --out` writes; it holds people.
        changes: how many users change.
    """

    document: Mapping[str, Any]
    kept: KeptPlan
    changes: int

    def keep(self, center: ContactCenter) -> None:
        """Put it into the report bucket, which encrypts it.

        Raises:
            SyncError: there is no bucket, or it cannot be written.
        """
        buckets(center).reports.put(self.kept.key, self.document)

    def digests(self) -> Mapping[str, str]:
        """Return the digests of what it was made from, by name, as a delivery has them."""
        return {name: self.document["digests"][name] for name in ("export", "permission_sets")}


def plan_users(center: ContactCenter, moment: datetime, progress: Reading) -> Planned:
    """Read both sides and plan. Writes nothing.

    Args:
        center: the config; its export is what was synthesized.
        moment: the plan's key begins with it: the same plan, prepared again, makes the sync run again.
        progress: told how many users of the instance are read.

    Raises:
        SyncError: there is no plan; as `NotPlannedError` with all that is wrong.
    """
    inputs = read_inputs(center, None, offline=False)
    instance = find_instance(center, None)
    connect = connect_to(Deployed({"InstanceArn": instance.text, "Policy": inputs.policy.to_json()}))
    reviewed = run.review(inputs, connect, way_in="deploy", quota=lambda: user_quota(instance), progress=progress)
    document = json.loads(report.as_json(reviewed.as_file()))
    digest = plan_digest(document)
    key = f"{PLANS}{moment:%Y%m%dT%H%M%SZ}-{digest}.json"
    return Planned(document, KeptPlan(key, digest), len(reviewed.plan.changes))


def export_digests(center: ContactCenter) -> Mapping[str, str]:
    """Return the digests of the exports as they are now, as a plan has them.

    Raises:
        InputsUnusableError: one cannot be read.
    """
    inputs = read_inputs(center, None, offline=False)
    sets = inputs.permission_sets
    return {
        "export": hashlib.sha256(inputs.export.data).hexdigest(),
        "permission_sets": hashlib.sha256(sets.data).hexdigest() if sets else "",
    }

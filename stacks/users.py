"""The stack with the user sync. A broken export stops this stack and no other."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.disabled_profile import DisabledProfile
from constructs_lib.export_source import ExportFile, ExportObject, ExportSource
from constructs_lib.sync_function import SyncCode
from constructs_lib.sync_grants import UserWrites
from constructs_lib.sync_storage import SyncStorage
from constructs_lib.user_sync import SyncedInstance, SyncExports, UserSync, Watched
from contact_center.export_location import parse_location
from contact_center.load import ContactCenter
from stacks.contact_center_stack import ContactCenterStack
from user_sync.policy import TAG_CONTACT_CENTER, TAG_ORGANIZATION, Policy


class UsersStack(ContactCenterStack):
    """Amazon Connect users, equal to the export."""

    def __init__(
        self, scope: Construct, *, center: ContactCenter, instance_arn: str, storage: SyncStorage, code: SyncCode
    ) -> None:
        """Declare the stack.

        Args:
            center: the contact center.
            instance_arn: whose users are synced.
            storage: for reports, and the key.
            code: what the sync runs.
        """
        config, policy = center.config, center.policy
        super().__init__(
            scope,
            config.users_stack_name,
            config=config,
            description=f"Amazon Connect users of the contact center {config.name}",
            kept=False,
        )
        owner = {TAG_CONTACT_CENTER: policy.contact_center, TAG_ORGANIZATION: policy.organization_id}
        disabled = DisabledProfile(
            self, "DisabledProfile", instance_arn=instance_arn, name=policy.disabled_profile, tags=owner
        )
        sync = UserSync(
            self,
            "Sync",
            instance=SyncedInstance(instance_arn, policy.contact_center, policy.to_json(), user_writes(policy)),
            exports=_exports(center),
            code=code,
            storage=storage,
            watched=Watched(
                deployment_wait_minutes=config.users.deployment_wait_minutes,
                email=config.alerts.email if config.alerts else None,
                max_export_age_hours=config.users.max_export_age_hours,
            ),
        )
        sync.resource.node.add_dependency(disabled)
        CfnOutput(self, "SyncFunctionName", value=sync.function.function_name)
        CfnOutput(self, "StateMachineArn", value=sync.machine_arn)
        for name, value in {**sync.counts, "Report": sync.report, "Status": sync.status}.items():
            CfnOutput(self, name, value=value)


def user_writes(policy: Policy) -> UserWrites:
    """Return what a policy may come to do with users: the less, the fewer grants.

    Args:
        policy: what the config says about users.
    """
    makes_and_removes = not policy.provisioned
    return UserWrites(
        ownership_tags={TAG_CONTACT_CENTER: policy.contact_center, TAG_ORGANIZATION: policy.organization_id},
        fields=policy.managed_fields,
        creates=makes_and_removes,
        adopts=policy.existing_users == "adopt",
        disables=makes_and_removes and policy.missing_users == "disable",
        deletes=makes_and_removes and (policy.missing_users == "delete" or policy.renamed_users == "replace"),
    )


def _exports(center: ContactCenter) -> SyncExports:
    users = center.config.users
    sets = _source(center, users.permission_sets) if users.permission_sets else None
    return SyncExports(users=_source(center, users.export), permission_sets=sets)


def _source(center: ContactCenter, text: str) -> ExportSource:
    location = parse_location(text)
    if location is None:
        return ExportFile(Path(center.resolve(text)))
    return ExportObject(bucket=location.bucket, key=location.key, version_id=location.version_id)

"""The stack with the key and the buckets, which is there before the users stack: an export can be put there."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.sync_storage import SyncStorage
from contact_center.config import Config
from stacks.contact_center_stack import ContactCenterStack


class StorageStack(ContactCenterStack):
    """Where exports come in and reports go out.

    Attributes:
        storage: key and buckets.
    """

    def __init__(self, scope: Construct, *, config: Config) -> None:
        """Declare the stack.

        Args:
            config: of the contact center.
        """
        super().__init__(
            scope,
            config.storage_stack_name,
            config=config,
            description=f"User exports and sync reports of the contact center {config.name}",
            kept=True,
        )
        # CloudFormation names the users stack's log groups after the stack.
        self.storage = SyncStorage(self, "Storage", log_groups=f"{config.users_stack_name}-*")
        CfnOutput(self, "ExportBucketName", value=self.storage.exports.bucket_name)
        CfnOutput(self, "ReportBucketName", value=self.storage.reports.bucket_name)

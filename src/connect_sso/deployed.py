"""The buckets of a contact center's deployed storage stack, for commands that use what is in the cloud.

Nothing here is needed to plan or apply: where no stack is deployed, or AWS refuses to tell, a command says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contact_center.load import ContactCenter
from user_sync.errors import SyncError
from user_sync.stored import Store, s3_client


class NotDeployedError(SyncError):
    """There is no storage stack, or it cannot be seen, or it is another account's."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """The two buckets, and the client to use them with."""

    client: Any
    exports: Store
    reports: Store


def buckets(center: ContactCenter) -> Buckets:
    """Return the buckets of the deployed storage stack.

    Raises:
        NotDeployedError: with why, and what to do.
    """
    import boto3  # noqa: PLC0415 - costs more than the rest of --help
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    config = center.config
    name = config.storage_stack_name
    quick = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})
    try:
        client: Any = boto3.client("cloudformation", region_name=config.region, config=quick)
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except (ClientError, BotoCoreError, ValueError) as error:  # the last: AWS_ENDPOINT_URL is none
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        why = f"cloudformation:DescribeStacks: {code}"
        raise NotDeployedError("not_deployed", f"stack {name} in {config.region} cannot be seen ({why})") from error
    account = stack["StackId"].split(":")[4]
    if config.account and account != config.account:
        text = f"the credentials are of account {account}, and the config says account: {config.account}"
        raise NotDeployedError("wrong_account", f"{text}; sign in to that account (AWS_PROFILE)")
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}
    if not {"ExportBucketName", "ReportBucketName"} <= outputs.keys():
        raise NotDeployedError("not_deployed", f"stack {name} has no buckets: deploy it")
    s3 = s3_client(config.region)
    return Buckets(s3, Store(s3, outputs["ExportBucketName"]), Store(s3, outputs["ReportBucketName"]))

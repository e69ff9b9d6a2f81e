"""Where a command's inputs come from: the config's folder, `--export`, the deployed stack."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contact_center.export_location import S3Object, parse_location
from contact_center.load import ContactCenter, missing_exports
from contact_center.named_files import NamedFile
from user_sync.errors import InstanceUnusable, SyncError
from user_sync.inputs import Inputs, Source
from user_sync.instance import InstanceArn
from user_sync.model import Problem


class InputsUnusableError(SyncError):
    """A file cannot be read, or lies where an offline command cannot reach."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code, problem.message)
        self.problem = problem


def read_inputs(center: ContactCenter, export: Path | None, *, offline: bool) -> Inputs:
    """Return the export, the second export and the policy.

    Args:
        center: the loaded config.
        export: `--export`, instead of the config's.
        offline: whether `s3://` is out of reach.

    Raises:
        InputsUnusableError: with the problem to show.
    """
    named = {file.column: file for file in center.exports}
    second = named.get("users.permission_sets")
    return Inputs(
        export=_local(export) if export else _named(center, named["users.export"], offline=offline),
        permission_sets=_named(center, second, offline=offline) if second else None,
        policy=center.policy,
        policy_file=str(center.path),
        now=datetime.now(UTC),
        policy_rows=center.rows,
    )


def _named(center: ContactCenter, file: NamedFile, *, offline: bool) -> Source:
    if file.path is not None:
        return _local(file.path, missing_exports(center))
    place = parse_location(file.text)
    if place is None:
        raise AssertionError("a name without a path is in S3")  # pragma: no cover
    if offline:
        text = f"{file.text} is not read offline: give a copy with --export FILE"
        raise InputsUnusableError(Problem("warning", str(center.path), file.row, file.column, "not_offline", text))
    return _object(center, place, file)


def _local(path: Path, missing: Iterable[Problem] = ()) -> Source:
    try:
        # Never later than now: a file with a wrong time must not make every other export look old.
        modified = min(datetime.fromtimestamp(path.stat().st_mtime, UTC), datetime.now(UTC))
        return Source(str(path), path.read_bytes(), modified)
    except OSError as error:
        for problem in missing:
            raise InputsUnusableError(problem) from error
        text = f"cannot read {path}: {error.strerror or error}; name a file that is there"
        raise InputsUnusableError(Problem("error", str(path), None, None, "export_missing", text)) from error


def _object(center: ContactCenter, place: S3Object, file: NamedFile) -> Source:
    import boto3  # noqa: PLC0415 - an offline command never needs it
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    version = {"VersionId": place.version_id} if place.version_id else {}
    try:
        s3: Any = boto3.client("s3", region_name=center.config.region)
        answer = s3.get_object(Bucket=place.bucket, Key=place.key, **version)
        data: bytes = answer["Body"].read()
    except (ClientError, BotoCoreError) as error:
        text = f"cannot read {file.text}: {error}; check the name, the version and s3:GetObject on it"
        problem = Problem("error", str(center.path), file.row, file.column, "export_missing", text)
        raise InputsUnusableError(problem) from error
    return Source(file.text, data, answer["LastModified"])


def find_instance(center: ContactCenter, given: str | None) -> InstanceArn:
    """Return the Connect instance that a command is about.

    Args:
        given: `--instance`.

    Raises:
        InstanceUnusable: there is none, or it is not in the config's account and Region.
    """
    config = center.config
    text = given or config.instance.existing or _deployed(center)
    instance = InstanceArn.parse(text)
    if instance.region != config.region:
        raise InstanceUnusable(
            "wrong_region", f"the instance is in {instance.region}, and the config says region: {config.region}"
        )
    if config.account and instance.account != config.account:
        raise InstanceUnusable(
            "wrong_account", f"the instance is in account {instance.account}, and the config says {config.account}"
        )
    return instance


def _deployed(center: ContactCenter) -> str:
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    config = center.config
    name = config.instance_stack_name
    fix = f"deploy it (npx cdk deploy {name} -c config={center.path}), or pass --instance ARN"
    quick = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2})
    try:
        client = boto3.client("cloudformation", region_name=config.region, config=quick)
        outputs = client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    except (ClientError, BotoCoreError, ValueError) as error:  # the last: AWS_ENDPOINT_URL is none
        raise InstanceUnusable(
            "no_instance", f"no instance is known: stack {name} in {config.region} cannot be read ({error}); {fix}"
        ) from error
    for output in outputs:
        if output["OutputKey"] == "InstanceArn":
            return output["OutputValue"]
    raise InstanceUnusable("no_instance", f"stack {name} has no output InstanceArn; {fix}")

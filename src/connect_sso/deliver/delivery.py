"""A prepared delivery as a value and as a file: all that an approval names. It holds nobody.

The file's bytes are what is approved, so that anybody can check it: ``sha256sum delivery.json``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from user_sync.errors import SyncError

FILE, VERSION = "delivery.json", 1
# Parameters of the users stack; constructs_lib.reviewed_plan declares them.
KEY, SHA256 = "ReviewedPlanKey", "ReviewedPlanSha256"


class DeliveryUnusable(SyncError):
    """The file is no prepared delivery."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file in the CDK's bucket, and what tells its bytes from any that are written there later.

    With versions, as in the CDK's bucket, the version alone does: S3 makes a new id for each write and gives none
    twice. An ETag is the content's MD5 without KMS, and no digest with it; so where the bucket keeps no versions it
    takes the time of the last write, too, which is S3's own.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html

    Attributes:
        version: ``null`` where the bucket keeps none.
        modified: by S3's clock, in seconds.
    """

    bucket: str
    key: str
    version: str
    etag: str
    modified: str


@dataclass(frozen=True, slots=True)
class PreparedStack:
    """What is to be done with one stack.

    Attributes:
        change_set: ARN; None where the termination protection alone changes.
        template_sha256: of the template (`digests.template_digest`).
        parameters: of the change set, by name.
        tags: of the change set.
        changes: how many resources: ``add``, ``modify``, ``replace``, ``remove``.
        protected: its termination protection afterwards, which no change set can hold.
        assets: that its template names, as they were published.
    """

    name: str
    change_set: str | None
    template_sha256: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    changes: Mapping[str, int]
    protected: bool
    assets: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """The users' plan, in the report bucket.

    Attributes:
        sha256: of the plan in canonical JSON.
    """

    key: str
    sha256: str

    @property
    def parameters(self) -> Mapping[str, str]:
        """Return the parameters by which a change set carries it."""
        return {KEY: self.key, SHA256: self.sha256}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was prepared.

    Attributes:
        prepared: when, UTC.
        digests: SHA-256 of ``assembly``, ``config``, ``review`` (the HTML page), and where users are planned of
            ``export`` and ``permission_sets``.
        plan: None where users are not in this delivery.
        stacks: in the order of execution.
        left: stacks that can only be prepared when these are there; with an approval of their own.
    """

    version: int
    contact_center: str
    account: str
    region: str
    prepared: str
    digests: Mapping[str, str]
    plan: KeptPlan | None
    stacks: tuple[PreparedStack, ...]
    left: tuple[str, ...]

    def as_text(self) -> str:
        """Return the file."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @property
    def approval(self) -> str:
        """Return the digest that an approval names: the SHA-256 of the file."""
        return hashlib.sha256(self.as_text().encode()).hexdigest()


def read_delivery(path: Path) -> tuple[Delivery, str]:
    """Return a prepared delivery and the digest of its file.

    Raises:
        DeliveryUnusable: it is none, or one of another version.
    """
    again = "give the delivery.json that deliver prepare wrote"
    try:
        data = path.read_bytes()
        found = TypeAdapter(Delivery).validate_json(data)
    except OSError as error:
        text = f"cannot read {path}: {error.strerror or error}; {again}"
        raise DeliveryUnusable("delivery_unusable", text) from error
    except ValidationError as error:
        text = f"{path} is no prepared delivery ({error.error_count()} values are wrong); {again}"
        raise DeliveryUnusable("delivery_unusable", text) from error
    if found.version != VERSION:
        text = f"{path} has version {found.version}, this is {VERSION}; prepare again"
        raise DeliveryUnusable("delivery_unusable", text)
    return found, hashlib.sha256(data).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()

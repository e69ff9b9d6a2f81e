"""A synthesized example, and edits of it that can be deployed without another synth."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from local_aws.server import LocalAws
from tests.end_to_end.direct import client

Json = dict[str, Any]
Row = dict[str, str]

STACKS = ("instance", "sign-on", "storage", "users")
_USERS = "acmeservice-users"


def read_rows(export: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(export.decode("utf-8-sig"))))


def write_rows(rows: Iterable[Row], columns: Iterable[str] = ()) -> bytes:
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns) or list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


class Assembly:
    """A folder that `cdk deploy --app` takes."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def template(self, stack: str) -> Json:
        template: Json = json.loads((self.out / f"acmeservice-{stack}.template.json").read_text())
        return template

    @property
    def users(self) -> Json:
        """The properties of the custom resource."""
        return custom_resource(self.template("users"))

    @property
    def function(self) -> Json:
        """The properties of the function that does the steps of a run."""
        functions = [one["Properties"] for one in self.template("users")["Resources"].values() if _is_step(one)]
        (properties,) = functions
        found: Json = properties
        return found

    @property
    def policy(self) -> Json:
        policy: Json = json.loads(self.users["Policy"])
        return policy

    def content(self, export: str = "Export") -> bytes:
        """What is deployed as the export, or as "PermissionSets"."""
        return (self.out / f"asset.{self.users[export]['Key']}").read_bytes()

    def rows(self) -> list[Row]:
        return read_rows(self.content())

    def edited(
        self,
        out: Path,
        *,
        policy: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        **exports: bytes | None,
    ) -> Assembly:
        """A copy with another `Export`, other `PermissionSets`, or keys of the policy or the custom resource changed.

        As a synth of these files would have it: what CDK calls by the hash of its content gets a new name.
        None for a file that is missing.
        """
        shutil.copytree(self.out, out, copy_function=os.link)
        copy = Assembly(out)
        changes = dict(properties or {})
        for name, content in exports.items():
            if content is None:
                changes[name] = {"Name": "users.csv", "Missing": "true"}
            else:
                copy._replace(self.users[name]["Key"], content)
        if policy:
            changes["Policy"] = json.dumps({**self.policy, **policy}, sort_keys=True, separators=(",", ":"))
        copy._change(changes)
        return copy

    def publish(self, aws: LocalAws) -> None:
        """Put the assets where the CDK's command line would."""
        s3, bucket = client(aws, "s3"), f"cdk-hnb659fds-assets-{aws.account}-{aws.region}"
        if bucket not in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
            parameter = {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30", "Type": "String"}
            client(aws, "ssm").put_parameter(**parameter)
        there = {one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())}
        for assets in self.out.glob("*.assets.json"):
            for file in json.loads(assets.read_text())["files"].values():
                (destination,) = file["destinations"].values()
                source, key = self.out / file["source"]["path"], destination["objectKey"]
                if key not in there:
                    data = _zipped(source) if source.is_dir() else source.read_bytes()
                    s3.put_object(Bucket=bucket, Key=key, Body=data)

    def _replace(self, key: str, content: bytes) -> None:
        old, suffix = key.split(".")
        new = hashlib.sha256(content).hexdigest()
        (self.out / f"asset.{old}.{suffix}").unlink()
        (self.out / f"asset.{new}.{suffix}").write_bytes(content)
        self._rewrite(lambda text: text.replace(old, new))

    def _change(self, properties: Json) -> None:
        template = self.template("users")
        custom_resource(template).update(properties)
        path = self.out / f"{_USERS}.template.json"
        path.unlink()
        path.write_text(json.dumps(template, indent=1))
        self._rewrite(lambda text: text)

    def _rewrite(self, edit: Callable[[str], str]) -> None:
        """Edit every file, never in place: the original has the same ones."""
        assets = json.loads((self.out / f"{_USERS}.assets.json").read_text())
        (old,) = (key for key, one in assets["files"].items() if one["source"]["path"] == f"{_USERS}.template.json")
        template = edit((self.out / f"{_USERS}.template.json").read_text())
        new = hashlib.sha256(template.encode()).hexdigest()
        for path in self.out.glob("*.json"):
            text = edit(path.read_text()).replace(old, new)
            path.unlink()
            path.write_text(text)


def custom_resource(template: Json) -> Json:
    return _properties(template, "Custom::ConnectUsers")


def _is_step(resource: Json) -> bool:
    return resource["Type"] == "AWS::Lambda::Function" and resource["Properties"]["Handler"].endswith(".on_step")


def _properties(template: Json, type_: str) -> Json:
    (resource,) = (one for one in template["Resources"].values() if one["Type"] == type_)
    properties: Json = resource["Properties"]
    return properties


def _zipped(folder: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return out.getvalue()

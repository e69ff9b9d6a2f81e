"""Changes to review: the example's templates before, and after an edit; no synthesis, so that it is quick."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from connect_sso.main import main
from contact_center.config_digest import MARK, config_digest
from contact_center.load import load

Json = dict[str, Any]
Edit = Callable[[Json], None]

SUPERVISOR = "0055e000IQ9Y7aJAYS"
EXAMPLE = Path("config/acmeservice")
TEMPLATES: Json = json.loads(Path("tests/infra/__snapshots__/test_example/test_templates.json").read_text())
KEPT = {"instance", "sign-on", "storage"}
NAG = {"/acmeservice-storage/Storage/AccessLogs": {"Annotation::AwsSolutions-S1": "it is the bucket of access logs"}}


@dataclass(frozen=True)
class Pages:
    """What a review wrote; texts are empty where no page was written."""

    code: int
    json: Json
    markdown: str
    html: str

    def findings(self, level: str) -> dict[str, Json]:
        """Return the findings of a level by code."""
        return {one["code"]: one for one in self.json["findings"] if one["level"] == level}


class Change:
    """A contact center's folder with what is deployed (``before.out``) and what would be (``cdk.out``)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "acmeservice" / "contact-center.yaml"
        self.before, self.after = folder / "before.out", folder / "cdk.out"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(EXAMPLE, self.config.parent)
        self.write(self.before)
        self.write(self.after)

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change keys of the config; ``None`` takes one out."""
        document: Json = yaml.safe_load(self.config.read_text())
        for key, value in changes.items():
            *parents, last = key.split(".")
            section = document
            for parent in parents:
                section = section.setdefault(parent, {})
            section[last] = value
            if value is None:
                del section[last]
        self.config.write_text(yaml.safe_dump(document))

    def write(self, out: Path, edit: Edit = lambda _templates: None, **more: Any) -> Path:
        """Write a cloud assembly of the config as it is, its templates edited.

        Args:
            edit: changes the templates, which go by ``instance``, ``sign-on``, ``storage``, ``users``.
            more: ``protected``: stacks with termination protection; ``nag``: acknowledgements by path;
                ``environment``: of every stack.
        """
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        center = load(self.config)
        templates = copy.deepcopy(TEMPLATES)
        sync = templates["users"]["Resources"]["SyncUsersFF24CF75"]["Properties"]
        sync["Policy"] = center.policy.to_json()
        for key, file in zip(("Export", "PermissionSets"), center.exports, strict=False):
            data = (self.config.parent / file.text).read_bytes()
            sync[key] = {**sync[key], "Name": file.text, "Key": f"{hashlib.sha256(data).hexdigest()}.csv"}
            (out / f"asset.{sync[key]['Key']}").write_bytes(data)
        edit(templates)
        artifacts: Json = {"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}
        for short, template in templates.items():
            name = f"acmeservice-{short}"
            marks: Json = {f"/{name}": [{"type": MARK, "data": config_digest(center.config)}]}
            for path, reasons in more.get("nag", NAG).items():
                if path.startswith(f"/{name}/"):
                    marks[path] = [{"type": "aws:cdk:acknowledged-rules", "data": reasons}]
            (out / f"{name}.template.json").write_text(json.dumps(template))
            (out / f"{name}.metadata.json").write_text(json.dumps(marks))
            artifacts[name] = {
                "type": "aws:cloudformation:stack",
                "environment": more.get("environment", "aws://unknown-account/us-west-2"),
                "properties": {
                    "templateFile": f"{name}.template.json",
                    "terminationProtection": short in more.get("protected", KEPT),
                    "tags": more.get("tags", {"Team": "contact-center"}),
                },
                "additionalMetadataFile": f"{name}.metadata.json",
            }
        (out / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
        return out

    def arguments(self, *more: str) -> list[str]:
        """Return the command line, compared with ``before.out``."""
        assemblies = ["--assembly", str(self.after), "--against", str(self.before)]
        return ["review", str(self.config), *assemblies, "--at", "2026-11-24", *more]

    def review(self, *more: str) -> Pages:
        """Review it, and read what was written."""
        paths = [self.folder / f"review.{kind}" for kind in ("md", "html")]
        out = io.StringIO()
        with redirect_stdout(out):
            files = ["--markdown", str(paths[0]), "--html", str(paths[1])]
            code = main(self.arguments("--json", *files, *more))
        markdown, html = (path.read_text(encoding="utf-8") if path.exists() else "" for path in paths)
        return Pages(code, json.loads(out.getvalue()), markdown, html)

    def people_change(self, arn: str) -> Path:
        """Apply the example's users, then let one leave and make one an administrator; return the kept plan."""
        self.configure({"users.missing_users": "disable", "users.limits": {"removals": "20%"}})
        self.write(self.before)
        reports = ["--report", str(self.folder / "reports")]
        assert main(["users", "apply", str(self.config), "--instance", arn, "--yes", "-q", *reports]) == 0
        for name, old, new in (
            ("users.csv", '"jonas.lindqvist@acme.example","true"', '"jonas.lindqvist@acme.example","false"'),
            (
                "permission-set-assignments.csv",
                f"{SUPERVISOR},ContactCenterSupervisor",
                f"{SUPERVISOR},ContactCenterAdmin",
            ),
        ):
            path = self.config.parent / name
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new), encoding="utf-8")
        self.write(self.after)
        plan = self.folder / "plan.json"
        assert main(["users", "plan", str(self.config), "--instance", arn, "--out", str(plan), "-q"]) == 2
        return plan


def resource(templates: Json, type_: str, part: str = "") -> Json:
    """Return the only resource of a type whose logical id holds a text."""
    (found,) = (
        one
        for template in templates.values()
        for id_, one in template["Resources"].items()
        if one["Type"] == type_ and part in id_
    )
    resource: Json = found
    return resource


def alias(templates: Json) -> None:
    """The instance gets another alias."""
    resource(templates, "AWS::Connect::Instance")["Properties"]["InstanceAlias"] = "acme-support"


def stranger(templates: Json) -> None:
    """The role trusts a provider that the config does not name."""
    resources = templates["sign-on"]["Resources"]
    metadata = resources["FederationSalesforce7AEE6CBF"]["Properties"]["SamlMetadataDocument"]
    resources["Rogue"] = {
        "Type": "AWS::IAM::SAMLProvider",
        "Properties": {"Name": "acmeservice-rogue", "SamlMetadataDocument": metadata},
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
    }
    statements = resource(templates, "AWS::IAM::Role", "FederationRole")["Properties"]["AssumeRolePolicyDocument"]
    theirs = copy.deepcopy(statements["Statement"][0])
    theirs["Principal"] = {"Federated": {"Fn::GetAtt": ["Rogue", "Arn"]}}
    statements["Statement"].append(theirs)


def broader(templates: Json) -> None:
    """The sync's role may change every user of the instance, not ours alone."""
    (statement,) = (
        one
        for policy in templates["users"]["Resources"].values()
        if policy["Type"] == "AWS::IAM::ManagedPolicy"
        for one in policy["Properties"]["PolicyDocument"]["Statement"]
        if one.get("Sid") == "ChangeOurUsers"
    )
    del statement["Condition"]


def unkept(templates: Json) -> None:
    """The bucket of exports is no longer kept."""
    bucket = resource(templates, "AWS::S3::Bucket", "Exports")
    bucket["DeletionPolicy"] = bucket["UpdateReplacePolicy"] = "Delete"


def lost(templates: Json) -> None:
    """The bucket of reports is in no template any more."""
    (gone,) = (
        id_ for id_ in templates["storage"]["Resources"] if id_.startswith("StorageReports") and "Policy" not in id_
    )
    del templates["storage"]["Resources"][gone]

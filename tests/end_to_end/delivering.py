"""The verbs of a delivery as the roles of a pipeline, on a local AWS of their own."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
import yaml

from connect_sso.main import main
from contact_center.load import ContactCenter, load
from local_aws.cdk import Cdk
from local_aws.example import ExampleCopy
from stacks.delivery import DeliveryStack
from tests.end_to_end.assembly import Assembly, Json, write_rows
from tests.end_to_end.direct import Stack, client
from tests.end_to_end.product import Product, running

Keys = Mapping[str, str]
ISSUER = "https://token.actions.githubusercontent.com"
REPOSITORY = "repo:acme/contact-center"
# Where a job of each role runs, as GitHub's token says it.
PLACES = {
    "reviewer": f"{REPOSITORY}:pull_request",
    "reader": f"{REPOSITORY}:ref:refs/heads/main",
    "preparer": f"{REPOSITORY}:ref:refs/heads/main",
    "deployer": f"{REPOSITORY}:environment:production",
}
PROBE = "probe"


@dataclass
class Delivering:
    """A contact center's folder, what it synthesizes to, and the roles of its pipeline."""

    product: Product
    folder: Path
    assembly: Assembly
    made: int = 0
    taken: dict[str, Keys] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "acmeservice" / "contact-center.yaml"

    def run(self, keys: Keys, *arguments: Any) -> tuple[int, Json]:
        """Run connect-sso as whoever has the keys; return the exit code and the document."""
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
                patch.delenv(name, raising=False)
            for name, value in {**self.product.aws.environment(), **keys}.items():
                patch.setenv(name, value)
            patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the keys that it found first
            code = main([*map(str, arguments), "--json"])
        document: Json = json.loads(out.getvalue())
        return code, document

    def prepare(self, keys: Keys, assembly: Assembly | None = None) -> tuple[int, Json, Path]:
        """Prepare; return the folder of the delivery too."""
        self.made += 1
        out = self.folder / f"out-{self.made}"
        where = (assembly or self.assembly).out
        code, document = self.run(keys, "deliver", "prepare", self.config, "--assembly", where, "--out", out)
        return code, document, out

    def execute(self, keys: Keys, out: Path, approved: str) -> tuple[int, Json]:
        file = out / "delivery.json"
        return self.run(keys, "deliver", "execute", self.config, "--delivery", file, "--approved", approved)

    def renamed(self, name: str) -> Assembly:
        """The files with one person renamed, and what they synthesize to."""
        rows = [{**row, "LastName": name} if index == 1 else row for index, row in enumerate(self.assembly.rows())]
        data = write_rows(rows)
        (self.config.parent / "users.csv").write_bytes(data)
        return self.assembly.edited(self.folder / f"cdk-{name}", Export=data)

    def described(self, text: str) -> Assembly:
        """The files as they were at first, and what they synthesize to with another description of the storage."""
        (self.config.parent / "users.csv").write_bytes(self.assembly.content())
        copy = self.assembly.edited(self.folder / f"cdk-{text}")
        path = copy.out / "acmeservice-storage.template.json"
        old = path.read_bytes()
        new = json.dumps({**json.loads(old), "Description": text}).encode()
        path.unlink()
        path.write_bytes(new)
        for file in (copy.out / "manifest.json", copy.out / "acmeservice-storage.assets.json"):
            changed = file.read_text().replace(sha256(old).hexdigest(), sha256(new).hexdigest())
            file.unlink()
            file.write_text(changed)
        return copy

    def by_hand(self) -> Callable[[], Any]:
        """Make a user past everything; return what deletes it."""
        connect, instance = self.product.client("connect"), {"InstanceId": self.product.instance_id}
        made = connect.create_user(
            Username="stranger",
            IdentityInfo={"FirstName": "By", "LastName": "Hand"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[connect.list_security_profiles(**instance)["SecurityProfileSummaryList"][0]["Id"]],
            RoutingProfileId=connect.list_routing_profiles(**instance)["RoutingProfileSummaryList"][0]["Id"],
            **instance,
        )
        return lambda: connect.delete_user(UserId=made["UserId"], **instance)

    def token(self, subject: str, audience: str = "sts.amazonaws.com") -> str:
        """A token as GitHub's, but for the signature, which the local AWS does not check."""
        parts = ({"alg": "RS256"}, {"iss": ISSUER, "aud": audience, "sub": subject})
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
        return ".".join([*encoded, "x"])

    def take(self, role: str, token: str) -> Keys:
        """Take a role with a token."""
        arn = f"arn:aws:iam::{self.product.aws.account}:role/acmeservice-delivery-{role}"
        given = self.product.client("sts").assume_role_with_web_identity(
            RoleArn=arn, RoleSessionName="job", WebIdentityToken=token
        )
        return as_environment(given["Credentials"])

    def role(self, name: str) -> Keys:
        """The keys of a role, taken where its jobs run."""
        if name not in self.taken:
            self.taken[name] = self.take(name, self.token(PLACES[name]))
        return self.taken[name]

    def client(self, keys: Keys, service: str) -> Any:
        names = {"AccessKeyId": "AWS_ACCESS_KEY_ID", "SecretAccessKey": "AWS_SECRET_ACCESS_KEY"}
        given = {name: keys[variable] for name, variable in names.items()}
        return client(self.product.aws, service, {**given, "SessionToken": keys["AWS_SESSION_TOKEN"]})

    def statements(self, role: str) -> list[Json]:
        """The statements of a deployed role."""
        iam, found = self.product.client("iam"), []
        for policy in iam.list_attached_role_policies(RoleName=f"acmeservice-delivery-{role}")["AttachedPolicies"]:
            version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            got = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
            found += got["PolicyVersion"]["Document"]["Statement"]
        return found

    def probe(self, statements: Sequence[Json]) -> Keys:
        """The keys of a role that may do just this."""
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.product.client("iam").put_role_policy(RoleName=PROBE, PolicyName=PROBE, PolicyDocument=document)
        arn = f"arn:aws:iam::{self.product.aws.account}:role/{PROBE}"
        given = self.product.client("sts").assume_role(RoleArn=arn, RoleSessionName=PROBE)
        return as_environment(given["Credentials"])

    def no_change_sets(self) -> None:
        """Take away every change set that was left."""
        api = self.product.client("cloudformation")
        for stack in (one["StackName"] for one in api.describe_stacks()["Stacks"]):
            for one in api.list_change_sets(StackName=stack)["Summaries"]:
                api.delete_change_set(ChangeSetName=one["ChangeSetId"], StackName=stack)


def as_environment(keys: Mapping[str, str]) -> Keys:
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def delivery_template(center: ContactCenter, out: Path) -> Json:
    """What the delivery stack is synthesized to; of the app's stacks this one alone."""
    delivery = center.config.delivery
    assert delivery
    app = cdk.App(outdir=str(out), analytics_reporting=False)
    stack = DeliveryStack(app, center=center, delivery=delivery)
    template: Json = app.synth().get_stack_by_name(stack.stack_name).template
    return template


@contextmanager
def delivering(folder: Path, assembly: Assembly, example: ExampleCopy) -> Iterator[Delivering]:
    """A bootstrapped account in which a person has deployed the delivery stack, and nothing else is."""
    shutil.copytree(example.folder, folder / "acmeservice")
    with running(folder) as product:
        Cdk(environment=product.aws.environment(), log=folder / "cdk.log", timeout=240).bootstrap(
            product.aws.account, product.aws.region
        )
        # The local AWS knows no provider of OpenID Connect: one that exists already, which is only named.
        named = f"arn:aws:iam::{product.aws.account}:oidc-provider/{ISSUER.removeprefix('https://')}"
        path = folder / "acmeservice" / "with-delivery.yaml"
        document = yaml.safe_load((folder / "acmeservice" / "contact-center.yaml").read_text())
        github = {"repository": "acme/contact-center", "oidc_provider": named}
        path.write_text(yaml.safe_dump({**document, "delivery": {"github": github}}))
        template = delivery_template(load(path), folder / "delivery.out")
        assert Stack(product.aws, "acmeservice-delivery").put_template(template) == "CREATE_COMPLETE"
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": product.aws.account}}
        product.client("iam").create_role(RoleName=PROBE, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        yield Delivering(product, folder, assembly)

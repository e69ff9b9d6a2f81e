"""A contact center on a local AWS whose arrangement of identity providers can be changed, and its two providers.

The templates are a real synthesis of each arrangement; the users come from `connect-sso users apply`; the providers
are configured by what `connect-sso kit` writes; where a person starts, `connect-sso matrix` says.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from connect_sso.main import main
from contact_center.sign_in import deep_link, relay_state
from local_aws.server import LocalAws
from tests.end_to_end.direct import Stack, client
from tests.end_to_end.sign_in import kit_reading
from tests.end_to_end.sign_in.providers import App, OurProvider, Samlp
from tests.end_to_end.sign_in.walking import Internet
from tests.infra.synthesis import config_with, synthesize
from tests.unit.connect_sso.kits import read

SALESFORCE, OKTA = "https://acme.my.salesforce.com", "https://acme.okta.com"
START = {"salesforce": "/idp/login", "third_party": "/home/amazon_aws/0oa1/272"}
IDENTITY_URL = f"{SALESFORCE}/idp/login?app=0sp5e000000001"
LOGIN_URL = f"{OKTA}{START['third_party']}"
_THIRD_PARTY = {"name": "okta", "metadata": "okta-idp.xml", "login_url": LOGIN_URL}
ARRANGEMENTS: dict[str, dict[str, Any]] = {
    "salesforce": {},
    "salesforce_and_third_party": {"sign_on.third_party": _THIRD_PARTY},
    "third_party": {"sign_on.third_party": _THIRD_PARTY, "sign_on.salesforce.metadata": None},
}
Json = dict[str, Any]


@dataclass(repr=False)
class World:
    """The contact center `acmeservice`.

    Attributes:
        code: what synthesis needs, see `tests.infra`.
        salesforce: the provider that we wrote.
        okta: the one that we did not.
    """

    aws: LocalAws
    folder: Path
    code: Path
    salesforce: OurProvider
    okta: Samlp
    arrangement: str = ""
    broken: str = ""
    configs: dict[str, Path] = field(default_factory=dict)
    templates: dict[str, dict[str, Json]] = field(default_factory=dict)
    kits: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def internet(self) -> Internet:
        return Internet(self.aws.url, {SALESFORCE: self.salesforce.url, OKTA: self.okta.url})

    @property
    def config(self) -> Path:
        return self.configs[self.arrangement]

    @property
    def kit(self) -> dict[str, str]:
        return self.kits[self.arrangement]

    @property
    def outputs(self) -> dict[str, str]:
        return {**self.stack("instance").outputs(), **self.stack("sign-on").outputs()}

    @property
    def people(self) -> kit_reading.People:
        return kit_reading.people(self.config.parent)

    def stack(self, name: str) -> Stack:
        return Stack(self.aws, f"acmeservice-{name}")

    def template(self, arrangement: str, stack: str) -> Json:
        """The template of a stack, synthesized where it was not yet."""
        if arrangement not in self.templates:
            changes = {"sign_on.identity_provider": arrangement, "users.requests_per_second": 100}
            config = config_with(self.folder / arrangement, {**changes, **ARRANGEMENTS[arrangement]})
            (config.parent / "salesforce-idp.xml").write_text(self.salesforce.metadata)
            (config.parent / "okta-idp.xml").write_text(self.okta.metadata)
            made = synthesize(config, self.folder / f"{arrangement}.out", self.code)
            self.configs[arrangement] = config
            self.templates[arrangement] = {name: made.template(name) for name in ("instance", "sign-on")}
        return self.templates[arrangement][stack]

    def arrange(self, arrangement: str) -> None:
        """Deploy an arrangement, and configure the providers by its kit."""
        if self.broken:
            pytest.fail(f"an earlier change of the arrangement failed: {self.broken}", pytrace=False)
        if arrangement == self.arrangement:
            return
        try:
            if self.arrangement:
                self.forget_providers_nobody_trusts()
                self._deploy(arrangement, "UPDATE_COMPLETE")
            else:
                self._begin(arrangement)
            if arrangement not in self.kits:
                self.kits[arrangement] = self._kit()
            for key, provider in (("salesforce", self.salesforce), ("third_party", self.okta)):
                app = self.app(key)
                if app is not None:
                    provider.set(START[key], app)
        except BaseException as error:
            self.broken = f"{arrangement}: {error!r}"[:500]
            raise

    def _begin(self, arrangement: str) -> None:
        """Deploy the instance and the first arrangement, and make the users."""
        # What `cdk bootstrap` leaves behind, as far as these two stacks look at it.
        version = {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30", "Type": "String"}
        client(self.aws, "ssm").put_parameter(**version)
        assert self.stack("instance").put_template(self.template(arrangement, "instance")) == "CREATE_COMPLETE"
        self._deploy(arrangement, "CREATE_COMPLETE")
        code, told = self.run("users", "apply", "--yes", "--report", str(self.folder / "reports"))
        assert (code, told["summary"]["create"]) == (0, 20), told

    def _deploy(self, arrangement: str, wanted: str) -> None:
        status = self.stack("sign-on").put_template(self.template(arrangement, "sign-on"))
        assert status == wanted, self.stack("sign-on").reasons()
        self.arrangement = arrangement

    def forget_providers_nobody_trusts(self) -> None:
        """Delete what an earlier arrangement left behind, as docs/arrangements says."""
        iam, stack = client(self.aws, "iam"), self.stack("sign-on")
        mine = {
            one["PhysicalResourceId"]
            for one in stack.api.describe_stack_resources(StackName=stack.name)["StackResources"]
        }
        for provider in iam.list_saml_providers()["SAMLProviderList"]:
            if provider["Arn"] not in mine:
                iam.delete_saml_provider(SAMLProviderArn=provider["Arn"])

    def app(self, key: str) -> App | None:
        """The app at a provider, as the arrangement's kit has it; None where it has none."""
        if key == "salesforce":
            has = any(path.endswith(".ecaSamlPlcy-meta.xml") for path in self.kit)
            return kit_reading.salesforce_app(self.kit, self.people, self.aws.url) if has else None
        return kit_reading.okta_app(self.kit, self.people, self.aws.url) if "claims/okta.md" in self.kit else None

    def run(self, *arguments: str) -> tuple[int, Json]:
        """Run a command of the product against the local AWS; its exit code and JSON document.

        Args:
            arguments: without the config, which comes after the command's words.
        """
        words = 2 if arguments[0] == "users" else 1
        command = [*arguments[:words], str(self.config), *arguments[words:], "--json"]
        out = io.StringIO()
        with patch.dict(os.environ, self.aws.environment(), clear=True), redirect_stdout(out):
            code = main(command)
        return code, json.loads(out.getvalue())

    def matrix(self) -> list[Json]:
        """The rows of `connect-sso matrix`."""
        code, told = self.run(
            "matrix", "--outputs", str(self._outputs_file()), "--kit", str(self.config.parent / "kit")
        )
        assert (code, told["identity_provider"]) == (0, self.arrangement)
        rows: list[Json] = told["rows"]
        return rows

    def start(self, row: Json) -> str:
        """Where the sign-in of a row begins: its link; for Omni-Channel what the imported contact center says."""
        if row["then_uses"] != "omni_channel":
            return str(row["url"])
        center = kit_reading.definition(self.kit)
        start = deep_link(center["reqIdentityUrl"], center["reqRelayState"])
        assert row["url"] in (start, center["reqRelayState"])
        return start

    def link(self, key: str, page: str | None) -> str:
        """The link through a provider to a page, whether or not the arrangement has the provider."""
        login_url = {"salesforce": IDENTITY_URL, "third_party": LOGIN_URL}[key]
        return deep_link(login_url, relay_state(self.aws.region, self.outputs["InstanceId"], page))

    def _kit(self) -> dict[str, str]:
        out = self.config.parent / "kit"
        command = ("kit", "--out", str(out), "--offline", "--outputs", str(self._outputs_file()))
        assert self.run(*command)[0] == 0
        if self.arrangement != "third_party":
            # What only Salesforce knows, filled in as the kit asks for it.
            (out / "salesforce-values.json").write_text(json.dumps({"identity_url": IDENTITY_URL}))
            assert self.run(*command)[0] == 0
        return read(out)

    def _outputs_file(self) -> Path:
        path = self.config.parent / "outputs.json"
        stacks = {f"acmeservice-{name}": self.stack(name).outputs() for name in ("instance", "sign-on")}
        path.write_text(json.dumps(stacks))
        return path

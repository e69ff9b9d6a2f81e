from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import pytest

from tests.infra.synthesis import EXAMPLE, ROOT, Synthesized, config_with, synthesize

EXISTING_INSTANCE = "arn:aws:connect:us-west-2:111122223333:instance/12345678-1234-1234-1234-1234567890ab"
EXISTING_ROLE = "arn:aws:iam::111122223333:role/old-SAMLRole"
EXISTING_PROVIDER = "arn:aws:iam::111122223333:saml-provider/old-salesforce"
OKTA = {"name": "okta", "metadata": "okta-idp.xml", "login_url": "https://acme.okta.com/home/amazon_aws/0oa1/272"}

# The variants that facts are checked on, each as changes of the example.
VARIANTS: dict[str, dict[str, Any]] = {
    "government": {"region": "us-gov-west-1", "account": "111122223333"},
    "both": {
        "sign_on.identity_provider": "salesforce_and_third_party",
        "sign_on.third_party": OKTA,
        "sign_on.session_tags": True,
        "sign_on.session_hours": 8,
        "sign_on.emergency_access": {"principals": ["arn:aws:iam::111122223333:role/on-call"]},
        "users.missing_users": "disable",
        "users.existing_users": "adopt",
        "users.max_export_age": "8d",
        "users.deployment_wait": "20m",
    },
    "third-party": {
        "sign_on.identity_provider": "third_party",
        "sign_on.third_party": OKTA,
        "sign_on.salesforce.metadata": None,
        "sign_on.salesforce.my_domain": None,
        "users.export": "s3://acme-exports/users/2026-11.csv?versionId=3HL4kqtJlcpXrof3",
        "users.permission_sets": "s3://acme-exports/sets.csv",
        "users.missing_users": "delete",
    },
    "existing": {
        "account": "111122223333",
        "instance": {"existing": EXISTING_INSTANCE},
        "sign_on.role": EXISTING_ROLE,
        "sign_on.salesforce.provider": EXISTING_PROVIDER,
        "sign_on.salesforce.metadata": None,
        "sign_on.salesforce.contact_center": "provisioned",
        "users.existing_users": "adopt",
        "users.managed_fields": ["name", "security_profiles"],
        "users.export": "gone.csv",
    },
    "bootstrapped": {"bootstrap": {"qualifier": "acmesvc"}},
    "delivered": {
        "delivery": {
            "github": {"repository": "acme/contact-center"},
            "code_pipeline": {
                "connection": "arn:aws:codeconnections:us-west-2:111122223333:connection/"
                "12345678-1234-1234-1234-1234567890ab",
                "repository": "acme/contact-center",
                "config": "config/acmeservice/contact-center.yaml",
            },
        },
    },
    "delivered-existing": {
        "account": "111122223333",
        "instance": {"existing": EXISTING_INSTANCE},
        "users.export": "s3://acme-exports/users/2026-11.csv?versionId=3HL4kqtJlcpXrof3",
        "users.permission_sets": "s3://acme-exports/sets.csv",
        "users.missing_users": "delete",
        "delivery": {
            "github": {
                "repository": "acme@123456/contact-center@456789",
                "oidc_provider": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
            }
        },
    },
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one process: starting the JavaScript kernel takes seconds."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("infra"))


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What runs in AWS as it is now, and a stand-in for the layer, whose content does not matter to a template."""
    folder = tmp_path_factory.mktemp("code")
    litter = shutil.ignore_patterns("__pycache__")
    for package in ("user_sync", "certificate_watch"):
        shutil.copytree(ROOT / "src" / package, folder / "src" / package, ignore=litter)
    with ZipFile(folder / "layer.zip", "w") as archive:
        archive.writestr(ZipInfo("python/stand_in.py"), "")
    return folder


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Synthesized:
    """The example as it is."""
    return synthesize(EXAMPLE / "contact-center.yaml", tmp_path_factory.mktemp("example") / "cdk.out", code)


@pytest.fixture(scope="session")
def variant(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Callable[[str], Synthesized]:
    """A variant of the example by name, synthesized once."""
    made: dict[str, Synthesized] = {}

    def get(name: str) -> Synthesized:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            path = config_with(folder / "config", VARIANTS[name])
            okta = (EXAMPLE / "salesforce-idp.xml").read_text().replace("acme.my.salesforce.com", "acme.okta.com")
            (path.parent / "okta-idp.xml").write_text(okta)
            made[name] = synthesize(path, folder / "cdk.out", code)
        return made[name]

    return get

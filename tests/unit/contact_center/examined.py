"""What `doctor` examines, made by hand: a config, the role's policies, checks by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contact_center.checks import Check
from contact_center.config import Config
from contact_center.places import Places

ACCOUNT = "111122223333"
INSTANCE = f"arn:aws:connect:us-west-2:{ACCOUNT}:instance/12345678-1234-1234-1234-1234567890ab"
SALESFORCE = f"arn:aws:iam::{ACCOUNT}:saml-provider/acmeservice-salesforce"
OKTA = f"arn:aws:iam::{ACCOUNT}:saml-provider/acmeservice-okta"
EVERYWHERE, HERE = "https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml"
OLD_ROLE = f"arn:aws:iam::{ACCOUNT}:role/service/old-SAMLRole"


def config(region: str = "us-west-2", instance: dict[str, Any] | None = None, **sign_on: Any) -> Config:
    """Return a config; keywords are keys of `sign_on`."""
    salesforce = {"organization_id": "00D5e000000AbCd", "my_domain": "acme", "metadata": "salesforce-idp.xml"}
    rule = {"match": {}, "security_profiles": ["Agent"], "routing_profile": "Basic Routing Profile"}
    return Config.model_validate(
        {
            "name": "acmeservice",
            "region": region,
            "instance": instance or {"alias": "acme-service"},
            "sign_on": {"salesforce": salesforce, **sign_on},
            "users": {"export": "users.csv", "rules": [rule]},
        }
    )


def places(**keys: Any) -> Places:
    """Return the places of such a config."""
    return Places(config(**keys), "contact-center.yaml")


def trust(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(provider: Any = SALESFORCE, **change: Any) -> dict[str, Any]:
    """Return a statement of the trust policy as we deploy it, with members changed; None takes one away."""
    made = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": [EVERYWHERE, HERE]}},
        **change,
    }
    return {key: value for key, value in made.items() if value is not None}


def by_name(checks: Iterable[Check]) -> dict[str, Check]:
    """Return the checks by their names, which must differ; each that fails must have a fix."""
    found: dict[str, Check] = {}
    for check in checks:
        assert check.name not in found
        assert check.ok or check.fix, check
        assert check.judged or check.ok
        found[check.name] = check
    return found


def failing(checks: Iterable[Check]) -> set[str]:
    """Return the names of the checks that fail."""
    return {name for name, check in by_name(checks).items() if not check.ok}

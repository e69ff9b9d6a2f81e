"""The `delivery` section: its values, who may assume which role, and what is told about bad ones."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from contact_center.load import examine, load
from tests.unit.contact_center.conftest import BASE, Write
from tests.unit.contact_center.test_config_schema import SCHEMA, fits

CONNECTION = "arn:aws:codeconnections:eu-west-1:999988887777:connection/12345678-1234-1234-1234-1234567890ab"
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
PIPELINE = {"connection": CONNECTION, "repository": "acme/contact-center", "config": "config/acme/contact-center.yaml"}
NO_TEXT = "is not a repository, OWNER/NAME"


def written(delivery: Any, **more: Any) -> str:
    return BASE + yaml.safe_dump({"delivery": delivery, **more})


def github(**keys: Any) -> str:
    return written({"github": {"repository": "acme/contact-center", **keys}})


def pipeline(**keys: Any) -> str:
    return written({"code_pipeline": {**PIPELINE, **keys}})


def test_without_it_there_is_no_pipeline(write: Write) -> None:
    assert load(write(BASE)).config.delivery is None


def test_each_role_is_one_place_in_one_repository(write: Write) -> None:
    delivery = load(write(github(branch="release/x", environment="live"))).config.delivery
    assert delivery is not None and delivery.github is not None
    assert delivery.github.subjects() == {
        "reviewer": ("repo:acme/contact-center:pull_request",),
        "reader": ("repo:acme/contact-center:ref:refs/heads/release/x",),
        "preparer": ("repo:acme/contact-center:ref:refs/heads/release/x",),
        "deployer": ("repo:acme/contact-center:environment:live",),
    }


def test_a_repository_with_immutable_ids(write: Write) -> None:
    delivery = load(write(github(repository="acme@123456/contact-center@456789"))).config.delivery
    assert delivery is not None and delivery.github is not None
    assert delivery.github.subjects()["deployer"] == ("repo:acme@123456/contact-center@456789:environment:production",)


def test_names_are_a_contract(write: Write) -> None:
    config = load(write(BASE)).config
    assert config.delivery_role_name("preparer") == "acmeservice-delivery-preparer"
    assert (config.delivery_stack_name, config.code_pipeline_stack_name) == (
        "acmeservice-delivery",
        "acmeservice-code-pipeline",
    )
    others = {config.delivery_stack_name, config.code_pipeline_stack_name, config.bootstrap_stack_name}
    assert not others & set(config.delivered_stack_names), "a pipeline must not be able to change what it may do"


@pytest.mark.parametrize(
    "text",
    [
        github(oidc_provider=PROVIDER),
        pipeline(),
        pipeline(connection=CONNECTION.replace("codeconnections", "codestar-connections"), branch="main"),
        written({"github": {"repository": "a/b"}, "code_pipeline": PIPELINE}, account="111122223333"),
    ],
)
def test_good_ones(write: Write, text: str) -> None:
    assert load(write(text)).warnings == ()
    assert fits(yaml.safe_load(text), SCHEMA)


@pytest.mark.parametrize(
    ("text", "column", "code", "part"),
    [
        (github(repository="acme"), "github.repository", "repository_invalid", NO_TEXT),
        (github(repository="acme/*"), "github.repository", "repository_invalid", NO_TEXT),
        (github(repository="acme@1/x"), "github.repository", "repository_invalid", "with both ids"),
        (github(repository="acme/x@1"), "github.repository", "repository_invalid", "with both ids"),
        (
            github(repository="https://github.com/acme/x.git"),
            "github.repository",
            "repository_invalid",
            ": write acme/x",
        ),
        (github(repository="git@github.com:acme/x.git"), "github.repository", "repository_invalid", ": write acme/x"),
        (github(branch="main*"), "github.branch", "branch_invalid", "without wildcards"),
        (github(branch="/main"), "github.branch", "branch_invalid", "without refs/heads/"),
        (github(branch="refs/heads/main"), "github.branch", "branch_invalid", "without refs/heads/"),
        (github(branch="a..b"), "github.branch", "branch_invalid", "one name"),
        (github(environment="prod*"), "github.environment", "environment_invalid", "letters, digits"),
        (github(environment="a:ref:b"), "github.environment", "environment_invalid", "letters, digits"),
        (github(environment=""), "github.environment", "environment_invalid", "letters, digits"),
        (github(oidc_provider="x"), "github.oidc_provider", "arn_invalid", "oidc-provider/token.actions"),
        (
            github(oidc_provider=PROVIDER.replace("actions", "other")),
            "github.oidc_provider",
            "arn_invalid",
            "for GitHub Actions",
        ),
        (github(secret="x"), "github.secret", "unknown_key", "allowed are repository, branch"),
        (pipeline(connection="x"), "code_pipeline.connection", "arn_invalid", "connection/ID"),
        (pipeline(repository="a@1/b@2"), "code_pipeline.repository", "repository_invalid", NO_TEXT),
        (pipeline(config="../x.yaml"), "code_pipeline.config", "file_invalid", "from the top"),
        (pipeline(config="/x.yaml"), "code_pipeline.config", "file_invalid", "from the top"),
        (pipeline(config="config/x.json"), "code_pipeline.config", "file_invalid", "from the top"),
        (pipeline(config="x.yaml; rm -rf x.yaml"), "code_pipeline.config", "file_invalid", "from the top"),
        (written({"code_pipeline": {}}), "code_pipeline.config", "missing_key", "path in the repository"),
    ],
)
def test_bad_values_are_told_with_their_place(write: Write, text: str, column: str, code: str, part: str) -> None:
    examination = examine(write(text))
    assert examination.contact_center is None
    told = {(problem.column, problem.code): problem.message for problem in examination.problems}
    assert part in told[f"delivery.{column}", code]
    assert not fits(yaml.safe_load(text), SCHEMA)


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        (written({}), "delivery", "missing_key"),
        (github(oidc_provider=PROVIDER) + "account: '999988887777'\n", "delivery.github.oidc_provider", "account"),
        (
            github(oidc_provider=PROVIDER.replace(":aws:", ":aws-us-gov:")),
            "delivery.github.oidc_provider",
            "partition",
        ),
        (
            pipeline(connection=CONNECTION.replace(":aws:", ":aws-us-gov:")),
            "delivery.code_pipeline.connection",
            "partition",
        ),
    ],
)
def test_what_must_agree(write: Write, text: str, column: str, code: str) -> None:
    (problem,) = examine(write(text)).problems
    assert problem.column == column
    assert problem.code.startswith(code)

"""Facts of what watches a sign-on: the certificates' end, each use of emergency access, and who is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from constructs_lib.certificate_watch import CertificateWatch, WatchedProvider
from constructs_lib.sign_on_alerts import SignOnAlerts
from contact_center.metadata import ENDS_SOON
from tests.infra.conftest import EXISTING_PROVIDER
from tests.infra.synthesis import ROOT, Synthesized

Variant = Callable[[str], Synthesized]
WATCH = ROOT / "src" / "certificate_watch" / "index.py"


def _alarms(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    found = synthesized.resources("sign-on", "AWS::CloudWatch::Alarm").values()
    return {one["Properties"]["MetricName"]: one["Properties"] for one in found}


def _dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in alarm["Dimensions"]}


def test_each_certificates_end_is_alarmed_on_when_check_warns_of_it(example: Synthesized) -> None:
    alarm = _alarms(example)["DaysToCertificateEnd"]
    topic = {"Ref": next(iter(example.resources("sign-on", "AWS::SNS::Topic")))}
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (ENDS_SOON.days, "LessThanOrEqualToThreshold")
    assert _dimensions(alarm) == {"ContactCenter": "acmeservice", "Provider": "acmeservice-salesforce"}
    # Nobody looking any more is told as well, and not before the function has run for the first time.
    assert alarm["AlarmActions"] == alarm["InsufficientDataActions"] == [topic]
    assert alarm["TreatMissingData"] == "missing"
    assert _alarms(example)["Errors"]["AlarmActions"] == [topic]


def test_all_providers_are_watched_also_those_that_exist_already(variant: Variant) -> None:
    def watched(name: str) -> set[str]:
        alarms = variant(name).resources("sign-on", "AWS::CloudWatch::Alarm").values()
        return {_dimensions(one["Properties"]).get("Provider", "") for one in alarms} - {""}

    assert watched("both") == {"acmeservice-salesforce", "acmeservice-okta"}
    assert watched("third-party") == {"acmeservice-okta"}
    assert watched("existing") == {"old-salesforce"}
    function = variant("existing").one("sign-on", "AWS::Lambda::Function")
    assert function["Environment"]["Variables"]["PROVIDER_ARNS"] == EXISTING_PROVIDER


def test_the_function_reads_the_providers_sends_its_metric_and_does_nothing_else(variant: Variant) -> None:
    statements = variant("existing").statements("sign-on")
    assert set(statements) == {"ReadProviders", "SendMetric", "WriteLog"}
    assert statements["ReadProviders"]["Action"] == "iam:GetSAMLProvider"
    assert statements["ReadProviders"]["Resource"] == EXISTING_PROVIDER
    assert statements["SendMetric"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "ConnectSso"}}
    assert statements["WriteLog"]["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_the_code_stands_in_the_template_and_runs_on_a_schedule(example: Synthesized) -> None:
    function = example.one("sign-on", "AWS::Lambda::Function")
    assert function["Code"] == {"ZipFile": WATCH.read_text()}
    assert function["Environment"]["Variables"]["METRIC"] == "DaysToCertificateEnd"
    rule = example.one("sign-on", "AWS::Events::Rule")
    assert rule["ScheduleExpression"] == "rate(6 hours)"
    assert example.one("sign-on", "AWS::Lambda::Permission")["Principal"] == "events.amazonaws.com"


def test_code_that_is_too_long_for_a_template_is_refused(tmp_path: Path) -> None:
    stack = cdk.Stack(cdk.App(), "stack")
    alerts = SignOnAlerts(stack, "Alerts", log_groups="stack-*")
    providers = [WatchedProvider("Salesforce", "p", EXISTING_PROVIDER)]
    code = tmp_path / "index.py"
    code.write_text("#" * 4096)
    CertificateWatch(stack, "Fits", contact_center="acme", providers=providers, code=code, alerts=alerts)
    code.write_text("#" * 4097)
    with pytest.raises(ValueError, match="4097 characters, and a template takes 4096"):
        CertificateWatch(stack, "TooLong", contact_center="acme", providers=providers, code=code, alerts=alerts)


def test_who_is_told_is_what_the_config_says(example: Synthesized) -> None:
    subscription = example.one("sign-on", "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "contact-center-ops@acme.example")
    assert example.one("sign-on", "AWS::SNS::Topic")["KmsMasterKeyId"]
    key = next(iter(example.resources("sign-on", "AWS::KMS::Key").values()))
    assert key["Properties"]["EnableKeyRotation"] is True
    using = {one["Sid"]: one for one in key["Properties"]["KeyPolicy"]["Statement"] if "Sid" in one}
    assert using["EncryptAlerts"]["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]}


def test_each_use_of_emergency_access_is_told(example: Synthesized, variant: Variant) -> None:
    both = variant("both")
    ((role, _),) = [
        (name, one)
        for name, one in both.resources("sign-on", "AWS::IAM::Role").items()
        if name.startswith("EmergencyAccess")
    ]
    rules = [one["Properties"] for one in both.resources("sign-on", "AWS::Events::Rule").values()]
    patterns = {one["EventPattern"]["source"][0]: one for one in rules if "EventPattern" in one}
    assert patterns["aws.sts"]["EventPattern"]["detail"] == {
        "eventName": ["AssumeRole"],
        "requestParameters": {"roleArn": [{"Fn::GetAtt": [role, "Arn"]}]},
    }
    assert patterns["aws.connect"]["EventPattern"]["detail"] == {"eventName": ["AdminGetEmergencyAccessToken"]}
    topic = {"Ref": next(iter(both.resources("sign-on", "AWS::SNS::Topic")))}
    for rule in patterns.values():
        (target,) = rule["Targets"]
        assert target["Arn"] == topic
        assert "<who>" in target["InputTransformer"]["InputTemplate"]
    assert "aws.sts" not in json.dumps(example.template("sign-on"))

"""The end of a certificate is watched after the deployment: metric, alarm, message, and a failure is not silent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.end_to_end.assembly import Assembly
from tests.end_to_end.product import Product, running
from tests.unit.contact_center.idp import certificate, entity, key_descriptor

pytestmark = [pytest.mark.local_aws, pytest.mark.xdist_group("cloud")]

PROVIDER = "acmeservice-salesforce"
PROVIDER_ARN = f"arn:aws:iam::111122223333:saml-provider/{PROVIDER}"


@dataclass(frozen=True)
class Watch:
    """The deployed function, and a queue that hears what the topic says."""

    product: Product
    function: str
    queue: str

    def look(self) -> dict[str, Any]:
        """Run the function, as its schedule does."""
        answer: dict[str, Any] = self.product.client("lambda").invoke(FunctionName=self.function, Payload=b"{}")
        return answer

    def ends_in(self, days: float) -> None:
        document = entity(key_descriptor(certificate(end=datetime.now(UTC) + timedelta(days=days))))
        self.product.client("iam").update_saml_provider(SAMLProviderArn=PROVIDER_ARN, SAMLMetadataDocument=document)

    def alarm(self) -> str:
        found = self.product.client("cloudwatch").describe_alarms()["MetricAlarms"]
        (alarm,) = (one for one in found if one["MetricName"] == "DaysToCertificateEnd")
        return str(alarm["StateValue"])

    def heard(self, within_seconds: float = 5) -> list[str]:
        """New states of alarms that the topic told."""
        sqs, deadline, found = self.product.client("sqs"), time.monotonic() + within_seconds, []
        while not found and time.monotonic() < deadline:
            messages = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
            found = [json.loads(json.loads(one["Body"])["Message"])["NewStateValue"] for one in messages]
            for one in messages:
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory, assembly: Assembly) -> Iterator[Watch]:
    with running(tmp_path_factory.mktemp("alerts")) as product:
        for stack in ("instance", "sign-on"):
            assert product.put(assembly, stack) == "CREATE_COMPLETE", product.stacks[stack].reasons()
        sqs = product.client("sqs")
        queue = sqs.create_queue(QueueName="operators")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        topic = product.outputs("sign-on")["AlertTopicArn"]
        product.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        (function,) = product.client("lambda").list_functions()["Functions"]
        yield Watch(product, function["FunctionName"], queue)


def test_the_deployed_certificate_is_measured_and_all_is_well(watch: Watch) -> None:
    answer = watch.look()
    assert "FunctionError" not in answer, answer["Payload"].read()
    now = datetime.now(UTC)
    (point,) = watch.product.client("cloudwatch").get_metric_statistics(
        Namespace="ConnectSso",
        MetricName="DaysToCertificateEnd",
        Dimensions=[{"Name": "ContactCenter", "Value": "acmeservice"}, {"Name": "Provider", "Value": PROVIDER}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=86_400,
        Statistics=["Minimum"],
    )["Datapoints"]
    assert 363 < point["Minimum"] < 366
    assert watch.alarm() == "OK"


def test_sixty_days_before_the_end_somebody_is_told_also_of_a_change_by_hand(watch: Watch) -> None:
    watch.heard(within_seconds=1)
    watch.ends_in(61)
    watch.look()
    assert watch.alarm() == "OK"
    watch.ends_in(60)
    watch.look()
    assert watch.alarm() == "ALARM"
    assert "ALARM" in watch.heard()


def test_a_provider_that_is_gone_fails_the_function_which_is_alarmed_on(watch: Watch) -> None:
    iam = watch.product.client("iam")
    document = iam.get_saml_provider(SAMLProviderArn=PROVIDER_ARN)["SAMLMetadataDocument"]
    iam.delete_saml_provider(SAMLProviderArn=PROVIDER_ARN)
    try:
        answer = watch.look()
        assert answer["FunctionError"]
        assert f"cannot read the certificates of {PROVIDER}: NoSuchEntity" in answer["Payload"].read().decode()
    finally:
        iam.create_saml_provider(Name=PROVIDER, SAMLMetadataDocument=document)


@pytest.mark.parametrize("sid", ["ReadProviders", "SendMetric"])
def test_the_function_needs_each_of_its_grants(watch: Watch, sid: str) -> None:
    iam = watch.product.client("iam")
    (arn,) = (one["Arn"] for one in iam.list_policies(Scope="Local")["Policies"] if "Watch" in one["PolicyName"])
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    fewer = {**document, "Statement": [one for one in document["Statement"] if one["Sid"] != sid]}
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(fewer), SetAsDefault=True)
    try:
        assert watch.look()["FunctionError"]
    finally:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    assert "FunctionError" not in watch.look()

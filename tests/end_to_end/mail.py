"""What the alert topic tells, as a subscriber hears it."""

from __future__ import annotations

import json
import time

from tests.end_to_end.cloud import Cloud


class Mail:
    """A queue that is subscribed to the alert topic."""

    def __init__(self, cloud: Cloud) -> None:
        self._sqs, self._sns = cloud.product.client("sqs"), cloud.product.client("sns")
        step = cloud.product.client("lambda").get_function_configuration(FunctionName=cloud.function)
        topic = step["Environment"]["Variables"]["ALERT_TOPIC"]
        self._queue = self._sqs.create_queue(QueueName=f"mail-{time.monotonic_ns()}")["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        everybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
        self._sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def about(self, execution: str) -> dict[str, str]:
        """The message that came about a run."""
        for _ in range(10):
            asked = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in asked.get("Messages", ()):
                body: dict[str, str] = json.loads(message["Body"])
                if execution in body["Message"]:
                    return body
        raise AssertionError("no message came")

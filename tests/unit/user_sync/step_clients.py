"""Imported by the process that the step processes are forked from: service models are read once, not a time each."""

import boto3

for _service in ("s3", "connect", "stepfunctions", "cloudwatch"):
    boto3.client(
        _service, region_name="us-west-2", aws_access_key_id="none", aws_secret_access_key="none", use_ssl=False
    )

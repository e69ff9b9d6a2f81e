"""The Regions in which an Amazon Connect instance can be declared, and their partition.

Source: the CloudFormation registry's data for ``AWS::Connect::Instance`` (November 2026).
"""

from __future__ import annotations

from typing import Literal

Partition = Literal["aws", "aws-us-gov"]

REGIONS = (
    "af-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-2",
    "us-east-1",
    "us-gov-west-1",
    "us-west-2",
)


def partition(region: str) -> Partition:
    """Return the partition of a Region; Amazon Connect exists in two."""
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"

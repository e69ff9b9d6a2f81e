"""Sends a metric: the days until the last signing certificate of each SAML provider ends.

Reads what IAM holds, so that a change by hand is seen too. Stands in the template: at most 4,096 characters.
"""

import base64
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from botocore.exceptions import ClientError
from botocore.session import get_session

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
CERTIFICATE = "{http://www.w3.org/2000/09/xmldsig#}X509Certificate"
DAY = 86_400
UNUSABLE = (ClientError, ElementTree.ParseError, ValueError, LookupError)
client: Any = get_session().create_client


def handler(_event: object, _context: object) -> None:
    """Send the metric of each provider; one that cannot be read fails the run, after the others."""
    iam, cloudwatch, broken = client("iam"), client("cloudwatch"), []
    for arn in os.environ["PROVIDER_ARNS"].split():
        name = arn.rpartition("/")[2]
        try:
            document = iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"]
            days = days_left(document, datetime.now(UTC))
        except UNUSABLE as error:
            broken.append(f"{name}: {type(error).__name__}")
            continue
        names = {"ContactCenter": os.environ["CONTACT_CENTER"], "Provider": name}
        dimensions = [{"Name": key, "Value": value} for key, value in names.items()]
        metric = {"MetricName": os.environ["METRIC"], "Dimensions": dimensions, "Value": days}
        cloudwatch.put_metric_data(Namespace=os.environ["NAMESPACE"], MetricData=[metric])
    if broken:
        raise RuntimeError("cannot read the certificates of " + ", ".join(broken))


def days_left(document: str, now: datetime) -> float:
    """Return the days until the last signing certificate of a metadata document ends; below 0 after it."""
    root = ElementTree.fromstring(document)  # noqa: S314 - IAM has judged it
    keys = root.iterfind(f".//{MD}IDPSSODescriptor/{MD}KeyDescriptor")
    signing = [key for key in keys if key.get("use") in (None, "signing")]
    texts = ["".join(one.itertext()) for key in signing for one in key.iter(CERTIFICATE)]
    ends = [not_after(base64.b64decode(re.sub("-----[A-Z ]+-----", "", text))) for text in texts]
    return (max(ends) - now).total_seconds() / DAY


def not_after(certificate: bytes) -> datetime:
    """Return when a certificate in DER form ends (RFC 5280, 4.1)."""
    fields = list(items(read(read(certificate)[1])[1]))
    if fields[0][0] == 0xA0:  # the version, which version 1 leaves out
        fields = fields[1:]
    tag, value = list(items(fields[3][1]))[1]
    if tag == 0x17:  # years of two digits are 1950 to 2049
        value = (b"20" if value[:2] < b"50" else b"19") + value
    return datetime.strptime(value.decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of the elements that follow one another in DER."""
    while data:
        yield read(data)
        data = data[header(data) + len(read(data)[1]) :]


def read(data: bytes) -> tuple[int, bytes]:
    """Return tag and content of the first element."""
    start = header(data)
    length = data[1] if data[1] < 0x80 else int.from_bytes(data[2:start], "big")
    return data[0], data[start : start + length]


def header(data: bytes) -> int:
    """Return how many bytes of an element are before its content."""
    return 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)

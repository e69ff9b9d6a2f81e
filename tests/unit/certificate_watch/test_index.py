"""The function that watches the certificates' end: dates as a library reads them, a metric a provider, no silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from certificate_watch import index
from tests.unit.contact_center.idp import END, certificate, entity, key_descriptor

NOW = END - timedelta(days=61, hours=12)
ONE, TWO = (f"arn:aws:iam::111122223333:saml-provider/acmeservice-{name}" for name in ("salesforce", "okta"))


@settings(max_examples=40, deadline=None)
@given(st.datetimes(datetime(1951, 1, 1), datetime(9999, 12, 31)), st.integers(1, 2**159 - 1))
def test_the_end_is_what_a_library_reads(end: datetime, serial: int) -> None:
    der = certificate(serial, start=datetime(1950, 1, 1, tzinfo=UTC), end=end.replace(tzinfo=UTC, microsecond=0))
    assert index.not_after(der) == x509.load_der_x509_certificate(der).not_valid_after_utc


@pytest.mark.parametrize(
    "document",
    [
        entity(),
        entity(key_descriptor(certificate(1, end=END - timedelta(days=300))), key_descriptor(certificate(2))),
        entity(
            key_descriptor(certificate(3, end=END + timedelta(days=9)), ' use="encryption"'),
            key_descriptor(certificate()),
        ),
        entity(key_descriptor(certificate(), "")),
        f'<m:EntitiesDescriptor xmlns:m="urn:oasis:names:tc:SAML:2.0:metadata">{entity()}</m:EntitiesDescriptor>',
    ],
)
def test_the_last_signing_certificate_counts(document: str) -> None:
    assert index.days_left(document, NOW) == 61.5
    assert index.days_left(document, END + timedelta(days=2)) == -2


class Aws:
    """IAM and CloudWatch, as far as the function asks them."""

    def __init__(self, **documents: str | None) -> None:
        self.documents = documents
        self.metrics: list[dict[str, Any]] = []

    def client(self, _service: str) -> Aws:
        return self

    def get_saml_provider(self, *, SAMLProviderArn: str) -> dict[str, str]:  # noqa: N803 - the API's name
        document = self.documents.get(SAMLProviderArn.rpartition("-")[2])
        if document is None:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "secret"}}, "GetSAMLProvider")
        return {"SAMLMetadataDocument": document}

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:  # noqa: N803
        assert Namespace == "ConnectSso"
        self.metrics += MetricData


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    names = {"PROVIDER_ARNS": f"{ONE} {TWO}", "CONTACT_CENTER": "acmeservice", "NAMESPACE": "ConnectSso"}
    for name, value in {**names, "METRIC": "DaysToCertificateEnd"}.items():
        monkeypatch.setenv(name, value)

    def run(aws: Aws) -> None:
        monkeypatch.setattr(index, "client", aws.client)
        index.handler({}, None)

    return run


def test_a_metric_for_each_provider(run: Any) -> None:
    aws = Aws(salesforce=entity(), okta=entity(key_descriptor(certificate(end=datetime.now(UTC) + timedelta(days=10)))))
    run(aws)
    assert [one["MetricName"] for one in aws.metrics] == ["DaysToCertificateEnd"] * 2
    assert [one["Dimensions"][1]["Value"] for one in aws.metrics] == ["acmeservice-salesforce", "acmeservice-okta"]
    assert 9.9 < aws.metrics[1]["Value"] <= 10


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (None, "ClientError"),
        ("<", "ParseError"),
        ("<x/>", "ValueError"),
        (entity(key_descriptor(b"\x30\x03\x30\x01\x00")), "IndexError"),
        (entity(key_descriptor(b"0")), "IndexError"),
    ],
)
def test_a_provider_that_cannot_be_read_fails_the_run_after_the_others(
    run: Any, document: str | None, error: str
) -> None:
    aws = Aws(salesforce=document, okta=entity())
    with pytest.raises(RuntimeError, match=f"^cannot read the certificates of acmeservice-salesforce: {error}$"):
        run(aws)
    assert len(aws.metrics) == 1


def test_a_broken_certificate_ends(run: Any) -> None:
    for length in range(0, 40):
        broken = entity(key_descriptor(certificate()[:length] + b"\x00" * length))
        with pytest.raises(RuntimeError, match="cannot read"):
            run(Aws(salesforce=broken, okta=entity()))

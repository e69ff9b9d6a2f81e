"""Certificates of a review: which are new or gone, which end soon, and what is to be decided about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contact_center.metadata import MetadataReading, read_document
from contact_center.review.certificates import certificate_findings, signing_certificates
from tests.unit.contact_center.idp import END, certificate, entity, key_descriptor

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LATER = END + timedelta(days=900)


def metadata(*serials: int, issuer: str = "https://acme.my.salesforce.com", end: datetime = END) -> MetadataReading:
    keys = [key_descriptor(certificate(serial, end=LATER if serial > 5 else end)) for serial in serials]
    return read_document(entity(*keys, issuer=issuer), "acmeservice-salesforce")


def found(before: MetadataReading | None, after: MetadataReading, now: datetime = NOW) -> dict[str, str]:
    sides = ({"p": before} if before else {}, {"p": after})
    return {one.code: one.level for one in certificate_findings(*sides, now)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, metadata(1), {}),
        (metadata(1), metadata(1), {}),
        (metadata(1), metadata(1, 2), {"certificate_added": "danger"}),
        (metadata(1, 2), metadata(1), {"certificate_removed": "attention"}),
        (metadata(1), metadata(2), {"certificates_replaced": "danger"}),
        (metadata(1), metadata(1, issuer="https://evil.example"), {"issuer_changed": "danger"}),
    ],
)
def test_what_changes(before: MetadataReading | None, after: MetadataReading, expected: dict[str, str]) -> None:
    assert found(before, after) == expected


@pytest.mark.parametrize(
    ("serials", "now", "expected"),
    [
        ((1,), END - timedelta(days=61), {}),
        ((1,), END - timedelta(days=60), {"certificate_ends_soon": "danger"}),
        ((1, 6), END - timedelta(days=60), {"certificate_ends_soon": "attention"}),
        ((1,), END + timedelta(seconds=1), {"certificate_expired": "danger"}),
        ((1, 6), END + timedelta(seconds=1), {"certificate_expired": "attention"}),
    ],
)
def test_what_ends(serials: tuple[int, ...], now: datetime, expected: dict[str, str]) -> None:
    assert found(None, metadata(*serials), now) == expected


def test_the_table() -> None:
    shown = signing_certificates({"p": metadata(1, 2), "gone": metadata(3)}, {"p": metadata(1, 6)}, NOW)
    assert [(one.provider, one.mark, one.ends, one.state) for one in shown] == [
        ("p", "", "2028-01-01", "ends in 403 days"),
        ("p", "new", "2030-06-19", "ends in 1303 days"),
        ("p", "gone", "2028-01-01", "ends in 403 days"),
        ("gone", "gone", "2028-01-01", "ends in 403 days"),
    ]
    assert all(len(one.fingerprint) == 64 and one.issuer == "https://acme.my.salesforce.com" for one in shown)

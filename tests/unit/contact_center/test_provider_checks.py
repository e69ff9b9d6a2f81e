"""What IAM holds of an identity provider against its files, and against the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contact_center.checks import Check
from contact_center.deployed import Absent, SamlProvider, Unread
from contact_center.metadata import read_metadata
from contact_center.provider_checks import judge_provider
from contact_center.providers import IdentityProvider
from tests.unit.contact_center.examined import SALESFORCE, by_name, failing, places
from tests.unit.contact_center.idp import END, START, certificate, entity, key_descriptor

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OLD, NEW = certificate(1), certificate(2)
REST = ("issuer", "certificates", "certificate_times", "metadata_end")


class Judge:
    """Compares documents in IAM with documents in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def provider(self, *files: str, existing: str | None = None) -> IdentityProvider:
        paths = []
        for number, text in enumerate(files):
            paths.append(self.folder / f"idp{number}.xml")
            paths[-1].write_text(text, encoding="utf-8")
        reading = read_metadata(paths) if paths else None
        return IdentityProvider("salesforce", "acmeservice-salesforce", existing, reading)

    def __call__(
        self, in_iam: str | Absent | Unread, *files: str, existing: str | None = None, now: datetime = NOW
    ) -> tuple[Check, ...]:
        found = SamlProvider(SALESFORCE, in_iam) if isinstance(in_iam, str) else in_iam
        return judge_provider(self.provider(*files, existing=existing), found, places(), now)


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(tmp_path)


def metadata(*ders: bytes, attributes: str = "", issuer: str = "https://acme.my.salesforce.com") -> str:
    return entity(*(key_descriptor(der) for der in ders or (OLD,)), attributes=attributes, issuer=issuer)


def test_what_was_deployed_from_the_files_passes(judge: Judge) -> None:
    assert not failing(judge(metadata(), metadata()))
    merged = judge.provider(metadata(OLD), metadata(NEW)).reading
    assert merged
    assert merged.document
    assert not failing(judge(merged.document, metadata(OLD), metadata(NEW)))


def test_a_provider_that_is_not_there(judge: Judge) -> None:
    checks = by_name(judge(Absent(), metadata()))
    assert not checks["salesforce_provider"].ok
    fix = checks["salesforce_provider"].fix
    assert "aws iam create-saml-provider --name acmeservice-salesforce" in fix
    assert "npx cdk deploy acmeservice-sign-on" in fix
    assert [name for name, check in checks.items() if not check.judged] == [f"salesforce_{name}" for name in REST]
    existing = by_name(judge(Absent(), metadata(), existing=SALESFORCE.replace("acmeservice-", "old-")))
    assert "IAM has no SAML provider old-salesforce" in existing["salesforce_provider"].message
    assert "sign_on.salesforce.provider" in existing["salesforce_provider"].fix


def test_a_provider_that_could_not_be_read_is_left_out(judge: Judge) -> None:
    checks = by_name(judge(Unread("there is no grant for iam:GetSAMLProvider", "grant it"), metadata()))
    assert not any(check.judged for check in checks.values())
    assert checks["salesforce_provider"].fix == "grant it"


def test_another_identity_providers_metadata(judge: Judge) -> None:
    checks = by_name(judge(metadata(NEW, issuer="https://other.example"), metadata(OLD)))
    assert "Issuer not present in specified provider" in checks["salesforce_issuer"].message
    assert not checks["salesforce_certificates"].ok


def test_a_certificate_of_the_files_that_iam_lacks(judge: Judge) -> None:
    check = by_name(judge(metadata(OLD), metadata(NEW)))["salesforce_certificates"]
    assert "Response signature invalid" in check.message
    assert "IAM, Identity providers, acmeservice-salesforce: Replace metadata with" in check.fix
    assert "idp0.xml" in check.fix
    rollover = by_name(judge(metadata(OLD), metadata(OLD), metadata(NEW)))["salesforce_certificates"]
    assert "SamlMetadataDocument of cdk.out/acmeservice-sign-on.template.json" in rollover.fix


def test_a_certificate_that_no_file_has_is_a_stranger(judge: Judge) -> None:
    check = by_name(judge(metadata(OLD, NEW), metadata(OLD)))["salesforce_certificates"]
    assert not check.ok
    assert "signs in as anybody" in check.message


def test_without_files_the_certificates_are_shown_and_not_compared(judge: Judge) -> None:
    checks = by_name(judge(metadata(), existing=SALESFORCE))
    assert not checks["salesforce_certificates"].judged
    assert checks["salesforce_certificate_times"].judged
    broken = by_name(judge(metadata(), "<html>"))
    assert "connect-sso check" in broken["salesforce_issuer"].fix
    assert not broken["salesforce_issuer"].judged


def test_a_document_in_iam_that_cannot_be_read(judge: Judge) -> None:
    assert failing(judge("<x/>", metadata())) == {"salesforce_issuer"}


@pytest.mark.parametrize(
    ("now", "ok", "part", "advised"),
    [
        (START - timedelta(seconds=1), False, "valid from 2026-01-01", True),
        (START, True, "in 730 days", False),
        (END - timedelta(days=60, seconds=1), True, "in 60 days", False),
        (END - timedelta(days=60), True, "in 60 days", True),
        (END, True, "in 0 days", True),
        (END + timedelta(seconds=1), False, "has ended (ended on 2028-01-01)", True),
    ],
)
def test_the_certificates_time(judge: Judge, now: datetime, ok: bool, part: str, advised: bool) -> None:
    check = by_name(judge(metadata(), metadata(), now=now))["salesforce_certificate_times"]
    assert check.ok is ok
    assert part in check.message
    assert bool(check.fix) is advised


def test_during_a_rollover_the_later_end_counts(judge: Judge) -> None:
    both = metadata(certificate(1, end=NOW - timedelta(days=1)), certificate(2, end=NOW + timedelta(days=90)))
    check = by_name(judge(both, both))["salesforce_certificate_times"]
    assert check.ok
    assert "in 90 days" in check.message
    assert not check.fix


@pytest.mark.parametrize(("until", "ok"), [("2026-11-24T00:00:00Z", True), ("2026-11-23T23:59:59Z", False)])
def test_a_metadata_document_can_have_an_end_of_its_own(judge: Judge, until: str, ok: bool) -> None:
    document = metadata(attributes=f' validUntil="{until}"')
    assert by_name(judge(document, metadata()))["salesforce_metadata_end"].ok is ok


def test_encryption_that_nobody_declared(judge: Judge) -> None:
    found = SamlProvider(SALESFORCE, metadata(), encryption_required=True)
    ours = judge_provider(judge.provider(metadata()), found, places(), NOW)
    assert failing(ours) == {"salesforce_encryption"}
    theirs = judge_provider(judge.provider(metadata(), existing=SALESFORCE), found, places(), NOW)
    assert by_name(theirs)["salesforce_encryption"].ok

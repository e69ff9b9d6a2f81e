"""Whether a SAML provider in IAM is the one that the files declare, and is not about to end.

What IAM holds, the files and the moment are given. That an ended certificate stops sign-ins at AWS is not
documented (IAM "does not evaluate or take action on the expiration", user guide, "Create a SAML identity
provider in IAM"); identity providers stop to sign with it, so it is told as a failure all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contact_center.certificates import Certificate
from contact_center.checks import Check, failed, not_judged, passed
from contact_center.deployed import Absent, SamlProvider, Unread
from contact_center.metadata import ENDS_SOON, MetadataReading, read_document
from contact_center.nearest import shown
from contact_center.places import Places
from contact_center.providers import IdentityProvider

_NEEDED = ("issuer", "certificates", "certificate_times", "metadata_end")


@dataclass(frozen=True, slots=True)
class _Judge:
    """One provider, as declared and as found."""

    declared: IdentityProvider
    places: Places
    now: datetime

    @property
    def name(self) -> str:
        """Return its name in IAM."""
        existing = self.declared.existing_arn
        return existing.rpartition("/")[2] if existing else self.declared.name

    @property
    def files(self) -> str:
        """Return the names of its metadata files, as a command takes them."""
        reading = self.declared.reading
        return str(reading.files[0]) if reading and reading.files else "METADATA.xml"

    def check(self, what: str) -> str:
        """Return the name of a check: with two providers there are two of each."""
        return f"{self.declared.key}_{what}"

    def replace(self) -> str:
        """Return how the metadata in IAM is replaced."""
        page = self.places.provider_page(self.name)
        if self.declared.existing_arn:
            return f"{page}, Replace metadata: upload the identity provider's current metadata"
        several = self.declared.reading is not None and len(self.declared.reading.files) > 1
        template = f"the SamlMetadataDocument of cdk.out/{self.places.config.sign_on_stack_name}.template.json"
        return self.places.undo(page, f"Replace metadata with {template if several else self.files}")


def judge_provider(
    declared: IdentityProvider, found: SamlProvider | Absent | Unread, places: Places, now: datetime
) -> tuple[Check, ...]:
    """Return the checks of one SAML provider, named ``salesforce_…`` or ``third_party_…``.

    Args:
        declared: in the config, with its files' metadata.
        found: in IAM.
        now: with time zone.
    """
    judge = _Judge(declared, places, now)
    name = judge.check("provider")
    if isinstance(found, Unread):
        left_out = "the SAML provider could not be read"
        return (
            not_judged(name, found.why, found.fix),
            *(not_judged(judge.check(what), left_out) for what in _NEEDED),
        )
    if isinstance(found, Absent):
        message = f"IAM has no SAML provider {judge.name}: nobody signs in through it"
        return (
            failed(name, message, _make_again(judge)),
            *(not_judged(judge.check(what), "there is no SAML provider") for what in _NEEDED),
        )
    return (passed(name, f"IAM has the SAML provider {judge.name}"), *_document(judge, found))


def _make_again(judge: _Judge) -> str:
    if judge.declared.existing_arn:
        return f"make it again by that name, or correct sign_on.{judge.declared.key}.provider and deploy"
    return (
        f"where the stack was never deployed: {judge.places.deploy_sign_on}; where somebody deleted it, CloudFormation "
        f"does not see that: aws iam create-saml-provider --name {judge.name} "
        f"--saml-metadata-document file://{judge.files} gives it the same ARN again"
    )


def _document(judge: _Judge, found: SamlProvider) -> Iterator[Check]:
    deployed = read_document(found.document, f"the metadata of {judge.name} in IAM")
    if not deployed.certificates or deployed.entity_id is None:
        wrong = next((p.message for p in deployed.problems if p.severity == "error"), "it holds no certificate")
        message = f"the metadata in IAM cannot be used: {wrong}"
        yield failed(judge.check("issuer"), message, judge.replace())
        for what in _NEEDED[1:]:
            yield not_judged(judge.check(what), "the metadata in IAM cannot be used")
        return
    yield from _against_files(judge, deployed)
    yield _certificate_times(judge, deployed)
    yield _metadata_end(judge, deployed)
    if found.encryption_required:
        yield _encryption(judge)


def _against_files(judge: _Judge, deployed: MetadataReading) -> Iterator[Check]:
    issuer, certificates = judge.check("issuer"), judge.check("certificates")
    files = judge.declared.reading
    if files is None or files.entity_id is None or not files.certificates:
        why = "no metadata file is named" if files is None else "the metadata files cannot be used"
        fix = "" if files is None else f"connect-sso check {judge.places.file} says what is wrong with them"
        yield not_judged(issuer, f"{why} to compare with; IAM has {shown(str(deployed.entity_id))}", fix)
        yield not_judged(certificates, f"{why} to compare with; IAM has {_listed(deployed.certificates)}", fix)
        return
    if deployed.entity_id != files.entity_id:
        message = (
            f"the provider in IAM believes {shown(str(deployed.entity_id))}, and the files are of "
            f"{shown(files.entity_id)}: AWS says 'Issuer not present in specified provider'"
        )
        yield failed(issuer, message, judge.replace())
    else:
        yield passed(issuer, f"the provider in IAM believes {shown(files.entity_id)}, as the files say")
    yield _fingerprints(judge, deployed.certificates, files.certificates)


def _fingerprints(judge: _Judge, deployed: Sequence[Certificate], files: Sequence[Certificate]) -> Check:
    name = judge.check("certificates")
    theirs = {item.fingerprint for item in deployed}
    ours = {item.fingerprint for item in files}
    lacking = [item for item in files if item.fingerprint not in theirs]
    beside = [item for item in deployed if item.fingerprint not in ours]
    if lacking:
        message = (
            f"IAM lacks the signing certificate {_listed(lacking)} of the files, and has {_listed(deployed)}: what is "
            "signed with it is refused ('Response signature invalid')"
        )
        return failed(name, message, judge.replace())
    if beside:
        message = (
            f"IAM believes a signing certificate that is in no file, {_listed(beside)}: whoever has its key signs in "
            "as anybody"
        )
        fix = f"{judge.replace()}; where it is the identity provider's own, name its metadata in the config too"
        return failed(name, message, fix)
    return passed(name, f"IAM has exactly the files' signing certificates: {_listed(deployed)}")


def _certificate_times(judge: _Judge, deployed: MetadataReading) -> Check:
    name, now = judge.check("certificate_times"), judge.now
    valid = [item for item in deployed.certificates if item.not_before <= now <= item.not_after]
    renew = (
        "make a new certificate at the identity provider, download its metadata, name both files in "
        f"sign_on.{judge.declared.key}.metadata and deploy (docs/certificate-rollover.md)"
    )
    if not valid:
        ended = [item for item in deployed.certificates if item.not_after < now]
        what = "has ended" if ended else "is not valid yet"
        dates = _ends(ended) if ended else ", ".join(_day(item.not_before) for item in deployed.certificates)
        word = "ended on" if ended else "valid from"
        message = f"no signing certificate in IAM is valid today: each {what} ({word} {dates})"
        return failed(name, message, renew if ended else "set the identity provider's clock, or wait")
    last = max(valid, key=lambda item: item.not_after)
    left = last.not_after - now
    message = f"the signing certificate {_short(last)} ends on {_day(last.not_after)}, in {left.days} days"
    # What is told 60 days before is advice: the sign-in works today.
    return passed(name, message, renew if left <= ENDS_SOON else "")


def _metadata_end(judge: _Judge, deployed: MetadataReading) -> Check:
    name, end = judge.check("metadata_end"), deployed.valid_until
    if end is None:
        return passed(name, "the metadata in IAM has no end of its own")
    if end < judge.now:
        return failed(name, f"the metadata in IAM was valid until {_day(end)}", judge.replace())
    return passed(name, f"the metadata in IAM is valid until {_day(end)}")


def _encryption(judge: _Judge) -> Check:
    name, page = judge.check("encryption"), judge.places.provider_page(judge.name)
    message = "the provider in IAM takes encrypted responses only"
    if judge.declared.existing_arn:
        return passed(name, message, "the app at the identity provider must encrypt them; then nothing is wrong")
    fix = judge.places.undo(page, "SAML encryption: allow responses that are not encrypted")
    return failed(name, f"{message}, and the kit's app sends them unencrypted", fix)


def _short(certificate: Certificate) -> str:
    return f"{certificate.fingerprint[:16]}…"


def _listed(certificates: Sequence[Certificate]) -> str:
    return ", ".join(_short(item) for item in certificates)


def _ends(certificates: Sequence[Certificate]) -> str:
    return ", ".join(_day(item.not_after) for item in certificates)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")

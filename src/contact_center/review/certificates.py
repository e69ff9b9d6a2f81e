"""The identity providers' certificates, as the templates deploy them: which, whose, until when, and what is new.

An existing provider that the config names by ARN is in no template: `connect-sso doctor` looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from contact_center.certificates import Certificate
from contact_center.metadata import ENDS_SOON, MetadataReading, judge_times, read_document
from contact_center.review.model import Finding, Level, SigningCertificate
from contact_center.review.stacks import PROVIDER, Side


def declared_metadata(side: Side) -> dict[str, str]:
    """Return name of each SAML provider that a side declares → its metadata document."""
    return {one.name: str(one.properties.get("SamlMetadataDocument", "")) for one in side.of_type(PROVIDER)}


def provider_readings(side: Side) -> dict[str, MetadataReading]:
    """Return name of each SAML provider that a side declares → what its metadata says."""
    return {name: read_document(document, name) for name, document in declared_metadata(side).items()}


def signing_certificates(
    before: Mapping[str, MetadataReading], after: Mapping[str, MetadataReading], now: datetime
) -> tuple[SigningCertificate, ...]:
    """Return the certificates that responses may be signed with afterwards, and those that are trusted no more."""
    found = []
    for name, reading in after.items():
        old = {one.fingerprint: one for one in before[name].certificates} if name in before else {}
        new = {one.fingerprint: one for one in reading.certificates}
        for fingerprint, one in {**new, **old}.items():
            mark: Literal["", "new", "gone"] = "gone" if fingerprint not in new else "" if fingerprint in old else "new"
            found.append(_shown(name, reading.entity_id or "", one, mark, now))
    for name, reading in before.items():
        if name not in after:
            found += [_shown(name, reading.entity_id or "", one, "gone", now) for one in reading.certificates]
    return tuple(found)


def certificate_findings(
    before: Mapping[str, MetadataReading], after: Mapping[str, MetadataReading], now: datetime
) -> Iterator[Finding]:
    """Yield what is to be decided about certificates and issuers."""
    for name, reading in after.items():
        subject = f"provider {name}"
        lasting = any(one.not_before <= now and one.not_after - now > ENDS_SOON for one in reading.certificates)
        for problem in judge_times(reading, now):
            ends = problem.code == "certificate_ends_soon" and not lasting
            level: Level = "danger" if ends or problem.severity == "error" else "attention"
            yield Finding(level, problem.code, subject, problem.message)
        old = before.get(name)
        if old is None:
            continue
        if old.entity_id != reading.entity_id:
            message = (
                f"the issuer becomes {reading.entity_id} (it is {old.entity_id}): whoever signs in through the old "
                "one is refused"
            )
            yield Finding("danger", "issuer_changed", subject, message)
        was, is_ = ({one.fingerprint for one in side.certificates} for side in (old, reading))
        if was and not was & is_:
            message = (
                "every signing certificate changes at once: until the identity provider signs with a new one, nobody "
                "signs in through it; a rollover keeps the old one beside the new one for a while"
            )
            yield Finding("danger", "certificates_replaced", subject, message)
        elif is_ - was:
            fresh = tuple(f"SHA-256 {fingerprint}" for fingerprint in sorted(is_ - was))
            message = "another signing certificate is trusted: whoever holds its key signs in as any user"
            yield Finding("danger", "certificate_added", subject, message, fresh)
        elif was - is_:
            message = "a signing certificate is trusted no more: responses that are signed with it are refused"
            yield Finding("attention", "certificate_removed", subject, message)


def _shown(
    provider: str, issuer: str, one: Certificate, mark: Literal["", "new", "gone"], now: datetime
) -> SigningCertificate:
    return SigningCertificate(
        provider=provider,
        issuer=issuer,
        fingerprint=one.fingerprint,
        begins=f"{one.not_before:%Y-%m-%d}",
        ends=f"{one.not_after:%Y-%m-%d}",
        mark=mark,
        state=_state(one, now),
    )


def _state(one: Certificate, now: datetime) -> str:
    if one.not_after < now:
        return "has ended"
    if one.not_before > now:
        return "is not valid yet"
    days = (one.not_after - now).days
    return f"ends soon, in {days} days" if one.not_after - now <= ENDS_SOON else f"ends in {days} days"

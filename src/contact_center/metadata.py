"""An identity provider's SAML metadata: read safely, judged, and turned into what is deployed.

Form is judged without a clock, so that the CDK's synthesis can do it; what has to do with time is
:func:`judge_times`. Must not fetch anything. Rules of IAM:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contact_center.certificates import Certificate
from contact_center.metadata_document import canonical_document
from contact_center.metadata_entity import Entity, read_entities
from contact_center.nearest import shown
from contact_center.safe_xml import ParsedXml, parse_xml, read_xml
from user_sync.model import Problem

# CreateSAMLProvider takes so many characters.
LEAST_CHARACTERS, MOST_CHARACTERS = 1_000, 10_000_000
# Two providers and the rest of the stack share a template of 1,000,000 bytes.
TEMPLATE_BYTES = 450_000
# IAM's quota of keys for one provider.
MOST_KEYS = 10
ENDS_SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class MetadataReading:
    """What one or several documents of one identity provider say.

    Attributes:
        files: as they were read.
        document: what is deployed: canonical, with every document's signing certificates; None where
            there is an error.
        certificates: signing certificates, each once, in the order of the documents.
        entity_id: the identity provider's name, the issuer of its responses; None where it could not be read.
        valid_until: the earliest of the documents, UTC.
        problems: form only, no clock.
        valid_until_at: file and line of `valid_until`.
    """

    files: tuple[Path, ...]
    document: str | None
    certificates: tuple[Certificate, ...]
    entity_id: str | None
    valid_until: datetime | None
    problems: tuple[Problem, ...]
    valid_until_at: tuple[str, int | None] | None = None


def read_metadata(files: Sequence[Path]) -> MetadataReading:
    """Return what an identity provider's metadata files say; never raises about what is in them.

    Args:
        files: one; or more of the same identity provider, whose signing certificates are merged, so that a
            new certificate can be trusted before the identity provider changes over to it.

    Raises:
        ValueError: there is no file.
    """
    if not files:
        raise ValueError("no metadata file is given: name at least one")
    return _read(tuple(files), [read_xml(path) for path in files], str(files[0]))


def read_document(document: str, name: str) -> MetadataReading:
    """Return what one metadata document says that is not in a file, such as IAM's copy of it.

    Args:
        document: its text.
        name: of where it was read, as problems show it.
    """
    return _read((), [parse_xml(document.encode(), name)], name)


def _read(files: tuple[Path, ...], documents: Sequence[ParsedXml], first_name: str) -> MetadataReading:
    entities: list[Entity] = []
    problems: list[Problem] = []
    for parsed in documents:
        problems += parsed.problems
        if parsed.root is not None:
            found, said = read_entities(parsed.root, parsed.file)
            entities += found
            problems += said
    certificates = {item.fingerprint: item for entity in entities for item in entity.certificates}
    problems += _together(entities, len(certificates), first_name)
    document = None
    if entities and not _errors(problems):
        try:
            document = canonical_document(entities[0].element, tuple(certificates.values()))
            problems += _size(document, first_name)
        except ValueError as error:
            problems.append(Problem("error", first_name, None, None, "metadata_form", str(error)))
    ends = [entity for entity in entities if entity.valid_until is not None]
    first = min(ends, key=lambda entity: entity.valid_until or datetime.max.replace(tzinfo=UTC), default=None)
    return MetadataReading(
        files=files,
        document=None if _errors(problems) else document,
        certificates=tuple(certificates.values()),
        entity_id=entities[0].entity_id or None if entities else None,
        valid_until=first.valid_until if first else None,
        problems=tuple(problems),
        valid_until_at=(first.file, first.valid_until_row) if first else None,
    )


def judge_times(reading: MetadataReading, now: datetime) -> tuple[Problem, ...]:
    """Return what is wrong with the metadata at a moment: what has ended, ends soon, or has not begun.

    An ended certificate beside a valid one is a warning (the end of a rollover); alone it is an error.

    Args:
        reading: of the metadata.
        now: with a time zone.

    Raises:
        ValueError: `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone: give one, such as datetime.now(UTC)")
    problems: list[Problem] = []
    if reading.valid_until is not None and reading.valid_until < now and reading.valid_until_at:
        file, row = reading.valid_until_at
        message = f"the metadata was valid until {_day(reading.valid_until)}: download it again"
        problems.append(Problem("error", file, row, "validUntil", "metadata_expired", message))
    valid = [item for item in reading.certificates if item.not_before <= now <= item.not_after]
    lasting = any(item.not_after - now > ENDS_SOON for item in valid)
    for item in reading.certificates:
        problems += _times(item, now, others_valid=bool(set(valid) - {item}), lasting=lasting)
    return tuple(problems)


def _times(item: Certificate, now: datetime, *, others_valid: bool, lasting: bool) -> Iterator[Problem]:
    def problem(severe: bool, code: str, message: str) -> Problem:
        return Problem("error" if severe else "warning", item.file, item.row, "X509Certificate", code, message)

    name = f"the signing certificate {item.fingerprint[:16]}…"
    if item.not_after < now:
        fix = "take it out" if others_valid else "nobody can sign in; download the metadata with a new one"
        yield problem(not others_valid, "certificate_expired", f"{name} ended on {_day(item.not_after)}: {fix}")
    elif item.not_before > now:
        yield problem(False, "certificate_not_yet_valid", f"{name} is not valid before {_day(item.not_before)}")
    elif item.not_after - now <= ENDS_SOON:
        days = (item.not_after - now).days
        fix = "another one lasts longer: change over to it" if lasting else "begin a rollover"
        yield problem(False, "certificate_ends_soon", f"{name} ends on {_day(item.not_after)}, in {days} days: {fix}")


def _together(entities: Sequence[Entity], keys: int, file: str) -> Iterator[Problem]:
    for entity in entities[1:]:
        if entity.file != entities[0].file and entity.entity_id != entities[0].entity_id:
            message = (
                f"the documents are of different identity providers, {shown(entities[0].entity_id)} and "
                f"{shown(entity.entity_id)}: two files are for two certificates of the same one"
            )
            yield Problem("error", entity.file, None, "entityID", "entity_ids_differ", message)
    if keys > MOST_KEYS:
        message = f"{keys} signing certificates: IAM takes {MOST_KEYS} for a provider, take the ended ones out"
        yield Problem("error", file, None, "X509Certificate", "too_many_certificates", message)


def _size(document: str, file: str) -> Iterator[Problem]:
    if not LEAST_CHARACTERS <= len(document) <= MOST_CHARACTERS:
        message = (
            f"the document has {len(document):,} characters without its white space and signature: "
            f"IAM takes {LEAST_CHARACTERS:,} to {MOST_CHARACTERS:,}"
        )
        yield Problem("error", file, None, None, "metadata_size", message)
    elif len(json.dumps(document)) > TEMPLATE_BYTES:
        message = (
            f"the document has {len(document):,} characters, too many for a CloudFormation template beside the rest "
            f"({TEMPLATE_BYTES:,} bytes): leave the one identity provider that is meant"
        )
        yield Problem("error", file, None, None, "metadata_too_large", message)


def _errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")

"""The deployed document: the same bytes for the same identity provider, merged for a rollover, in IAM's size."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from contact_center.metadata import LEAST_CHARACTERS, TEMPLATE_BYTES
from tests.unit.contact_center.conftest import Read, codes
from tests.unit.contact_center.idp import NAMESPACES, certificate, entity, key_descriptor, wrapped

SIGNATURE = (
    "<ds:Signature><ds:SignedInfo><ds:Reference/></ds:SignedInfo>"
    "<ds:SignatureValue>abc=</ds:SignatureValue></ds:Signature>"
)


def document(read: Read, *documents: str | bytes) -> str:
    """Return what is deployed, and assert that there is something."""
    reading = read(*documents)
    assert codes(reading) == []
    assert reading.document is not None
    return reading.document


@pytest.mark.parametrize(
    "again",
    [
        entity(attributes=' validUntil="2030-01-01T00:00:00Z"'),
        entity(attributes=' cacheDuration="PT1H" ID="_8d2f"'),
        entity().replace("\n", "\r\n"),
        entity().replace("  ", "\t\t"),
        re.sub(r">\s+<", "><", entity()),
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- downloaded today -->\n{entity()}\n',
        entity(before=SIGNATURE, attributes=' ID="_1"'),
        entity().replace(wrapped(certificate()), wrapped(certificate()).replace("\n", "")),
        entity().replace("<md:IDPSSODescriptor", '<md:IDPSSODescriptor cacheDuration="PT1H"'),
        entity().encode("utf-8-sig"),
        entity().encode("utf-16"),
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{entity()}'.encode("latin-1"),
        f"<?xml-stylesheet href='x.css'?>{entity()}",
        entity().replace('use="signing"', "use='signing'"),
    ],
)
def test_another_download_is_the_same_document(read: Read, again: str | bytes) -> None:
    assert document(read, again) == document(read, entity())


def test_what_means_something_changes_the_document(read: Read) -> None:
    documents = {
        document(read, text)
        for text in (
            entity(),
            entity(key_descriptor(certificate(2))),
            entity().replace("HttpPost", "HttpPost2"),
            entity(issuer="https://other.example"),
        )
    }
    assert len(documents) == 4


_SPACE = st.text(alphabet=" \t\r\n", min_size=1, max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_SPACE, min_size=12, max_size=12), st.datetimes())
def test_no_white_space_nor_moment_changes_the_document(read: Read, spaces: list[str], moment: object) -> None:
    pieces = iter(spaces * 4)
    text = re.sub(r">\s+<", lambda _: f">{next(pieces)}<", entity(attributes=f' validUntil="{moment}"'))
    assert document(read, text) == document(read, entity())


def test_the_document_is_canonical_and_holds_nothing_that_changes(read: Read) -> None:
    text = document(read, entity(attributes=' validUntil="2030-01-01T00:00:00Z" ID="_1"', before=SIGNATURE))
    assert not re.search(r"validUntil|cacheDuration|Signature|\n|<!--|<\?", text)
    assert etree.tostring(etree.fromstring(text), method="c14n").decode() == text


def test_prefixes_inside_values_stay_declared(read: Read) -> None:
    role = '<md:RoleDescriptor xsi:type="fed:SecurityTokenServiceType" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'
    around = f'<md:EntitiesDescriptor {NAMESPACES} xmlns:fed="urn:fed">{entity(after=role)}</md:EntitiesDescriptor>'
    root = etree.fromstring(document(read, around))
    assert root.nsmap["fed"] == "urn:fed"


def test_names_keep_their_words_apart(read: Read) -> None:
    organization = "<md:Organization><md:OrganizationName>\n Acme\n   Service </md:OrganizationName></md:Organization>"
    assert ">Acme Service<" in document(read, entity(after=organization))


def test_a_signature_inside_extensions_of_others_is_left_alone(read: Read) -> None:
    extension = f'<md:Extensions><x:y xmlns:x="urn:x">{SIGNATURE}</x:y></md:Extensions>'
    assert "SignatureValue" in document(read, entity(before=extension))


def test_two_documents_are_merged_for_a_rollover(read: Read) -> None:
    old, new = certificate(1), certificate(2)
    merged = document(read, entity(key_descriptor(old)), entity(key_descriptor(new)))
    both = document(read, entity(key_descriptor(old), key_descriptor(new)))
    assert merged == both
    assert [item.der for item in read(entity(key_descriptor(old)), entity(key_descriptor(new))).certificates] == [
        old,
        new,
    ]


def test_the_second_document_adds_only_what_is_new(read: Read) -> None:
    assert document(read, entity(), entity()) == document(read, entity())


def test_keys_stand_together_in_the_merged_document(read: Read) -> None:
    root = etree.fromstring(document(read, entity(), entity(key_descriptor(certificate(2)))))
    names = [etree.QName(child).localname for child in root[0]]
    assert names == ["KeyDescriptor", "KeyDescriptor", "SingleSignOnService"]


def test_documents_of_two_identity_providers_are_not_merged(read: Read) -> None:
    reading = read(entity(), entity(key_descriptor(certificate(2)), issuer="https://other.example"))
    assert codes(reading) == ["entity_ids_differ"]
    assert reading.document is None
    assert reading.problems[0].file.endswith("idp1.xml")


def test_an_error_in_one_document_stops_both(read: Read) -> None:
    assert read(entity(), "<html>").document is None


@pytest.mark.parametrize(("less", "expected"), [(0, []), (1, ["metadata_size"])])
def test_the_least_size(read: Read, less: int, expected: list[str]) -> None:
    # A certificate of few bytes, and nothing else, is small enough to come below IAM's limit.
    signer = ed25519.Ed25519PrivateKey.generate()
    key = key_descriptor(certificate(key=signer.public_key(), signer=signer))

    def padded(letters: int) -> str:
        return re.sub(r"<md:SingleSignOnService[^>]*>", "", entity(key, issuer="x" * letters))

    least = next(letters for letters in range(1, 1_000) if read(padded(letters)).document is not None)
    assert least > 1
    assert len(read(padded(least)).document or "") == LEAST_CHARACTERS
    assert codes(read(padded(least - less))) == expected


@pytest.mark.parametrize(("over", "expected"), [(0, []), (1, ["metadata_too_large"])])
def test_the_size_that_a_template_takes(read: Read, over: int, expected: list[str]) -> None:
    def padded(letters: int) -> str:
        return entity(after=f"<md:Extensions>{'x' * letters}</md:Extensions>")

    quotes = document(read, padded(1)).count('"') + 2  # JSON writes \" and puts quotes around
    room = TEMPLATE_BYTES - len(document(read, padded(1))) - quotes + 1
    assert codes(read(padded(room + over))) == expected

"""Hostile or wrong files: each is refused with the right reason, quickly, and nothing is fetched or expanded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_center.metadata import read_metadata
from contact_center.safe_xml import MAX_BYTES
from tests.unit.contact_center.conftest import Read, codes
from tests.unit.contact_center.idp import NAMESPACES, certificate, entity, key_descriptor

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
FILES: list[tuple[str, str | bytes, str, str]] = [
    (
        "XXE",
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>{entity(issuer="&e;")}',
        "xml_document_type",
        "take it out",
    ),
    (
        "billion laughs",
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>{entity(issuer="&l9;")}',
        "xml_document_type",
        "DOCTYPE",
    ),
    (
        "parameter entity",
        f'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;]>{entity()}',
        "xml_document_type",
        "",
    ),
    ("external DTD", f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">{entity()}', "xml_document_type", ""),
    ("plain DOCTYPE", f"<!DOCTYPE EntityDescriptor>\n{entity()}", "xml_document_type", ""),
    (
        "DOCTYPE behind comments",
        f"<?xml version='1.0'?>\n<!-- a --><?p?>\n<!DOCTYPE x>{entity()}",
        "xml_document_type",
        "",
    ),
    ("DOCTYPE in UTF-16", f"<!DOCTYPE x>{entity()}".encode("utf-16"), "xml_document_type", ""),
    ("DOCTYPE in UTF-16 without mark", f"<!DOCTYPE x>{entity()}".encode("utf-16-le"), "xml_document_type", ""),
    ("UTF-7", b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE x+AD4-", "xml_encoding", "UTF-7"),
    ("EBCDIC", "<?xml version='1.0' encoding='cp037'?><x/>".encode("cp037"), "xml_syntax", "well-formed"),
    ("an entity without declaration", entity(issuer="&e;"), "xml_syntax", "well-formed"),
    ("deep nesting", "<a>" * 5_000, "xml_syntax", "well-formed"),
    ("HTML", "<!DOCTYPE html>\n<html><body>Sign in</body></html>", "xml_is_html", "sign-in or error page"),
    ("XHTML", "<html xmlns='http://www.w3.org/1999/xhtml'/>", "xml_is_html", ""),
    ("a certificate", "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----", "xml_is_certificate", "PEM"),
    ("JSON", '{"issuer": "https://x.example"}', "xml_is_json", "OpenID Connect"),
    ("a ZIP", b"PK\x03\x04aaaa", "xml_is_archive", "ZIP"),
    ("empty", "", "file_empty", "download the metadata again"),
    ("blank", " \n\t", "file_empty", ""),
    ("text", "metadata to follow", "xml_syntax", "well-formed"),
    ("cut off", entity()[:400], "xml_syntax", "well-formed"),
    ("two roots", entity() + entity(), "xml_syntax", "well-formed"),
    ("broken bytes", entity().encode().replace(b"acme", b"acm\xe9", 1), "xml_syntax", "well-formed"),
    (
        "a SAML response",
        '<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"/>',
        "metadata_root",
        "SAML response",
    ),
    ("other XML", "<callCenter/>", "metadata_root", '"callCenter"'),
    (
        "an empty EntitiesDescriptor",
        f"<md:EntitiesDescriptor {NAMESPACES}/>",
        "identity_provider_missing",
        "IDPSSODescriptor",
    ),
    ("a relative namespace", entity(after='<x:y xmlns:x="relative"/>'), "metadata_form", "relative address"),
]


@pytest.mark.parametrize(("data", "code", "part"), [file[1:] for file in FILES], ids=[file[0] for file in FILES])
def test_it_is_refused_with_its_reason(read: Read, data: str | bytes, code: str, part: str) -> None:
    reading = read(data)
    assert codes(reading) == [code]
    assert part in next(problem.message for problem in reading.problems if problem.severity == "error")
    assert reading.document is None


@pytest.mark.parametrize(
    ("data", "code"),
    [(entity().encode("utf-8-sig"), "metadata_byte_order_mark"), (entity().encode("utf-16"), "metadata_utf16")],
)
def test_what_iam_would_refuse_is_converted_with_a_warning(read: Read, data: bytes, code: str) -> None:
    reading = read(data)
    assert (codes(reading), codes(reading, "warning")) == ([], [code])
    assert reading.document == read(entity()).document


def test_lines_are_told(read: Read) -> None:
    (problem,) = read(f"<?xml version='1.0'?>\n\n<!DOCTYPE x>{entity()}").problems
    assert problem.row == 3
    (problem,) = read(entity().replace("</ds:X509Data>", "")).problems
    assert problem.row is not None and problem.row > 3


def test_a_huge_file_is_not_read(read: Read) -> None:
    begin = time.process_time()
    assert codes(read(b"<" + b"x" * MAX_BYTES)) == ["metadata_too_large"]
    assert time.process_time() - begin < 2


def test_a_file_at_the_limit_is_read_quickly(read: Read) -> None:
    text = entity()
    data = text + " " * (MAX_BYTES - len(text))
    begin = time.process_time()
    assert codes(read(data)) == []
    assert time.process_time() - begin < 2


def test_thousands_of_identity_providers_are_refused_quickly(read: Read) -> None:
    one = entity(key_descriptor(certificate()))
    many = "".join(one.replace("acme.my", f"acme{number}.my", 1) for number in range(5_000))
    begin = time.process_time()
    assert codes(read(f"<md:EntitiesDescriptor {NAMESPACES}>{many}</md:EntitiesDescriptor>"[:MAX_BYTES])) == [
        "several_identity_providers"
    ]
    assert time.process_time() - begin < 2


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert codes(read_metadata([tmp_path / "gone.xml"])) == ["metadata_missing"]
    assert codes(read_metadata([tmp_path])) == ["metadata_missing"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_bytes_raise(read: Read, data: bytes) -> None:
    assert read(data).document is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(entity())), st.text(max_size=12))
def test_no_edit_raises(read: Read, position: int, text: str) -> None:
    original = entity()
    reading = read((original[:position] + text + original[position:]).encode("utf-8", "surrogatepass"))
    assert (reading.document is None) == bool(codes(reading))

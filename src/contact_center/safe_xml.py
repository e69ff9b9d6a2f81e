"""Parses XML that somebody else wrote, without what XML can do to its reader.

No entities, no document type, no network, no huge documents; and a plain word where it is not XML at all.
Must not know what the document means.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from user_sync.model import Problem

MAX_BYTES = 10_000_000
_PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ENCODING = re.compile(r"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Encodings in which a document type declaration cannot hide from the check before parsing.
_ENCODINGS = re.compile(r"utf-?8|utf-?16(le|be)?|us-ascii|ascii|iso-8859-\d+|latin1|windows-125\d|cp125\d", re.I)
_NOT_XML = (
    (re.compile(r"<!doctype\s+html|<html[\s>]", re.I), "xml_is_html", "HTML, likely a sign-in or error page"),
    (re.compile(r"-----BEGIN "), "xml_is_certificate", "a certificate or key in PEM form"),
    (re.compile(r"[{\[]"), "xml_is_json", "JSON, likely OpenID Connect's"),
    (re.compile(r"PK\x03\x04"), "xml_is_archive", "a ZIP archive"),
)


@dataclass(frozen=True, slots=True)
class ParsedXml:
    """An XML file as parsed.

    Attributes:
        root: None where there is an error.
    """

    file: str
    root: etree._Element | None
    problems: tuple[Problem, ...]


class _RefusedError(Exception):
    def __init__(self, code: str, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.code, self.row = code, row


def read_xml(path: Path) -> ParsedXml:
    """Return the parsed document, comments and processing instructions left out.

    Args:
        path: the file.
    """
    try:
        data = _bytes(path)
    except _RefusedError as refused:
        return ParsedXml(str(path), None, (Problem("error", str(path), refused.row, None, refused.code, str(refused)),))
    return parse_xml(data, str(path))


def parse_xml(data: bytes, file: str) -> ParsedXml:
    """Return the parsed document, comments and processing instructions left out.

    Args:
        data: the document.
        file: its name, as problems show it.
    """
    warnings: list[Problem] = []
    try:
        text = _text(data)
        _refuse_other_formats(text)
        warnings += [Problem("warning", file, 1, None, *found) for found in _encoding_warnings(data)]
        _refuse_document_type(text)
        return ParsedXml(file, _parse(data), tuple(warnings))
    except _RefusedError as refused:
        problem = Problem("error", file, refused.row, None, refused.code, str(refused))
        return ParsedXml(file, None, (*warnings, problem))


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise _RefusedError("metadata_missing", f"{path} {'is a folder' if path.is_dir() else 'does not exist'}")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _RefusedError("file_unreadable", f"{path} cannot be read: {(error.strerror or '').lower()}") from error
    if len(data) > MAX_BYTES:
        raise _RefusedError("metadata_too_large", f"the file is larger than {MAX_BYTES:,} bytes, IAM's limit")
    if not data.strip():
        raise _RefusedError("file_empty", "the file is empty: download the metadata again")
    return data


def _text(data: bytes) -> str:
    """Return the file for looking at its beginning; ASCII reads alike in every encoding that is let through."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:2]:
        codec = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-16-le"
        codec = "utf-16-be" if data[:1] == b"\0" else codec
        return data.decode(codec, errors="replace")
    return data.removeprefix(codecs.BOM_UTF8).decode("latin-1")


def _refuse_other_formats(text: str) -> None:
    start = text.lstrip()[:2000]
    for pattern, code, what in _NOT_XML:
        if pattern.match(start):
            raise _RefusedError(code, f"the file is {what}, not SAML metadata: download the metadata's XML", 1)
    declared = _ENCODING.match(start)
    if declared and not _ENCODINGS.fullmatch(declared[1]):
        raise _RefusedError("xml_encoding", f"the encoding {declared[1]} is not read: save the file as UTF-8", 1)


def _encoding_warnings(data: bytes) -> list[tuple[str, str]]:
    if data.startswith(codecs.BOM_UTF8):
        message = "the file begins with a byte order mark, which IAM refuses: what is deployed goes without it"
        return [("metadata_byte_order_mark", message)]
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in data[:2]:
        return [("metadata_utf16", "the file is UTF-16, and IAM takes UTF-8: what is deployed is converted")]
    return []


def _refuse_document_type(text: str) -> None:
    position = 0
    while match := _PROLOG.match(text, position):
        position = match.end()
    if text[position : position + 9].upper() == "<!DOCTYPE":
        row = text.count("\n", 0, position) + 1
        raise _RefusedError(
            "xml_document_type", "the document type declaration (<!DOCTYPE …>) is not read: take it out", row
        )


def safe_parser(*, bare: bool = True) -> etree.XMLParser:
    """Return a parser that resolves nothing and fetches nothing.

    Args:
        bare: leave comments and instructions out; what was signed is read with them.
    """
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=bare,
        remove_pis=bare,
        recover=False,
        collect_ids=False,
    )


def _parse(data: bytes) -> etree._Element:
    try:
        root = etree.fromstring(data, safe_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        row = getattr(error, "lineno", None)
        said = str(error).split("\n")[0]
        raise _RefusedError(
            "xml_syntax", f"the file is not well-formed XML: {said[:1].lower()}{said[1:]}", row
        ) from error
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        # Behind the check above, should libxml2 see a declaration where that did not.
        raise _RefusedError(
            "xml_document_type", "the document type declaration (<!DOCTYPE …>) is not read: take it out"
        )
    return root


def row_of(element: etree._Element) -> int | None:
    """Return the line of an element, where the parser knows it."""
    line: Any = element.sourceline
    return line if isinstance(line, int) else None


def text_of(element: etree._Element) -> str:
    """Return all text in an element."""
    return "".join(str(part) for part in element.itertext())

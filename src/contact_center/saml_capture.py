"""Finds a SAML response in what somebody captured: a browser's HAR, a form post, base64, or the XML itself.

Looks at the text only. Must not judge the response, fetch anything, nor keep anything else of a HAR.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

from contact_center.metadata_entity import parse_moment

# A HAR of a long session has tens of megabytes; a response has a few thousand characters.
MOST_BYTES, MOST_TEXT_BYTES, MOST_RESPONSE_BYTES = 50_000_000, 4_000_000, 2_000_000
_FIELD = re.compile(r"""\bSAMLResponse["']?\s*[=:]\s*["']?""")
_RELAY_STATE = re.compile(r"""\bRelayState["']?\s*([=:])\s*["']?([^\s"']+)""")
_FIELD_ENDS = re.compile(r"""[&"']|\s[\s,;]{0,9}RelayState\b""")
_INPUT = re.compile(r"<input\b[^<>]*>", re.IGNORECASE)
_HOW = (
    "capture the form that the browser posts to AWS: developer tools, Network, the request to "
    "signin.aws.amazon.com, Payload, SAMLResponse; or save everything as HAR"
)
_AWS_HOSTS = (".signin.aws.amazon.com", ".signin.amazonaws-us-gov.com", ".sign-in.connect.aws")


class CaptureUnusable(Exception):
    """There is no SAML response in the input.

    Args:
        message: what was found instead.
        fix: how to capture one.
    """

    def __init__(self, message: str, fix: str = _HOW) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Capture:
    """A SAML response as the identity provider gave it to the browser.

    Attributes:
        document: the XML.
        relay_state: what was posted beside it; None where none was captured.
        whole_post: whether the post was captured as a whole, so that no relay state means that there was none.
        posted_at: when the browser posted it, by the browser's clock; HAR only.
    """

    document: bytes
    relay_state: str | None = None
    whole_post: bool = False
    posted_at: datetime | None = None


def read_capture(data: bytes) -> Capture:
    """Return the SAML response in what was captured.

    Args:
        data: a HAR file, a form post (also as curl, JSON, an HTML page, or developer tools show it), base64
            with or without line breaks and percent-encoding, or XML.

    Raises:
        CaptureUnusable: there is none.
    """
    if len(data) > MOST_BYTES:
        raise CaptureUnusable(f"the input is larger than {MOST_BYTES:,} bytes")
    text = _text(data)
    if not text:
        raise CaptureUnusable("the input is empty")
    if text.startswith("{"):
        found = _from_json(text)
        if found is not None:
            return found
    if len(text) > MOST_TEXT_BYTES:
        raise CaptureUnusable(f"the input is larger than {MOST_TEXT_BYTES:,} bytes, and no HAR file")
    if text.startswith("<"):
        return _from_form_page(text) or _from_xml(data, text)
    field = _FIELD.search(text)
    if field is None:
        return Capture(_document(text))
    ends = _FIELD_ENDS.search(text, field.end())
    return Capture(_document(text[field.end() : ends.start() if ends else None]), _relay_state(text))


def _relay_state(text: str) -> str | None:
    found = _RELAY_STATE.search(text)
    if found is None:
        return None
    # Developer tools show a form's fields decoded, with colons; as it was posted it has equals signs.
    return found[2] if found[1] == ":" else unquote_plus(found[2].partition("&")[0])


def _text(data: bytes) -> str:
    # PowerShell writes UTF-16 where a person redirects output into a file.
    codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(codec, errors="replace").strip()


def _from_xml(data: bytes, text: str) -> Capture:
    start = text[:2000].lower()
    if "<html" in start or "<!doctype html" in start:
        raise CaptureUnusable("the input is an HTML page without a SAMLResponse field, likely a sign-in or error page")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = re.sub(r"^<\?xml[^>]*\?>", "", text).encode()
    if len(data) > MOST_RESPONSE_BYTES:
        raise CaptureUnusable(f"the XML is larger than {MOST_RESPONSE_BYTES:,} bytes, and no SAML response is")
    return Capture(data.removeprefix(b"\xef\xbb\xbf").strip())


def _from_form_page(text: str) -> Capture | None:
    fields: dict[str, str] = {}
    for element in _INPUT.findall(text):
        name = re.search(r"""\bname\s*=\s*["']?([\w.-]+)""", element, re.IGNORECASE)
        value = re.search(r"""\bvalue\s*=\s*(?:"([^"]*)"|'([^']*)')""", element, re.IGNORECASE)
        if name and value:
            fields.setdefault(name[1], html.unescape(value[1] or value[2] or ""))
    if "SAMLResponse" not in fields:
        return None
    return Capture(_document(fields["SAMLResponse"]), fields.get("RelayState"))


def _from_json(text: str) -> Capture | None:
    """Return what a HAR or a JSON object holds, or None where the text is no JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    response = _member(document, "SAMLResponse")
    if isinstance(response, str):
        relay_state = _member(document, "RelayState")
        return Capture(_document(response), relay_state if isinstance(relay_state, str) else None)
    entries = _member(document, "log", "entries")
    if not isinstance(entries, list):
        raise CaptureUnusable("the input is JSON, and neither a HAR file nor an object with SAMLResponse")
    posts = [(url, fields, when) for url, fields, when in _posts(entries) if fields.get("SAMLResponse")]
    if not posts:
        raise CaptureUnusable(
            "the HAR file holds no post with a SAMLResponse",
            "record again with 'Preserve log' on, from before the sign-in until AWS's answer; Chrome leaves posted "
            "fields in, other tools may leave them out",
        )
    to_aws = [post for post in posts if _is_aws(post[0])]
    _, fields, when = (to_aws or posts)[-1]
    return Capture(_document(fields["SAMLResponse"]), fields.get("RelayState") or None, whole_post=True, posted_at=when)


def _posts(entries: list[Any]) -> Iterator[tuple[str, dict[str, str], datetime | None]]:
    """Yield address, fields and time of each post of a HAR; whatever is of another shape is passed over."""
    for entry in entries:
        data = _member(entry, "request", "postData")
        text, parameters = _member(data, "text"), _member(data, "params")
        fields: dict[str, str] = {}
        if isinstance(text, str) and "SAMLResponse=" in text:
            pairs = (pair.partition("=") for pair in text.split("&"))
            fields = {name: unquote_plus(value) for name, _, value in pairs}
        # Firefox decodes these, Chrome does not: the text is better where there is one.
        for item in parameters if isinstance(parameters, list) and not fields else ():
            name, value = _member(item, "name"), _member(item, "value")
            if isinstance(name, str) and isinstance(value, str):
                fields[name] = unquote_plus(value) if re.match(r"https?%3A", value, re.IGNORECASE) else value
        url, started = _member(entry, "request", "url"), _member(entry, "startedDateTime")
        when = parse_moment(started) if isinstance(started, str) else None
        yield url if isinstance(url, str) else "", fields, when


def _member(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_aws(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return f".{host}".endswith(_AWS_HOSTS)


def _document(value: str) -> bytes:
    """Return the XML behind a field's value."""
    if len(value) > 4 * MOST_RESPONSE_BYTES:
        raise CaptureUnusable(f"the SAMLResponse is larger than {MOST_RESPONSE_BYTES:,} bytes")
    text = value.strip().replace("\\r", "").replace("\\n", "")
    for _ in range(2):
        text = unquote(text) if "%" in text else text
    if not text:
        raise CaptureUnusable("the SAMLResponse is empty")
    if text.startswith("<"):
        return _from_xml(text.encode(), text).document
    # A space is a plus sign that a form's decoding took, or a line break that a clipboard took.
    tries = [re.sub(r"[^\S ]", "", text).replace(" ", "+")] if " " in text else []
    for candidate in (*tries, "".join(text.split())):
        document = _unpacked(candidate)
        if document is not None and document.endswith(b">"):
            return document
    document = _unpacked("".join(text.split()))
    if document is None:
        raise CaptureUnusable("the input is neither base64 nor XML, nor a HAR file, nor a form with SAMLResponse")
    return document


def _unpacked(text: str) -> bytes | None:
    """Return what base64 holds where that begins as XML does, else None."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    document = data.removeprefix(b"\xef\xbb\xbf").strip()
    if document.startswith(b"<"):
        return document
    try:
        inflated = zlib.decompressobj(-15).decompress(data, MOST_RESPONSE_BYTES)
    except zlib.error:
        return None
    if inflated.lstrip().startswith(b"<"):
        raise CaptureUnusable(
            "the message is deflated, as it stands in an address (HTTP-Redirect binding), and AWS takes responses "
            "from a posted form only"
        )
    return None

"""Reads a small UTF-8 text file, or says why it cannot be read.

Must not know what the text is.
"""

from __future__ import annotations

from pathlib import Path

from user_sync.model import Problem

MAX_BYTES = 256 * 1024
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path, file: str) -> str | Problem:
    """Return the file's text without a byte order mark, or what is wrong with the file.

    Args:
        path: the file.
        file: its name, as problems show it.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        inside = path / "contact-center.yaml"
        hint = f": name the file in it, {inside}" if inside.is_file() else ""
        return Problem("error", file, None, None, "file_missing", f"{file} {what}{hint}")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Problem("error", file, None, None, "file_unreadable", f"{file} cannot be read: {reason}")
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1024} KB: is it the config?"
        return Problem("error", file, None, None, "file_too_large", message)
    if data.startswith(_BYTE_ORDER_MARKS):
        return Problem("error", file, None, None, "not_utf8", "the file is UTF-16: save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8"
        return Problem("error", file, row, None, "not_utf8", message)

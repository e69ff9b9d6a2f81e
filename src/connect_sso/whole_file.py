"""Writing a file: whole or not at all, so that nobody reads half a report or half a page."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, text: str, *, private: bool) -> None:
    """Write a text file with the folders that it needs; what stood there before stays until all of it is written.

    Args:
        path: of the file.
        text: its content; line ends stay as they are.
        private: whether people are in it, so that its owner alone may read it.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)  # one that was left lying about may be readable by others
        part.touch(mode=0o600 if private else 0o666)
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise

"""Writes a kit whole or not at all, and never over something that is not a kit of ours.

The files are written into a folder beside, which then takes the place of the old one. An old kit is
recognized by its manifest; files in it that somebody added or changed stop the writing, since they would
be lost, but for the values that are meant to be filled in.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from connect_sso.kit.known import FILE as VALUES_FILE
from user_sync.model import Problem

MANIFEST = "kit.json"
_KIND = "connect-sso kit"
# What file managers leave behind; the Salesforce CLI's own folders start with a dot.
_LITTER = frozenset({"Thumbs.db", "desktop.ini"})


def obstacles(folder: Path) -> list[Problem]:
    """Return why a kit cannot be written to a folder; nothing where it can.

    Args:
        folder: which may exist already.
    """
    try:
        return list(_obstacles(folder))
    except OSError as error:
        return [_problem(folder, "out_unusable", f"cannot read {folder}: {error.strerror}; choose another --out")]


def _obstacles(folder: Path) -> Iterator[Problem]:
    place = folder.resolve()
    if place == Path.cwd() or place in Path.cwd().parents:
        text = f"{folder} is the folder that you are in, or above it: name a folder of its own, such as --out kit"
        yield _problem(folder, "out_unusable", text)
    elif place.exists() and not place.is_dir():
        yield _problem(folder, "out_unusable", f"{folder} is a file: name a folder, such as --out kit")
    elif place.is_dir() and any(place.iterdir()):
        written = _manifest(place)
        if written is None:
            text = f"{folder} is not empty and not a kit: choose another --out, or empty it yourself"
            yield _problem(folder, "out_not_a_kit", text)
        else:
            yield from _edited(folder, place, written)


def _manifest(place: Path) -> Mapping[str, str] | None:
    """Return path → digest of a kit's files; None where the folder is no kit of ours."""
    try:
        data = json.loads((place / MANIFEST).read_bytes())
        if data["kind"] != _KIND:
            return None
        return {str(path): str(digest) for path, digest in data["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _edited(folder: Path, place: Path, written: Mapping[str, str]) -> Iterator[Problem]:
    present = {path.relative_to(place).as_posix(): path for path in sorted(place.rglob("*")) if path.is_file()}
    changed, added = [], []
    for name, path in present.items():
        if name in (MANIFEST, VALUES_FILE):
            continue
        if name in written:
            if _digest(path.read_bytes()) != written[name]:
                changed.append(name)
        elif not any(part.startswith(".") for part in Path(name).parts) and path.name not in _LITTER:
            added.append(name)
    if changed or added:
        what = [f"changed: {', '.join(changed)}"] * bool(changed) + [f"added: {', '.join(added)}"] * bool(added)
        text = (
            f"{folder} has files that would be lost ({'; '.join(what)}): move them away, or choose another --out; "
            f"what Salesforce knows belongs into {VALUES_FILE}, which is kept"
        )
        yield _problem(folder, "out_edited", text)


def write_kit(folder: Path, files: Mapping[str, str], *, name: str) -> None:
    """Write a kit in place of what is there.

    Args:
        folder: without `obstacles`.
        files: text by path, with forward slashes.
        name: of the contact center.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    digests = {path: _digest(text.encode()) for path, text in sorted(files.items())}
    manifest = {"kind": _KIND, "version": 1, "contact_center": name, "files": digests}
    with _beside(place) as scratch:
        new = scratch / "new"
        for path, text in {**files, MANIFEST: json.dumps(manifest, indent=2) + "\n"}.items():
            target = new / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
        _swap(place, new, scratch / "old")


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Give a folder on the same disk, so that a rename is one step; take it away afterwards."""
    scratch = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _swap(place: Path, new: Path, old: Path) -> None:
    if not place.exists():
        new.rename(place)
        return
    try:
        place.rename(old)
        new.rename(place)
    except BaseException:
        if not place.exists() and old.exists():
            old.rename(place)
        raise


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _problem(folder: Path, code: str, message: str) -> Problem:
    return Problem("error", str(folder), None, "--out", code, message)

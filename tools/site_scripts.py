"""Bring the two scripts that the documentation site would else load from another host; `make docs` runs it.

Argument: the folder to write them to. Versions and checksums stand here, as in a lock file.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Script:
    """A script inside an npm package.

    Attributes:
        integrity: of the package's archive, as `npm view NAME@VERSION dist.integrity` has it.
        member: the script's path inside the package.
    """

    package: str
    version: str
    license: str
    integrity: str
    member: str
    file: str


SCRIPTS = (
    Script(
        "mermaid",
        "11.17.2",
        "MIT",
        "sha512-V6K3C8EBdEsPFZXSKMJe6ppQOENxuHARr9GvHX4hh47lAbhMRD9qf4oEK7LoaRQxULMa80/qt5gHO73aCleBBg==",
        "dist/mermaid.min.js",
        "mermaid.js",
    ),
    # Search, where a page is opened as a file.
    Script(
        "iframe-worker",
        "1.0.4",
        "MIT",
        "sha512-roeaaI+Lg1LJNfgpCjoRe/+WzEjy9+Z08LoEvu85MCPbBjwm+qXz8Ag5U05lHa6V1CysZyGzE0SOkAtSUA5q7Q==",
        "shim/index.js",
        "iframe-worker.js",
    ),
)


def bring(script: Script, folder: Path) -> None:
    """Download the package, hold it against its checksum, and take the script out.

    Raises:
        SystemExit: the archive is not the one that was looked at when its checksum was written here.
    """
    with tempfile.TemporaryDirectory() as scratch:
        wanted = f"{script.package}@{script.version}"
        npm = shutil.which("npm") or "npm"
        subprocess.run(
            [npm, "pack", "--silent", "--pack-destination", scratch, wanted], check=True, stdout=subprocess.DEVNULL
        )
        (archive,) = Path(scratch).iterdir()
        got = "sha512-" + b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if got != script.integrity:
            raise SystemExit(f"error: {wanted} has the checksum {got}, expected {script.integrity}: do not use it")
        with tarfile.open(archive) as files:
            content = files.extractfile(f"package/{script.member}")
            if content is None:
                raise SystemExit(f"error: {wanted} has no file {script.member}")
            with (folder / script.file).open("wb") as file:
                shutil.copyfileobj(content, file)


def main(folder: Path) -> None:
    """Bring them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for script in SCRIPTS:
        bring(script, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

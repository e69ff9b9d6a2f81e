"""Put a folder into a .zip file whose bytes depend on the folder's files alone. `tools/install.sh` calls it.

The file's hash is in the template, so it must be the same on every machine: names are sorted, times and
modes fixed, and nothing is compressed (compressors differ; most of it is compressed already). One file
is also hashed and copied in a moment at each synth, where 2,400 files take most of a second.

Usage: zip_layer.py FOLDER FILE
"""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that the format knows
_MODE = 0o100644 << 16
_UNIX = 3


def zip_folder(folder: Path, target: Path) -> None:
    """Write the .zip file; a half-written one is never left under its name.

    Args:
        folder: whose files are taken, compiled Python left out.
        target: the file, replaced where it exists.
    """
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    half = target.with_suffix(".half")
    with ZipFile(half, "w", ZIP_STORED) as archive:
        for name in sorted(names):
            if "__pycache__" in name.split("/"):
                continue
            info = ZipInfo(name, _EPOCH)
            info.create_system = _UNIX
            info.external_attr = _MODE
            archive.writestr(info, names[name].read_bytes())
    half.replace(target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: zip_layer.py FOLDER FILE")
    zip_folder(Path(sys.argv[1]), Path(sys.argv[2]))

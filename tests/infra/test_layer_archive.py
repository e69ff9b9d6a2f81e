"""The layer's .zip file depends on the folder's files alone: its hash is in the template."""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import ZipFile

from tools.zip_layer import zip_folder

FILES = {"python/b.py": b"b", "python/a/__init__.py": b"", "python/a/data.json.gz": b"\x1f\x8b"}


def _folder(path: Path, names: list[str]) -> Path:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(FILES[name])
    return path


def test_order_times_modes_and_compiled_files_do_not_matter(tmp_path: Path) -> None:
    one = _folder(tmp_path / "one", sorted(FILES))
    other = _folder(tmp_path / "other", sorted(FILES, reverse=True))
    (other / "python" / "__pycache__").mkdir()
    (other / "python" / "__pycache__" / "b.cpython-311.pyc").write_bytes(b"compiled")
    os.utime(other / "python" / "b.py", (1, 1))
    (other / "python" / "b.py").chmod(0o755)
    for folder in (one, other):
        zip_folder(folder, tmp_path / f"{folder.name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    with ZipFile(tmp_path / "one.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES


def test_other_content_is_another_file(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "one", sorted(FILES))
    zip_folder(folder, tmp_path / "before.zip")
    (folder / "python" / "b.py").write_bytes(b"c")
    zip_folder(folder, tmp_path / "after.zip")
    assert (tmp_path / "before.zip").read_bytes() != (tmp_path / "after.zip").read_bytes()
    assert not list(tmp_path.glob("*.half"))

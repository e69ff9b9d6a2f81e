"""A headless Chromium that looks at pages: an npm package that `make test` installs (tests/node)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MODULES = Path(__file__).parents[2] / "node" / "node_modules"
SCRIPT = Path(__file__).with_name("look_at_page.cjs")
VIEWS = 3  # a phone, a screen, paper


def look_at(pages: Sequence[Path], scratch: Path, *, script: Path = SCRIPT, views: int = VIEWS) -> list[dict[str, Any]]:
    """Return what the browser saw of each page, at each width.

    Args:
        scratch: an empty folder for what the browser unpacks.
        script: what looks; it prints a list.
        views: how often it looks at each page.
    """
    fonts = scratch / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{scratch}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{scratch}/cache</cachedir></fontconfig>"
    )
    # On a machine without Chromium's libraries the package unpacks its own; without the fonts it draws nothing.
    environment = {
        **os.environ,
        "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x",
        "TMPDIR": str(scratch),
        "FONTCONFIG_FILE": str(fonts),
        "HOME": str(scratch),
    }
    command = ["node", str(script), str(MODULES), *map(str, pages)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(found) == views * len(pages)
    return found

"""THIRD_PARTY_LICENSES.md: every package of the lock files, with its version and license; `make licenses` writes it.

Licenses of Python packages are what the installed packages say of themselves, those of npm packages stand in the
lock file. Whatever is not on the list of `ACCEPTED` stops it: a person looks first.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from site_scripts import SCRIPTS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "THIRD_PARTY_LICENSES.md"
# May be used by, and beside, a work under Apache-2.0: https://www.apache.org/legal/resolved.html (categories A and B).
ACCEPTED = {
    *("0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "MIT-0"),
    *("MPL-2.0", "PSF-2.0", "WTFPL", "Zlib"),
}
# Package → what its files say where its metadata do not, or where it is not installed on every platform.
LOOKED_UP = {
    "@auth0/xmldom": "MIT OR LGPL-2.0-or-later",
    "colorama": "BSD-3-Clause",
    "networkx": "BSD-3-Clause",
    "pymdown-extensions": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "utils-flatten": "MIT",
    "valid-url": "MIT",
    "xpath": "MIT",
    "xtend": "MIT",
}
_SPELLINGS = {
    "mit license": "MIT",
    "the mit license (mit)": "MIT",
    "apache software license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "bsd 2-clause license": "BSD-2-Clause",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A lock file.

    Attributes:
        environment: where its packages are installed; empty for npm's.
    """

    lock: str
    title: str
    environment: str = ""


SECTIONS = (
    Section("locks/lambda.txt", "The Lambda function's layer", "build/layer/python"),
    Section("locks/development.txt", "The command line, the CDK app, and development", ".venv"),
    Section("locks/local-aws.txt", "The local AWS, for the demo and for tests", ".venv-local-aws"),
    Section("locks/docs.txt", "The documentation site's tools", ".venv-docs"),
    Section("package-lock.json", "The CDK's command line"),
    Section("tests/node/package-lock.json", "Tests: a browser, and Salesforce's library"),
)


def locked(lock: str) -> list[tuple[str, str]]:
    """Return name and version of each package of a lock file, sorted."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    if lock.endswith(".txt"):
        return sorted((_name(name), version) for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.M))
    return sorted({(name, version) for name, version, _ in _of_npm(text)})


def _of_npm(text: str) -> Iterator[tuple[str, str, str]]:
    for place, package in json.loads(text)["packages"].items():
        if place:
            name = place.rpartition("node_modules/")[2]
            yield name, package["version"], LOOKED_UP.get(name) or package.get("license", "")


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licensed(section: Section) -> list[tuple[str, str, str]]:
    """Return name, version and license of each package of a section, sorted.

    Raises:
        SystemExit: a license is not known, or not accepted.
    """
    if section.environment:
        known = {_name(found.name): license_of(found) for found in _installed(ROOT / section.environment)}
        rows = [(name, version, LOOKED_UP.get(name) or known.get(name, "")) for name, version in locked(section.lock)]
    else:
        rows = sorted(set(_of_npm((ROOT / section.lock).read_text(encoding="utf-8"))))
    for name, version, license_ in rows:
        if not accepted(license_):
            raise SystemExit(
                f"error: {name} {version} ({section.lock}) has the license {license_ or 'not known'!r}: allowed are "
                f"{', '.join(sorted(ACCEPTED))}; do without it, or look at its files and say so in tools/licenses.py"
            )
    return rows


def _installed(environment: Path) -> Iterable[Distribution]:
    folders = [str(folder) for folder in environment.glob("lib/python*/site-packages")] or [str(environment)]
    return distributions(path=folders)


def license_of(package: Distribution) -> str:
    """Return the license that an installed package says it has, as SPDX names it where that is known."""
    metadata = package.metadata
    told = metadata.get("License-Expression") or metadata.get("License", "").strip()
    if told in ("", "UNKNOWN") or "\n" in told:
        classifiers = (text for text in metadata.get_all("Classifier") or () if text.startswith("License :: OSI"))
        told = " AND ".join(text.rpartition(" :: ")[2] for text in classifiers)
    if told.casefold() in ("bsd", "bsd license"):
        texts = (file.read_text() for file in package.files or () if "LICENSE" in file.name.upper())
        return "BSD-3-Clause" if any("neither the name" in " ".join(text.lower().split()) for text in texts) else told
    return _SPELLINGS.get(told.casefold(), told)


def accepted(expression: str) -> bool:
    """Return whether one of the alternatives of an SPDX expression, without brackets inside, is accepted as a whole."""
    alternatives = expression.strip("()").split(" OR ")
    allowed = {name.casefold() for name in ACCEPTED}
    return any(all(part.strip().casefold() in allowed for part in each.split(" AND ")) for each in alternatives)


def table(section: Section) -> str:
    """Return the section of the page about a lock file."""
    rows = "".join(f"| {name} | {version} | {license_} |\n" for name, version, license_ in licensed(section))
    return f"## {section.title}\n\n`{section.lock}`\n\n| package | version | license |\n| --- | --- | --- |\n{rows}"


def page() -> str:
    """Return the whole page."""
    scripts = "".join(f"| {script.package} | {script.version} | {script.license} |\n" for script in SCRIPTS)
    return (
        "# Licenses of dependencies\n\n"
        "Made by `make licenses` from the lock files. connect-sso itself is under Apache-2.0. Its wheel and its\n"
        "source distribution hold none of these packages; the Lambda function's layer holds the first table's, each\n"
        "with its license's text.\n\n"
        + "\n".join(table(section) for section in SECTIONS)
        + "\n## Scripts in the documentation site\n\n`tools/site_scripts.py`\n\n| package | version | license |\n"
        + f"| --- | --- | --- |\n{scripts}"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")

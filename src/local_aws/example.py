"""A temporary copy of the example contact center with an identity provider whose key exists.

No private key is ever committed: the committed metadata belongs to a key that no longer exists, so the demo
and the tests make a fresh one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from local_aws.environment import ROOT
from local_aws.identity_provider import IdentityProvider

EXAMPLE = ROOT / "config" / "acmeservice"


@dataclass(frozen=True, slots=True)
class ExampleCopy:
    """The copy.

    Attributes:
        folder: where it lies.
        provider: its identity provider, key included.
    """

    folder: Path
    provider: IdentityProvider

    @property
    def config(self) -> Path:
        """Return the config file."""
        return self.folder / "contact-center.yaml"

    @property
    def export(self) -> Path:
        """Return the user export."""
        return self.folder / "users.csv"

    @classmethod
    def make(cls, folder: Path) -> ExampleCopy:
        """Copy the example into a folder, which is made anew."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(EXAMPLE, folder)
        provider = IdentityProvider.fresh("https://acme.my.salesforce.com")
        (folder / "salesforce-idp.xml").write_text(provider.metadata(), encoding="utf-8")
        return cls(folder, provider)

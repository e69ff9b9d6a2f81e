"""A mark that a synthesized stack carries: which config it was made from.

It stands in the cloud assembly's metadata, never in a template, so that it changes nothing that is deployed;
`connect-sso review` compares it, and refuses to show a reviewer templates of another config.
"""

from __future__ import annotations

import hashlib
import json

from contact_center.config import Config

MARK = "connect-sso:config"
# Says what may happen, and changes no template.
_NOT_DEPLOYED = {"acknowledge"}


def config_digest(config: Config) -> str:
    """Return the SHA-256 of a config as it was understood: comments and the order of keys do not matter.

    Args:
        config: with defaults filled in.
    """
    values = config.model_dump(mode="json", exclude=_NOT_DEPLOYED)
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

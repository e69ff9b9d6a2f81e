"""The example's templates as a whole: a snapshot with asset hashes masked."""

from __future__ import annotations

import json
import re

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.infra.synthesis import Synthesized


def test_templates(example: Synthesized, snapshot: SnapshotAssertion) -> None:
    assert example.problems == ()
    templates = {}
    for stack in example.stacks:
        template = example.template(stack)
        template.pop("Parameters")  # the CDK's own check of the bootstrap's version; test_users has the sync's
        template.pop("Rules")
        templates[stack] = json.loads(re.sub(r"\b[0-9a-f]{64}\b", "<hash>", json.dumps(template)))
    assert templates == snapshot(extension_class=JSONSnapshotExtension)

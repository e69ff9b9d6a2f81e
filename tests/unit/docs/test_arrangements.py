"""The pages of docs/arrangements: Salesforce's commands are the kit's, the config loads, the table is `matrix`'s."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml

from contact_center.load import load
from tests.unit.connect_sso.kits import fill_in, kit, write_config, write_outputs
from tests.unit.contact_center.test_use_cases import TABLE
from tests.unit.docs.pages import DOCS, blocks, commands

PAGES = {
    "salesforce": "salesforce.md",
    "salesforce_and_third_party": "salesforce-and-third-party.md",
    "third_party": "third-party.md",
}
WORDS = {
    "salesforce": "Salesforce",
    "third_party": "third party",
    "neither": "neither first",
    "omni_channel": "Omni-Channel softphone",
    "ccp": "Connect CCP softphone",
    "either": "either softphone",
    "yes": "yes",
    "yes_with_configuration": "yes, if configured",
    "no": "no",
}


def page(arrangement: str) -> Path:
    return DOCS / "arrangements" / PAGES[arrangement]


@pytest.mark.parametrize("arrangement", PAGES)
def test_salesforces_commands_are_those_of_the_kit(arrangement: str, tmp_path: Path) -> None:
    folder = tmp_path / arrangement
    config = write_config(folder, arrangement)
    outputs = write_outputs(folder)
    kit(config, outputs=outputs)
    fill_in(config, {"permission_set_id": "0PS5e0000000001AAA"} if arrangement != "third_party" else {})
    told = kit(config, outputs=outputs)["index.html"]
    found = [shlex.join(words) for words in commands(page(arrangement)) if words[0] == "sf"]
    # Those of the kit's own page, which is held against Salesforce's tools elsewhere.
    assert [command for command in found if command not in told] == []
    assert found or arrangement == "salesforce_and_third_party"


@pytest.mark.parametrize("arrangement", PAGES)
def test_the_config_loads(arrangement: str, tmp_path: Path) -> None:
    (wanted,) = map(yaml.safe_load, blocks(page(arrangement), "yaml"))
    config = write_config(tmp_path, arrangement)
    document = yaml.safe_load(config.read_text())
    assert wanted["sign_on"]["identity_provider"] == arrangement
    document["sign_on"] = wanted["sign_on"]
    config.write_text(yaml.safe_dump(document))
    for key in ("salesforce", "third_party"):
        if name := wanted["sign_on"].get(key, {}).get("metadata"):
            (tmp_path / name).write_text("<x/>")
    center = load(config)
    assert center.warnings == ()
    assert center.config.sign_on.identity_provider == arrangement


@pytest.mark.parametrize("arrangement", PAGES)
def test_the_table_is_the_matrix(arrangement: str) -> None:
    rows = [
        line.strip("| ").split(" | ")
        for line in page(arrangement).read_text("utf-8").splitlines()
        if line.startswith("| ")
    ]
    told = [(via, use, supported.partition(":")[0]) for via, use, supported, *_ in rows[2:]]
    assert told == [(WORDS[via], WORDS[use], WORDS[supported]) for via, use, supported, _ in TABLE[arrangement]]

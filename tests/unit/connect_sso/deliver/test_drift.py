"""What is said of drift where not everything could be judged: never that there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connect_sso.deliver import drift
from connect_sso.deliver.stack_drift import StackDrift
from connect_sso.main import main

CONFIG = Path(__file__).resolve().parents[4] / "config" / "acmeservice" / "contact-center.yaml"
SAME = StackDrift("acmeservice-storage", ())
DIFFERENT = StackDrift("acmeservice-sign-on", ("Role (AWS::IAM::Role): modified",))
UNKNOWN = StackDrift("acmeservice-users", (), "it was not judged in 600 s")


@pytest.mark.parametrize(
    ("stacks", "update", "code", "said"),
    [
        ([SAME], 0, 0, False),
        ([SAME, DIFFERENT], 0, 2, True),
        ([SAME], 1, 2, True),
        ([SAME, UNKNOWN], 0, 1, None),
        ([DIFFERENT, UNKNOWN], 0, 2, True),
        ([UNKNOWN], 1, 2, True),
    ],
)
def test_what_was_not_judged_is_neither_drift_nor_none(
    stacks: list[StackDrift],
    update: int,
    code: int,
    said: bool | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(drift, "_found", lambda *_: (stacks, {"update": update}))
    assert main(["deliver", "drift", str(CONFIG), "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert document["drift"] is said
    assert [one["unknown"] for one in document["stacks"]] == [one.unknown for one in stacks]

"""The page in a real browser: on a phone, on a screen, on paper; judged by axe.

The browser is an npm package that `make test` installs (tests/node).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.connect_sso.browser import look_at
from tests.unit.connect_sso.kits import ARRANGEMENTS, kit, write_config, write_outputs


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return what the browser saw of each arrangement's page, at each width."""
    scratch = tmp_path_factory.mktemp("browser")
    for arrangement in ARRANGEMENTS:
        folder = scratch / arrangement
        kit(write_config(folder, arrangement), outputs=write_outputs(folder))
    return look_at([scratch / arrangement / "kit" / "index.html" for arrangement in ARRANGEMENTS], scratch)


def test_nothing_sticks_out(seen: list[dict[str, Any]]) -> None:
    assert [(view["page"], view["width"], view["overflow"]) for view in seen if view["overflow"] > 0] == []


def test_loads_nothing_else_and_complains_of_nothing(seen: list[dict[str, Any]]) -> None:
    assert [view["requests"] for view in seen] == [[f"file://{view['page']}"] for view in seen]
    assert [view["complaints"] for view in seen if view["complaints"]] == []


def test_every_value_has_its_button_but_on_paper(seen: list[dict[str, Any]]) -> None:
    for view in seen:
        assert view["buttons"] == (0 if view["medium"] == "print" else view["values"])
        assert view["values"] > 10


def test_axe_finds_nothing_serious(seen: list[dict[str, Any]]) -> None:
    serious = [v for view in seen for v in view["violations"] if v["impact"] in ("serious", "critical")]
    assert serious == []

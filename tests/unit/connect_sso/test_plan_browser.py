"""The reviewer's page and the report in a real browser: on a phone, on a screen, on paper; judged by axe."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.connect_sso.browser import look_at
from tests.unit.user_sync.test_plan_page import page_of, plan_of_everything
from user_sync.report import as_html


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return what the browser saw of each page, at each width."""
    scratch = tmp_path_factory.mktemp("browser")
    plan = plan_of_everything()
    report = {**plan.as_json(), "outcomes": [], "elapsed_seconds": 1.0, "throttled": 0}
    pages = {"plan.html": page_of(plan), "report.html": as_html(report)}
    for name, text in pages.items():
        (scratch / name).write_text(text, encoding="utf-8")
    return look_at([scratch / name for name in pages], scratch)


def test_nothing_sticks_out(seen: list[dict[str, Any]]) -> None:
    assert [(view["page"], view["width"], view["overflow"]) for view in seen if view["overflow"] > 0] == []


def test_loads_nothing_else_and_complains_of_nothing(seen: list[dict[str, Any]]) -> None:
    assert [view["requests"] for view in seen] == [[f"file://{view['page']}"] for view in seen]
    assert [view["complaints"] for view in seen if view["complaints"]] == []


def test_axe_finds_nothing_serious(seen: list[dict[str, Any]]) -> None:
    serious = [v for view in seen for v in view["violations"] if v["impact"] in ("serious", "critical")]
    assert serious == []

"""The reviewer's page: removals first, every privilege, limits against actual, nothing that a browser would run."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from tests.unit.user_sync.people import current, desired, have, person, policy, want
from user_sync.model import Current, Desired, Phone, Problem
from user_sync.plan import Plan
from user_sync.plan_page import plan_html
from user_sync.planner import make_plan
from user_sync.policy import Limit, Limits, Policy
from user_sync.safety import refusals

DIGESTS = {"export": "1a" * 32, "permission_sets": "", "config": "2b" * 32, "state": "3c" * 32}


def plan_of_everything(**changes: object) -> Plan:
    """Return a plan that has every action, a refusal, a problem and people who are left alone."""
    settings: dict[str, object] = {
        "missing_users": "delete",
        "existing_users": "adopt",
        "limits": Limits(removals=Limit("10%")),
        **changes,
    }
    wanted: list[object] = [want(n, rule=n % 3) for n in range(1, 12)]
    wanted[0] = want(1, username="renamed@acme.example", security_profiles=("Admin",), rule=0)
    wanted[1] = want(2, routing_profile="Chat", hierarchy_group="EMEA/Support", phone=Phone(30, True))
    there = [
        *(have(n) for n in range(1, 8)),
        have(8, ours=False),
        have(20, security_profiles=("Admin",)),
        have(21),
        have(30, ours=False, security_profiles=("Admin",)),
        have(31, tags={"connect-sso:contact-center": "other"}),
    ]
    there[4] = have(5, first_name="<script>alert(1)</script>")
    problem = Problem("error", "exports/users.csv", 6, "First Name", "first_name_missing", "First Name is empty")
    asked = replace(desired(*wanted), problems=(problem,), inactive={person(20): 14})  # type: ignore[arg-type]
    return _plan(asked, current(*there), policy(**settings))


def _plan(asked: Desired, there: Current, rules: Policy) -> Plan:
    return make_plan(asked, there, rules, file="exports/users.csv")


def page_of(plan: Plan) -> str:
    return plan_html(plan, refusals(plan, way_in="terminal"), DIGESTS)


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def read(page: str) -> _Texts:
    parser = _Texts()
    parser.feed(page)
    return parser


def test_what_cannot_be_undone_comes_first() -> None:
    texts = read(page_of(plan_of_everything())).texts
    order = ["Refused: nothing of this will be written", "Limits against actual", "Privileged security profiles"]
    order += ["Delete 2", "Replace 1", "Adopt 1", "Update 2", "Create 3", "Left as they are", "Problems", "Made from"]
    places = [texts.index(text) for text in order]
    assert places == sorted(places)


def test_limits_are_shown_against_actual() -> None:
    texts = read(page_of(plan_of_everything())).texts
    start = texts.index("Removals (disable, delete, replace)")
    assert texts[start : start + 5] == ["Removals (disable, delete, replace)", "3", "10%", "1", "ABOVE"]
    assert texts[start + 5 : start + 10] == ["Updates (update, adopt)", "3", "50%", "5", "within"]
    assert texts[start + 10 : start + 15] == ["Creates", "3", "none", "any", "within"]


def test_who_gets_and_who_loses_a_privileged_profile() -> None:
    texts = read(page_of(plan_of_everything(privileged=("admin",)))).texts
    for username, how, action in (
        ("renamed@acme.example", "gets", "replace"),
        ("user20@acme.example", "loses", "delete"),
    ):
        start = texts.index(username, texts.index("Privileged security profiles"))
        assert texts[start : start + 4] == [username, "Admin", how, action]


def test_everybody_has_a_why() -> None:
    page = page_of(plan_of_everything())
    for text in (
        "inactive in row 14 of users.csv",
        "not in users.csv",
        "row 3 of users.csv",
        "row 2 of users.csv by users.rules[0]; Connect has no rename",
        "without our tags",
        "of contact center &#x27;other&#x27; by its tags",
    ):
        assert text in page
    kept = page_of(plan_of_everything(missing_users="keep"))
    assert "2 managed users are not among the export&#x27;s and stay" in kept


def test_nothing_of_a_person_becomes_markup_and_nothing_is_fetched() -> None:
    page = page_of(plan_of_everything())
    found = read(page)
    assert "<script>alert(1)</script> Family5" in " ".join(found.texts)
    assert not found.tags & {"script", "link", "img", "iframe", "form", "b"}
    assert "http" not in page


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert page_of(plan_of_everything()) == page_of(plan_of_everything())


def test_a_plan_without_changes_says_so() -> None:
    texts = read(page_of(_plan(desired(want(1)), current(have(1)), policy()))).texts
    assert "Nothing to do" in texts
    assert texts.count("None.") == 2
    assert "Nobody beside those who are unchanged." in texts

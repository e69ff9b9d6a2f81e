"""The nearest user, and what differs."""

from __future__ import annotations

import time

import pytest

from contact_center.username_difference import Held, fits_template, nearest_user
from user_sync.salesforce_id import extend

VOICE = "{Alias}@{Id}@{OrganizationId}"
SENT = "ckrug@0055e000RQ4F5ZR@00D5e000000AbCd"
LONG = f"ckrug@{extend('0055e000RQ4F5ZR')}@{extend('00D5e000000AbCd')}"
OTHERS = [
    Held(f"user{number}@0055e0000000{number:03d}@00D5e000000AbCd", f"0055e0000000{number:03d}") for number in range(50)
]


@pytest.mark.parametrize(
    ("sent", "held", "how", "place", "part"),
    [
        (SENT, Held(SENT.upper()), "case", None, "upper and lower case only"),
        (SENT, Held(LONG), "id_length", None, "ids have 18, and 15 are sent"),
        (LONG, Held(SENT), "id_length", None, "ids have 15, and 18 are sent"),
        (LONG.replace("ckrug", "CKrug"), Held(SENT), "id_length", None, "ids have 15"),
        (SENT, Held(SENT.replace("ckrug", "chkrug")), "part", "Alias", "another Alias"),
        (SENT, Held(SENT.replace("AbCd", "XyZz")), "part", "OrganizationId", "another OrganizationId"),
        (LONG, Held(SENT.replace("ckrug", "chkrug")), "part", None, "another form"),
        (SENT, Held("chloe.krug@acme.example", "0055e000RQ4F5ZR"), "part", None, "another form"),
        ("chloe.krug@acme.example", Held("chloe.krugg@acme.example"), "similar", None, "nearest"),
    ],
)  # fmt: skip
def test_what_differs(sent: str, held: Held, how: str, place: str | None, part: str) -> None:
    found = nearest_user(sent, [*OTHERS, held], VOICE)
    assert found is not None
    assert (found.held, found.how, found.place) == (held, how, place)
    assert part in found.message


def test_nobody_is_near() -> None:
    assert nearest_user("zz@acme.example", OTHERS, VOICE) is None
    assert nearest_user(SENT, [], VOICE) is None


def test_the_nearest_of_many_is_found_in_time() -> None:
    many = [Held(f"user{n}@0055e000{n:07d}@00D5e000000AbCd") for n in range(10_000)]
    started = time.process_time()
    found = nearest_user("user777@0055e00X0000777@00D5e000000AbCd", many, VOICE)
    assert time.process_time() - started < 2
    assert found is not None
    assert found.held.username == "user777@0055e0000000777@00D5e000000AbCd"


@pytest.mark.parametrize(
    ("sent", "template", "fits"),
    [
        (SENT, VOICE, True),
        (LONG, VOICE, False),
        (SENT.replace("0055e", "0065e"), VOICE, False),
        ("ckrug@acme.example", VOICE, False),
        ("ckrug@acme.example", "{Email}", True),
        ("ckrug@acme.example", "{Username}", True),
        ("ckrug-1", "{EmployeeNumber}-1", True),
        ("ckrug-2", "{EmployeeNumber}-1", False),
    ],
)
def test_the_form_of_a_username(sent: str, template: str, fits: bool) -> None:
    assert fits_template(sent, template, "00D5e000000AbCd") is fits

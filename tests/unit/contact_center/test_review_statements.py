"""What counts as new, broader, narrower and gone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_center.iam_policy import read_statements
from contact_center.review.statements import marked


def allow(action: Any = "s3:GetObject", resource: Any = "arn:a", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def where(operator: str, **keys: Any) -> dict[str, Any]:
    return {"Condition": {operator: keys}}


def marks(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The marks of the statements afterwards, and of those before that lose something."""
    now, then = marked(read_statements({"Statement": before}), read_statements({"Statement": after}))
    return [one.mark for one in now], [one.mark for one in then]


CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[str], list[str]]] = {
    "the same": ([allow()], [allow()], [""], []),
    "split in two": ([allow(["a:B", "a:C"])], [allow("a:B"), allow("a:C")], ["", ""], []),
    "a wildcard covers": ([allow("s3:*", "*")], [allow()], [""], ["narrower"]),
    "actions know no case": ([allow("S3:getobject")], [allow()], [""], []),
    "another action": ([allow()], [allow(), allow("s3:PutObject")], ["", "new"], []),
    "an action more": ([allow()], [allow(["s3:GetObject", "s3:PutObject"])], ["new"], []),
    "a wildcard action": ([allow()], [allow("s3:Get*")], ["broader"], []),
    "another resource": ([allow()], [allow(resource=["arn:a", "arn:b"])], ["broader"], []),
    "every resource": ([allow()], [allow(resource="*")], ["broader"], []),
    "all but one resource": (
        [allow()],
        [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:z"}],
        ["broader"],
        ["narrower"],
    ),
    "all but one action": (
        [allow()],
        [{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}],
        ["new"],
        ["gone"],
    ),
    "a condition less": ([allow(**where("StringEquals", k="v"))], [allow()], ["broader"], []),
    "a condition more": ([allow()], [allow(**where("StringEquals", k="v"))], [""], ["narrower"]),
    "a value more": (
        [allow(**where("StringEquals", k="v"))],
        [allow(**where("StringEquals", k=["v", "w"]))],
        ["broader"],
        [],
    ),
    "a value less": (
        [allow(**where("StringEquals", k=["v", "w"]))],
        [allow(**where("StringEquals", k="v"))],
        [""],
        ["narrower"],
    ),
    "of what must not be, a value less": (
        [allow(**where("StringNotEquals", k=["v", "w"]))],
        [allow(**where("StringNotEquals", k="v"))],
        ["broader"],
        ["narrower"],
    ),
    "IfExists is another operator": (
        [allow(**where("StringEquals", k="v"))],
        [allow(**where("StringEqualsIfExists", k="v"))],
        ["broader"],
        ["narrower"],
    ),
    "gone": ([allow(), allow("s3:PutObject")], [allow()], [""], ["gone"]),
    "a new denial": ([allow()], [allow(), allow(effect="Deny")], ["", "new"], []),
    "a denial that is gone": ([allow(), allow(effect="Deny")], [allow()], [""], ["gone"]),
    "another principal": (
        [{"Effect": "Allow", "Principal": {"AWS": "a"}, "Action": "sts:AssumeRole"}],
        [{"Effect": "Allow", "Principal": {"AWS": ["a", "b"]}, "Action": "sts:AssumeRole"}],
        ["new"],
        [],
    ),
    "everybody covers anybody": (
        [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}],
        [{"Effect": "Allow", "Principal": {"AWS": "a"}, "Action": "sts:AssumeRole"}],
        [""],
        ["gone"],
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_marks(name: str) -> None:
    before, after, now, then = CASES[name]
    assert marks(before, after) == (now, then)


ACTION = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "*", "kms:Decrypt", "s3:GetObjec?"])
RESOURCE = st.sampled_from(["*", "arn:a", "arn:*", "arn:a/b", "arn:a/*"])
CONDITION = st.sampled_from([{}, where("StringEquals", k="v"), where("StringEquals", k=["v", "w"])])
STATEMENT = st.builds(
    lambda action, resource, condition: allow(action, resource, **condition), ACTION, RESOURCE, CONDITION
)
POLICY = st.lists(STATEMENT, max_size=4)


@given(POLICY)
def test_the_same_is_never_new(policy: list[dict[str, Any]]) -> None:
    assert marks(policy, policy) == ([""] * len(policy), [])


@given(POLICY, POLICY)
def test_what_is_new_one_way_is_lost_the_other(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    forth, back = marks(before, after), marks(after, before)
    assert sum(map(bool, forth[0])) == len(back[1])


@given(POLICY, POLICY)
def test_nothing_is_new_beside_all_that_was(before: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    assert not any(marks([*before, *more], before)[0])

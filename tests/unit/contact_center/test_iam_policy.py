from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_center.iam_policy import matches, read_statements, requirements


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("connect:*", "connect:GetFederationToken", True),
        ("connect:Get*Token", "connect:GetFederationToken", True),
        ("connect:Get?ederationToken", "connect:GetFederationToken", True),
        ("connect:Get", "connect:GetFederationToken", False),
        ("a/${aws:userid}", "a/${aws:userid}", True),
        ("a.b", "axb", False),
        ("*", "", True),
        ("?", "", False),
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(st.text())
def test_a_text_without_wildcards_matches_itself_alone(text: str) -> None:
    plain = text.replace("*", "").replace("?", "")
    assert matches(plain, plain)
    assert not matches(plain, plain + "x")


def test_a_document_may_be_written_in_many_ways() -> None:
    one = {"Effect": "Allow", "Action": "a:b", "Resource": "*"}
    assert read_statements({"Statement": one}) == read_statements({"Statement": [{**one, "Action": ["a:b"]}]})
    assert read_statements({}) == ()
    assert read_statements({"Statement": [{"Principal": "*"}]})[0].principals == {"AWS": ("*",)}


def test_not_action_and_not_resource_are_the_opposite() -> None:
    (one,) = read_statements({"Statement": {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "x"}})
    assert one.takes_action("s3:Get")
    assert not one.takes_action("iam:Get")
    assert one.takes_resource("y")
    assert not one.takes_resource("x")


def test_not_principal_is_everybody_else() -> None:
    (one,) = read_statements({"Statement": {"Effect": "Deny", "NotPrincipal": {"Federated": "p"}, "Action": "*"}})
    assert not one.takes_principal("Federated", "p")
    assert one.takes_principal("Federated", "q")


def test_values_without_quotes_are_texts() -> None:
    conditions = {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"aws:MultiFactorAuthAge": 3}}
    (one,) = read_statements({"Statement": {"Effect": "Allow", "Action": "*", "Condition": conditions}})
    assert [test.values for test in requirements(one.conditions)] == [("true",), ("3",)]
    assert not any(test.is_about("aws:SecureTransport") for test in requirements(one.conditions))

"""Small things by themselves: locations, usernames, ARNs, the nearest name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_center import arns, username
from contact_center.export_location import S3Object, parse_location
from contact_center.nearest import did_you_mean, listed, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("users.csv", None),
        ("../shared/users.csv", None),
        ("s3://acme-exports/users/u.csv", S3Object("acme-exports", "users/u.csv", None)),
        ("s3://acme-exports/u v?.csv?versionId=3HL4_k.q-J", S3Object("acme-exports", "u v?.csv", "3HL4_k.q-J")),
        ("s3://acme-exports/u.csv?versionId=null", S3Object("acme-exports", "u.csv", "null")),
    ],
)
def test_where_an_export_lies(text: str, expected: S3Object | None) -> None:
    assert parse_location(text) == expected


@pytest.mark.parametrize("text", ["s3:/a", "s3://Acme/x", "s3://ab/x", "s3://127.0.0.1/x", f"s3://acme/{'x' * 1025}"])
def test_where_no_export_lies(text: str) -> None:
    with pytest.raises(ValueError, match="write s3://bucket/key"):
        parse_location(text)


def test_an_object_has_a_file_name() -> None:
    assert S3Object("b", "a/b/users.csv", None).name == "users.csv"


@given(
    st.lists(
        st.sampled_from(["{Id}", "{Alias}", "{OrganizationId}", "{A__c}", "@", ".", "x", "{", "}", "{}", " ", "é"]),
        max_size=6,
    )
)
def test_a_template_without_fault_forms_a_username_of_allowed_letters(parts: list[str]) -> None:
    setting = "".join(parts)
    if username.fault(setting) is None:
        filled = re.sub(r"\{[A-Za-z_]+\}", "ab", setting)
        assert username.USERNAME.fullmatch(filled)
        assert username.places(setting)
    elif not set(parts) & {"{", "}", "{}", " ", "é"}:
        assert not {"{Id}", "{Alias}", "{A__c}"} & set(parts)


@pytest.mark.parametrize(
    ("text", "kind", "fits"),
    [
        ("arn:aws:iam::111122223333:role/x", arns.ROLE, True),
        ("arn:aws:iam::111122223333:role/path/to/x", arns.ROLE, True),
        ("arn:aws:iam:us-west-2:111122223333:role/x", arns.ROLE, False),
        ("arn:aws-cn:iam::111122223333:role/x", arns.ROLE, False),
        ("arn:aws:iam::1111:role/x", arns.ROLE, False),
        ("arn:aws:iam::111122223333:user/x", arns.PRINCIPAL, True),
        ("arn:aws:iam::111122223333:group/x", arns.PRINCIPAL, False),
        ("arn:aws:sts::111122223333:assumed-role/x/y", arns.PRINCIPAL, False),
        ("*", arns.PRINCIPAL, False),
        ("arn:aws:iam::111122223333:saml-provider/a.b_c-d", arns.SAML_PROVIDER, True),
        ("arn:aws:connect::111122223333:instance/0f6e5c2a-1111-2222-3333-444455556666", arns.INSTANCE, False),
    ],
)
def test_arns(text: str, kind: arns.Kind, fits: bool) -> None:
    assert arns.is_kind(text, kind) is fits


def test_words_of_messages() -> None:
    assert did_you_mean("Regoin", ["region", "name"]) == "; did you mean region"
    assert did_you_mean("zzz", ["region", "name"]) == ""
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b or c")
    assert shown("a\nb") == '"a\\x0ab"'
    assert len(shown("x" * 100)) == 62

"""What goes wrong in YAML itself: each trap has its line and says what to do; nothing hangs or blows up."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_center.load import examine
from contact_center.source import MAX_NODES
from contact_center.text_file import MAX_BYTES
from tests.unit.contact_center.conftest import BASE, Write, changed
from user_sync.model import Problem


def errors(path: Path) -> list[Problem]:
    """Return the errors of a config."""
    return [problem for problem in examine(path).problems if problem.severity == "error"]


TRAPS = [
    ("a tab as indentation", changed({4: "\talias: acme"}), 4, "yaml_syntax", "use spaces"),
    ("a pattern that starts with *", changed({15: "    - match: {role: *EMEA}"}), 15, "yaml_syntax", "* needs quotes"),
    ("a lone *", changed({15: "    - match: {role: *}"}), 15, "yaml_syntax", "* needs quotes"),
    ("a template without quotes", changed({7: "  username: {Alias}@{Id}"}), 7, "yaml_syntax", "{ needs quotes"),
    ("a text that starts with @", changed({1: "name: @acme"}), 1, "yaml_syntax", "needs quotes"),
    ("a colon in a text", changed({17: "      routing_profile: a: b"}), 17, "yaml_syntax", "needs quotes"),
    ("a quote never closed", changed({4: '  alias: "acme'}), 4, "yaml_syntax", "never closed"),
    ("a bracket never closed", changed({16: "      security_profiles: [Agent"}), 16, "yaml_syntax", "]"),
    ("bad indentation", changed({10: "   my_domain: acme"}), 10, "yaml_syntax", "indented"),
    ("two documents", BASE + "---\nname: x\n", 18, "yaml_syntax", "two documents"),
    ("a control character", changed({4: "  alias: ac\x07me"}), 4, "yaml_syntax", "U+0007"),
    ("a key twice", changed({2: "region: us-west-2\nname: other"}), 3, "yaml_duplicate_key", "first on line 1"),
    ("a nested key twice", changed({4: "  alias: a\n  alias: b"}), 5, "yaml_duplicate_key", "first on line 4"),
    ("a key that is a list", changed({4: "  alias: acme\n  ? [a]\n  : b"}), 5, "key_not_text", "must be a text"),
    ("a python tag", changed({1: "name: !!python/name:os.system x"}), 1, "yaml_tag", "plain YAML"),
    ("a set", changed({3: "tags: !!set {a}\ninstance:"}), 3, "yaml_tag", "plain YAML"),
    ("a mapping without values", changed({4: "  alias: acme\n  existing:"}), 5, "empty_value", "has no value"),
    ("a list entry without value", changed({14: "  rules:\n    -"}), 15, "empty_value", "the entry has no value"),
    ("a merge of a text", changed({4: "  alias: acme\n  <<: x"}), 5, "yaml_alias", "takes a mapping"),
    ("an alias within itself", changed({14: "  rules: &r\n    - *r"}), 14, "yaml_alias", "inside the very thing"),
    ("a list", "- name: acme\n", None, "not_a_mapping", "starts with a key"),
    ("a text", "acme\n", None, "not_a_mapping", "starts with a key"),
    ("nothing", "", None, "file_empty", "is empty"),
    ("only comments", "# nothing yet\n", None, "file_empty", "is empty"),
    ("deep nesting", "a: " + "[" * 2_000, None, "yaml_nested_too_deep", "too deeply"),
]


@pytest.mark.parametrize(("text", "row", "code", "part"), [trap[1:] for trap in TRAPS], ids=[trap[0] for trap in TRAPS])
def test_a_trap_is_told_with_its_line(write: Write, text: str, row: int | None, code: str, part: str) -> None:
    found = [problem for problem in errors(write(text)) if problem.code == code]
    assert [problem.row for problem in found] == [row]
    assert part in found[0].message


def test_a_syntax_error_is_the_only_problem(write: Write) -> None:
    assert len(errors(write(changed({7: "  username: {Alias}@{Id}"})))) == 1


@pytest.mark.parametrize(
    ("data", "row", "part"),
    [
        (BASE.encode().replace(b"acme-service", b"acm\xe9"), 4, "0xe9"),
        (BASE.encode("utf-16"), None, "UTF-16"),
        (b"\xff\xfe", None, "UTF-16"),
    ],
)
def test_another_encoding(write: Write, data: bytes, row: int | None, part: str) -> None:
    (problem,) = errors(write(data))
    assert (problem.code, problem.row) == ("not_utf8", row)
    assert part in problem.message


def test_an_alias_bomb_is_given_up_on(write: Write) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (problem,) = errors(write("\n".join(lines)))
    assert problem.code == "yaml_too_large"


def test_a_merge_bomb_is_given_up_on(write: Write) -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    (problem,) = errors(write("\n".join(lines)))
    assert problem.code == "yaml_too_large"


@pytest.mark.parametrize("text", ["a: &a {<<: *a}", "x: {<<: &y {<<: *y}}", "a: &a {b: {<<: [{<<: *a}]}}"])
def test_a_merge_within_itself(write: Write, text: str) -> None:
    assert "yaml_alias" in {problem.code for problem in errors(write(text))}


def test_size_at_and_over_the_limit(write: Write) -> None:
    comment = "#" + "x" * (MAX_BYTES - len(BASE) - 2) + "\n"
    assert errors(write(BASE + comment)) == []
    assert [problem.code for problem in errors(write(BASE + comment + "#"))] == ["file_too_large"]


def test_values_at_and_over_the_limit(write: Write) -> None:
    base_values = 22  # the base config's own, and the list
    names = ", ".join(["a"] * (MAX_NODES - base_values))
    assert "yaml_too_large" not in {problem.code for problem in errors(write(f"{BASE}extra: [{names}]\n"))}
    assert "yaml_too_large" in {problem.code for problem in errors(write(f"{BASE}extra: [{names}, a]\n"))}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = errors(tmp_path / "contact-center.yaml")
    assert (problem.code, problem.row, problem.column) == ("file_missing", None, None)


def test_a_folder_instead_of_the_file(write: Write) -> None:
    path = write(BASE)
    (problem,) = errors(path.parent)
    assert problem.code == "file_missing"
    assert f"name the file in it, {path}" in problem.message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_raise(write: Write, data: bytes) -> None:
    assert examine(write(data)).problems


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates()
_DATA = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(range(1, 18)), _DATA)
def test_no_value_raises_wherever_it_stands(write: Write, number: int, value: object) -> None:
    line = BASE.splitlines()[number - 1]
    written = yaml.safe_dump(value, default_flow_style=True, width=10_000).strip().removesuffix("\n...")
    examination = examine(write(changed({number: f"{line.split(':')[0]}: {written}"})))
    assert examination.contact_center is not None or any(p.severity == "error" for p in examination.problems)

"""A real synthesis as `connect-sso review` reads it: fresh, every type known, every acknowledgement with its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from contact_center.load import load
from contact_center.providers import identity_providers
from contact_center.review.assembly import exports, read_assembly
from contact_center.review.compare import Subject, review
from contact_center.review.create_only import create_only
from contact_center.review.freshness import stale_assembly
from contact_center.review.model import Review
from contact_center.review.stacks import Side
from tests.infra.conftest import VARIANTS
from tests.infra.synthesis import EXAMPLE, Synthesized

Variant = Callable[[str], Synthesized]
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def reviewed(synthesized: Synthesized, before: Side | None = None) -> Review:
    after = read_assembly(synthesized.out, "again")
    center = load(EXAMPLE / "contact-center.yaml")
    subject = Subject(center.config, center.policy, before or Side("nothing", {}), after, account="")
    return review(subject, NOW)


def test_it_is_fresh(example: Synthesized) -> None:
    center = load(EXAMPLE / "contact-center.yaml")
    after = read_assembly(example.out, "again")
    carried = exports(example.out, after)
    assert list(stale_assembly(center, identity_providers(center), after, carried)) == []
    assert {key: export.name for key, export in carried.items()} == {
        "Export": "users.csv",
        "PermissionSets": "permission-set-assignments.csv",
    }


def test_against_itself_there_is_nothing_to_decide(example: Synthesized) -> None:
    found = reviewed(example, read_assembly(example.out, "again"))
    assert (found.decision, found.findings) == ("nothing", ())


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_type_is_known(variant: Variant, name: str) -> None:
    resources = read_assembly(variant(name).out, "again").resources.values()
    assert {one.type for one in resources if create_only(one.type) is None} == set()


def test_every_acknowledgement_is_on_the_page(example: Synthesized) -> None:
    found = {(one.entry.path, one.entry.finding): one.entry.reason for one in reviewed(example).nag}
    assert found
    for stack in example.stacks:
        for path, entries in example.metadata(stack).items():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    for finding, reason in entry["data"].items():
                        assert found[path.strip("/"), finding.removeprefix("Annotation::")] == reason


def test_emergency_access_and_both_providers_are_named_by_the_config(variant: Variant) -> None:
    both = variant("both")
    found = reviewed(both)
    trust = [line.text for holder in found.holders for line in holder.trust if holder.name == "acmeservice-SAMLRole"]
    assert [text.split(",")[0] for text in trust] == [
        "whoever provider acmeservice-salesforce vouches for",
        "whoever provider acmeservice-okta vouches for",
    ]
    assert all("with session tags" in text and text.endswith("for up to 8 hours") for text in trust)

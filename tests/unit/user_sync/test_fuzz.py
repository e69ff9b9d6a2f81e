"""A little of what `make fuzz` does for ten minutes, always the same: so that its targets do not rot."""

from __future__ import annotations

from random import Random

from tests.fuzz import mutate, planner, reader


def test_a_few_damaged_exports() -> None:
    corpus = mutate.seeds()
    outcomes = {reader.check(mutate.mutated(Random(f"r{n}"), corpus), Random(n)) for n in range(300)}
    assert len(outcomes) > 30


def test_a_few_plans() -> None:
    outcomes = {planner.check(mutate.well_formed(Random(f"p{n}")), Random(n)) for n in range(150)}
    assert len(outcomes) > 50

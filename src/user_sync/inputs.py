"""What a run is made from: the files and the policy, and what they ask for.

Files are bytes here: where they lay, whoever read them knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from user_sync.desired import columns_of, desired_users
from user_sync.export import PermissionSets, read_export, read_permission_sets
from user_sync.model import Desired, Export, Problem
from user_sync.policy import Policy


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read.

    Attributes:
        name: to show.
        modified: when it last changed, where that is known.
    """

    name: str
    data: bytes
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run is made from.

    Attributes:
        policy_file: name of the config, for problems that are in there.
        now: time, with a zone, by which assignments of permission sets expire; None takes no notice of that.
        policy_rows: line of each key of the config, by key path, where it is known.
    """

    export: Source
    permission_sets: Source | None
    policy: Policy
    policy_file: str
    now: datetime | None = None
    policy_rows: Mapping[str, int] = field(default_factory=dict)


def read_tables(inputs: Inputs) -> tuple[Export, ...]:
    """Return the export as a table, before anything in it is judged.

    Raises:
        ExportUnreadable: the file as a whole cannot be used.
    """
    return (read_export(inputs.export.data, file=inputs.export.name, columns=dict(inputs.policy.columns)),)


def read_desired(inputs: Inputs) -> Desired:
    """Return what the export asks for.

    Raises:
        ExportUnreadable: a file as a whole cannot be used.
    """
    return judge(inputs, read_people(inputs), read_assignments(inputs))


def read_people(inputs: Inputs) -> Export:
    """Return the export with the columns that the policy needs, which is all that judging it takes.

    Raises:
        ExportUnreadable: the file as a whole cannot be used.
    """
    policy = inputs.policy
    data, name = inputs.export.data, inputs.export.name
    return read_export(data, file=name, columns=dict(policy.columns), only=columns_of(policy))


def read_assignments(inputs: Inputs) -> PermissionSets | None:
    """Return the second export, or None where there is none.

    Raises:
        ExportUnreadable: the file as a whole cannot be used.
    """
    if inputs.permission_sets is None:
        return None
    data, name = inputs.permission_sets.data, inputs.permission_sets.name
    return read_permission_sets(data, file=name, columns=dict(inputs.policy.columns), now=inputs.now)


def judge(inputs: Inputs, export: Export, assignments: PermissionSets | None) -> Desired:
    """Return what exports that were read ask for.

    Raises:
        ExportUnreadable: a column that the config needs is missing.
    """
    desired = desired_users(export, assignments, inputs.policy)
    return replace(desired, problems=tuple(in_its_file(problem, inputs) for problem in desired.problems))


def in_its_file(problem: Problem, inputs: Inputs) -> Problem:
    """Say of a problem with a rule that it stands in the config, and in which line."""
    if problem.column is None or not problem.column.startswith("users."):
        return problem
    return replace(problem, file=inputs.policy_file, row=inputs.policy_rows.get(problem.column))

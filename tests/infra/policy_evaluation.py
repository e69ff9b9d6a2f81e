"""Whether a policy allows a call: what IAM makes of its statements, as far as these policies go."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from contact_center.iam_policy import Statement, read_statements, requirements

Policy = Sequence[Statement]


def policy(*documents: Mapping[str, Any]) -> Policy:
    """Return the statements of documents that count together."""
    return [statement for document in documents for statement in read_statements(document)]


def allows(policy: Policy, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Return whether some statement allows a call and none refuses it.

    Args:
        resource: an ARN, or a pattern, which is allowed where all that it means is.
        context: condition keys of the call → values; a key that is not there fails each condition on it, but for
            negative ones.
    """
    about = [one for one in policy if one.takes_action(action) and one.takes_resource(resource)]
    met = [one for one in about if _holds(one, context)]
    return any(one.allows for one in met) and all(one.allows for one in met)


def _holds(statement: Statement, context: Mapping[str, str]) -> bool:
    for test in requirements(statement.conditions):
        value = context.get(test.key)
        if test.operator == "stringnotequals":
            if value in test.values:
                return False
        elif value is None or not test.is_about(test.key) or not test.takes(value):
            return False
    return True


@cache
def service_reference() -> Mapping[str, Any]:
    """Return the service authorization reference, as cfn-lint brings it: service → actions and resources."""
    found: dict[str, Any] = json.loads((files("cfnlint.data.AdditionalSpecs") / "Policies.json").read_text())
    return found


def is_action(action: str) -> bool:
    """Return whether IAM knows an action."""
    service, _, name = action.partition(":")
    return name.lower() in service_reference().get(service, {}).get("Actions", {})


def knows_resources(action: str) -> bool:
    """Return whether an action can be bound to resources; if not, a policy must say ``*``."""
    service, _, name = action.partition(":")
    return bool(service_reference()[service]["Actions"][name.lower()].get("Resources"))

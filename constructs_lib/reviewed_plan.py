"""The plan that a deployment was approved with, as two parameters of the stack: a change set carries them.

Set, the sync applies exactly that plan or refuses before its first write. Not set, as by a plain ``cdk deploy``,
it plans on its own. Parameters and not a property that is synthesized: the plan is made after the template, which
stays a function of the files alone.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, CfnCondition, CfnParameter, Fn, ICfnConditionExpression
from constructs import Construct

KEY, SHA256 = "ReviewedPlanKey", "ReviewedPlanSha256"


class ReviewedPlan(Construct):
    """The two parameters.

    Attributes:
        property: of the custom resource: ``Key`` and ``Sha256``; absent where neither is set.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        """Declare them."""
        super().__init__(scope, id_)
        key = self._parameter(
            KEY, "^(plans/[A-Za-z0-9._-]+)?$", "key of the reviewed plan in the report bucket; empty: none was reviewed"
        )
        sha256 = self._parameter(
            SHA256, "^([0-9a-f]{64})?$", "SHA-256 of the reviewed plan in canonical JSON; empty: none was reviewed"
        )
        # One without the other fails as stale: it must not pass for none.
        given = CfnCondition(self, "Given", expression=Fn.condition_or(_is_set(key), _is_set(sha256)))
        self.property: Any = Fn.condition_if(
            given.logical_id, {"Key": key.value_as_string, "Sha256": sha256.value_as_string}, Aws.NO_VALUE
        )

    def _parameter(self, name: str, pattern: str, description: str) -> CfnParameter:
        parameter = CfnParameter(
            self, name, type="String", default="", allowed_pattern=pattern, description=description
        )
        parameter.override_logical_id(name)  # whoever makes a change set names it
        return parameter


def _is_set(parameter: CfnParameter) -> ICfnConditionExpression:
    return Fn.condition_not(Fn.condition_equals(parameter.value_as_string, ""))

"""What the delivery stack says of the pipelines' roles, with CloudFormation's functions resolved."""

from __future__ import annotations

from typing import Any

from contact_center.iam_policy import Statement, read_statements
from tests.infra.synthesis import Synthesized

ACCOUNT, REGION = "111122223333", "us-west-2"
ROLES = ("reviewer", "reader", "preparer", "deployer")
ISSUER = "token.actions.githubusercontent.com"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/acmeservice-"
OWN = ("instance", "sign-on", "storage", "users")
OTHERS = ("delivery", "code-pipeline", "bootstrap", "other")
EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"
# What writes to a stack, however.
STACK_WRITES = (
    *("CreateStack", "UpdateStack", "DeleteStack", "RollbackStack", "CancelUpdateStack", "ContinueUpdateRollback"),
    *("CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet"),
    *("SetStackPolicy", "SignalResource", "UpdateTerminationProtection"),
)


def plain(value: Any) -> Any:
    """The value with CloudFormation's functions resolved."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(plain, parts))
        case {"Ref": "AWS::AccountId"}:
            return ACCOUNT
        case {"Ref": str(id_)} | {"Fn::GetAtt": [str(id_), _]}:
            return f"<{id_}>"
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def policies(synthesized: Synthesized, role: str) -> list[dict[str, Any]]:
    resources = synthesized.template("delivery")["Resources"]
    (id_,) = (
        id_ for id_, one in resources.items() if one["Properties"].get("RoleName") == f"acmeservice-delivery-{role}"
    )
    return [
        plain(one["Properties"]["PolicyDocument"])
        for one in resources.values()
        if one["Properties"].get("Roles") == [{"Ref": id_}]
    ]


def statements(synthesized: Synthesized, role: str) -> list[Statement]:
    return [one for document in policies(synthesized, role) for one in read_statements(document)]


def may(synthesized: Synthesized, role: str, action: str, resource: str) -> bool:
    """Whether a role may do something, whatever the conditions."""
    return any(one.takes_action(action) and one.takes_resource(resource) for one in statements(synthesized, role))


def holders(synthesized: Synthesized, action: str) -> list[tuple[str, Statement]]:
    """The roles that may do something somewhere, with the statement that says so."""
    return [(role, one) for role in ROLES for one in statements(synthesized, role) if one.takes_action(action)]


def roles(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    found = synthesized.resources("delivery", "AWS::IAM::Role").values()
    return {one["Properties"]["RoleName"].rpartition("-")[2]: plain(one["Properties"]) for one in found}

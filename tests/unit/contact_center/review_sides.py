"""Small stacks to compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contact_center.config import Config
from contact_center.review.access import accesses
from contact_center.review.changes import resource_changes, stack_changes
from contact_center.review.guards import Comparison
from contact_center.review.stacks import INSTANCE, PROVIDER, ROLE, Side, Stack

Json = Mapping[str, Any]
KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


def config(**changes: Any) -> Config:
    """The example's arrangement; keys with ``__`` for a dot."""
    document: dict[str, Any] = {
        "name": "acmeservice",
        "region": "us-west-2",
        "instance": {"alias": "acme-service"},
        "sign_on": {"salesforce": {"organization_id": "00D5e000000AbCd", "my_domain": "acme", "metadata": "idp.xml"}},
        "users": {
            "export": "users.csv",
            "rules": [{"match": {}, "security_profiles": ["Agent"], "routing_profile": "Basic Routing Profile"}],
        },
    }
    for key, value in changes.items():
        *parents, last = key.split("__")
        section = document
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = value
    return Config.model_validate(document)


def resource(type_: str, properties: Json | None = None, **more: Any) -> dict[str, Any]:
    return {"Type": type_, "Properties": dict(properties or {}), **more}


def stack(name: str, resources: Json, outputs: Json | None = None, **more: Any) -> Stack:
    template = {"Resources": dict(resources), "Outputs": {key: {"Value": v} for key, v in (outputs or {}).items()}}
    for export in more.pop("exports", ()):
        template["Outputs"][export] |= {"Export": {"Name": export}}
    return Stack(f"acmeservice-{name}", template, "", region="us-west-2", **more)


def side(*stacks: Stack) -> Side:
    return Side("there", {one.name: one for one in stacks})


def instance_stack(alias: str = "acme-service", identity: str = "SAML", **more: Any) -> Stack:
    properties = {"InstanceAlias": alias, "IdentityManagementType": identity, "Attributes": more.pop("attributes", {})}
    outputs = {"InstanceArn": {"Fn::GetAtt": ["Instance", "Arn"]}}
    kept = more.pop("kept", KEPT)
    return stack(
        "instance", {"Instance": resource(INSTANCE, properties, **kept)}, outputs, exports=["InstanceArn"], **more
    )


def trust(*principals: Any, audiences: Any = ("https://signin.aws.amazon.com/saml",), action: Any = None) -> Json:
    return {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": principal,
                "Action": action or "sts:AssumeRoleWithSAML",
                "Condition": {"StringEquals": {"SAML:aud": list(audiences)}},
            }
            for principal in principals
        ]
    }


SALESFORCE = {"Federated": {"Fn::GetAtt": ["Salesforce", "Arn"]}}


def sign_on_stack(policy: Json | None = None, *, role_id: str = "Role", **role: Any) -> Stack:
    properties = {
        "RoleName": "acmeservice-SAMLRole",
        "MaxSessionDuration": 43200,
        "AssumeRolePolicyDocument": policy or trust(SALESFORCE),
        **role,
    }
    provider = resource(PROVIDER, {"Name": "acmeservice-salesforce", "SamlMetadataDocument": "<x/>"}, **KEPT)
    outputs = {
        "RoleArn": {"Fn::GetAtt": [role_id, "Arn"]},
        "SalesforceProviderArn": {"Fn::GetAtt": ["Salesforce", "Arn"]},
    }
    return stack("sign-on", {"Salesforce": provider, role_id: resource(ROLE, properties, **KEPT)}, outputs)


def compared(before: Side, after: Side, **changes: Any) -> Comparison:
    return Comparison(
        config(**changes),
        before,
        after,
        stack_changes(before, after),
        resource_changes(before, after),
        accesses(before, after),
    )

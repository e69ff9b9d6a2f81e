"""The stack with the roles of the pipelines. A person deploys it; no pipeline may change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.delivery_grants import Delivered, DeliveryGrants
from constructs_lib.delivery_roles import DeliveryRole, GitHubProvider, codebuild_trust, github_trust
from constructs_lib.drift_grants import drift_grants
from constructs_lib.grants import Grant
from contact_center.config import Config
from contact_center.delivery import Delivery
from contact_center.delivery import DeliveryRole as RoleName
from contact_center.export_location import parse_location
from contact_center.load import ContactCenter
from stacks.contact_center_stack import ContactCenterStack
from stacks.users import user_writes

_PURPOSES: Mapping[RoleName, str] = {
    "reviewer": "Pull requests: compares templates with what is deployed",
    "reader": "Every night: finds drift of stacks and users",
    "preparer": "Plans users and makes change sets, and can execute none",
    "deployer": "Executes change sets, and can make none",
}
# A users stack waits for its users for up to an hour, and others come before it.
_SESSION_HOURS: Mapping[RoleName, int] = {"deployer": 2}


class DeliveryStack(ContactCenterStack):
    """Who may review, prepare and execute changes."""

    def __init__(self, scope: Construct, *, center: ContactCenter, delivery: Delivery) -> None:
        """Declare the stack.

        Args:
            center: the contact center.
            delivery: its pipelines.
        """
        config = center.config
        super().__init__(
            scope,
            config.delivery_stack_name,
            config=config,
            description=f"Roles of the pipelines that deliver the contact center {config.name}",
            kept=True,
            by_a_person=True,
        )
        trust = self._trust(config, delivery)
        policies = self._policies(center)
        for name, purpose in _PURPOSES.items():
            if not trust[name]:
                continue
            role = DeliveryRole(
                self,
                name.title(),
                name=config.delivery_role_name(name),
                purpose=purpose,
                trust=trust[name],
                policies=policies[name],
                session_hours=_SESSION_HOURS.get(name, 1),
            )
            CfnOutput(self, f"{name.title()}RoleArn", value=role.arn)

    def _trust(self, config: Config, delivery: Delivery) -> Mapping[RoleName, list[dict[str, Any]]]:
        found: dict[RoleName, list[dict[str, Any]]] = {name: [] for name in _PURPOSES}
        if delivery.github:
            provider = delivery.github.oidc_provider or GitHubProvider(self, "GitHub").arn
            for name, subjects in delivery.github.subjects().items():
                found[name].append(github_trust(provider, subjects))
        if delivery.code_pipeline:
            for name in CODE_PIPELINE_ROLES:
                found[name].append(codebuild_trust(self, config.delivery_role_name(name)))
        return found

    def _policies(self, center: ContactCenter) -> Mapping[RoleName, Mapping[str, Sequence[Grant]]]:
        grants = DeliveryGrants(self, delivered(center))
        drift = drift_grants(self, stacks=grants.stacks, name=center.config.name, instance=grants.instance)
        return {
            "reviewer": {"Review": grants.review()},
            "reader": {"Stacks": drift, "Users": grants.compare_users()},
            "preparer": {"Prepare": grants.prepare()},
            "deployer": {"Execute": grants.execute()},
        }


# There are no pull requests in CodePipeline. A project is called as its role.
CODE_PIPELINE_ROLES: Sequence[RoleName] = ("reader", "preparer", "deployer")


def delivered(center: ContactCenter) -> Delivered:
    """Return what the pipelines of a contact center deliver.

    Args:
        center: the contact center.
    """
    config = center.config
    objects, files = {}, []
    for export in center.exports:
        place = parse_location(export.text)
        if place:
            version = "Version" if place.version_id else ""
            objects[f"arn:{config.partition}:s3:::{place.bucket}/{place.key}"] = f"s3:GetObject{version}"
        else:
            files.append(PurePosixPath(export.text).suffix)
    return Delivered(
        qualifier=config.qualifier,
        stacks=config.delivered_stack_names,
        shown=(config.delivery_stack_name, config.code_pipeline_stack_name),
        storage_stack=config.storage_stack_name,
        existing_instance=config.instance.existing,
        writes=user_writes(center.policy),
        objects=objects,
        files=files,
    )

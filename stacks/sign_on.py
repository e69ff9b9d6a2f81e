"""The stack with the SAML providers and the federation role; it knows no export and no user."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import CfnOutput
from constructs import Construct

from constructs_lib.certificate_watch import CertificateWatch, WatchedProvider
from constructs_lib.connect_instance import instance_id_of
from constructs_lib.emergency_access import EmergencyAccess
from constructs_lib.saml_federation import FederationRole, SamlFederation, SamlProvider
from constructs_lib.sign_on_alerts import SignOnAlerts
from contact_center.config import Config
from contact_center.sign_in import audiences, relay_state
from stacks.contact_center_stack import ContactCenterStack


class SignOnStack(ContactCenterStack):
    """How people sign in to the instance."""

    def __init__(
        self, scope: Construct, *, config: Config, instance_arn: str, providers: Sequence[SamlProvider], watch: Path
    ) -> None:
        """Declare the stack.

        Args:
            config: of the contact center.
            instance_arn: the instance to sign in to.
            providers: the identity providers of the arrangement.
            watch: code of the function that watches the certificates' end.
        """
        super().__init__(
            scope,
            config.sign_on_stack_name,
            config=config,
            description=f"Sign-on to Amazon Connect of the contact center {config.name}",
            kept=True,
        )
        sign_on = config.sign_on
        role = FederationRole(
            name=config.role_name,
            session_hours=sign_on.session_hours,
            session_tags=sign_on.session_tags,
            arn=sign_on.role,
        )
        federation = SamlFederation(
            self,
            "Federation",
            instance_arn=instance_arn,
            role=role,
            providers=providers,
            audiences=audiences(config.region),
        )
        watched = [WatchedProvider(one.key, one.name_in_iam, federation.provider_arns[one.key]) for one in providers]
        alerts = self._alerts(config, watched, watch)
        if sign_on.emergency_access:
            emergency = EmergencyAccess(
                self,
                "EmergencyAccess",
                instance_arn=instance_arn,
                principals=sign_on.emergency_access.principals,
                topic_arn=alerts.topic_arn,
            )
            CfnOutput(self, "EmergencyRoleArn", value=emergency.role_arn)
        CfnOutput(self, "AlertTopicArn", value=alerts.topic_arn)
        CfnOutput(self, "RoleArn", value=federation.role_arn)
        for key, arn in federation.provider_arns.items():
            CfnOutput(self, f"{key}ProviderArn", value=arn)
        # What the other side needs is in this one stack's outputs, so these two repeat the instance stack's.
        CfnOutput(self, "InstanceArn", value=instance_arn)
        CfnOutput(self, "RelayState", value=relay_state(config.region, instance_id_of(instance_arn)))
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W6001"]}}}

    def _alerts(self, config: Config, providers: Sequence[WatchedProvider], code: Path) -> SignOnAlerts:
        alerts = SignOnAlerts(
            self,
            "Alerts",
            # CloudFormation names the stack's log group after it.
            log_groups=f"{config.sign_on_stack_name}-*",
            email=config.alerts.email if config.alerts else None,
        )
        CertificateWatch(
            self, "CertificateWatch", contact_center=config.name, providers=providers, code=code, alerts=alerts
        )
        return alerts

"""A contact center's config as typed values, and the names that follow from it.

The keys are those of ``contact-center.yaml``; `load` makes a Config out of a file. Single values are
judged here, what they must agree on with one another is in `agreement`.
"""

from __future__ import annotations

from pydantic import ConfigDict, Field

from contact_center import regions
from contact_center.acknowledgement import Acknowledgements
from contact_center.delivery import Delivery, DeliveryRole
from contact_center.identity_values import (
    SHARED_QUALIFIER,
    Account,
    Alias,
    Email,
    InstanceArn,
    Name,
    PolicyName,
    Qualifier,
    Region,
    Tags,
)
from contact_center.sign_on import SignOn
from contact_center.users import Users
from contact_center.values import Flag, Section


class Instance(Section):
    """The Amazon Connect instance: a new one (alias), or one that exists already."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["alias"], "not": {"required": ["existing"]}},
                {"required": ["existing"], "maxProperties": 1},
            ]
        }
    )

    alias: Alias | None = None
    """Becomes the access URL, https://ALIAS.my.connect.aws; cannot be changed and is unique in the world."""

    existing: InstanceArn | None = None
    """ARN of an instance that exists already, instead of all the other keys."""

    inbound_calls: Flag = True
    """Whether the instance takes calls."""

    outbound_calls: Flag = True
    """Whether the instance places calls."""

    contact_lens: Flag = True
    """Whether conversations can be analyzed."""

    @property
    def existing_id(self) -> str | None:
        """Return the id of the existing instance, the last part of its ARN."""
        return self.existing.rsplit("/", 1)[-1] if self.existing else None


class Alerts(Section):
    """Who is told."""

    email: Email
    """Where alarms go; AWS asks that address to confirm."""


class Bootstrap(Section):
    """A CDK bootstrap for this contact center alone, which `make bootstrap` makes."""

    qualifier: Qualifier
    """Marks the bootstrap's role and bucket names, 1 to 10 small letters and digits."""

    permissions_boundary: PolicyName | None = None
    """A managed policy of the account that all roles must have as their boundary; left out: one of our own."""


class Config(Section):
    """One Salesforce contact center on Amazon Connect: its instance, its sign-on, its users."""

    name: Name
    """The contact center's API name in Salesforce: letters and digits, at most 20, not starting with aws or ssm."""

    account: Account | None = None
    """The AWS account, 12 digits; left out: the account that is deployed to."""

    region: Region
    """The AWS Region of the instance."""

    tags: Tags = Field(default_factory=dict)
    """Tags of every AWS resource."""

    instance: Instance
    """The Amazon Connect instance."""

    sign_on: SignOn
    """How people sign in."""

    users: Users
    """Who becomes an Amazon Connect user."""

    alerts: Alerts | None = None
    """Who is told about alarms."""

    delivery: Delivery | None = None
    """Which pipelines may review, prepare and execute changes; left out: a person deploys."""

    bootstrap: Bootstrap | None = None
    """A CDK bootstrap of its own, with permissions boundary; left out: the one that the account's apps share."""

    acknowledge: Acknowledgements = ()
    """Dangerous changes that are meant, each in the words that connect-sso review prints, such as
    change-alias OLD to NEW; taken out again once the change is made."""

    @property
    def partition(self) -> regions.Partition:
        """Return the AWS partition of the Region."""
        return regions.partition(self.region)

    @property
    def qualifier(self) -> str:
        """Return the qualifier of the CDK bootstrap that the stacks are deployed through."""
        return self.bootstrap.qualifier if self.bootstrap else SHARED_QUALIFIER

    @property
    def permissions_boundary_name(self) -> str | None:
        """Return the name of the managed policy that bounds the stacks' roles; without a bootstrap, there is none."""
        return (self.bootstrap.permissions_boundary or f"{self.name}-boundary") if self.bootstrap else None

    @property
    def role_name(self) -> str:
        """Return the name of the federation role; a contract, because identity providers store its ARN."""
        return f"{self.name}-SAMLRole"

    @property
    def salesforce_provider_name(self) -> str:
        """Return the name of Salesforce's SAML provider; a contract, as the role's."""
        return f"{self.name}-salesforce"

    @property
    def third_party_provider_name(self) -> str | None:
        """Return the name of the third party's SAML provider, a contract, or None where there is none."""
        third_party = self.sign_on.third_party
        return f"{self.name}-{third_party.name}" if third_party else None

    @property
    def instance_stack_name(self) -> str:
        """Return the name of the stack with the instance (there is none where the instance exists already)."""
        return f"{self.name}-instance"

    @property
    def bootstrap_stack_name(self) -> str:
        """Return the name of the stack with the policies of the bootstrap; one person deploys it, no pipeline."""
        return f"{self.name}-bootstrap"

    @property
    def sign_on_stack_name(self) -> str:
        """Return the name of the stack with SAML providers and federation role."""
        return f"{self.name}-sign-on"

    @property
    def storage_stack_name(self) -> str:
        """Return the name of the stack with key and buckets."""
        return f"{self.name}-storage"

    @property
    def users_stack_name(self) -> str:
        """Return the name of the stack with the user sync."""
        return f"{self.name}-users"

    @property
    def delivered_stack_names(self) -> tuple[str, ...]:
        """Return the names of the stacks that pipelines deliver, each after those that it needs."""
        return (self.instance_stack_name, self.sign_on_stack_name, self.storage_stack_name, self.users_stack_name)

    @property
    def delivery_stack_name(self) -> str:
        """Return the name of the stack with the pipelines' roles; no pipeline ever changes it."""
        return f"{self.name}-delivery"

    @property
    def code_pipeline_stack_name(self) -> str:
        """Return the name of the stack with the pipelines of AWS CodePipeline; no pipeline ever changes it."""
        return f"{self.name}-code-pipeline"

    def delivery_role_name(self, role: DeliveryRole) -> str:
        """Return the name of a pipeline's role; a contract, because workflow files hold its ARN."""
        return f"{self.delivery_stack_name}-{role}"

"""What the resources of one contact center are called, as patterns for policies that are there before them.

CloudFormation names a resource after stack and logical id, adds random letters, and cuts both where a name
would become too long: of the stack's name it leaves 24 letters at least, since names have 63 or more.
https://github.com/aws-cloudformation/cloudformation-cli-java-plugin (IdentifierUtils)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LEFT_OF_STACK_NAME = 24
_UUID = "-".join("?" * length for length in (8, 4, 4, 4, 12))


@dataclass(frozen=True, slots=True)
class DeployedScope:
    """One contact center in one account and Region.

    Attributes:
        name: of the contact center; its stacks are called ``{name}-sign-on``, ``{name}-storage``, ``{name}-users``.
        qualifier: of the CDK bootstrap that they are deployed through.
        partition, region, account: where.
        boundary: name of the managed policy that bounds every role of the stacks.
        existing_instance_arn: where the instance is not made by these stacks.
        export_buckets: buckets of others that exports are read from.
    """

    name: str
    qualifier: str
    partition: str
    region: str
    account: str
    boundary: str
    existing_instance_arn: str | None = None
    export_buckets: Sequence[str] = ()

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in the Region and account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def iam(self, resource: str) -> str:
        """Return the ARN of something in IAM, which knows no Region."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"

    def named(self, *stacks: str) -> list[str]:
        """Return patterns of the names that resources of stacks get.

        Args:
            stacks: ``sign-on``, ``storage``, ``users``.
        """
        names = [f"{self.name}-{stack}" for stack in stacks]
        return [f"{name[:_LEFT_OF_STACK_NAME]}{'-' if len(name) <= _LEFT_OF_STACK_NAME else ''}*" for name in names]

    def arns(self, service: str, prefix: str, *stacks: str) -> list[str]:
        """Return patterns of ARNs of a service's resources in stacks.

        Args:
            prefix: what stands before a name, such as ``function:``.
        """
        return [self.arn(service, f"{prefix}{name}") for name in self.named(*stacks)]

    @property
    def boundary_arn(self) -> str:
        """Return the ARN of the boundary."""
        return self.iam(f"policy/{self.boundary}")

    @property
    def federation_role_arn(self) -> str:
        """Return the ARN of the role that people sign in through."""
        return self.iam(f"role/{self.name}-SAMLRole")

    @property
    def service_roles(self) -> list[str]:
        """Return patterns of the roles that services and, in an emergency, people take."""
        return [self.iam(f"role/{name}") for name in self.named("sign-on", "users")]

    @property
    def any_instance_arn(self) -> str:
        """Return the pattern of every instance in the account and Region, and of nothing inside one."""
        return self.arn("connect", f"instance/{_UUID}")

    @property
    def instance_arn(self) -> str:
        """Return the instance's ARN; of one that is yet to be made the pattern."""
        return self.existing_instance_arn or self.any_instance_arn

    @property
    def buckets(self) -> list[str]:
        """Return patterns of the storage stack's buckets; names of buckets have small letters."""
        return [f"arn:{self.partition}:s3:::{name.lower()}" for name in self.named("storage")]

    @property
    def assets_arn(self) -> str:
        """Return the pattern of the objects in the bootstrap's bucket."""
        return f"arn:{self.partition}:s3:::cdk-{self.qualifier}-assets-{self.account}-{self.region}/*"

    @property
    def state_machine(self) -> str:
        """Return the pattern of the state machine's name, which is its logical id and random letters."""
        return "SyncRunMachine*"

    @property
    def layer_arn(self) -> str:
        """Return the pattern of the layer and its versions: CloudFormation calls it by its logical id."""
        return self.arn("lambda", "layer:SyncLibraries*")

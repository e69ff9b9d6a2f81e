"""The IAM policy that `connect-sso doctor` works with: it reads, and each grant names the checks that need it.

Without a grant its checks are left out, and said so. What is not known (an account, an instance's id) is a
wildcard, so that the policy can be used as it is.
Source: AWS Service Authorization Reference, of IAM, Amazon Connect, CloudTrail, CloudFormation and S3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contact_center.config import Config
from contact_center.export_location import parse_location

_PERMISSIONS = ("role_permissions", "role_allows_nothing_else")
_USER = ("user", "security_profile")


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement of the policy.

    Attributes:
        sid: what it is for.
        checks: names of the checks that are left out without it, those that need the same answer included.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    checks: tuple[str, ...]
    conditions: tuple[tuple[str, str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the statement."""
        conditions = {operator: {key: value} for operator, key, value in self.conditions}
        return {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
            **({"Condition": conditions} if conditions else {}),
        }


def policy(grants: Sequence[Grant]) -> dict[str, Any]:
    """Return the policy document."""
    return {"Version": "2012-10-17", "Statement": [grant.as_json() for grant in grants]}


def grants(
    config: Config, providers: Mapping[str, str], role_arn: str, *, account: str | None, instance_arn: str | None
) -> tuple[Grant, ...]:
    """Return what the command may read.

    Args:
        config: of the contact center.
        providers: section of `sign_on`, such as ``salesforce`` → ARN of its SAML provider.
        role_arn: of the federation role; the account in either may be a placeholder.
        account: 12 digits; None where it is not known.
        instance_arn: None where it is not known.
    """
    who = account or "*"
    partition, region = config.partition, config.region
    role = _with_account(role_arn, who)
    instance = instance_arn or f"arn:{partition}:connect:{region}:{who}:instance/*"
    arns = tuple(_with_account(arn, who) for arn in providers.values())
    of_provider = ("provider", "issuer", "certificates", "certificate_times", "metadata_end")
    of_trust = tuple(f"{key}_{what}" for key in providers for what in ("trust", "audience"))
    of_role = ("role", "role_session_hours", *of_trust, "role_session_tags", "role_trusts_nobody_else", "role_boundary")
    return (
        Grant(
            "ReadProviders", ("iam:GetSAMLProvider",), arns, tuple(f"{k}_{w}" for k in providers for w in of_provider)
        ),
        Grant("ReadRole", ("iam:GetRole",), (role,), of_role),
        Grant(
            "ReadRolePolicies",
            ("iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"),
            (role,),
            _PERMISSIONS,
        ),
        Grant(
            "ReadPolicies",
            ("iam:GetPolicy", "iam:GetPolicyVersion"),
            (f"arn:{partition}:iam::{who}:policy/*", f"arn:{partition}:iam::aws:policy/*"),
            (*_PERMISSIONS, "role_boundary"),
        ),
        *_instance_grants(config, who, instance),
        Grant("ReadSignIns", ("cloudtrail:LookupEvents",), ("*",), ("refused_sign_ins",)),
        *_export_grants(config),
    )


def _with_account(arn: str, account: str) -> str:
    parts = arn.split(":", 5)
    return arn if parts[4].isdigit() else ":".join([*parts[:4], account, parts[5]])


def _instance_grants(config: Config, account: str, instance: str) -> Iterator[Grant]:
    checks = (
        "instance",
        "instance_identity",
        "instance_status",
        *(["instance_alias"] if config.instance.alias else []),
    )
    if config.instance.existing is None:
        stack = f"arn:{config.partition}:cloudformation:{config.region}:{account}:stack/{config.instance_stack_name}/*"
        needing = (*checks, *_PERMISSIONS, "role_boundary", *_USER)
        yield Grant("FindInstance", ("cloudformation:DescribeStacks",), (stack,), needing)
    yield Grant("ReadInstance", ("connect:DescribeInstance",), (instance,), checks)
    yield Grant("ReadDirectories", ("ds:DescribeDirectories",), ("*",), checks)
    people = (instance, f"{instance}/agent/*")
    yield Grant(
        "ReadUsers",
        ("connect:DescribeUser", "connect:ListUserProficiencies", "connect:SearchUsers"),
        people,
        _USER,
    )
    yield Grant(
        "ReadSecurityProfiles",
        ("connect:ListSecurityProfilePermissions", "connect:ListSecurityProfiles"),
        (instance, f"{instance}/security-profile/*"),
        ("security_profile",),
    )


def _export_grants(config: Config) -> Iterator[Grant]:
    texts = (config.users.export, config.users.permission_sets)
    places = [place for text in texts if text and (place := parse_location(text))]
    if places:
        objects = tuple(dict.fromkeys(f"arn:{config.partition}:s3:::{place.bucket}/{place.key}" for place in places))
        yield Grant("ReadExports", ("s3:GetObject", "s3:GetObjectVersion"), objects, ("user_export",))
        through = (("StringEquals", "kms:ViaService", f"s3.{config.region}.amazonaws.com"),)
        yield Grant("UseExportKey", ("kms:Decrypt",), ("*",), ("user_export",), through)

"""What `doctor` examines: read through the one door, judged by the pure checks, in the order of a sign-in."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from connect_sso.deployment import Deployment, answer_of
from connect_sso.doctor_person import judge_person
from connect_sso.sources import find_instance
from contact_center import arns
from contact_center.checks import Check, failed, not_judged
from contact_center.deployed import Absent, Role, SamlProvider, Unread
from contact_center.expected import Expected
from contact_center.instance_checks import judge_instance
from contact_center.load import ContactCenter
from contact_center.permission_policy import judge_boundary, judge_permissions
from contact_center.places import Places
from contact_center.provider_checks import judge_provider
from contact_center.providers import IdentityProvider, identity_providers
from contact_center.refused_sign_ins import NAME as REFUSED
from contact_center.refused_sign_ins import Searched, judge_refusals
from contact_center.role_checks import judge_role, judge_session_hours
from contact_center.sign_in import audiences
from contact_center.trust_policy import Trusted, judge_trust
from user_sync.connect import InstanceArn
from user_sync.errors import InstanceUnusable, SyncError

# Where a sign-in at the global address is recorded.
_GLOBAL_REGION = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1"}


class UnusableError(Exception):
    """There is nothing to examine; the checks say why."""

    def __init__(self, *checks: Check) -> None:
        super().__init__()
        self.checks = checks


def given_instance(center: ContactCenter, options: argparse.Namespace) -> InstanceArn | None:
    """Return the instance where it is known without asking AWS.

    Raises:
        UnusableError: `--instance` does not fit the config.
    """
    if not (options.instance or center.config.instance.existing):
        return None
    try:
        return find_instance(center, options.instance)
    except SyncError as error:
        raise UnusableError(failed("instance", error.message, "give the ARN of the config's instance")) from error


def declared_account(center: ContactCenter, instance: InstanceArn | None) -> str | None:
    """Return the account that the config, or an ARN in it, names."""
    sign_on = center.config.sign_on
    third_party = sign_on.third_party.provider if sign_on.third_party else None
    named = [arns.parse(arn) for arn in (sign_on.role, sign_on.salesforce.provider, third_party) if arn]
    known = [center.config.account, instance.account if instance else None, *(arn.account for arn in named if arn)]
    return next((account for account in known if account), None)


def provider_arn(provider: IdentityProvider, expected: Expected) -> str:
    """Return the ARN of a SAML provider, with a placeholder where the account is not known."""
    return Expected(expected.config, expected.providers, provider, expected.account, None).provider_arn


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined.

    Attributes:
        instance: None where it is not known; then `instance_found` says why.
        expected: with the account of the credentials.
    """

    center: ContactCenter
    options: argparse.Namespace
    aws: Deployment
    places: Places
    expected: Expected
    instance: InstanceArn | None
    instance_found: Absent | Unread

    @classmethod
    def of(cls, center: ContactCenter, options: argparse.Namespace) -> Subject:
        """Return what is to be examined.

        Raises:
            UnusableError: the credentials are of another account.
            NotSignedInError: there are none.
        """
        aws = Deployment(center.config.region)
        given = given_instance(center, options)
        declared, account = declared_account(center, given), aws.account()
        if isinstance(account, str) and declared and account != declared:
            message = f"the credentials are of account {account}, and the contact center is in {declared}"
            raise UnusableError(failed("credentials", message, "sign in to that account (AWS_PROFILE)"))
        instance, why = (given, Absent()) if given else _deployed_instance(center)
        known = declared or (account if isinstance(account, str) else instance.account if instance else None)
        expected = Expected(center.config, identity_providers(center), None, known, None)
        places = Places(center.config, str(center.path))
        return cls(center, options, aws, places, expected, instance, why)

    @property
    def role_arn(self) -> str:
        """Return the federation role's ARN."""
        return self.expected.role_arn

    @property
    def provider_names(self) -> list[str]:
        """Return the names of the SAML providers in IAM."""
        return [self._arn(provider).rpartition("/")[2] for provider in self.expected.providers]

    def _arn(self, provider: IdentityProvider) -> str:
        return provider_arn(provider, self.expected)

    def checks(self) -> Iterator[Check]:
        """Yield all checks, in the order of a sign-in."""
        now = datetime.now(UTC)
        for provider in self.expected.providers:
            yield from judge_provider(provider, self._read_provider(provider), self.places, now)
        yield from self._role()
        instance = self.aws.instance(self.instance) if self.instance else self.instance_found
        instance_id = self.instance.instance_id if self.instance else None
        yield from judge_instance(instance, instance_id, self.places)
        if self.options.user:
            why = self.instance_found if isinstance(self.instance_found, Unread) else None
            yield from judge_person(self.center, self.expected, self.instance, why, self.options)
        yield from self._refusals(now)

    def _read_provider(self, provider: IdentityProvider) -> SamlProvider | Absent | Unread:
        if not self.expected.account and not provider.existing_arn:
            return Unread("the account is not known", "set account in the config, or grant sts:GetCallerIdentity")
        return self.aws.provider(self._arn(provider))

    def _role(self) -> Iterator[Check]:
        found = self.aws.role(self.places.role_name, self.role_arn)
        yield judge_role(found, self.places)
        wanted = [Trusted(provider.key, self._arn(provider)) for provider in self.expected.providers]
        if isinstance(found, Role):
            yield judge_session_hours(found, self.places)
            yield from judge_trust(found.trust, wanted, audiences(self.places.config.region), self.places)
        else:
            why = "there is no role" if isinstance(found, Absent) else "the role could not be read"
            trust = [f"{provider.key}_{what}" for provider in wanted for what in ("trust", "audience")]
            names = ["role_session_hours", *trust, "role_session_tags", "role_trusts_nobody_else"]
            yield from (not_judged(name, why) for name in names)
        yield from self._permissions(found)

    def _permissions(self, role: Role | Absent | Unread) -> Iterator[Check]:
        names = ("role_permissions", "role_allows_nothing_else")
        if self.instance is None or isinstance(role, Absent):
            why = "there is no role" if isinstance(role, Absent) else "the instance is not known"
            yield from (not_judged(name, why) for name in (*names, "role_boundary"))
            return
        found = self.aws.policies(self.places.role_name)
        if isinstance(found, tuple):
            yield from judge_permissions(found, self.instance.text, self.places)
        else:
            why, fix = (found.why, found.fix) if isinstance(found, Unread) else ("a policy is gone", "")
            yield from (not_judged(name, why, fix) for name in names)
        if isinstance(role, Unread):
            yield not_judged("role_boundary", "the role could not be read")
            return
        boundary = self.aws.boundary(role.boundary_arn) if role.boundary_arn else None
        yield judge_boundary(boundary, self.instance.text, self.places)

    def _refusals(self, now: datetime) -> Iterator[Check]:
        config = self.places.config
        regions = tuple(dict.fromkeys((config.region, _GLOBAL_REGION[config.partition])))
        found = self.aws.sign_ins(regions)
        if isinstance(found, Unread):
            yield not_judged(REFUSED, found.why, found.fix)
            return
        events, since = found
        ours = (self.role_arn, *(self._arn(provider) for provider in self.expected.providers))
        yield from judge_refusals(events, ours, Searched(regions, since), now, username=self.options.user)


def _deployed_instance(center: ContactCenter) -> tuple[InstanceArn | None, Absent | Unread]:
    """Return the deployed stack's instance, or why there is none."""
    stack = center.config.instance_stack_name
    otherwise = "or pass --instance ARN"
    try:
        return find_instance(center, None), Absent()
    except InstanceUnusable as error:
        cause = error.__cause__
        if not isinstance(cause, ClientError):
            return None, Unread(error.message, otherwise) if cause else Absent()
        message = cause.response.get("Error", {}).get("Message", "")
        if "does not exist" in message:
            return None, Absent()
        answer = answer_of(cause, "cloudformation:DescribeStacks", f"stack {stack}")
        return None, Unread(answer.why, f"{answer.fix}, {otherwise}") if isinstance(answer, Unread) else answer

"""sts:AssumeRoleWithSAML: from a verified response to the session of a role.

Touches ``sts.handle_request``, ``sts.register_session``, ``iam._roles`` and
``iam_evaluator._trust_principal_matches``.
Source: STS API reference, AssumeRoleWithSAML; IAM user guide, "Troubleshoot SAML federation".
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack.core import iam_evaluator
from ministack.core.responses import get_region, request_scope
from ministack.services import iam, sts

from local_aws.addon import saml_providers
from local_aws.saml.response import ResponseRefused, Statement, read

_ACTION = "AssumeRoleWithSAML"
_ROLE_SUFFIX = "-SAMLRole"
_STATUS = {"AccessDenied": 403, "IDPRejectedClaim": 403}


def install() -> None:
    """Answer AssumeRoleWithSAML before MiniStack says that it knows no such action."""
    handle_request = sts.handle_request
    matches = iam_evaluator._trust_principal_matches

    async def with_saml(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        form = {**query, **parse_qs(body.decode("utf-8", errors="replace"))}
        parameters = {key: value[-1] for key, value in form.items()}
        if parameters.get("Action") != _ACTION:
            return await handle_request(method, path, headers, body, query)
        try:
            return _answer(parameters)
        except ResponseRefused as refusal:
            status = _STATUS.get(refusal.code, 400)
            return iam._error(status, refusal.code, escape(refusal.message), ns="sts")

    def with_providers(principal: Any, caller_arn: str, federated: bool) -> bool:
        return bool(matches(principal, caller_arn, federated or ":saml-provider/" in caller_arn))

    sts.handle_request = with_saml
    iam_evaluator._trust_principal_matches = with_providers


@dataclass(frozen=True, slots=True)
class Assumed:
    """What AssumeRoleWithSAML gives.

    Attributes:
        session: as MiniStack keeps it, under `access_key`.
        seconds: how long it lasts.
    """

    access_key: str
    session: Mapping[str, Any]
    statement: Statement
    seconds: int


def assume(role_arn: str, provider_arn: str, assertion: str, duration: str | None = None) -> Assumed:
    """Carry out AssumeRoleWithSAML.

    Args:
        assertion: base64.
        duration: DurationSeconds; None takes the response's, else an hour.

    Raises:
        ResponseRefused: with STS's code and text.
    """
    if not 4 <= len(assertion) <= 100_000:
        raise ResponseRefused("ValidationError", "SAMLAssertion must have 4 to 100000 characters")
    partition, account = (role_arn.split(":")[i] if role_arn.count(":") >= 5 else "" for i in (1, 4))
    provider = saml_providers.find(provider_arn, account)
    if provider is None:
        raise ResponseRefused("InvalidIdentityToken", "Specified provider doesn't exist")
    now = datetime.now(UTC)
    names = _names(provider_arn, account)
    statement = read(assertion, provider, now, partition=partition, also_addressed_as=names)
    role = iam._roles.get_scoped(account, None, role_arn.rpartition("/")[2])
    if (
        (role_arn, provider_arn) not in statement.roles
        or role is None
        or role.get("Arn") != role_arn
        or not trusted(role, provider_arn, statement)
    ):
        raise ResponseRefused("AccessDenied", f"Not authorized to perform sts:{_ACTION}")
    seconds = _seconds(duration, statement, role, now)
    access_key, session = _session(role, statement, seconds)
    return Assumed(access_key, session, statement, seconds)


def _names(provider_arn: str, account: str) -> frozenset[str]:
    """Return the names that published set-ups have as the entity id of Salesforce's app, and so as audience.

    AWS's guide to its Salesforce adapter has the SAML provider's; Salesforce Help has the contact center's, whose
    role is called ``<name>-SAMLRole``. Any contact center's of the account will do: which role and provider go
    together is for the trust to say.
    """
    with request_scope(account, get_region()):
        centers = [name.removesuffix(_ROLE_SUFFIX) for name in iam._roles if name.endswith(_ROLE_SUFFIX)]
    return frozenset(name for name in (provider_arn.rpartition("/")[2], *centers) if name)


def trusted(role: Mapping[str, Any], provider_arn: str, statement: Statement) -> bool:
    """Return whether a role's trust lets a verified statement of a provider in, and all that it asks for.

    Args:
        role: with ``Arn`` and ``AssumeRolePolicyDocument`` (JSON).
    """
    context = {
        "saml:aud": statement.recipient,
        "saml:iss": statement.issuer,
        "saml:sub": statement.subject,
        "saml:sub_type": statement.subject_type,
        "sts:rolesessionname": statement.session_name,
        **{f"aws:requesttag/{key.lower()}": value for key, value in statement.session_tags.items()},
    }
    return all(
        iam_evaluator.evaluate_trust_policy(
            role["AssumeRolePolicyDocument"],
            provider_arn,
            iam_evaluator.EvalContext(
                principal_arn=provider_arn,
                principal_type="FederatedUser",
                principal_account=provider_arn.split(":")[4],
                action=f"sts:{action}",
                resource_arn=role["Arn"],
                region=get_region(),
                service_context=context,
            ),
        )
        for action in (_ACTION, *statement.needs)
    )


def _seconds(duration: str | None, statement: Statement, role: Mapping[str, Any], now: datetime) -> int:
    asked = int(duration or statement.duration or 3600)
    if not 900 <= asked <= 43_200:
        raise ResponseRefused("ValidationError", "DurationSeconds must be 900 to 43200")
    if asked > int(role.get("MaxSessionDuration") or 3600):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise ResponseRefused("ValidationError", message)
    if statement.session_end:
        asked = min(asked, int((statement.session_end - now).total_seconds()))
    if asked <= 0:
        raise ResponseRefused("ExpiredTokenException", "SessionNotOnOrAfter is in the past")
    return asked


def _session(role: Mapping[str, Any], statement: Statement, seconds: int) -> tuple[str, Mapping[str, Any]]:
    account, name = role["Arn"].split(":")[4], statement.session_name
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/{name}",
        "UserId": f"{role['RoleId']}:{name}",
        "PrincipalType": "AssumedRole",
        "AccountId": account,
        "SecretAccessKey": iam._gen_secret(),
        "SessionToken": iam._gen_session_token(),
        "Expiration": time.time() + seconds,
        "SessionTags": [{"Key": key, "Value": value} for key, value in statement.session_tags.items()],
    }
    access_key = iam._gen_session_access_key()
    sts.register_session(access_key, session)
    return access_key, session


def _answer(parameters: Mapping[str, str]) -> Any:
    provider_arn = parameters.get("PrincipalArn", "")
    assumed = assume(
        parameters.get("RoleArn", ""),
        provider_arn,
        parameters.get("SAMLAssertion", ""),
        parameters.get("DurationSeconds"),
    )
    session, statement = assumed.session, assumed.statement
    qualifier = hashlib.sha1(  # noqa: S324 - the API's own definition of NameQualifier
        f"{statement.issuer}{session['AccountId']}/{provider_arn.rpartition('/')[2]}".encode()
    ).digest()
    members = {
        "Credentials": {
            "AccessKeyId": assumed.access_key,
            "SecretAccessKey": session["SecretAccessKey"],
            "SessionToken": session["SessionToken"],
            "Expiration": iam._future(assumed.seconds),
        },
        "AssumedRoleUser": {"AssumedRoleId": session["UserId"], "Arn": session["Arn"]},
        "Subject": statement.subject,
        "SubjectType": statement.subject_type,
        "Issuer": statement.issuer,
        "Audience": statement.recipient,
        "NameQualifier": base64.b64encode(qualifier).decode(),
        "PackedPolicySize": "0",
    }
    return iam._xml(200, f"{_ACTION}Response", _xml({f"{_ACTION}Result": members}), ns="sts")


def _xml(members: Mapping[str, Any]) -> str:
    return "".join(
        f"<{key}>{_xml(value) if isinstance(value, dict) else escape(str(value))}</{key}>"
        for key, value in members.items()
    )

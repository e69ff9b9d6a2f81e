"""IAM's SAML providers: metadata is judged, and each provider has its unique id.

Touches ``iam._saml_providers``, the entries of ``iam``'s action table for SAML providers, and
``iam_actions.extract_resource_arn``, which knows no SAML providers: a policy that names one would never match.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id
from ministack.services import iam

from local_aws.saml import metadata

_NAME = re.compile(r"[\w._-]{1,128}", re.ASCII)
_INNER = re.compile(rb"</GetSAMLProviderResult>")


def install() -> None:
    """Put the checks in front of CreateSAMLProvider and UpdateSAMLProvider, the id into GetSAMLProvider."""
    table = next(
        value for value in vars(iam).values() if isinstance(value, dict) and callable(value.get("CreateSAMLProvider"))
    )
    create, get, update = (table[f"{verb}SAMLProvider"] for verb in ("Create", "Get", "Update"))

    def checked_create(parameters: Any) -> Any:
        refusal = _refusal(parameters) or _name_refusal(iam._p(parameters, "Name"))
        answer = refusal or create(parameters)
        if answer[0] == 200:
            _complete(arn_of(iam._p(parameters, "Name")))
        return answer

    def checked_update(parameters: Any) -> Any:
        has_document = bool(iam._p(parameters, "SAMLMetadataDocument"))
        answer = (has_document and _refusal(parameters)) or update(parameters)
        if answer[0] == 200:
            _complete(iam._p(parameters, "SAMLProviderArn"))
        return answer

    def get_with_id(parameters: Any) -> Any:
        status, headers, body = get(parameters)
        found = iam._saml_providers.get(iam._p(parameters, "SAMLProviderArn")) or {}
        unique = f"<SAMLProviderUUID>{found.get('SAMLProviderUUID', '')}</SAMLProviderUUID>".encode()
        return status, headers, _INNER.sub(unique + rb"</GetSAMLProviderResult>", body)

    table.update(CreateSAMLProvider=checked_create, UpdateSAMLProvider=checked_update, GetSAMLProvider=get_with_id)
    _install_resources()


def _install_resources() -> None:
    """Let an operation on a SAML provider be authorized on the provider."""
    extract = iam_actions.extract_resource_arn

    def with_providers(service: str, method: str, path: str, headers: Any, body: Any, query: Any, *place: str) -> str:
        parameters = {name: iam_actions._query_param(query, name) for name in ("Action", "SAMLProviderArn", "Name")}
        if service == "iam" and parameters["SAMLProviderArn"]:
            return str(parameters["SAMLProviderArn"])
        if service == "iam" and parameters["Action"] == "CreateSAMLProvider" and parameters["Name"]:
            return arn_of(str(parameters["Name"]))
        return str(extract(service, method, path, headers, body, query, *place))

    iam_actions.extract_resource_arn = with_providers


def arn_of(name: str) -> str:
    """Return the ARN of a provider in the request's account."""
    return f"arn:aws:iam::{get_account_id()}:saml-provider/{name}"


def store(name: str, document: str, tags: list[dict[str, str]]) -> str:
    """Keep a provider under its name and return its ARN; what was there under the name is overwritten.

    Raises:
        MetadataRefused: IAM would not take the metadata or the name.
    """
    if not _NAME.fullmatch(name):
        raise metadata.MetadataRefused("Name must have 1 to 128 characters of [\\w._-]")
    metadata.read(document)
    arn = arn_of(name)
    kept = iam._saml_providers.get(arn) or {"Arn": arn, "Name": name, "CreateDate": iam._now()}
    iam._saml_providers[arn] = {**kept, "SAMLMetadataDocument": document, "Tags": tags}
    _complete(arn)
    return arn


def find(arn: str, account: str) -> metadata.Provider | None:
    """Return a provider as it is declared now, or None."""
    record: Mapping[str, Any] | None = iam._saml_providers.get_scoped(account, None, arn)
    return metadata.read(record["SAMLMetadataDocument"]) if record else None


def _complete(arn: str) -> None:
    record = iam._saml_providers[arn]
    provider = metadata.read(record["SAMLMetadataDocument"])
    record.setdefault("SAMLProviderUUID", f"SAMLSP{secrets.token_hex(8).upper()}")
    # The end that IAM shows is the metadata's, else that of the last certificate.
    ends = [certificate.not_valid_after_utc for certificate in provider.certificates]
    record["ValidUntil"] = _stamp(provider.valid_until or max(ends))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _refusal(parameters: Any) -> Any:
    try:
        metadata.read(iam._p(parameters, "SAMLMetadataDocument") or "")
    except metadata.MetadataRefused as error:
        return iam._error(400, "InvalidInput", str(error), ns="iam")
    return None


def _name_refusal(name: str) -> Any:
    if _NAME.fullmatch(name or ""):
        return None
    return iam._error(400, "ValidationError", "Name must match [\\w._-]{1,128}", ns="iam")

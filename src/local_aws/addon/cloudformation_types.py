"""CloudFormation types that MiniStack lacks: a Connect instance, a security profile, a SAML provider.

Touches ``provisioners._RESOURCE_HANDLERS``, ``_REPLACING_PROPERTIES``, ``_STACK_TAG_PROPERTY``. A property that
is not emulated fails the resource: it is never dropped silently.
Source: the types' schemas in the CloudFormation registry.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ministack.core.responses import get_account_id, get_region
from ministack.services import iam
from ministack.services.cloudformation import provisioners

from local_aws.addon import saml_providers
from local_aws.addon.connect_api import SERVICE
from local_aws.connect.seeds import InstanceSeed
from local_aws.connect.service import Caller

Properties: TypeAlias = Mapping[str, Any]
Made: TypeAlias = tuple[str, dict[str, Any]]

_ALIAS = re.compile(r"(?!d-)([\da-zA-Z]+)([-]*[\da-zA-Z])*")
_EMULATED = {
    "AWS::Connect::Instance": {"IdentityManagementType", "InstanceAlias", "Attributes", "Tags"},
    "AWS::Connect::SecurityProfile": {
        "InstanceArn",
        "SecurityProfileName",
        "Description",
        "Permissions",
        "Tags",
    },
    "AWS::IAM::SAMLProvider": {"Name", "SamlMetadataDocument", "Tags"},
}


def install() -> None:
    """Register the types."""
    handlers: dict[str, tuple[Any, Any, Any]] = {
        "AWS::Connect::Instance": (_create_instance, _update_instance, _delete_instance),
        "AWS::Connect::SecurityProfile": (_create_profile, _update_profile, _delete_profile),
        "AWS::IAM::SAMLProvider": (_create_provider, _update_provider, _delete_provider),
    }
    for name, (create, update, delete) in handlers.items():
        provisioners._RESOURCE_HANDLERS[name] = {
            "create": _checked(name, 1, create),
            "update": _checked(name, 2, update),
            "delete": delete,
        }
        provisioners._STACK_TAG_PROPERTY[name] = ("Tags", "list")
    provisioners._REPLACING_PROPERTIES.update(
        {
            "AWS::Connect::Instance": ("IdentityManagementType", "InstanceAlias", "DirectoryId"),
            "AWS::Connect::SecurityProfile": ("InstanceArn", "SecurityProfileName"),
            "AWS::IAM::SAMLProvider": ("Name", "AddPrivateKey", "RemovePrivateKey"),
        }
    )


def _checked(name: str, position: int, handler: Any) -> Any:
    def checked(*arguments: Any) -> Made:
        unknown = sorted(set(arguments[position]) - _EMULATED[name])
        if unknown:
            raise ValueError(f"the local AWS does not emulate {name}.{', '.join(unknown)}")
        made: Made = handler(*arguments)
        return made

    return checked


def _caller() -> Caller:
    return Caller(get_account_id(), get_region())


def _tags(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", ())}


def _truths(attributes: Properties) -> dict[str, bool]:
    return {key: str(value).lower() == "true" for key, value in attributes.items()}


def _create_instance(_logical_id: str, properties: Properties, _stack: str) -> Made:
    if properties.get("IdentityManagementType") != "SAML":
        raise ValueError("the local AWS emulates instances with IdentityManagementType SAML only")
    attributes, alias = properties.get("Attributes", {}), str(properties.get("InstanceAlias", ""))
    if not {"InboundCalls", "OutboundCalls"} <= set(attributes):
        raise ValueError("Model validation failed: Attributes needs InboundCalls and OutboundCalls")
    if not _ALIAS.fullmatch(alias) or len(alias) > 45:
        raise ValueError(f"Model validation failed: InstanceAlias {alias!r} is not an alias")
    if any(instance.alias.lower() == alias.lower() for instance in SERVICE.instances.values()):
        raise ValueError(f"InvalidRequestException: the alias {alias} is already in use")
    instance = SERVICE.add_instance(
        InstanceSeed(
            alias=alias,
            region=get_region(),
            account=get_account_id(),
            attributes=_truths(attributes),
            tags=_tags(properties),
        )
    )
    return instance.arn, _instance_attributes(instance.id)


def _update_instance(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    instance = SERVICE.instance(physical_id.rpartition("/")[2], _caller())
    instance.attributes, instance.tags = _truths(new.get("Attributes", {})), _tags(new)
    return physical_id, _instance_attributes(instance.id)


def _delete_instance(physical_id: str, _properties: Properties) -> None:
    SERVICE.instances.pop(physical_id.rpartition("/")[2], None)


def _instance_attributes(identifier: str) -> dict[str, Any]:
    described = SERVICE.perform("DescribeInstance", {"InstanceId": identifier}, _caller())["Instance"]
    return {key: described[key] for key in ("Arn", "Id", "ServiceRole", "CreatedTime", "InstanceStatus")}


def _create_profile(_logical_id: str, properties: Properties, _stack: str) -> Made:
    instance_id = properties["InstanceArn"].rpartition("/")[2]
    parameters = {"InstanceId": instance_id, "SecurityProfileName": properties["SecurityProfileName"]}
    made = SERVICE.perform("CreateSecurityProfile", {**parameters, **_content(properties)}, _caller())
    return _tagged_profile(made["SecurityProfileArn"], properties)


def _update_profile(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    content = {"Description": "", "Permissions": [], **_content(new)}
    SERVICE.perform("UpdateSecurityProfile", {**_profile_ids(physical_id), **content}, _caller())
    return _tagged_profile(physical_id, new)


def _delete_profile(physical_id: str, _properties: Properties) -> None:
    SERVICE.perform("DeleteSecurityProfile", _profile_ids(physical_id), _caller())


def _content(properties: Properties) -> dict[str, Any]:
    return {key: properties[key] for key in ("Description", "Permissions") if key in properties}


def _profile_ids(arn: str) -> dict[str, str]:
    instance_arn, _, profile_id = arn.partition("/security-profile/")
    return {"InstanceId": instance_arn.rpartition("/")[2], "SecurityProfileId": profile_id}


def _tagged_profile(arn: str, properties: Properties) -> Made:
    # Past the API, which refuses the aws: tags that CloudFormation itself may set.
    ids = _profile_ids(arn)
    profiles = SERVICE.instance(ids["InstanceId"], _caller()).security_profiles
    profile = replace(profiles[ids["SecurityProfileId"]], tags=_tags(properties))
    profiles[profile.id] = profile
    return arn, {
        "SecurityProfileArn": arn,
        "LastModifiedRegion": get_region(),
        "LastModifiedTime": profile.modified,
    }


def _create_provider(logical_id: str, properties: Properties, stack: str) -> Made:
    suffix = hashlib.sha256(f"{stack}/{logical_id}".encode()).hexdigest()[:12]
    name = str(properties.get("Name") or f"{stack}-{logical_id}-{suffix}"[:128])
    if saml_providers.arn_of(name) in iam._saml_providers:
        raise ValueError(f"SAML provider {saml_providers.arn_of(name)} already exists.")
    return _stored(name, properties)


def _update_provider(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    return _stored(physical_id.rpartition("/")[2], new)


def _delete_provider(physical_id: str, _properties: Properties) -> None:
    iam._saml_providers.pop(physical_id, None)


def _stored(name: str, properties: Properties) -> Made:
    document = str(properties.get("SamlMetadataDocument", ""))
    arn = saml_providers.store(name, document, list(properties.get("Tags", [])))
    return arn, {"Arn": arn, "SamlProviderUUID": iam._saml_providers[arn]["SAMLProviderUUID"]}

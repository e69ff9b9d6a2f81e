"""All stacks of one contact center, and what waits for what.

Sign-on waits for the instance alone, never for users: a certificate can be changed while an export is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from constructs import Construct

from constructs_lib.saml_federation import SamlProvider
from constructs_lib.sync_function import SyncCode
from contact_center.delivery import Delivery
from contact_center.load import ContactCenter
from contact_center.providers import IdentityProvider
from stacks.code_pipeline import CodePipelineStack
from stacks.delivery import DeliveryStack
from stacks.instance import InstanceStack
from stacks.sign_on import SignOnStack
from stacks.storage import StorageStack
from stacks.users import UsersStack

# The output that names a provider starts with these.
_KEYS = {"salesforce": "Salesforce", "third_party": "ThirdParty"}


def add_contact_center(
    scope: Construct, *, center: ContactCenter, providers: Sequence[IdentityProvider], engine: Path, layer: Path
) -> None:
    """Add the stacks of a contact center.

    Args:
        scope: the app.
        center: the contact center.
        providers: its identity providers, without an error.
        engine: folder of the packages ``user_sync`` and ``certificate_watch``, which run in AWS.
        layer: folder or .zip file with what it imports.
    """
    config = center.config
    if config.instance.alias:
        instance_arn = InstanceStack(scope, config=config, alias=config.instance.alias).arn
    else:
        instance_arn = str(config.instance.existing)
    SignOnStack(
        scope,
        config=config,
        instance_arn=instance_arn,
        providers=[_saml_provider(provider) for provider in providers],
        watch=engine / "certificate_watch" / "index.py",
    )
    storage = StorageStack(scope, config=config).storage
    UsersStack(
        scope,
        center=center,
        instance_arn=instance_arn,
        storage=storage,
        code=SyncCode(engine=engine, layer=layer),
    )
    if config.delivery:
        _add_delivery(scope, center, config.delivery)


def _add_delivery(scope: Construct, center: ContactCenter, delivery: Delivery) -> None:
    roles = DeliveryStack(scope, center=center, delivery=delivery)
    if delivery.code_pipeline:
        CodePipelineStack(scope, config=center.config, settings=delivery.code_pipeline).add_stack_dependency(roles)


def _saml_provider(provider: IdentityProvider) -> SamlProvider:
    document = provider.reading.document if provider.reading else None
    return SamlProvider(key=_KEYS[provider.key], name=provider.name, metadata=document or "", arn=provider.existing_arn)

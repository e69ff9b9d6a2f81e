"""The server's ASGI application: MiniStack with everything of this package in place.

Touches ``app.SERVICE_REGISTRY``, ``SERVICE_HANDLERS``, ``_loaded_modules``, ``router.SERVICE_PATTERNS`` and
``iam_actions.SERVICE_TO_IAM_NAMESPACE``.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ministack import app as ministack_app
from ministack.core import iam_actions, router

from local_aws.addon import (
    browser_sign_in,
    cloudformation_types,
    condition_keys,
    connect_api,
    policy_variables,
    saml_providers,
    saml_sign_in,
    service_quotas,
)
from local_aws.browser.addresses import PREFIX

# Set by local_aws.server: what the add-on reads beside MiniStack's own variables.
SETTINGS = {
    "LOCAL_AWS_TOKEN": "answered on READY_PATH, so that a starter knows its own server",
    "LOCAL_AWS_CONNECT_MODEL": "path of Connect's service model",
    "LOCAL_AWS_REQUESTS_PER_SECOND": "throttling of Connect; 0 for none",
    "LOCAL_AWS_USER_QUOTA": "users an instance",
    "LOCAL_AWS_SEARCH_LAG": "seconds until searches see a write",
    "LOCAL_AWS_PARENT": "process id to die with; absent to live on",
}
READY_PATH = "/_local_aws/ready"


def _install() -> None:
    _add_service("connect", connect_api)
    _add_service("servicequotas", service_quotas)
    # Connect authorizes itself, on several resources; a service that is missing here is only authenticated.
    iam_actions.SERVICE_TO_IAM_NAMESPACE["servicequotas"] = "servicequotas"
    router.SERVICE_PATTERNS["servicequotas"]["target_prefixes"] = [service_quotas.TARGET_PREFIX]
    policy_variables.install()
    condition_keys.install()
    saml_providers.install()
    saml_sign_in.install()
    cloudformation_types.install()


def _add_service(name: str, module: Any) -> None:
    key = f"local_aws_{name}"
    ministack_app.SERVICE_REGISTRY[name] = {"module": key}
    ministack_app._loaded_modules[key] = module
    ministack_app.SERVICE_HANDLERS[name] = ministack_app._lazy_handler(key)
    # Without a pattern the router loads every service model there is: five seconds and 300 MB.
    router.SERVICE_PATTERNS[name] = {"host_patterns": [rf"^{name}\."]}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Serve one ASGI event."""
    if scope["type"] == "http":
        if scope["path"] == READY_PATH:
            await _ready(send)
            return
        if scope["path"].startswith(PREFIX):
            await browser_sign_in.serve(scope, receive, send)
            return
        # Loopback counts as TLS, else the bootstrap bucket's policy refuses every asset.
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await ministack_app.app(scope, receive, send)


async def _ready(send: Any) -> None:
    body = json.dumps({"token": os.environ.get("LOCAL_AWS_TOKEN", "")}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_install()

"""GetFederationToken: how a role session becomes a Connect user.

Sources: Amazon Connect administrator guide, configure-saml and troubleshoot-saml (the RoleSessionName is the
username to the letter); the API's DuplicateResourceException (a user stays bound to the role it first came
in with; whether that still holds is not documented any more, so the strict reading is emulated).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from local_aws.connect.context import Context
from local_aws.connect.errors import ConnectError
from local_aws.connect.state import named

_SESSION_SECONDS = 12 * 3600


def get_federation_token(context: Context, _parameters: Mapping[str, Any]) -> dict[str, Any]:
    """GetFederationToken, for a session of a role; its session name is the username."""
    instance, principal = context.instance, context.principal
    if not principal.session_name:
        raise ConnectError("AccessDeniedException", "GetFederationToken needs the session of a role")
    user = named(instance.users.values(), principal.session_name)
    if user is None:
        message = "Your account has been authenticated, but has not been onboarded to this application"
        raise ConnectError("UserNotFoundException", message)
    if instance.federated.setdefault(user.id, principal.role_id) != principal.role_id:
        message = f"The user {user.name} is already associated with the Amazon Connect instance"
        raise ConnectError("DuplicateResourceException", message)
    expires = time.time() + _SESSION_SECONDS
    return {
        "Credentials": {
            "AccessToken": secrets.token_urlsafe(32),
            "AccessTokenExpiration": expires,
            "RefreshToken": secrets.token_urlsafe(32),
            "RefreshTokenExpiration": expires,
        },
        "SignInUrl": f"https://{instance.alias}.my.connect.aws/auth/sign-in",
        "UserId": user.id,
        "UserArn": user.arn,
    }

"""Pages of a list, with tokens that stay right while others write."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from local_aws.connect.errors import invalid_parameter
from local_aws.connect.state import Resource

R = TypeVar("R", bound=Resource)


def page(
    resources: Sequence[R], parameters: Mapping[str, Any], operation: str, default: int = 100
) -> tuple[list[R], dict[str, str]]:
    """Return one page and the members of the answer that lead to the next.

    Args:
        resources: all that match, in the order of creation.
        default: page size where the request names none.

    Raises:
        ConnectError: the token is not one of this operation's.
    """
    after = _serial(parameters["NextToken"], operation) if parameters.get("NextToken") else 0
    size = parameters.get("MaxResults", default)
    rest = [resource for resource in resources if resource.serial > after]
    chosen = rest[:size]
    if len(rest) <= size:
        return chosen, {}
    token = base64.urlsafe_b64encode(f"{operation}:{chosen[-1].serial}".encode()).decode()
    return chosen, {"NextToken": token}


def _serial(token: str, operation: str) -> int:
    try:
        name, _, serial = base64.urlsafe_b64decode(token).decode().partition(":")
        if name == operation:
            return int(serial)
    except (binascii.Error, ValueError):
        pass
    raise invalid_parameter("NextToken is not one that this operation gave")

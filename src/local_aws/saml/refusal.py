"""STS's refusal of a response, as a value to raise."""

from __future__ import annotations


class ResponseRefused(Exception):
    """AWS would not take the response.

    Args:
        code: STS's error code.
        message: STS's text.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str = "Request included an invalid SAML response") -> ResponseRefused:
    """Return the refusal of a response that is not right."""
    return ResponseRefused("InvalidIdentityToken", message)


def expired(message: str) -> ResponseRefused:
    """Return the refusal of a response that was right once."""
    return ResponseRefused("ExpiredTokenException", message)

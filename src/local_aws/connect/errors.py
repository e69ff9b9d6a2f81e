"""The refusals of Connect, with the codes that its service model declares.

Must not know HTTP: the status of a modelled code is looked up in the service model.
"""

from __future__ import annotations


class ConnectError(Exception):
    """One refusal, as the service words it.

    Args:
        code: such as ``ResourceNotFoundException``.
        message: for a person; with the part of the request at fault.
        status: HTTP status for codes that the model does not declare.
    """

    def __init__(self, code: str, message: str, *, status: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid_parameter(message: str) -> ConnectError:
    """Return what the service says of a value that it does not accept."""
    return ConnectError("InvalidParameterException", message)


def invalid_request(message: str) -> ConnectError:
    """Return what the service says of a request that makes no sense as a whole."""
    return ConnectError("InvalidRequestException", message)


def not_found(what: str, identifier: str) -> ConnectError:
    """Return what the service says of an identifier that it does not know."""
    return ConnectError("ResourceNotFoundException", f"{what} not found: {identifier}")


def not_emulated(what: str) -> ConnectError:
    """Return the local AWS's own answer to what it does not emulate: never a quiet success."""
    return ConnectError("NotImplementedException", f"the local AWS does not emulate {what}", status=501)

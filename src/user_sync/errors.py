"""Errors of the sync engine: one tree, each with a stable code and a message for a person.

A message says what, got, allowed and what to do. It must not hold anything personal beyond a
username, since it can end in a CloudFormation event or a log.

* SyncError
    * ExportUnreadable   the file as a whole cannot be used
    * InstanceUnusable   the Connect instance cannot be read or is not the one meant
    * Refused            a policy or a limit says no before the first write
    * ServiceRefused     AWS refused one request (the door raises it, with the error's code)
"""

from __future__ import annotations

import re


class SyncError(Exception):
    """Base of all that this package raises on purpose.

    Args:
        code: stable, snake_case, for programs.
        message: for a person: lower case, no period, with the remedy.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ExportUnreadable(SyncError):
    """The export as a whole cannot be read: encoding, delimiter, columns.

    Args:
        row: line of the file as a spreadsheet shows it, where there is one.
        column: header as the file has it, where there is one.
    """

    def __init__(
        self, code: str, message: str, *, file: str, row: int | None = None, column: str | None = None
    ) -> None:
        super().__init__(code, message)
        self.file = file
        self.row = row
        self.column = column


class InstanceUnusable(SyncError):
    """The instance cannot be read, or is not the one that the config means."""


class Refused(SyncError):
    """A policy or a safety limit says no; nothing was written."""


class ServiceRefused(SyncError):
    """AWS refused one request.

    Args:
        code: the service's own error code, such as ``DuplicateResourceException``.
        operation: such as ``CreateUser``.
        message: the service's message.
        retryable: whether the same request may be sent again.
    """

    def __init__(self, code: str, message: str, *, operation: str, retryable: bool = False) -> None:
        super().__init__(code, message)
        self.operation = operation
        self.retryable = retryable

    @property
    def missing_action(self) -> str:
        """Return the IAM action that a denial is about: some operations depend on actions of other names."""
        named = re.search(r"not authorized to perform: (\w+:\w+)", self.message)
        return named[1] if named else f"connect:{self.operation}"

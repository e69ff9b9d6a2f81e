"""Amazon Connect, SAML sign-in and the IAM evaluation they need, added to MiniStack from outside.

Runs in ``.venv-local-aws`` only, in the server's process; uses module globals of MiniStack 1.5.33, so the
version is pinned exactly. Each module says which of them it touches. The rules themselves are in
``local_aws.connect`` and ``local_aws.saml``, which know nothing of MiniStack.

Settings come as environment variables, from ``local_aws.server``: see :data:`application.SETTINGS`.
"""

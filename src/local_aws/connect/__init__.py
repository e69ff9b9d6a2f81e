"""Amazon Connect's user side as a pure core: what the service would answer, and no more friendly.

Must not know HTTP servers, MiniStack, IAM or CloudFormation: those wrap :class:`connect.service.Service`.
Runs in both environments, on the standard library alone.
"""

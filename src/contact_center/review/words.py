"""Policy statements in words, for a reviewer who reads no JSON.

A condition that has no words of its own is written as it stands, so that nothing is left out. Must not judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from contact_center.iam_policy import Statement

_SERVICES: Mapping[str, str] = {
    "lambda.amazonaws.com": "AWS Lambda",
    "states.amazonaws.com": "AWS Step Functions",
    "events.amazonaws.com": "Amazon EventBridge",
    "scheduler.amazonaws.com": "Amazon EventBridge Scheduler",
    "codebuild.amazonaws.com": "AWS CodeBuild",
    "codepipeline.amazonaws.com": "AWS CodePipeline",
    "logging.s3.amazonaws.com": "Amazon S3 access logging",
    "cloudwatch.amazonaws.com": "Amazon CloudWatch",
}
_ASSUMING = {"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"}
_HOW: Mapping[str, str] = {
    "stringequals": "is",
    "stringequalsignorecase": "is, whatever its case,",
    "arnequals": "is",
    "arnlike": "is like",
    "stringlike": "is like",
    "stringnotequals": "is not",
    "stringnotlike": "is not like",
    "bool": "is",
    "ipaddress": "is in",
    "notipaddress": "is not in",
    "numericlessthan": "is below",
    "numericlessthanequals": "is at most",
    "numericgreaterthan": "is above",
    "null": "is absent:",
}


def trusted(statement: Statement, session_seconds: int) -> str:
    """Return who may assume a role by a statement of its trust policy, how and for how long.

    Args:
        statement: with references by name.
        session_seconds: the role's longest session.
    """
    parts = [principals(statement) if statement.allows else f"never {principals(statement)}"]
    more = [one for one in statement.actions if one.lower() not in _ASSUMING]
    parts += ["with session tags" if one.lower() == "sts:tagsession" else f"may {one}" for one in more]
    parts += conditions(statement)
    parts += [f"for up to {duration(session_seconds)}"] * statement.allows
    return ", ".join(parts)


def principals(statement: Statement) -> str:
    """Return whom a statement is about."""
    return _either(list(_who(statement)))


def _who(statement: Statement) -> Iterator[str]:
    if statement.except_principals:
        yield "everybody but " + ", ".join(one for names in statement.principals.values() for one in names)
        return
    for kind, names in statement.principals.items():
        for one in map(bare, names):
            if one == "*":
                yield "anybody"
            elif kind == "Federated":
                yield f"whoever {one} vouches for"
            elif kind == "Service":
                yield f"{_service(one)} ({one})" if _service(one) else f"the AWS service {one}"
            elif re.fullmatch(r"arn:[^:]+:iam::[^:]*:root", one):
                yield f"whoever account {one.split(':')[4]} lets"
            else:
                yield one


def bare(text: str) -> str:
    """Return a value that is one reference without its braces."""
    return text[1:-1] if re.fullmatch(r"\{[^{}]+\}", text) else text


def _service(name: str) -> str:
    # A Region may stand in it: logs.us-west-2.amazonaws.com.
    if re.fullmatch(r"logs\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", name):
        return "Amazon CloudWatch Logs"
    return _SERVICES.get(name, "")


def conditions(statement: Statement) -> Iterator[str]:
    """Yield a statement's conditions; all of them must hold."""
    for operator, keys in statement.conditions.items():
        for key, values in keys.items():
            yield _condition(operator, key, values)


def _condition(operator: str, key: str, values: Sequence[str]) -> str:
    lower, plain = key.lower(), operator.lower()
    if lower == "saml:aud" and plain == "stringequals":
        return f"in a response sent to {_either(values)}"
    if lower == "aws:multifactorauthpresent" and plain == "bool" and list(values) == ["true"]:
        return "with MFA"
    if lower == "aws:securetransport" and plain == "bool":
        return "without TLS" if list(values) == ["false"] else "over TLS"
    if lower == "kms:viaservice" and plain == "stringequals":
        return f"through {_either(values)}"
    exists = plain.endswith("ifexists")
    how = _HOW.get(plain.removesuffix("ifexists"), operator)
    return f"where {key} {how} {_either(values)}{' or is absent' if exists else ''}"


def title(sid: str) -> str:
    """Return a statement's name as words: ``ChangeOurUsers`` is ``change our users``."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", sid)).lower()


def duration(seconds: int) -> str:
    """Return a session's length: ``12 hours``, ``90 minutes``."""
    if seconds % 3600 == 0:
        return "1 hour" if seconds == 3600 else f"{seconds // 3600} hours"
    return f"{seconds // 60} minutes" if seconds % 60 == 0 else f"{seconds} seconds"


def _either(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names)) or "nobody"


def many(count: int, thing: str, things: str = "") -> str:
    """Return a count with its noun: ``1 user``, ``2 users``."""
    return f"{count} {thing if count == 1 else things or f'{thing}s'}"


def listed(names: Sequence[str], limit: int = 5) -> str:
    """Return names as a person would list them, the rest as a number."""
    more = [f"{len(names) - limit} more"] if len(names) > limit else []
    shown = [*names[:limit], *more]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)

"""Judges responses by a role's trust policy in one process, with the local AWS's evaluator and without its server.

Runs in the local AWS's environment. Standard input: JSON, a list of cases: metadata, response, provider, role and
policy. Standard output: JSON, for each case "trusted", or why not. For partitions that the server does not have.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

from local_aws.addon.saml_sign_in import install, trusted
from local_aws.saml import metadata
from local_aws.saml.response import ResponseRefused, read


def verdict(case: dict[str, Any]) -> str:
    provider, role = metadata.read(case["metadata"]), case["role"]
    try:
        names = frozenset(case["names"])
        partition = role.split(":")[1]
        now = datetime.now(UTC)
        statement = read(case["response"], provider, now, partition=partition, also_addressed_as=names)
    except ResponseRefused as refused:
        return refused.message
    if (role, case["provider"]) not in statement.roles:
        return "another pair"
    held = {"Arn": role, "AssumeRolePolicyDocument": json.dumps(case["policy"])}
    return "trusted" if trusted(held, case["provider"], statement) else "not trusted"


if __name__ == "__main__":
    install()
    json.dump([verdict(case) for case in json.load(sys.stdin)], sys.stdout)

#!/bin/sh
# Write the lock files anew from pyproject.toml. Needs the registry; `make lock` runs it.
set -eu
cd "$(dirname "$0")/.."
lock() { .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"; }
lock pyproject.toml --group cdk --group dev -o locks/development.txt
lock --group lambda -c locks/development.txt -o locks/lambda.txt
lock --group local-aws -o locks/local-aws.txt
lock --group docs -o locks/docs.txt

#!/bin/sh
# Install everything into the checkout: .venv, .venv-local-aws, node_modules, build/layer.
# Quick when it is there: each part keeps a stamp of the lock file that it was made from.
# With the argument "tests" also what only tests need (a browser, the Salesforce library): tests/node/node_modules.
set -eu
cd "$(dirname "$0")/.."

fail() { echo "error: $1" >&2; exit 1; }

python=
for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || fail "Python 3.11 or newer is needed, found $(python3 --version 2>/dev/null || echo none): install it, or name one with PYTHON=/path/to/python3.11"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python has no venv module: install your system's python3-venv package"
node=$(node --version 2>/dev/null) || fail "Node.js 20 or newer is needed, found none: install it (it runs the AWS CDK)"
major=${node#v}; major=${major%%.*}
[ "$major" -ge 20 ] || fail "Node.js 20 or newer is needed, found $node: upgrade it (it runs the AWS CDK)"
command -v npm >/dev/null 2>&1 || fail "npm is needed (it comes with Node.js) and was not found"

unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_USER PIP_PREFIX PIP_REQUIRE_VIRTUALENV 2>/dev/null || true
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
logs=build/install-logs
mkdir -p "$logs"

# A part is current when its stamp holds the checksum of what it is made from.
stamp() { cat "$@" tools/install.sh | cksum; }
current() { [ "$(cat "$1/.stamp" 2>/dev/null)" = "$2" ]; }

environment() { # folder, lock file
    rm -rf "$1"
    "$python" -m venv "$1"
    "$1/bin/python" -m pip install --quiet --require-hashes --no-deps -r "$2"
}

development() {
    # A change of the project's settings alone needs no new environment.
    if [ "$(cat .venv/.lock-stamp 2>/dev/null)" != "$(stamp locks/development.txt)" ]; then
        environment .venv locks/development.txt
        stamp locks/development.txt > .venv/.lock-stamp
    fi
    .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
    stamp pyproject.toml locks/development.txt > .venv/.stamp
}

local_aws() {
    environment .venv-local-aws locks/local-aws.txt
    echo "$PWD/src" > "$(.venv-local-aws/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/checkout.pth"
    stamp locks/local-aws.txt > .venv-local-aws/.stamp
}

node_modules() {
    npm ci --silent --ignore-scripts
    stamp package-lock.json > node_modules/.stamp
}

node_of_tests() {
    (cd tests/node && npm ci --silent --ignore-scripts)
    stamp tests/node/package-lock.json > tests/node/node_modules/.stamp
}

# The layer holds the wheels' own files and nothing that an installer adds, so that the same
# lock file gives the same bytes on every machine.
layer() {
    rm -rf build/layer
    mkdir -p build/layer
    "$python" -m venv build/layer-pip
    build/layer-pip/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: --no-compile \
        --target build/layer/python -r locks/lambda.txt
    rm -rf build/layer-pip build/layer/python/bin
    find build/layer -name RECORD -o -name INSTALLER -o -name REQUESTED -o -name direct_url.json | xargs rm -f
    "$python" tools/zip_layer.py build/layer build/layer.zip
    stamp locks/lambda.txt > build/layer.stamp
}

pids=
part() { # name, function
    echo "installing $1"
    ( set -e; "$2" ) > "$logs/$2.log" 2>&1 &
    pids="$pids $!:$2"
}
current .venv "$(stamp pyproject.toml locks/development.txt)" || part "the project's environment (.venv)" development
current .venv-local-aws "$(stamp locks/local-aws.txt)" || part "the local AWS (.venv-local-aws)" local_aws
current node_modules "$(stamp package-lock.json)" || part "the AWS CDK command line (node_modules)" node_modules
[ "$(cat build/layer.stamp 2>/dev/null)" = "$(stamp locks/lambda.txt)" ] || part "the Lambda layer (build/layer)" layer
if [ "${1:-}" = tests ] && ! current tests/node/node_modules "$(stamp tests/node/package-lock.json)"; then
    part "a browser and the Salesforce library, for tests (tests/node)" node_of_tests
fi

failed=
for entry in $pids; do
    wait "${entry%%:*}" || failed="$failed ${entry#*:}"
done
for name in $failed; do
    echo "error: installing failed, log: $logs/$name.log" >&2
    tail -n 15 "$logs/$name.log" >&2
done
[ -z "$failed" ] || exit 1

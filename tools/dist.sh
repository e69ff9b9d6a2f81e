#!/bin/sh
# Build the wheel and the source distribution into dist, and try the wheel where the checkout is not. `make dist` runs it.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist build/try-wheel
# The wheel is made from the source distribution, in a folder of its own: what lies in the checkout cannot get into it.
.venv/bin/uv build --quiet --offline --no-build-isolation --python .venv/bin/python --out-dir dist
rm -f dist/.gitignore
cp THIRD_PARTY_LICENSES.md dist

.venv/bin/python -m venv build/try-wheel
build/try-wheel/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r locks/development.txt
build/try-wheel/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps dist/*.whl
cp -R config/acmeservice build/try-wheel/acmeservice
cd build/try-wheel
bin/connect-sso --version
bin/connect-sso check acmeservice/contact-center.yaml
bin/connect-sso kit acmeservice/contact-center.yaml --out kit --offline --quiet
cd ../..
ls dist

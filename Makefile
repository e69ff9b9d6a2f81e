# Everything is installed into the checkout: .venv, .venv-local-aws, node_modules, build/layer, tests/node.
CONFIG ?= config/acmeservice/contact-center.yaml
PY := .venv/bin/python
CDK := node_modules/.bin/cdk --no-notices --no-version-reporting
CONNECT_SSO := .venv/bin/connect-sso
# Where a delivery lies between preparing and executing it.
DELIVERY ?= build/delivery
SOURCES := app.py stacks constructs_lib src tests tools

.DEFAULT_GOAL := help
.PHONY: help install install-tests demo test test-full lint unit fmt synth diff bootstrap review deploy deliver-prepare deliver-execute deliver-drift check local-up local-down bench fuzz schema snapshots docs licenses dist lock clean

help: ## list the verbs
	@echo "make VERB [CONFIG=config/<name>/contact-center.yaml]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r verb text; do printf '%-16s %s\n' "$$verb" "$$text"; done

install: ## install all dependencies into the checkout; quick when they are there
	@sh tools/install.sh

install-tests:
	@sh tools/install.sh tests

demo: install ## deploy the example contact center to a local AWS, prove sign-ins, stop
	@$(PY) -m local_aws.demo

test: install-tests lint ## lint, types, import rules and every test, end to end on the local AWS included
	@$(PY) -m pytest -n 2 --dist loadgroup

test-full: install-tests docs ## what does not fit into ten minutes
	@$(PY) -m pytest -n 2 --dist loadgroup -m full

lint: install ## lint, format, types and import rules
	@.venv/bin/ruff check $(SOURCES)
	@.venv/bin/ruff format --check $(SOURCES)
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

unit: install-tests ## the quick tests only
	@$(PY) -m pytest -n 2 tests/unit

fmt: install ## format the code and mend what the linter can mend
	@.venv/bin/ruff check --fix-only $(SOURCES)
	@.venv/bin/ruff format $(SOURCES)

# `make` has no exit code for "read this" (2) or "prepared" (2): a pipeline goes on with a line in OUTPUTS. Its approver
# reads SUMMARY, the page of what is refused (3) included; after an error (1) a page would be of another time.
read = code=$$?; case $$code in [023]) [ -z "$(SUMMARY)" ] || cat $(1)/review.md >> "$(SUMMARY)";; esac; [ $$code = 0 ] || [ $$code = 2 ]

review: install ## write build/review: what cdk.out does to what is deployed; fails where a guard refuses
	@$(CONNECT_SSO) review $(CONFIG) --html build/review/review.html --markdown build/review/review.md; $(call read,build/review)

deliver-prepare: install ## review cdk.out, plan users, make change sets; print the digest to approve (into OUTPUTS too)
	@$(CONNECT_SSO) deliver prepare $(CONFIG) --out $(DELIVERY); $(call read,$(DELIVERY))
	@[ -z "$(OUTPUTS)" ] || $(PY) tools/delivery_digest.py $(DELIVERY) >> "$(OUTPUTS)"

deliver-execute: install ## execute exactly what was prepared and APPROVED=<digest>
	@# By the environment, where make put it: a pipeline's value must not become a command.
	@$(CONNECT_SSO) deliver execute $(CONFIG) --delivery $(DELIVERY)/delivery.json --approved "$$APPROVED"

deliver-drift: install ## what differs from what was delivered, in stacks and users; writes nothing
	@$(CONNECT_SSO) deliver drift $(CONFIG)

check: install ## check CONFIG, its metadata, its export and its rules; offline
	@.venv/bin/connect-sso check $(CONFIG)

synth: install ## write the CloudFormation templates of CONFIG to cdk.out
	@$(CDK) synth --quiet -c config=$(CONFIG)
	@echo "templates: cdk.out/*.template.json"

diff: install ## compare CONFIG with what is deployed (real AWS)
	@$(CDK) diff -c config=$(CONFIG)

bootstrap: install ## make the CDK bootstrap of CONFIG alone (real AWS; asks first, YES=1 does not): docs/bootstrap.md
	@$(PY) tools/bootstrap.py $(CONFIG) $(if $(YES),--yes) $(FLAGS)

deploy: install ## check and deploy CONFIG (real AWS, with your credentials)
	@.venv/bin/connect-sso check $(CONFIG)
	@$(CDK) deploy --all --no-previous-parameters -c config=$(CONFIG)

local-up: install ## start the local AWS for trying things by hand, print the environment to use
	@$(PY) -m local_aws up

local-down: ## stop it
	@if [ -x $(PY) ]; then $(PY) -m local_aws down; fi

bench: install ## measure, and print the figures that docs/benchmarks.md holds
	@$(PY) tools/bench_users.py
	@$(PY) tools/bench_apply.py
	@$(PY) tools/bench_synth.py

FUZZ_SECONDS ?= 600
fuzz: install ## fuzz the reader and the planner for FUZZ_SECONDS (default: 600)
	@$(PY) tools/fuzz.py --seconds $(FUZZ_SECONDS)

schema: install ## write the JSON Schema of the config file anew
	@$(PY) -m contact_center.schema

snapshots: install ## take the templates as they are now for the expected ones
	@$(PY) -m pytest tests/infra --snapshot-update

# An environment of its own, made by the first `make docs`.
.venv-docs/.stamp: locks/docs.txt tools/site_scripts.py | install
	@echo "installing the documentation site's tools (.venv-docs)"
	@$(PY) -m venv --clear .venv-docs
	@.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r locks/docs.txt
	@$(PY) tools/site_scripts.py .venv-docs/scripts
	@touch $@

docs: install .venv-docs/.stamp ## build the documentation site; a broken link or a page that is nowhere in it is an error
	@$(PY) tools/pages.py build/pages
	@cp -R .venv-docs/scripts tools/site/styles build/pages
	@# Not --quiet: it would keep warnings from --strict too.
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict
	@echo "site: build/site/index.html"

licenses: install-tests .venv-docs/.stamp ## write THIRD_PARTY_LICENSES.md anew from what is locked and installed
	@$(PY) tools/licenses.py

dist: install ## build the wheel and the source distribution into dist, and try the wheel outside of the checkout
	@sh tools/dist.sh

lock: install ## write the lock files anew (needs the package registry)
	@sh tools/lock.sh

clean: ## remove everything that was installed or made
	rm -rf .venv .venv-local-aws .venv-docs node_modules tests/node/node_modules build dist .local cdk.out reports

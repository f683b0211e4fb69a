# Two commands for a user: `make run` and `make test`. Everything a target needs, it installs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := $(shell sed -n 's/^uv==//p' requirements/dev.txt)
export PYTHONDONTWRITEBYTECODE ?=
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 1

UNREACHED = echo "The packages could not be fetched: is PyPI, or your mirror of it, reachable from here (proxy, PIP_INDEX_URL, UV_INDEX_URL)?"; exit 1

.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint types unit contract infra functional local e2e bench synth deploy destroy clean lock

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(VENV)/.stamp: requirements/dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or say which with PYTHON=/path/to/python3.11"; exit 1; }
	@echo "==> Python packages into $(VENV)"
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION); } || { $(UNREACHED); }
	@$(BIN)/uv pip install -q --python $(BIN)/python -r requirements/dev.txt || { $(UNREACHED); }
	@echo "$(CURDIR)/layers/tidings/python" > $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tidings-layer.pth
	@ln -sf ../../client/tidings.sh $(BIN)/tidings
	@touch $@

.ministack/.stamp: requirements/ministack.txt $(VENV)/.stamp
	@echo "==> ministack (the local AWS) into .ministack"
	@test -x .ministack/bin/python || $(PYTHON) -m venv --without-pip .ministack
	@$(BIN)/uv pip install -q --python .ministack/bin/python -r requirements/ministack.txt || { $(UNREACHED); }
	@touch $@

node_modules/.stamp: package.json package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 with npm is needed to synthesize the template: install it and try again."; exit 1; }
	@echo "==> the CDK command line into node_modules"
	@npm ci --loglevel=error --no-audit --no-fund >/dev/null || { echo "The CDK could not be fetched: does npm reach its registry (proxy, npm config get registry)?"; exit 1; }
	@touch $@

setup: $(VENV)/.stamp .ministack/.stamp node_modules/.stamp  ## install everything (the other targets do it too)

run: setup  ## the whole system on this machine, ready to chat and post, until Ctrl-C
	@$(BIN)/python -m local run

demo: setup  ## prove the main job on real input, print the table, exit
	@$(BIN)/python -m local.demo

test: setup  ## lint, types and every test; says at the end how many ran
	@$(BIN)/python -m tests.suite

lint: $(VENV)/.stamp  ## ruff and the import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: $(VENV)/.stamp  ## mypy
	@$(BIN)/mypy

unit functional: $(VENV)/.stamp  ## one kind of test
	@$(BIN)/python -m pytest -q tests/$@

infra contract local: setup  ## likewise, with Node or the local AWS
	@$(BIN)/python -m pytest -q tests/$@

e2e: setup  ## through real sockets, on the development host
	@$(BIN)/python -m pytest -q tests/e2e

bench: setup  ## the figures of docs/results.md
	@$(BIN)/python -m benchmarks

synth: $(VENV)/.stamp node_modules/.stamp  ## the CloudFormation template; needs no AWS account and no Docker
	@PATH="$(CURDIR)/$(BIN):$$PATH" npx --no-install cdk synth --quiet $(CDK_ARGS)

deploy: $(VENV)/.stamp node_modules/.stamp  ## into the AWS account of your shell (CDK_ARGS="-c stage=prod")
	@PATH="$(CURDIR)/$(BIN):$$PATH" npx --no-install cdk deploy $(CDK_ARGS)

destroy: $(VENV)/.stamp node_modules/.stamp  ## take it away again (what is retained: see docs/deploy.md)
	@PATH="$(CURDIR)/$(BIN):$$PATH" npx --no-install cdk destroy $(CDK_ARGS)

clean:  ## environments and build output
	@rm -rf $(VENV) .ministack node_modules cdk.out .cache

lock: $(VENV)/.stamp  ## pin the newest versions that requirements/*.in allow
	@$(BIN)/uv pip compile -q --upgrade --no-header --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	@$(BIN)/uv pip compile -q --no-header --python-version 3.13 -c requirements/dev.txt requirements/layer.in -o requirements/layer.txt
	@$(BIN)/uv pip compile -q --upgrade --no-header --python-version 3.11 requirements/ministack.in -o requirements/ministack.txt

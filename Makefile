# Chartkeep: two commands, `make run` and `make test`; the rest is for those who work on it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATIC := src/chartkeep/web/static/dist/manifest.json
ARGS ?=
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup run assets check lint format types imports test test-services bench lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Chartkeep needs Python 3.11 or newer, and $(PYTHON) is older or not there. Set PYTHON=/path/to/python3.11." >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "$(PYTHON) cannot make virtual environments. On Debian, install python3-venv." >&2; exit 1; }

$(VENV)/run.stamp: requirements/base.txt pyproject.toml | $(BIN)/python
	@echo "Installing what Chartkeep needs (about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . 2>/dev/null || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	@echo "Installing what the tests need (about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/bench.stamp: requirements/bench.txt $(VENV)/test.stamp
	@echo "Installing what the benchmarks measure against (half a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

node_modules/.package-lock.json: package-lock.json package.json $(VENV)/run.stamp
	@echo "Installing the front end's packages (about 20 seconds) …"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC): node_modules/.package-lock.json $(shell find assets src/chartkeep/web/templates -type f 2>/dev/null)
	@echo "Building the front end (a few seconds) …"
	@node assets/build.mjs
	@touch $@

setup: $(VENV)/run.stamp $(STATIC) ## set everything up to run

assets: $(STATIC) ## build the front end

run: setup ## set everything up (two minutes, once) and serve on http://localhost:8000 (ARGS="--port 9000" and so on)
	@exec $(BIN)/chartkeep serve $(ARGS)

lint: $(VENV)/test.stamp ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/test.stamp ## ruff: mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(VENV)/test.stamp ## mypy --strict
	@$(BIN)/mypy

imports: $(VENV)/test.stamp ## the house's import contracts
	@$(BIN)/lint-imports

check: lint types imports ## the fast half, under a minute: lint, types, imports, and tests of the ground floors
	@$(BIN)/python -m pytest -q -n 2 -m "not slow and not services and not journey" \
		tests/house tests/lib tests/settings tests/crypto tests/audit tests/keyring tests/sharing

test: $(VENV)/test.stamp $(STATIC) ## everything on SQLite and local storage: lint, types, imports, tests, journeys (about ten minutes)
	@.ci/install-system-packages chromium
	@started=$$SECONDS; \
	$(MAKE) --no-print-directory lint types imports && \
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not services" --cov --cov-report=term:skip-covered $(ARGS) && \
	echo "All tests passed in $$((SECONDS - started)) s."

test-services: $(VENV)/test.stamp $(STATIC) ## storage, concurrency and crashes on a real PostgreSQL and S3 server (about five minutes)
	@.ci/install-system-packages postgresql
	@started=$$SECONDS; \
	$(BIN)/python -m tests.services.run $(ARGS) && \
	echo "All service tests passed in $$((SECONDS - started)) s."

bench: $(VENV)/bench.stamp $(STATIC) ## ratios measured in one run (ARGS="--quick", ARGS="sealing")
	@.ci/install-system-packages postgresql
	@$(BIN)/python -m bench $(ARGS)

lock: $(BIN)/python ## pin requirements/*.in with hashes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@cd requirements && for name in base test bench; do \
		../$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-strip-extras --no-header --no-annotate --universal \
			--python-version 3.11 $$name.in -o $$name.txt || exit 1; done

clean: ## remove what was built; data/ stays
	@rm -rf $(VENV) node_modules src/*.egg-info src/chartkeep/web/static/dist .coverage .coverage.* \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

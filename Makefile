# Two commands on a fresh machine: `make demo` and `make test`. Needs Python 3.11 to 3.14, make, git, and nothing else.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.hubtalk-setup
# Only `make lock` uses it; it is no part of the locked set.
UV := uv>=0.9,<1
PYTEST := $(BIN)/coverage run -m pytest
# Test processes side by side, each with database and Matrix servers of its own: as many as cores, but no more than pay.
# WORKERS=0 runs the tests one after the other.
WORKERS ?= logical
PARALLEL := -n $(WORKERS) --maxprocesses 4

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-unit test-contract test-acceptance coverage check format soak bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Lay everything into .venv (at once when it is up to date)

# The stamp depends on what decides the set. pip's words go to a log and it gets no input, so that `… | make demo | …`
# stays a conversation.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' \
		|| { echo "hubtalk needs Python 3.11 to 3.14; say which: make setup PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up in $(VENV), one to three minutes the first time (log: $(VENV)/setup.log)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) </dev/null
	@{ $(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements.lock \
		&& $(BIN)/python -m pip install --disable-pip-version-check --no-input --no-deps --no-build-isolation -e . ; \
		} </dev/null >$(VENV)/setup.log 2>&1 \
		|| { tail -n 20 $(VENV)/setup.log >&2; echo "Setting up failed; the whole log: $(VENV)/setup.log" >&2; exit 1; }
	@touch $@

demo: $(STAMP) ## Answer the shipped questionnaire right here, in the terminal
	@$(BIN)/hubtalk chat --demo

# One part of the suite: name, budget in minutes, paths and options. Its time is printed beside its budget.
define part
	@start=$$SECONDS; $(PYTEST) -m "not soak" $(3); code=$$?; \
		echo "== $(1): $$((SECONDS - start)) s of $$(($(2) * 60)) s"; exit $$code
endef

# In this order, each only if the one before passed; sub-makes, so that -j cannot mix them.
test: ## Run the whole suite, real parts included (budget: set-up 3, unit 2, contract 3, acceptance 6 minutes)
	@echo "== budget in minutes: set-up 3, unit 2, contract 3, acceptance 6"
	@start=$$SECONDS; $(MAKE) --no-print-directory setup && echo "== set-up: $$((SECONDS - start)) s of 180 s"
	@$(BIN)/coverage erase
	@$(MAKE) --no-print-directory test-unit
	@$(MAKE) --no-print-directory test-contract
	@$(MAKE) --no-print-directory test-acceptance
	@$(MAKE) --no-print-directory coverage

test-unit: $(STAMP)
	$(call part,unit,2,$(PARALLEL) --dist worksteal tests/unit tests/house)

test-contract: $(STAMP)
	$(call part,contract,3,$(PARALLEL) --dist worksteal tests/contract tests/conversations)

# A file stays together: some share a running bot.
test-acceptance: $(STAMP)
	$(call part,acceptance,6,$(PARALLEL) --dist loadfile tests/acceptance)

# The gate is `fail_under` in pyproject.toml.
coverage: $(STAMP)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

check: $(STAMP) ## Format, lint, types, imports, house tests (under a minute)
	@$(BIN)/ruff format --check --quiet . || { echo "make format mends this" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import_linter
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/python -m pytest -q tests/house

format: $(STAMP) ## Format the code and mend what the linter can mend
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

soak: $(STAMP) ## The long proofs (many minutes)
	@$(BIN)/python -m pytest -m soak --timeout=3600 tests

bench: $(STAMP) ## Compare with the peers: a table, medians of interleaved rounds
	@$(BIN)/python -m bench

# --no-emit-index-url: the locks name no package host, hashes alone say what is right. The second lock is the part of
# the first that the container needs.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" pyproject.toml

lock: $(STAMP) ## Resolve the dependencies anew (UPGRADE=1 takes the newest versions)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV)"
	@$(LOCK) --all-extras $(if $(UPGRADE),--upgrade) --output-file requirements.lock
	@$(LOCK) --extra build --constraint requirements.lock --output-file requirements-run.lock

clean: ## Remove .venv, caches and coverage data (never ./data)
	@rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* dist
	@find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +

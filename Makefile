# Everything a newcomer needs: Python 3.11+ and make. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup ui demo test check fmt bench bench-peers bench-sdk tools clean

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .cache/uv/bin/uv)
RUN := $(UV) run --no-sync
NPM := $(RUN) python hatch_build.py npm

help: ## this list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.cache/uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Spanglass needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name another: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .cache/uv \
	  || { echo "'$(PYTHON) -m venv' failed. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@.cache/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

setup: $(if $(findstring .cache,$(UV)),.cache/uv/bin/uv) ## the virtual environment (.venv) from uv.lock
	@SPANGLASS_SKIP_UI=1 $(UV) sync --quiet --all-extras --locked

ui: setup ## the web app, if its sources changed
	@$(RUN) python hatch_build.py build

demo: ui ## the server with live traces of a small RAG application
	@$(RUN) spanglass demo

check: setup ## the quick gate: format, lint, types, unit tests (under a minute)
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) lint-imports
	$(RUN) mypy
	$(NPM) run check
	$(RUN) pytest -q -n 2 tests/unit

tools: ## Debian packages that tests use, where this machine allows
	@bash tests/install-tools.sh

test: tools ui check ## every test
	$(RUN) pytest -q -n 2 --dist loadfile --ignore=tests/unit tests

fmt: setup ## format everything
	$(RUN) ruff format .
	$(RUN) ruff check --fix .
	$(NPM) run fmt

bench: ui ## measure this machine: ingest, queries, memory, disk (minutes)
	$(RUN) python -m bench
	$(RUN) python -m bench.evaluations

bench-peers: ui ## the same load on Arize Phoenix and MLflow as well (half an hour)
	$(RUN) python -m bench --peers phoenix,mlflow

bench-sdk: setup ## what each SDK costs an application, side by side (ten minutes)
	$(RUN) python -m bench.sdk

clean: ## what was built; not .venv, not data
	rm -rf src/spanglass_server/web/static dist .mypy_cache .ruff_cache .pytest_cache

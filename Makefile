SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
TEST_SETTINGS := DJANGO_SETTINGS_MODULE=tests.settings
.DEFAULT_GOAL := help
.PHONY: help demo test test-postgres test-matrix soak check bench bench-quick screenshots wheel-smoke chromium mariadb lock clean

help: ## Show what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/demo.stamp ## Start the console and a worker on sample tasks; prints the address and the login
	@$(RUN) manage.py demo

test: $(VENV)/dev.stamp chromium mariadb ## Run every test on SQLite and PostgreSQL, the engine's on MariaDB, then in Chromium
	@$(RUN) -m tests.support.suite

test-postgres: $(VENV)/dev.stamp ## Run the tests of the queue and the console on PostgreSQL only
	@$(RUN) -m tests.support.suite postgres

test-matrix: $(VENV)/dev.stamp ## Run the SQLite tests on every other supported Python found here
	@$(RUN) -m tests.support.matrix

soak: $(VENV)/dev.stamp ## Kill, cut off and flood workers for about an hour, on SQLite and PostgreSQL; prints the table of docs/reliability.md
	@$(RUN) -m tests.faults.soak

check: $(VENV)/dev.stamp ## Lint, format, types, import contract, templates, migrations, house rules
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --cache-dir .cache/imports --no-logo
	@$(BIN)/djlint --lint --quiet templates
	@$(TEST_SETTINGS) $(RUN) manage.py makemigrations --check --dry-run
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/architecture

bench-quick: $(VENV)/bench.stamp ## Measure the headline numbers in a few minutes
	@$(RUN) -m benchmarks quick

bench: $(VENV)/bench.stamp ## Measure every row of docs/performance.md; about an hour on two cores
	@$(RUN) -m benchmarks throughput
	@$(RUN) -m benchmarks latency
	@for each in enqueue backlog idle pages crowd; do $(RUN) -m benchmarks $$each; done

screenshots: $(VENV)/dev.stamp chromium ## Take the pictures of the documentation anew
	@$(RUN) docs/screenshots.py
	@GALLERY=1 $(BIN)/pytest -q tests/browser/test_states.py

wheel-smoke: $(VENV)/dev.stamp ## Build the wheel and use it in a fresh foreign project
	@$(BIN)/pytest -q tests/packaging

chromium: # Debian as root: installs what the browser tests need. APT=0 turns this off; without it those tests are skipped.
	@if ! command -v chromium >/dev/null && [ "$(APT)" != 0 ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		(apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium) >/dev/null \
			|| echo "Chromium could not be installed: the browser tests cannot run."; \
	fi

mariadb: # The same for the tests on MariaDB, behind PgBouncer, with TLS and with wrong clocks. Debian's own servers are not left running.
	@if ! { [ -x /usr/sbin/mariadbd ] && [ -x /usr/sbin/pgbouncer ] && command -v faketime >/dev/null && command -v openssl >/dev/null; } && [ "$(APT)" != 0 ] && [ "$$(id -u)" = 0 ] \
		&& command -v apt-get >/dev/null; then \
		(apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends mariadb-server pgbouncer faketime openssl) >/dev/null \
			&& { service mariadb stop; service pgbouncer stop; true; } >/dev/null 2>&1 || echo "MariaDB, PgBouncer, faketime and openssl are not all installed: their tests cannot run."; \
	fi

lock: $(VENV)/dev.stamp ## Pin the newest allowed versions, with hashes, into requirements/
	@$(RUN) -m pip install --quiet uv
	@$(call pin,demo,--extra project --extra postgres)
	@$(call pin,dev,--extra dev)
	@$(call pin,bench,--extra dev --extra bench)
	@echo "Django>=6.0,<6.1" | $(call pin,django60,,-,3.12)

pin = $(BIN)/uv pip compile $(or $(3),pyproject.toml) $(2) --universal --python-version $(or $(4),3.11) --generate-hashes \
	--no-header --no-annotate --quiet --upgrade --output-file requirements/$(1).txt

clean: ## Remove what make made: the virtual environment, caches and builds (var/, the demo's data, stays)
	@rm -rf $(VENV) .cache build dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/%.stamp: requirements/%.txt | $(BIN)/python
	@echo "Installing requirements/$*.txt into $(VENV) ..."
	@$(RUN) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

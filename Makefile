# What people run. `make setup` is implied by the others and quick when there is nothing to do.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin
export PYTHON

.PHONY: help setup demo up lint imports pytest test bench eval clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 10

setup: ## make this machine ready (Python environment, system packages)
	@scripts/setup.sh

demo: setup ## the whole main job on a new zone, with a summary at the end
	@$(BIN)/python -m safezone.local.demo $(ARGS)

up: setup ## Airflow on 127.0.0.1 until Ctrl-C
	@$(BIN)/python -m safezone.local.up $(ARGS)

lint: setup ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# First what runs side by side; then what starts an Airflow, one after the other: two would starve each other.
# Both run even when the first fails; 5 says that ARGS selected none of a kind.
pytest: setup
	@rm -f .coverage .coverage.*; failed=0; \
	run() { $(BIN)/python -m pytest --cov --cov-report= $(ARGS) "$$@" || [ $$? = 5 ] || failed=1; }; \
	run -m "not airflow" -n 2 --dist loadfile; \
	run -m airflow --cov-append; \
	echo "Branch coverage: $$($(BIN)/coverage report --format=total) % (at least 90)"; \
	$(BIN)/coverage report --fail-under=90 --format=total >/dev/null || { [ -n "$(ARGS)" ] || failed=1; }; \
	exit $$failed

test: setup lint pytest ## lint, then every test with branch coverage

bench: setup ## ratios against the peers measured in the same run
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python scripts/bench.py $(ARGS)

eval: setup ## quality of detection; writes docs/QUALITY.md
	@$(BIN)/python -m scripts.eval $(ARGS)

clean: ## remove caches and the Python environment; a zone is never touched
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage .coverage.*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

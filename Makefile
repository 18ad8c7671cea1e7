# Everything a person or a machine does with this tree. `make help` lists it.

PYTHON  ?= python3
VENV    ?= .venv
SYNAPSE ?= .venv-synapse
BIN     := $(VENV)/bin
PYTEST  := $(BIN)/python -m pytest
# Files of tests go to two processes; more would only wait for each other on a small machine.
WORKERS ?= 2
# In the order of tests/conftest.py: what is long begins first, and both are busy until the end.
ABREAST := -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
# What the tests' own homeservers need, in an environment of its own: never a dependency.
SYNAPSE_REQUIREMENT := matrix-synapse>=1.150

export SYNAPSE_PYTHON := $(abspath $(SYNAPSE))/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test test-slow lint format bench screenshots wheel clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/.installed ## start three sample instances and print where they are
	@$(BIN)/webring demo $(ARGS)

test: $(VENV)/.dev $(SYNAPSE)/.installed ## run every test but the slow ones
	$(PYTEST) $(ABREAST) -m "not slow" $(ARGS)

test-slow: $(VENV)/.dev $(SYNAPSE)/.installed ## run the slow ones: several Synapses, faults, long properties
	$(PYTEST) -m "slow and not postgres" $(ARGS)
	$(PYTEST) $(ABREAST) -m "slow and postgres" $(ARGS)
	$(PYTEST) $(ABREAST) -m "hypothesis and not slow" --hypothesis-profile thorough $(ARGS)

lint: $(VENV)/.dev ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## put the code into its usual shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## measure, as ratios to the bare parts
	$(BIN)/python -m bench $(ARGS)

screenshots: $(VENV)/.dev ## take the pictures of the documentation
	$(BIN)/python -m tests.browser.screenshots docs/images

wheel: $(VENV)/.dev ## build a wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what these commands made
	rm -rf $(VENV) $(SYNAPSE) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is newer than what it was installed from, so that nothing is installed twice.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "webring needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo "this Python cannot make environments: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	$(BIN)/python -m compileall -q webring
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(SYNAPSE)/.installed: | $(BIN)/python
	$(PYTHON) -m venv $(SYNAPSE)
	$(SYNAPSE)/bin/python -m pip install --quiet '$(SYNAPSE_REQUIREMENT)'
	@touch $@

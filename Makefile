PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Only what is imported is compiled, when it is: a quarter of the installed files.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile --editable
# Most tests keep one core busy; fixtures of a file are made once, and the longest files come first.
IN_PARALLEL := --numprocesses=2 --dist=loadfile --no-loadscope-reorder
# What compiles in the least time: a test runs most programs once.
QUICK_XLA := --xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false
QUICK_XLA += --xla_cpu_parallel_codegen_split_count=1
# What a backend can change: operations, gradients, and networks by their one contract.
JAX_TESTS := $(addprefix tests/,color bins layers losses metrics models/test_contract.py)

.PHONY: help demo test lint clean

help:
	@echo "make demo      install into $(VENV) and colorize example photographs into demo/"
	@echo "make test      install into $(VENV) and run the linter and all tests"
	@echo "make lint      run the linter alone"
	@echo "make clean     remove what the other targets made"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: setup.py pyproject.toml | $(BIN)/python
	$(INSTALL) .
	@touch $@

$(VENV)/installed-test: setup.py pyproject.toml | $(BIN)/python
	$(INSTALL) ".[test]"
	@touch $@ $(VENV)/installed

demo: $(VENV)/installed
	$(BIN)/keras-colorize demo -o demo

lint: $(VENV)/installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check

test: lint
	$(BIN)/python -m pytest $(IN_PARALLEL)
	KERAS_BACKEND=jax XLA_FLAGS="$(QUICK_XLA)" $(BIN)/python -m pytest $(IN_PARALLEL) $(JAX_TESTS)

clean:
	rm -rf $(VENV) build demo dist *.egg-info .pytest_cache .ruff_cache

# The commands of the book; `make` lists them. Each does its own set-up.
# On Windows without make: README.md gives the same steps as plain commands.

PYTHON ?= python3
VENV_PYTHON = .venv/bin/python

.PHONY: help book notebooks test test-environments format clean setup

help:
	@echo "make book       execute every chapter and build the book in _build/html"
	@echo "make notebooks  the same; write the chapters to _build/notebooks"
	@echo "make test       run everything that CI runs"
	@echo "make test-environments  run every notebook on other versions and processors"
	@echo "make format     format the Python files"
	@echo "make clean      delete what was built (.venv stays)"
	@echo "PYTHON=python3.12 before or after a target chooses the interpreter."

setup:
	@$(PYTHON) tools/bootstrap.py

book: setup
	@$(VENV_PYTHON) -m tools.build

notebooks: book
	@$(VENV_PYTHON) -m tools.notebooks

test: setup
	@$(VENV_PYTHON) -m tools.ci

test-environments: book
	@$(VENV_PYTHON) -m tools.environments

format: setup
	@$(VENV_PYTHON) -m ruff check --fix --quiet .
	@$(VENV_PYTHON) -m ruff format .

clean:
	rm -rf _build .pytest_cache .ruff_cache

# `make lab` opens the course. `make test` runs every test. Both first set up .venv, if that is not done yet.

# The first of these that will do; `make lab PYTHON=/path/to/python3` names another.
PYTHON ?= python3.13 python3.12 python3.11 python3
FOUND_PYTHON = $(shell for python in $(PYTHON); do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
NO_PYTHON = tlslab needs Python 3.11 or newer with its venv module, and found none under: $(PYTHON). \
	Install it (Debian and Ubuntu: apt install python3-venv), or name it: make lab PYTHON=/path/to/python3

SCREEN := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname -s))
LAB_ARGS = --ip=127.0.0.1 --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb
INSTALL = .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable
PYTEST = .venv/bin/pytest --numprocesses auto --dist loadfile
NOTEBOOKS = $(wildcard notebooks/*.ipynb notebooks/solutions/*.ipynb)

.PHONY: lab test coverage lint types bench notebooks constraints clean

lab: .venv/lab.stamp
	.venv/bin/jupyter lab $(LAB_ARGS) $(if $(SCREEN),,--no-browser) $(if $(filter 0,$(shell id -u)),--allow-root)

# PYTEST_ARGS reaches the first line alone: a notebook's cells run in a kernel of their own.
test: .venv/test.stamp
	$(PYTEST) $(PYTEST_ARGS)
	$(if $(NOTEBOOKS),$(PYTEST) --nbval $(NOTEBOOKS))

coverage: PYTEST_ARGS = --cov
coverage: test

lint: types
	.venv/bin/ruff format --check
	.venv/bin/ruff check

types: .venv/test.stamp
	.venv/bin/mypy

bench: .venv/test.stamp
	.venv/bin/pytest --benchmark-enable --benchmark-only $(PYTEST_ARGS)

notebooks: .venv/test.stamp
	.venv/bin/python -m tlslab.classroom.build

constraints:
	$(or $(FOUND_PYTHON),$(error $(NO_PYTHON))) -m venv --clear build/constraints && build/constraints/bin/pip install '.[lab,test]'
	(head -n 2 constraints.txt; build/constraints/bin/pip freeze --exclude tlslab) >build/constraints.txt && mv build/constraints.txt constraints.txt

clean:
	rm -rf .venv build dist .coverage .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} + -o -name .ipynb_checkpoints -prune -exec rm -rf {} +

.venv/bin/python:
	$(or $(FOUND_PYTHON),$(error $(NO_PYTHON))) -m venv --clear .venv

.venv/lab.stamp: pyproject.toml constraints.txt .venv/bin/python
	@echo 'Installing what the notebooks need into .venv (once, a minute or two) ...'
	$(INSTALL) '.[lab]' && touch $@

.venv/test.stamp: pyproject.toml constraints.txt .venv/bin/python
	@echo 'Installing what the notebooks and the tests need into .venv (once, a minute or two) ...'
	$(INSTALL) '.[lab,test]' && touch .venv/lab.stamp $@

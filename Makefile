# Thin: every target is one command that may also be given by hand.
# Only relative paths, so that the checkout may lie in a folder whose name has a space.
.POSIX:
PYTHON = python3
BIN = .venv/bin

.PHONY: run stop test bench lint migration

run: .venv/installed
	exec $(BIN)/python -m jobs.launcher run

stop: .venv/installed
	exec $(BIN)/python -m jobs.launcher stop

test: .venv/installed-test
	sh tests/setup_system.sh
	$(MAKE) lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-test
	$(BIN)/python -m tests.bench $(ONLY)

# make migration MESSAGE='what changes' writes the next file of data/migrations/versions
migration: .venv/installed-test
	$(BIN)/python -m data.migrations $(if $(MESSAGE),'$(MESSAGE)')

.venv/installed: requirements.lock
	PYTHON='$(PYTHON)' sh tests/setup_venv.sh requirements.lock
	touch .venv/installed

.venv/installed-test: requirements.lock requirements-test.lock
	PYTHON='$(PYTHON)' sh tests/setup_venv.sh requirements-test.lock
	touch .venv/installed .venv/installed-test

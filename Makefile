# Every target is thin: one command that may be given by hand too.
# Paths are relative, for make knows no spaces in names and the checkout may lie in a folder that has one.
PYTHON ?= python3
VENV = .venv/bin/python

# Packages are compiled when they are first imported: where nothing may be kept of that, every process would compile all of them again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run stop test browser everything laws bench lint migration

run: .venv/installed
	@exec $(VENV) -m jobs.launcher run

stop: .venv/installed
	@exec $(VENV) -m jobs.launcher stop

# Packages and browser are fetched side by side; then lint, which needs one core, begins with the tests.
test:
	@$(MAKE) --no-print-directory -j2 .venv/installed-test browser
	@$(MAKE) --no-print-directory -j2 lint everything

browser:
	sh tests/setup_system.sh

everything: .venv/installed-test
	$(VENV) -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

laws: .venv/installed-test
	DEPTH=$(or $(DEPTH),20) $(VENV) -m pytest -n logical --timeout 7200 $(shell grep -l 'tests.laws import' tests/test_*.py)

bench: .venv/installed-test
	@exec $(VENV) -m tests.bench $(ONLY)

lint: .venv/installed-test
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy
	$(VENV) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo

# make migration MESSAGE='what changes' writes the next file of data/migrations/versions
migration: .venv/installed-test
	@exec $(VENV) -m data.migrations '$(MESSAGE)'

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo '需要 Python 3.11 或更高版本 / Python 3.11 or later is needed; make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo '缺少 venv 模块 / the venv module is missing; apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch .venv/made

# What is imported is compiled then; to compile all that is installed takes as long as to install it.
.venv/installed: requirements.lock | .venv/made
	@echo '正在安装依赖（只此一次）… / installing what it needs (only once) …'
	@$(VENV) -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@touch .venv/installed

.venv/installed-test: requirements.lock requirements-test.lock | .venv/made
	@echo '正在安装测试依赖… / installing what the tests need …'
	@$(VENV) -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements-test.lock
	@touch .venv/installed .venv/installed-test

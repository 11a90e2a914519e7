# Needs Python 3.11 or newer with pip or venv, and make. PYTHON=/path/to/python names another one than python3.

PYTHON ?= python3
RUN := .venv/bin/python
PAGE := dashboard/web_dist/.inputs
PAGE_SOURCES := $(shell find dashboard/web -name node_modules -prune -o -print 2>/dev/null)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check bench lock clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.demo $(PAGE) ## Start everything with a simulated city, on this machine only; Ctrl-C ends it
	@$(RUN) -m simulators demo

test: .venv/.compiled $(PAGE) ## Run every test, several files side by side
	@$(RUN) -m pytest --numprocesses auto --dist loadgroup --no-loadscope-reorder

check: .venv/.test ## Check style, types and who imports whom
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	.venv/bin/lint-imports
	@if [ -x dashboard/web/node_modules/.bin/svelte-check ]; then npm --prefix dashboard/web run check; \
	else echo "The page is not checked: npm ci --prefix dashboard/web installs its tools."; fi

bench: .venv/.test $(PAGE) ## Measure speed beside its floors; takes some minutes
	@$(RUN) -m tests.bench

lock: ## Pin the newest versions that pyproject.toml allows
	@PYTHON=$(PYTHON) .build/lock

clean: ## Remove what was made here; ./data stays
	rm -rf .venv dashboard/web_dist dashboard/web/node_modules *.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.demo .venv/.test: .venv/.%: .requirements/%.lock .requirements/build.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer."; exit 1; }
	@$(PYTHON) .build/environment.py $*

# Once, in two halves side by side: each of the workers, all at once, would compile all of the tests for itself.
.venv/.compiled: | .venv/.test
	@echo "==> Compiling the tests"
	@$(RUN) -m pytest --collect-only -qq tests/alerts >/dev/null & \
	$(RUN) -m pytest --collect-only -qq --ignore tests/alerts tests >/dev/null; wait
	@touch $@

$(PAGE): $(PAGE_SOURCES) .build/page.py | .venv/.demo
	@$(RUN) .build/page.py

# Two commands on a fresh machine with only Python (3.11 or newer) and make:
#   make run    the daemon on its embedded demo provider: every scenario once, then it stays up
#   make test   format, lint, types, import layers and all tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test e2e fuzz chaos screenshots prices bench format lock clean

run: $(STAMP)
	@$(BIN)/ccr demo

# The stamp makes the second call quick: it is older than the lock file only when something must be installed.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

test: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -n auto -m "not e2e"

e2e: $(STAMP)
	$(BIN)/python -m tests.e2e.install
	$(BIN)/pytest -n auto -m e2e tests/e2e

# A million mutated frames through every decoder; CCROUTER_FUZZ_SEED=… repeats a run.
fuzz: $(STAMP)
	CCROUTER_FUZZ_FRAMES=1000000 $(BIN)/pytest -s -n 0 tests/conformance/test_fuzz.py

# 20,000 requests against three upstreams that fail in every way, twice: to watch the daemon's memory, and with five
# graceful restarts. About three minutes. CHAOS="--seed 7 --requests 1000" repeats a run or shortens it, --workers 2 has
# two processes serve, and replaces them under load.
chaos: $(STAMP)
	$(BIN)/python -m tests.chaos $(CHAOS)

# The pages of `ccr model` for docs/model.md, from a real terminal (needs tmux).
screenshots: $(STAMP)
	$(BIN)/python -m tests.screenshots

# ccrouter/data/prices.json out of genai-prices; `make lock` first for a newer version of it.
prices: $(STAMP)
	$(BIN)/python -m tests.prices

# BENCH="--quick" for a first look; BENCH=growth, memory, profile, instructions or everything for the other measurements
# (docs/performance.md).
bench: $(STAMP)
	$(BIN)/python -m bench $(BENCH)

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Needs uv (pip install uv); pins every package for every platform and Python that pyproject.toml allows.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --group dev --no-emit-index-url --output-file requirements.lock pyproject.toml requirements.in

clean:
	rm -rf $(VENV) .e2e .bench

# make demo | make test | make setup; the rest is for people who work on Promiseline itself
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo demo-reset test setup installed check lint-python lint-consoles test-consoles bench bench-rules bench-pacing
.PHONY: pacing-conformance system-packages clean

# two at a time: machine code is compiled while npm builds, and mypy runs beside Vitest
setup:
	@$(MAKE) --no-print-directory -j2 installed

installed: $(VENV)/.installed agent_ui/static/.built
	@:

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Promiseline needs Python 3.11 or newer; this is $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements.lock
	$(BIN)/pip install --quiet --no-deps -e .
	$(BIN)/python -m dialer.pacers_ready # a minute or two of compiling, once
	@touch $@

agent_ui/static/.built: $(shell find agent_ui/web -type f -not -path '*/node_modules/*' 2>/dev/null)
	@command -v npm >/dev/null || { echo "Promiseline's consoles are built with Node 20.19 or newer, and npm was not found. Install Node.js and run make again."; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || { echo "Promiseline's consoles are built with Node 20.19 or newer; this is $$(node --version). Install a newer Node.js and run make again."; exit 1; }
	cd agent_ui/web && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

demo: setup
	@$(BIN)/promiseline demo

demo-reset: setup
	@$(BIN)/promiseline demo --reset

system-packages:
	@sh tests/system-packages.sh

check: setup
	@$(MAKE) --no-print-directory -j2 lint-python lint-consoles

lint-python:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-consoles:
	cd agent_ui/web && npm run --silent lint

test-consoles:
	cd agent_ui/web && npm run --silent test

test: setup system-packages
	@$(MAKE) --no-print-directory -j2 lint-python lint-consoles test-consoles
	$(BIN)/pytest -n 3 --dist loadscope

bench: setup system-packages
	$(BIN)/python -m tests.bench; figures=$$?; $(MAKE) bench-rules && exit $$figures

bench-rules: setup
	GATE_EXAMPLES=100000 $(BIN)/pytest -n 2 --dist worksteal tests/compliance/test_gate_properties.py
	$(BIN)/python -m tests.bench year

pacing-conformance: setup
	$(BIN)/python -m tests.bench.pacing_conformance

bench-pacing: setup
	$(BIN)/python -m tests.bench.bench_pacing --document docs/benchmarks/pacing.md

clean:
	rm -rf $(VENV) agent_ui/static agent_ui/web/node_modules

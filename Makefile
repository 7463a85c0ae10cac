# tocsin: everything a newcomer or a maintainer runs. `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest -n auto

.DEFAULT_GOAL := help
.PHONY: help demo test check format docs bench score calibrate fuzz contracts lowest lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.runtime  ## replay a recorded attack, from raw recording to stored alert
	@$(BIN)/tocsin demo

test: .venv/.development  ## run every test
	$(PYTEST)

check: .venv/.development  ## format, lint, types, import layers, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/docs.py --check

format: .venv/.development  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/.development  ## write the generated pages
	$(BIN)/python tools/docs.py

bench: .venv/.development build/peers-etl/.installed build/peers-web3/.installed  ## speed, ours beside the peers' (needs ../shared/data); ARGS=--write keeps the table
	$(BIN)/python tools/bench $(ARGS)

score: .venv/.development  ## detection quality on labelled data; ARGS=--write keeps the table
	$(BIN)/python tools/score $(ARGS)

calibrate: .venv/.development  ## work out anew what the scores of alerts rest on (needs ../shared/data)
	$(BIN)/python tools/calibrate.py

fuzz: build/fuzz/.installed  ## ten minutes of coverage-guided fuzzing, bytes to findings (Linux, x86-64)
	build/fuzz/bin/python tools/fuzz -max_total_time=600 -max_len=65536 -rss_limit_mb=4096 -artifact_prefix=build/fuzz/ $(ARGS)

contracts: tools/contracts/node_modules/.package-lock.json  ## compile the range's own contracts (needs npm); ARGS=Name.sol compiles one file
	node tools/contracts/compile.js $(ARGS)

lowest: .venv/.development  ## run the tests with the lowest supported dependency versions
	$(PYTHON) -m venv build/lowest
	build/lowest/bin/pip install --quiet --require-hashes -r requirements-lowest.lock
	build/lowest/bin/pip install --quiet --no-deps --editable .
	build/lowest/bin/pytest -n auto

lock: .venv/.development  ## resolve the lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-emit-index-url --upgrade -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-emit-index-url --upgrade -o requirements-development.lock
	uv pip compile pyproject.toml --group dev --resolution lowest-direct --generate-hashes --no-header --no-emit-index-url --upgrade -o requirements-lowest.lock

clean:  ## remove what the other targets made
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# A stamp per environment: the locked versions, verified by hash, and this checkout in place.
.venv/.runtime: requirements.lock
	@echo "Setting up: a virtual environment with the locked versions (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

.venv/.development: requirements-development.lock
	@echo "Setting up: a virtual environment with the locked development tools (about two minutes, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes -r requirements-development.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch .venv/.runtime $@

# The peers the benchmark compares with live in environments of their own: their dependencies are not ours.
build/peers-%/.installed: tools/bench/peers-%.txt
	@$(PYTHON) -m venv build/peers-$*
	@build/peers-$*/bin/pip install --quiet -r $<
	@touch $@

# The fuzzer needs an interpreter of its own: it instruments what it imports.
build/fuzz/.installed: requirements.lock
	@$(PYTHON) -m venv build/fuzz
	@build/fuzz/bin/pip install --quiet --require-hashes -r requirements.lock
	@build/fuzz/bin/pip install --quiet atheris==3.0.0
	@build/fuzz/bin/pip install --quiet --no-deps --editable .
	@touch $@

# The compiler and the libraries of the range's own contracts: the locked versions, verified by digest, no install scripts.
tools/contracts/node_modules/.package-lock.json: tools/contracts/package-lock.json
	@npm ci --prefix tools/contracts --ignore-scripts --silent
	@touch $@

# Limen's recipes. `make help` lists them. They need make, git and Python 3.11 or newer, and do all the other set-up.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# An environment that happens to be active must not leak into ours.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

# Where OMP_NUM_THREADS=1 stands: matrices are small here, and threads that share them take more time than they give.

# Empty: the first Python on the path that is new enough.
PYTHON ?=
CORE := .venv
TEST := .venv-test
DEMO := .venv-centre
BENCH_RHYTHM := .venv-bench-rhythm
UV := .venv-lock/bin/uv
PORT ?= 8000
CORE_READY := $(CORE)/.ready
TEST_READY := $(TEST)/.ready
DEMO_READY := $(DEMO)/.ready
BENCH_RHYTHM_READY := $(BENCH_RHYTHM)/.ready
PIP := -m pip --disable-pip-version-check -qq
SOURCE := src tests docs benchmarks

# Real recordings and scores for the tests that read them; without the folder those tests skip, saying so.
LIMEN_DATA ?= $(abspath $(wildcard ../shared/data))
export LIMEN_DATA

.PHONY: help run story test coverage check docs claims bench bench-circuit bench-rhythm verify-response verify-ladder verify-calibration verify-trials verify-kills verify-belief \
  verify-mediation verify-oldest verify-circuit verify-surface verify-rhythm verify-centre measure-centre verify-live soak lock clean

help:  ## List these recipes
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: story $(DEMO_READY)  ## Tell the story, then serve the demo centre at http://127.0.0.1:8000 until Ctrl-C
	@$(DEMO)/bin/limen serve --demo --port $(PORT)

story: $(CORE_READY)  ## Install the light core and tell the story of one infusion; writes and opens the story page, and ends
	@$(CORE)/bin/limen demo

test: $(TEST_READY)  ## Install what the tests need and run them all; ARGS="-k dose" hands words to pytest
	@chromium="$$(.ci/find-chromium)" && postgres="$$(.ci/find-postgres)" && \
	export LIMEN_CHROMIUM="$$chromium" LIMEN_POSTGRES="$$postgres" OMP_NUM_THREADS=1 && \
	$(TEST)/bin/python -m pytest -n 2 --dist worksteal $(ARGS)

coverage: $(TEST_READY)  ## Run the tests and report the branches of src that none took; slower
	@$(MAKE) --no-print-directory test ARGS="--cov --cov-report=term $(ARGS)"

check: $(TEST_READY)  ## Format, lint, types, architecture, and the pages, where a warning is an error
	$(TEST)/bin/ruff format --check $(SOURCE)
	$(TEST)/bin/ruff check $(SOURCE)
	$(TEST)/bin/mypy
	$(TEST)/bin/lint-imports
	@$(MAKE) --no-print-directory docs

docs: $(TEST_READY)  ## Build the pages into docs/_build/html
	OMP_NUM_THREADS=1 $(TEST)/bin/sphinx-build -q -W --keep-going -b html docs docs/_build/html

claims: $(TEST_READY)  ## Run the tests that papers and claims rest on (7 min; ARGS=--new: those not run yet), and gather every verdict
	@chromium="$$(.ci/find-chromium)" && export LIMEN_CHROMIUM="$$chromium" && $(TEST)/bin/python docs/held.py $(ARGS)

bench:  ## Measure exposure beside its peers, in an environment of their own; takes some minutes
	@test -e .venv-bench/.ready || { python=$$(.ci/find-python $(PYTHON)) && "$$python" -m venv --clear .venv-bench && \
	  .venv-bench/bin/python $(PIP) install -r benchmarks/requirements.txt -r requirements/core.in && \
	  touch .venv-bench/.ready; }
	@cd benchmarks && env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE PYTHONPATH=../src ../.venv-bench/bin/python exposure.py
	@cd benchmarks && PYTHONPATH=../src ../.venv-bench/bin/python trials.py
	@$(MAKE) --no-print-directory bench-circuit

bench-circuit:  ## Measure the circuit beside Brian2's C++ standalone, in an environment of its own; needs a C++ compiler
	@test -e .venv-bench-circuit/.ready || { python=$$(.ci/find-python $(PYTHON)) && "$$python" -m venv --clear .venv-bench-circuit && \
	  .venv-bench-circuit/bin/python $(PIP) install -r benchmarks/circuit-requirements.txt && touch .venv-bench-circuit/.ready; }
	@cd benchmarks && PYTHONPATH=../src ../.venv-bench-circuit/bin/python circuit.py

verify-response: $(TEST_READY)  ## Fit the population anew (10 min) and write its tables into docs/claims
	$(TEST)/bin/limen fit --population $(if $(LIMEN_DATA),--data $(LIMEN_DATA)) --to limen-fit
	cp limen-fit/learnt.md docs/claims/response-learnt.md
	cp limen-fit/fitted.md docs/claims/response-fitted.md
	cp limen-fit/posterior.npz src/limen/response/data/posterior.npz

verify-ladder: $(TEST_READY)  ## Judge every rung of the ladder on studies left out (an hour of one core, goes on where it was) into docs/claims
	@test -n '$(LIMEN_DATA)' || { echo "The ladder reads ds005917/phenotype.tsv: name its folder, LIMEN_DATA=DIR make verify-ladder" >&2; exit 1; }
	OMP_NUM_THREADS=1 $(TEST)/bin/python -m limen.inference.skill_table docs/claims/ladder-skill.md limen-ladder '$(LIMEN_DATA)' 200

verify-calibration: $(TEST_READY)  ## Fit 100 simulated sets of arms without drug (goes on where it was) and write the ranks' table into docs/claims
	mkdir -p limen-ladder
	OMP_NUM_THREADS=1 $(TEST)/bin/python -m limen.inference.calibration docs/claims/response-calibration.md limen-ladder/ranks.npy 100 150

verify-trials: $(TEST_READY)  ## Run the trials behind the fitted facts anew and write their table into docs/claims
	$(TEST)/bin/python -c 'from pathlib import Path; from limen.trials.facts import write_facts; write_facts(Path("docs/claims/trials.md"))'

verify-kills: $(TEST_READY)  ## Kill twenty runs of a trial on the way and see them end with the same bytes (5 min)
	OMP_NUM_THREADS=1 PYTHONPATH=tests $(TEST)/bin/python tests/trial_kills.py 20

verify-belief: $(TEST_READY)  ## Check coverage on 400 simulated people and the agreement of all ways of believing (20 min)
	OMP_NUM_THREADS=1 $(TEST)/bin/python -m limen.inference.verification docs/claims/belief.md

verify-mediation: $(TEST_READY)  ## Count how often mediation is wrong (20 min) and write its table into docs/claims
	OMP_NUM_THREADS=1 $(TEST)/bin/python -m limen.inference.mediation.verification docs/claims/mediation.md

verify-circuit: $(TEST_READY)  ## Judge every fact of both circuit mechanisms (15 min of one core) and write docs/claims/circuit.md
	OMP_NUM_THREADS=1 $(TEST)/bin/python -m limen.circuit.verification docs/claims/circuit.md limen-circuit/ledger.jsonl

verify-surface: $(TEST_READY)  ## Compute the circuit's response surface anew (7 min of one core) into the package
	OMP_NUM_THREADS=1 $(TEST)/bin/python -m limen.circuit.verification --surface src/limen/circuit/data

verify-centre: $(TEST_READY)  ## Kill the centre 200 times on SQLite and 20 on PostgreSQL (30 min), measure its load; table in docs/claims
	@postgres="$$(.ci/find-postgres)" && export LIMEN_POSTGRES="$$postgres" && \
	PYTHONPATH=tests $(TEST)/bin/python -m centre.verification docs/claims/centre.md 200 20 60 && \
	LIMEN_CASES=4000 LIMEN_TAMPERS=1000 LIMEN_WALKS=170 $(TEST)/bin/python -m pytest -q --timeout=1800 \
	  tests/centre/test_interface.py tests/centre/test_records.py tests/centre/test_intake.py

measure-centre: $(TEST_READY)  ## Measure the centre's logins, key rotation, backup and a full disk of its own (needs root); prints a line each
	@PYTHONPATH=tests OMP_NUM_THREADS=1 $(TEST)/bin/python -m centre.measures $(ARGS)

verify-live: $(TEST_READY)  ## Measure the limits of the live infusion alone (20 min, needs Chromium) into docs/claims/live-measured.md
	@chromium="$$(.ci/find-chromium)" && export LIMEN_CHROMIUM="$$chromium" OMP_NUM_THREADS=1 && \
	PYTHONPATH=tests $(TEST)/bin/python -m centre.live_verification docs/claims/live-measured.md 600 && \
	LIMEN_STEPS=2000 $(TEST)/bin/python -m pytest -q tests/centre/test_live_totals.py

soak: $(TEST_READY)  ## Watch the live infusion for one hour; its table goes into docs/claims/live-soak.md
	@chromium="$$(.ci/find-chromium)" && export LIMEN_CHROMIUM="$$chromium" OMP_NUM_THREADS=1 && \
	PYTHONPATH=tests $(TEST)/bin/python -m centre.live_verification docs/claims/live-soak.md 3600 soak

verify-rhythm: $(BENCH_RHYTHM_READY)  ## Score the rhythm detector and its peers on unseen seeds (2 h of one core, needs LIMEN_DATA) and make the atlas anew
	mkdir -p limen-rhythm
	cd benchmarks && export OMP_NUM_THREADS=1 PYTHONPATH=../src && python="../$(BENCH_RHYTHM)/bin/python -W ignore" && \
	for tool in Limen "strict BOSC" neurodsp "band + Hilbert" YASA bycycle specparam; do \
	  $$python rhythm_quality.py $(LIMEN_DATA)/../prototypes "../limen-rhythm/quality-$$tool.json" "$$tool" || exit 1; done && \
	for fact in generated steps false_on_time calibrated lags phase look_alikes real_recording; do \
	  $$python rhythm_facts.py $(LIMEN_DATA)/../prototypes ../limen-rhythm/facts-$$fact.json $$fact || exit 1; done && \
	$$python rhythm_hybrid.py $(LIMEN_DATA) ../limen-rhythm/hybrid.json && \
	$$python rhythm_visibility.py ../src/limen/rhythm/data/visibility.csv
	$(TEST)/bin/python benchmarks/rhythm_tables.py limen-rhythm docs/claims

bench-rhythm: $(BENCH_RHYTHM_READY)  ## Measure the rhythm detector on one hour of 32 channels beside its peers
	@cd benchmarks && OMP_NUM_THREADS=1 PYTHONPATH=../src ../$(BENCH_RHYTHM)/bin/python rhythm.py

# The peers, in an environment of their own.
$(BENCH_RHYTHM_READY): benchmarks/rhythm-requirements.txt $(TEST_READY)
	@python=$$(.ci/find-python $(PYTHON)) && "$$python" -m venv --clear $(BENCH_RHYTHM) && \
	$(BENCH_RHYTHM)/bin/python $(PIP) install -r benchmarks/rhythm-requirements.txt && touch $@

verify-oldest: $(UV)  ## Try the light core with the oldest versions it allows (asks the package index); the lock holds the newest
	.venv-lock/bin/uv venv --quiet --clear .venv-oldest
	.venv-lock/bin/uv pip install --quiet --native-tls --python .venv-oldest/bin/python --resolution lowest-direct -e .
	.venv-oldest/bin/python -c 'import importlib.metadata as m; print({n: m.version(n) for n in ("numpy", "scipy", "typer", "rich", "jinja2")})'
	.venv-lock/bin/uv pip freeze --quiet --exclude-editable --python .venv-oldest/bin/python > .venv-oldest/oldest.txt
	.venv-lock/bin/uv pip install --quiet --native-tls --python .venv-oldest/bin/python --constraint .venv-oldest/oldest.txt \
	  pytest pytest-cov pytest-randomly pytest-timeout hypothesis jaxtyping beartype mpmath playwright
	.venv-oldest/bin/python -m pytest -q --no-cov --ignore tests/unit/chain/test_simulated_patient.py tests/unit/kinetics tests/unit/response tests/unit/chain tests/unit/inference/test_fitting.py \
	  tests/unit/test_regimen_case.py tests/unit/test_regimen_doses.py tests/property/test_kinetics_laws.py tests/property/test_response_laws.py \
	  tests/property/test_receptor_laws.py tests/reference/test_kinetics_engine.py tests/reference/test_receptor.py tests/spec/test_options_contract.py

lock: $(UV)  ## Write requirements/*.txt anew from requirements/*.in (asks the package index)
	@for name in core demo test lock; do \
	  .venv-lock/bin/uv pip compile --quiet --upgrade --native-tls --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate -o requirements/$$name.txt requirements/$$name.in || exit 1; done

clean:  ## Remove the environments and everything that was built
	rm -rf .venv .venv-centre .venv-test .venv-lock .venv-oldest .venv-bench* docs/_build docs/gallery_pages docs/reference/rooms docs/papers docs/explanation/joints.md \
	  docs/explanation/joint-table.md .coverage \
	  .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

# What pins and resolves; its own pins are changed by `make lock`, which must not make it anew.
$(UV):
	@python=$$(.ci/find-python $(PYTHON)) && "$$python" -m venv .venv-lock && \
	.venv-lock/bin/python $(PIP) install --require-hashes -r requirements/lock.txt

# One environment for the person who runs Limen, with the light core only; one for the demo centre, and one for the tests.
$(CORE_READY): requirements/core.txt pyproject.toml
	@$(call environment,$(CORE),core)

$(DEMO_READY): requirements/demo.txt pyproject.toml
	@$(call environment,$(DEMO),demo)

$(TEST_READY): requirements/test.txt pyproject.toml
	@$(call environment,$(TEST),test)

# $(1) the folder, $(2) the requirements. Everything is pinned by hash, and the list is whole, so pip resolves nothing (an
# old one would look past the pins for `coverage[toml]`); the package itself is built from this folder, so
# it needs no network. A folder without the stamp is half made and is made again.
define environment
python=$$(.ci/find-python $(PYTHON)) || exit 1; \
rm -f $(1)/.ready; \
$(1)/bin/python -c '' 2>/dev/null || { echo "Making $(1)"; "$$python" -m venv --clear $(1) || \
  { echo "Python cannot make an environment here. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }; }; \
echo "Installing requirements/$(2).txt into $(1)"; \
$(1)/bin/python $(PIP) install --no-deps --require-hashes -r requirements/$(2).txt && \
$(1)/bin/python $(PIP) install --no-index --no-deps --no-build-isolation -e . && \
touch $(1)/.ready
endef

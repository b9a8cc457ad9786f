# Scanline: set up, start, check. Needs GNU make (3.81 or newer) and Python 3.11, 3.12 or 3.13.

HOST ?= 127.0.0.1
PORT ?= 8501
HOSTS ?= $(HOST)

# TensorFlow's CPU and CUDA builds write the same files, so each has an environment of its own.
ifeq ($(GPU),1)
ifneq ($(shell uname -s),Linux)
$(error GPU=1 needs Linux: TensorFlow has a CUDA build for no other system)
endif
ENV := .venv-gpu
LOCK := requirements-gpu.lock
else
ENV := .venv
LOCK := requirements.lock
endif

# What is installed is compiled when it is first imported, which must be kept.
unexport PYTHONDONTWRITEBYTECODE

# Tests run on the CPU build; they and the training of models use real data that lies beside the repository.
TESTS := .venv/bin/python -m
DATA := $(if $(SCANLINE_DATA),,$(if $(wildcard ../shared/data),SCANLINE_DATA="$(CURDIR)/../shared/data"))

UV := uv==0.13.8
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--upgrade --no-annotate --no-emit-index-url --generate-hashes --custom-compile-command "make lock"

.PHONY: help run test test-types test-unit test-quick test-long models lock licences clean

help:
	@echo 'make run      start Scanline on http://$(HOST):$(PORT) (PORT=, HOST= and HOSTS= change it; GPU=1: CUDA build, Linux)'
	@echo 'make test     lint, types and tests, the browser tests included'
	@echo 'make test-types  the types alone'
	@echo 'make test-unit  the tests without Keras, pages and servers, in less than a minute'
	@echo 'make test-quick  what pytest runs in make test'
	@echo 'make test-long  the tests that take minutes: clusters, kill -9, a whole training in the browser, JAX, all parameters'
	@echo 'make models   train the shipped models again (GPU=1: on the GPU)'
	@echo 'make lock     resolve the requirements again, into the *.lock files'
	@echo 'make licences write docs/licences.md: the licence of everything that is installed to run Scanline'
	@echo 'make clean    remove the environments and all caches'

run: $(ENV)/.installed
	@$(ENV)/bin/python -m streamlit run app.py \
		--server.address $(HOST) --server.port $(PORT) --browser.serverAddress $(firstword $(HOSTS)) \
		$(foreach name,127.0.0.1 localhost ::1 $(HOSTS),--server.allowedHosts $(name))

test: .venv/.installed-dev
	.ci/chromium .venv/bin/python
	$(TESTS) ruff check .
	$(TESTS) ruff format --check .
	@$(MAKE) --no-print-directory -j 2 test-types test-quick  # types take one core for half a minute

test-types: .venv/.installed-dev
	$(TESTS) mypy

test-unit: .venv/.installed-dev
	$(DATA) $(TESTS) pytest -n 2 --unit

test-quick: .venv/.compiled
	$(DATA) $(TESTS) pytest -n 3 --dist loadscope -m "not long"

test-long: .venv/.installed-dev
	.ci/chromium .venv/bin/python
	.ci/postgres
	$(DATA) $(TESTS) pytest -n 2 --dist loadfile -m long

models: $(ENV)/.installed
	$(DATA) $(ENV)/bin/python -m diagnosis.jobs.shipped

# The stamps: written last, so an interrupted install is done again.
$(ENV)/.installed: $(LOCK)
	.ci/install $(ENV) --require-hashes -r $(LOCK)
	@touch $@

.venv/.installed-dev: requirements-dev.lock
	.ci/install .venv --require-hashes -r requirements-dev.lock
	@touch $@

# Once, by one process: several that import at the same time would each compile what is installed.
.venv/.compiled: .venv/.installed-dev
	@.venv/bin/python -c "import keras, mlflow.store.tracking.sqlalchemy_store, streamlit.testing.v1, streamlit.web.cli"
	@.venv/bin/python -m pytest -q --collect-only > /dev/null
	@touch $@

lock:
	.ci/install .venv $(UV)
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) -c requirements.lock requirements-cluster.txt -o requirements-cluster.lock
	$(COMPILE) -c requirements-cluster.lock requirements-dev.txt -o requirements-dev.lock
	grep -v '^tensorflow' requirements.txt | \
		$(COMPILE) -c requirements.lock - requirements-gpu.txt -o requirements-gpu.lock

licences: .venv/.installed-dev
	.venv/bin/python .ci/licences > docs/licences.md

clean:
	rm -rf .venv .venv-gpu .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

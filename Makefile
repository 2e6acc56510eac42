# SPDX-License-Identifier: Apache-2.0
# The front door. `make help` lists what there is; CMakeLists.txt does the building.

PREFIX ?= /usr/local
DESTDIR ?=
CONFIG ?= configs/quickstart.xml
DATA ?= build/data
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)

PYTHON := /usr/bin/python3
PROGRAMS := corewired corewire corewire-bench
C_FOLDERS := core net auth bench include tests

.DEFAULT_GOAL := help
.PHONY: help deps build debug asan tsan run test test-reference bench fuzz lint format install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

deps: ## install all Debian packages that any target needs
	@scripts/deps.sh all

build: ## build/corewired, build/corewire and build/corewire-bench
	@scripts/deps.sh build
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --parallel $(JOBS) --target $(PROGRAMS)

debug asan tsan: ## the same and the tests, in build-debug/, build-asan/, build-tsan/
	@scripts/deps.sh build test lint
	@cmake --preset $@ --log-level=WARNING >/dev/null
	@cmake --build --preset $@ --parallel $(JOBS)

run: build ## start a broker with CONFIG (configs/quickstart.xml) in the foreground
	@mkdir -p $(DATA)
	@scripts/greeting.sh $(CONFIG)
	@exec build/corewired --config $(CONFIG) --data $(DATA)

test: ## all tests: units, integration with real clients, JMS, MCollective acceptance
	@scripts/deps.sh build test
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --parallel $(JOBS)
	@$(PYTHON) scripts/run_tests.py --build build --jobs $(JOBS)

test-reference: build ## the same STOMP conversations and JMS tests with ActiveMQ 5.17 and corewired
	@scripts/deps.sh test bench
	@$(PYTHON) tests/reference/conversations.py
	@$(PYTHON) tests/java/run.py --broker activemq
	@$(PYTHON) tests/java/run.py --broker corewired

bench: build ## measure, beside ActiveMQ on the same machine
	@scripts/deps.sh bench
	@$(PYTHON) bench/compare.py

fuzz: ## every fuzz target for FUZZ_SECONDS (60) each
	@scripts/deps.sh build lint
	@cmake --preset fuzz --log-level=WARNING >/dev/null
	@cmake --build --preset fuzz --parallel $(JOBS) --target fuzzers
	@scripts/fuzz.sh build-fuzz $(FUZZ_SECONDS) $(JOBS)

lint: ## form, budgets, clang's warnings and thread analysis, clang-tidy
	@scripts/deps.sh build test lint
	@scripts/lint.sh $(JOBS)

format: ## clang-format on all sources, in place
	@scripts/deps.sh lint
	@find $(C_FOLDERS) -name '*.[ch]' -print0 | xargs -0 -r clang-format -i

install: build ## programs, unit and example configuration below DESTDIR and PREFIX (/usr/local)
	@scripts/install.sh "$(DESTDIR)" "$(PREFIX)"

clean: ## remove all build folders
	rm -rf build build-debug build-asan build-tsan build-fuzz

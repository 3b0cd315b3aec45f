# Everything works on a fresh clone: each target first runs scripts/setup, which
# fetches what is missing into .cordon/ and is done in a moment when nothing is.
SHELL := /usr/bin/env bash
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

target_cpu := $(shell scripts/target-cpu)
ifneq ($(target_cpu),)
export RUSTFLAGS += $(target_cpu)
endif

EVAL_DIR ?= ../shared/eval/dev

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-clients chaos bench peers eval lint clean

help: ## List the targets
	@echo "Cordon: an OpenAI-compatible proxy that keeps personal data inside"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

setup: ## Fetch models, runtimes and build tools into .cordon/ (the others do this first)
	@scripts/setup

run: setup ## Build and serve on 127.0.0.1:8080 with the embedded models and database
	cargo run --locked --release -- serve --quickstart

demo: setup ## Build and show one request's whole way, then end
	cargo run --locked --release -- demo

test: setup ## Run the tests (real models, real PostgreSQL)
	cargo test --locked

test-clients: setup ## Hold the official Python and Node packages against a running Cordon
	@scripts/client-sdks
	cargo build --locked
	@python3 tests/clients/run.py "$${CARGO_TARGET_DIR:-target}/debug/cordon"

chaos: setup ## Kill Cordon and its database again and again while they write the audit log (CORDON_CHAOS_ROUNDS, 500)
	CORDON_CHAOS_ROUNDS="$${CORDON_CHAOS_ROUNDS:-500}" cargo test --locked --test audit -- chaos --nocapture

bench: setup ## Measure the detector (and Presidio, after make peers), the restorer and the audit log, and a direct call against calls through Cordon
	@scripts/bench-detector
	cargo bench --locked --bench restorer --bench audit --bench gateway

peers: ## Fetch Presidio and Rampart, for make bench and make eval to measure beside Cordon
	@scripts/python-packages peers scripts/evaluation/peers.txt

eval: setup ## Score the detectors (EVAL_DIR=folder of .jsonl files); count the tokens that models' bends survive
	@scripts/eval "$(EVAL_DIR)"
	cargo bench --locked --bench survival

lint: setup ## Check formatting, lints, fixtures, and (where cargo-deny is installed) licences and advisories
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	@scripts/check-dependencies
	@scripts/make-fixtures --check

clean: ## Remove what was built (models and data in .cordon/ stay)
	cargo clean
